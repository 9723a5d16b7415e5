"""The build key as a pinned value, and what is left out of it."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from freewheel.build.key import (
    STEERING_VARIABLES,
    BuildInputs,
    CommitSource,
    Conditions,
    build_key,
    described,
    differences,
    steering,
)
from freewheel.model.artifact import Artifact, ArtifactKind, Version, normalize
from freewheel.model.digest import sha256_of
from freewheel.model.target import Target

TARGET = Target(
    implementation="cpython",
    python_version="3.12",
    full_version="3.12.1",
    abi="cp312",
    abi_flags="",
    platform="linux-x86_64",
    libc="glibc 2.36",
    tags=("py3-none-any",),
    markers={"python_version": "3.12"},
)
PLAIN = BuildInputs(source=sha256_of(b"six"), target=TARGET)
FULL = BuildInputs(
    source=sha256_of(b"six"),
    target=replace(TARGET, abi="cp313t", abi_flags="t", python_version="3.13", full_version="3.13.0rc1"),
    subdirectory="inner/folder",
    config_settings=(("b", "1"), ("a", "ü"), ("b", "2")),
    build_constraints=("setuptools<80", "cython==3"),
    shared_projects=("wheel==1", "setuptools==2"),
    variables=(("CC", "gcc"), ("CFLAGS", "-O2 -g")),
)


COMMIT = replace(
    PLAIN, source=CommitSource(repository="https://host.example/six.git", commit="12" * 20), subdirectory="inner"
)
TAGGED = replace(
    PLAIN,
    source=CommitSource(repository="https://host.example/six.git", commit="12" * 20, tags=str(sha256_of(b"1.0"))),
)
CONSTRAINED = replace(
    PLAIN,
    target=replace(TARGET, implementation="pypy", abi="pypy311_pp73", libc="", platform="macosx-14.0-arm64"),
    build_constraints=("six @ https://me:s3cret@host.example/six.zip",),
    variables=(("CMAKE_ARGS", "-DX=\udcff"),),
)


@pytest.mark.parametrize(
    ("inputs", "key"),
    [
        (PLAIN, "7ab0f77648b2809c0fc56ae250fad210"),
        (FULL, "569b90dcfcedb56c85cad7ba2bd0b7c0"),
        (COMMIT, "5177594c2025279edc18fa27675108de"),
        (TAGGED, "3d643dd514b0cf26411cd861d4431871"),
        (CONSTRAINED, "ef3c70fe98d4a8288e7e9ebfb9fd3827"),
    ],
    ids=["plain", "full", "commit", "tagged commit", "constrained"],
)
def test_the_key_is_pinned(inputs: BuildInputs, key: str) -> None:
    """A key that changes empties every cache: that is a decision, not an accident."""
    assert build_key(inputs) == key


def test_the_key_in_clear_is_what_build_json_keeps() -> None:
    assert described(FULL) == {
        "source": {"digest": str(sha256_of(b"six")), "subdirectory": "inner/folder"},
        "target": {
            "implementation": "cpython",
            "python": "3.13.0rc1",
            "abi": "cp313t",
            "abi_flags": "t",
            "platform": "linux-x86_64",
            "libc": "glibc 2.36",
        },
        "config_settings": {"a": ["ü"], "b": ["1", "2"]},
        "build_constraints": ["cython==3", "setuptools<80"],
        "isolation": {"mode": "shared", "projects": ["setuptools==2", "wheel==1"]},
        "variables": {"CC": "gcc", "CFLAGS": "-O2 -g"},
    }
    assert differences(json.loads(json.dumps(described(FULL))), described(FULL)) == ()


def test_a_commit_is_told_by_its_repository_its_hash_and_the_tags_in_its_history() -> None:
    source = CommitSource(repository="https://me:s3cret@host.example/six.git", commit="12" * 20)
    assert build_key(replace(COMMIT, source=source)) == build_key(COMMIT)
    assert described(COMMIT)["source"] == {
        "repository": "https://host.example/six.git",
        "commit": "12" * 20,
        "subdirectory": "inner",
    }
    others = [
        replace(source, repository="https://host.example/seven.git"),
        replace(source, commit="34" * 20),
        replace(source, tags="ab"),
    ]
    keys = {build_key(replace(COMMIT, source=other)) for other in others}
    assert len(keys | {build_key(COMMIT)}) == 4


def test_the_full_version_counts_for_a_prerelease_alone() -> None:
    patch = replace(PLAIN, target=replace(TARGET, full_version="3.12.9"))
    first = replace(PLAIN, target=replace(TARGET, full_version="3.12.0b1"))
    second = replace(PLAIN, target=replace(TARGET, full_version="3.12.0b2"))
    assert build_key(patch) == build_key(PLAIN)
    assert build_key(first) != build_key(second)


def test_credentials_are_not_in_the_key() -> None:
    """Behaviour 111."""
    keys = set()
    for secret in ("", "me:s3cret@", "token@"):
        url = f"https://{secret}index.example/simple/"
        inputs = replace(
            PLAIN,
            config_settings=(("index", url),),
            build_constraints=(f"six @ {url}",),
            variables=(("CMAKE_ARGS", f"-DURL={url}"),),
        )
        assert "s3cret" not in str(described(inputs))
        keys.add(build_key(inputs))
    assert len(keys) == 1


def test_a_variable_that_is_no_text_can_be_kept_and_read_again() -> None:
    shown = described(replace(PLAIN, variables=(("CC", "gcc\udcff"),)))
    assert json.loads(json.dumps(shown).encode("utf-8")) == shown
    assert shown["variables"] == {"CC": "gcc\\udcff"}


def test_variables_that_steer_are_picked_by_name_or_beginning() -> None:
    environment = {"CC": "gcc", "PATH": "/bin", "CCACHE": "1", "SETUPTOOLS_SCM_PRETEND_VERSION_FOR_SIX": "2"}
    assert steering(environment) == (("CC", "gcc"), ("SETUPTOOLS_SCM_PRETEND_VERSION_FOR_SIX", "2"))
    assert ("PATH", "/bin") in steering(environment, names=(*STEERING_VARIABLES, "PATH"))


def test_differences_name_the_part_and_both_values() -> None:
    found = differences(described(PLAIN), described(replace(PLAIN, variables=(("CC", "gcc"),))))
    assert [str(each) for each in found] == ["variables.CC: nothing -> gcc"]
    assert differences("no key at all", described(PLAIN))[0].part == ""


def test_lists_that_differ_never_look_the_same() -> None:
    """Some values hold what lists are shown with between their items."""
    shown = [
        str(one)
        for settings in ((("a", "1"), ("a", "2")), (("a", "1, 2"),), (("a", ""),))
        for one in differences(described(PLAIN), described(replace(PLAIN, config_settings=settings)))
    ]
    assert shown == [
        "config_settings.a: nothing -> 1, 2",
        'config_settings.a: nothing -> ["1, 2"]',
        'config_settings.a: nothing -> [""]',
    ]


def test_what_an_artifact_and_a_run_decide_comes_together() -> None:
    artifact = Artifact(
        kind=ArtifactKind.SDIST,
        project=normalize("six"),
        version=Version("1"),
        filename="six-1.tar.gz",
        url="https://example.org/six-1.tar.gz",
        subdirectory="inner",
    )
    conditions = Conditions(
        target=TARGET,
        variables=(("CC", "gcc"),),
        build_constraints=("a==1",),
        shared_projects=lambda: ("b==1",),
        config_settings=lambda artifact: (("for", artifact.project),),
    )
    assert conditions.inputs(artifact, sha256_of(b"six")) == BuildInputs(
        source=sha256_of(b"six"),
        target=TARGET,
        subdirectory="inner",
        config_settings=(("for", "six"),),
        build_constraints=("a==1",),
        shared_projects=("b==1",),
        variables=(("CC", "gcc"),),
    )

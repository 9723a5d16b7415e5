"""What of a build other machines may have."""

from __future__ import annotations

import pytest
from packaging.version import Version

from freewheel.build.key import BuildInputs, CommitSource, FolderSource, Source
from freewheel.build.sharing import Sharing, names_place
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName
from freewheel.model.digest import Digest, sha256_of
from tests.support.universe import TARGET

DIGEST = sha256_of(b"an sdist")
URL = "https://files.example/six-1.0.tar.gz"


def artifact(url: str = URL, project: str = "six") -> Artifact:
    return Artifact(
        kind=ArtifactKind.SDIST,
        project=NormalizedName(project),
        version=Version("1.0"),
        filename="six-1.0.tar.gz",
        url=url,
        digests=(DIGEST,),
    )


def obstacle(
    wanted: Artifact | None = None,
    *,
    source: Source = DIGEST,
    is_private: bool = False,
    shares_private: bool = False,
    variables: tuple[tuple[str, str], ...] = (),
    config_settings: tuple[tuple[str, str], ...] = (),
    build_constraints: tuple[str, ...] = (),
) -> str | None:
    inputs = BuildInputs(
        source=source,
        target=TARGET,
        variables=variables,
        config_settings=config_settings,
        build_constraints=build_constraints,
    )
    sharing = Sharing(is_private=lambda _: is_private, shares_private=shares_private)
    return sharing.obstacle(wanted or artifact(), inputs)


def test_what_everybody_can_have_is_shared() -> None:
    assert obstacle() is None
    assert (
        obstacle(variables=(("CC", "gcc-12"), ("CFLAGS", "-O2 -DNDEBUG")), config_settings=(("speed", "fast"),))
        is None
    )
    assert obstacle(source=CommitSource(repository="https://git.example/six.git", commit="12" * 20)) is None
    assert obstacle(build_constraints=("setuptools<70", "six @ https://files.example/six.zip")) is None


@pytest.mark.parametrize(
    ("wanted", "source"),
    [
        (artifact("file:///home/me/six-1.0.tar.gz"), DIGEST),
        (artifact("file:///home/me/six"), FolderSource(content=Digest(algorithm="sha256", value="ab" * 32))),
        (artifact(), FolderSource(content=Digest(algorithm="sha256", value="ab" * 32))),
        (artifact("git+file:///home/me/six"), CommitSource(repository="file:///home/me/six", commit="12" * 20)),
    ],
)
def test_what_lies_here_is_not(wanted: Artifact, source: Source) -> None:
    assert obstacle(wanted, source=source) == "its source lies on this machine"


def test_what_is_built_with_this_environment_is_not() -> None:
    inputs = BuildInputs(source=DIGEST, target=TARGET, shared_projects=("secret==1.0",))
    found = Sharing(is_private=lambda _: False).obstacle(artifact(), inputs)
    assert found == "it is built with what this environment has (--no-build-isolation)"


def test_what_is_not_known_yet_is_not() -> None:
    assert obstacle(artifact(project="")) == "its project is not known yet"


def test_what_is_private_is_not_unless_all_may_have_it() -> None:
    assert obstacle(is_private=True) == "its source is not open to everybody (--shared-cache-private)"
    assert obstacle(is_private=True, shares_private=True) is None


def test_what_says_where_something_lies_is_not() -> None:
    assert obstacle(variables=(("CPATH", "/opt/include"),)) == "it depends on a place on this machine (CPATH)"
    assert obstacle(config_settings=(("build-dir", "~/b"),)) == "it depends on a place on this machine (build-dir)"
    found = obstacle(build_constraints=("six @ file:///six.whl",))
    assert found == "it depends on a place on this machine (build constraints)"


@pytest.mark.parametrize(
    "text",
    [
        "/usr/bin/gcc",
        "-I/opt/include",
        "-O2 -L/opt/lib",
        "--sysroot=/opt",
        "-isystem /opt",
        "-isystem/opt",
        "a:/opt/b",
        "~/x",
        "--x=~/y",
        "C:\\VC\\cl.exe",
        "-IC:/include",
        '"/with space"',
        "file:///x",
        "-Wl,-rpath,/opt/lib",
    ],
)
def test_absolute_paths_are_found(text: str) -> None:
    assert names_place(text)


@pytest.mark.parametrize(
    "text", ["", "gcc-12", "-O2", "-DX=a/b", "relative/path", "https://x.example/y", "1/2", "a//b", "-std=c++17", "/"]
)
def test_other_settings_are_none(text: str) -> None:
    assert not names_place(text)

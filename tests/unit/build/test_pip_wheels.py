"""pip's wheel cache: where it keeps what, what it does not know of, and when ours asks it at all."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.build import inspection
from freewheel.build.build_record import BuildRecord, WheelRecord
from freewheel.build.elsewhere import OtherWheel
from freewheel.build.inspection import SoundWheel
from freewheel.build.key import BuildInputs, CommitSource, build_key, described
from freewheel.build.pip_wheels import PipWheels, obstacle_of, place_of, places
from freewheel.build.wheel_cache import CachedWheel, WheelCache
from freewheel.model import direct_url
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import Digest, sha256_of
from freewheel.model.target import Target
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.foreign import ForeignFolder
from freewheel.store.protocol import Miss
from freewheel.store.root import CacheRoot
from tests.support.archives import make_wheel

SOURCE = sha256_of(b"six")
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
PLAIN = BuildInputs(source=SOURCE, target=TARGET)
SIX = Artifact(
    kind=ArtifactKind.SDIST,
    project=normalize("six"),
    version=Version("1.0"),
    filename="six-1.0.tar.gz",
    url="https://files.example/six-1.0.tar.gz",
    digests=(SOURCE,),
)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ({"url": "https://g.c/o/r"}, "72aa79d3315c181d2cc23239d7109a782de663b6f89982624d8c1e86"),
        (
            {"url": "https://g.c/o/r", "subdirectory": "sd"},
            "8b13391b6791bf7f3edeabb41ea4698d21bcbdbba7f9c7dc9339750d",
        ),
        ({"subdirectory": "/\xe9e"}, "f83b32dfa27a426dec08c21bf006065dd003d0aac78e7fc493d9014d"),
    ],
)
def test_places_are_pips(key: dict[str, str], name: str) -> None:
    """The pinned values of pip's own tests."""
    place = place_of(key)
    assert "".join(place) == name
    assert list(map(len, place)) == [2, 2, 2, 50]


def test_a_source_may_lie_under_any_digest_that_was_stated_or_under_none() -> None:
    md5 = Digest(algorithm="md5", value="ab")
    artifact = replace(SIX, digests=(md5, SOURCE), subdirectory="inner", url=f"{SIX.url}#x")
    common = {
        "url": SIX.url,
        "subdirectory": "inner",
        "interpreter_name": "cp",
        "interpreter_version": "312",
    }
    assert list(places(artifact, TARGET)) == [
        (md5, place_of(common | {"md5": "ab"})),
        (SOURCE, place_of(common | {"sha256": SOURCE.value})),
        (None, place_of(common)),
    ]


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        (PLAIN, None),
        (replace(PLAIN, config_settings=(("a", "1"),)), "config settings"),
        (replace(PLAIN, variables=(("CC", "clang"),)), "variables a wheel was built (CC)"),
        (replace(PLAIN, build_constraints=("setuptools<80",)), "build constraints"),
        (replace(PLAIN, shared_projects=()), "--no-build-isolation"),
        (replace(PLAIN, target=replace(TARGET, full_version="3.12.0rc1")), "pre-release"),
    ],
)
def test_what_pips_key_does_not_have_must_not_be_set(inputs: BuildInputs, reason: str | None) -> None:
    found = obstacle_of(inputs)
    assert (found is None) is (reason is None)
    assert (reason or "") in (found or "")


@pytest.mark.parametrize(
    ("artifact", "inputs"),
    [
        (
            replace(SIX, kind=ArtifactKind.REPOSITORY, commit="12" * 20),
            replace(PLAIN, source=CommitSource(repository="https://host.example/six.git", commit="12" * 20)),
        ),
        (replace(SIX, url="https://files.example/other-1.0.tar.gz"), PLAIN),
    ],
    ids=["commit", "another URL"],
)
def test_of_what_is_not_there_nothing_is_said(artifact: Artifact, inputs: BuildInputs, tmp_path: Path) -> None:
    wheels = PipWheels(folder=ForeignFolder(root=tmp_path), is_wanted=lambda _: True)
    assert wheels.find(artifact, inputs) is None


# Ours before pip's


@dataclass(slots=True)
class Elsewhere:
    """Another cache with one wheel, or a reason; notes how often it was asked."""

    found: OtherWheel | Miss | None
    asked: list[Artifact] = field(default_factory=list)

    def find(self, artifact: Artifact, inputs: BuildInputs) -> OtherWheel | Miss | None:
        assert inputs == PLAIN
        self.asked.append(artifact)
        return self.found


@pytest.fixture
def other(tmp_path: Path) -> OtherWheel:
    folder = tmp_path / "pips"
    folder.mkdir()
    path = make_wheel(folder, "six")
    wheel = SoundWheel(path=path, digest=inspection.file_digest(path), size=path.stat().st_size, is_compiled=False)
    return OtherWheel(wheel=wheel, backend="tests", built_at=86400.0, place=str(folder))


def cache(tmp_path: Path, elsewhere: Elsewhere, *, is_writable: bool = True, compiler: str = "") -> WheelCache:
    root = CacheRoot(path=tmp_path / "cache", is_writable=is_writable)
    return WheelCache(
        wheels=LocalBuiltWheels(root=root, clock=lambda: 0.0),
        clock=lambda: 0.0,
        program_version="1.2.3",
        compilers=lambda _: {"C": compiler} if compiler else {},
        other=elsewhere,
    )


def test_a_wheel_from_elsewhere_is_kept_with_where_it_came_from(tmp_path: Path, other: OtherWheel) -> None:
    elsewhere = Elsewhere(other)
    wheels = cache(tmp_path, elsewhere)
    first, second = wheels.get(SIX, PLAIN), wheels.get(SIX, PLAIN)
    assert isinstance(first, CachedWheel)
    assert isinstance(second, CachedWheel)
    assert (first.came_from, second.came_from) == ("pip", "")
    assert len(elsewhere.asked) == 1
    assert first.path.read_bytes() == other.wheel.path.read_bytes()
    record = json.loads((first.path.parent / "build.json").read_text())
    assert record["adopted_from"] == other.place
    assert (record["built_at"], record["backend"], record["freewheel"]) == (
        "1970-01-02T00:00:00+00:00",
        "tests",
        "1.2.3",
    )
    origin = direct_url.parse((first.path.parent / "origin.json").read_bytes())
    assert origin is not None
    assert origin.archive_info is not None
    assert (origin.url, origin.archive_info.hashes) == (SIX.url, {"sha256": SOURCE.value})


def test_a_reason_from_elsewhere_stands_beside_ours(tmp_path: Path) -> None:
    found = cache(tmp_path, Elsewhere(Miss(reason="so"))).get(SIX, PLAIN)
    expected = "no wheel has been built from it yet; the wheel in pip's cache is not used: so"
    assert found == Miss(reason=expected)
    assert cache(tmp_path, Elsewhere(None)).get(SIX, PLAIN) == Miss(reason="no wheel has been built from it yet")


def test_a_wheel_that_is_replaced_meanwhile_is_not_used(tmp_path: Path, other: OtherWheel) -> None:
    other.wheel.path.write_bytes(b"another")
    found = cache(tmp_path, Elsewhere(other)).get(SIX, PLAIN)
    assert isinstance(found, Miss)
    assert "the stored wheel is damaged" in found.reason
    assert list((tmp_path / "cache").rglob("*.whl")) == []


def test_a_cache_that_cannot_keep_it_builds(tmp_path: Path, other: OtherWheel) -> None:
    found = cache(tmp_path, Elsewhere(other), is_writable=False).get(SIX, PLAIN)
    assert isinstance(found, Miss)
    assert "it cannot be kept here" in found.reason


def test_a_wheel_of_ours_that_a_compiler_would_change_is_not_replaced_by_pips(
    tmp_path: Path, other: OtherWheel
) -> None:
    elsewhere = Elsewhere(other)
    wheels = cache(tmp_path, elsewhere, compiler="gcc 14")
    record = BuildRecord(
        key=dict(described(PLAIN)),
        wheel=WheelRecord(filename=other.wheel.path.name, sha256=other.wheel.digest.value, size=other.wheel.size),
        backend="tests",
        build_requirements=[],
        seconds=1.0,
        built_at="2026-01-01T00:00:00+00:00",
        freewheel="1.2.3",
        is_compiled=False,
        languages=["C"],
    )

    wheels.wheels.put(
        SIX.project,
        build_key(PLAIN),
        other.wheel.path,
        origin=direct_url.as_text(direct_url.of_source(SIX, SOURCE)).encode(),
        build=msgspec.json.encode(record),
        log=b"",
    )
    found = wheels.get(SIX, PLAIN)
    assert isinstance(found, Miss)
    assert "there is a compiler now" in found.reason
    assert elsewhere.asked == []

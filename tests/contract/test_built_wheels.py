"""What `BuiltWheels` promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.protocol import BuiltWheel, BuiltWheels, Miss
from freewheel.store.root import CacheRoot
from tests.support.clock import FakeClock
from tests.support.stores import with_empty_layers

NAME = "six-1.0-py3-none-any.whl"


@pytest.fixture(params=["local", "layered"])
def wheels(request: pytest.FixtureRequest, tmp_path: Path) -> BuiltWheels:
    if request.param == "layered":
        return with_empty_layers(tmp_path, FakeClock()).built_wheels
    return LocalBuiltWheels(root=CacheRoot(path=tmp_path / "cache"), clock=FakeClock())


@pytest.fixture
def built(tmp_path: Path) -> Path:
    path = tmp_path / "dist" / NAME
    path.parent.mkdir()
    path.write_bytes(b"wheel")
    return path


def keep(
    wheels: BuiltWheels, path: Path, project: str = "six", key: str = "abc", origin: bytes = b"{}"
) -> BuiltWheel:
    return wheels.put(project, key, path, origin=origin, build=b'{"a": 1}', log=b"built\n")


def test_a_wheel_comes_back_under_its_real_name_with_its_provenance(wheels: BuiltWheels, built: Path) -> None:
    kept = keep(wheels, built)
    assert wheels.get("six", "abc") == kept
    assert kept.path.name == NAME
    assert kept.path != built
    assert kept.path.read_bytes() == b"wheel"
    assert (kept.origin, kept.build) == (b"{}", b'{"a": 1}')
    assert (kept.path.parent / "build.log").read_bytes() == b"built\n"


def test_the_copy_is_independent_of_what_was_put(wheels: BuiltWheels, built: Path) -> None:
    kept = keep(wheels, built)
    built.write_bytes(b"changed")
    assert kept.path.read_bytes() == b"wheel"


@pytest.mark.parametrize(("project", "key"), [("six", "other"), ("attrs", "abc")])
def test_another_project_or_key_is_a_miss(wheels: BuiltWheels, built: Path, project: str, key: str) -> None:
    keep(wheels, built)
    found = wheels.get(project, key)
    assert isinstance(found, Miss)
    assert not found.is_damage


def test_the_later_wheel_replaces_the_earlier(wheels: BuiltWheels, built: Path) -> None:
    keep(wheels, built)
    later = built.with_name("six-1.0-1-py3-none-any.whl")
    later.write_bytes(b"later")
    kept = keep(wheels, later, origin=b'{"url": "x"}')
    assert wheels.get("six", "abc") == kept
    assert sorted(path.name for path in kept.path.parent.iterdir()) == [
        "build.json",
        "build.log",
        "origin.json",
        later.name,
    ]


@pytest.mark.parametrize("name", [NAME, "origin.json", "build.json"])
def test_a_folder_that_lacks_something_is_a_miss_and_heals(wheels: BuiltWheels, built: Path, name: str) -> None:
    kept = keep(wheels, built)
    (kept.path.parent / name).unlink()
    assert isinstance(wheels.get("six", "abc"), Miss)
    assert list(wheels.scan()) == []
    keep(wheels, built)
    assert wheels.get("six", "abc") == kept


def test_a_folder_with_two_wheels_is_a_miss(wheels: BuiltWheels, built: Path) -> None:
    kept = keep(wheels, built)
    kept.path.with_name("attrs-1.0-py3-none-any.whl").write_bytes(b"foreign")
    found = wheels.get("six", "abc")
    assert isinstance(found, Miss)
    assert found.is_damage


def test_a_scan_gives_every_wheel_or_those_of_one_project(wheels: BuiltWheels, built: Path) -> None:
    first, second = keep(wheels, built), keep(wheels, built, key="def")
    other = keep(wheels, built, project="attrs")
    assert list(wheels.scan()) == [other, first, second]
    assert list(wheels.scan("six")) == [first, second]
    assert list(wheels.scan("flit")) == []


def test_removing_says_whether_there_was_anything(wheels: BuiltWheels, built: Path) -> None:
    kept = keep(wheels, built)
    assert wheels.remove("six", "abc")
    assert not wheels.remove("six", "abc")
    assert not kept.path.parent.exists()


def test_whoever_has_a_replaced_wheel_open_reads_on(wheels: BuiltWheels, built: Path) -> None:
    with keep(wheels, built).path.open("rb") as stream:
        built.write_bytes(b"later")
        keep(wheels, built)
        assert stream.read() == b"wheel"


def test_the_log_of_a_failure_lies_beside_the_wheels_until_the_next_build(tmp_path: Path, built: Path) -> None:
    wheels = LocalBuiltWheels(root=CacheRoot(path=tmp_path / "cache"), clock=FakeClock())
    kept = wheels.put_failure("six", b"the first")
    assert wheels.put_failure("six", b"the second") == kept
    assert kept.read_bytes() == b"the second"
    assert list(wheels.scan()) == []
    keep(wheels, built)
    assert not kept.exists()
    assert len(list(wheels.scan("six"))) == 1

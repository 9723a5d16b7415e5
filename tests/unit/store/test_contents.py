"""Seeing and removing what the cache holds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from freewheel.model.digest import Digest
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.contents import IN_USE, Contents, Measure
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.removal import Removed
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from tests.support.clock import FakeClock
from tests.support.stores import OTHER_WHEEL, WHEEL, held, keep_tree

MARKS = {"CACHEDIR.TAG", "README"}


class Cache:
    """A cache with things of two projects."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(4_000_000_000.0)
        self.root = CacheRoot(path=folder / "cache")
        self.contents = Contents(root=self.root, clock=self.clock)
        self.entries = LocalEntries(root=self.root, clock=self.clock)
        self.blobs = LocalBlobs(root=self.root)
        self.trees = LocalTrees(root=self.root, clock=self.clock)
        self.wheels = LocalBuiltWheels(root=self.root, clock=self.clock)
        self._dist = folder / "dist"
        self._dist.mkdir()

    def blob(self, data: bytes) -> Digest:
        writer = self.blobs.create()
        writer.write(data)
        return writer.commit()

    def wheel(self, project: str, key: str) -> Path:
        path = self._dist / f"{project}-1.0-py3-none-any.whl"
        path.write_bytes(b"12345")
        return self.wheels.put(project, key, path, origin=b"{}", build=b"{}", log=b"built").path

    def fill(self) -> None:
        self.own, self.shared = self.blob(b"six alone"), self.blob(b"both")
        self.entries.put("http", "six", "page", Record(fields={}, blobs=(self.own,)))
        self.entries.put("http", "six", "file", Record(fields={}, blobs=(self.shared,)))
        self.entries.put("metadata", "six", "m", Record(fields={}))
        self.entries.put("http", "attrs", "page", Record(fields={}, blobs=(self.shared,)))
        keep_tree(self.trees)
        keep_tree(self.trees, wheel=OTHER_WHEEL, project="attrs")
        self.wheel("six", "abc")
        self.wheel("attrs", "def")


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


def test_an_empty_cache_has_nothing(cache: Cache) -> None:
    """Behaviours 114 and 120."""
    assert list(cache.contents.built_wheels()) == []
    assert cache.contents.measure() == ()
    assert cache.contents.purge() == Removed()
    assert cache.contents.remove_project("six") == Removed()
    assert not cache.root.path.exists()


def test_built_wheels_are_listed_with_path_size_and_times(cache: Cache) -> None:
    path = cache.wheel("six", "abc")
    os.utime(path, (1000.0, 1000.0))
    os.utime(path.with_name("build.json"), (2000.0, 2000.0))
    (wheel,) = cache.contents.built_wheels()
    assert (wheel.path, wheel.project, wheel.size) == (path, "six", 5)
    assert (wheel.modified, wheel.last_use) == (1000.0, 2000.0)


def test_wheels_that_are_links_are_not_listed(cache: Cache, tmp_path: Path) -> None:
    path = cache.wheel("six", "abc")
    path.with_name("other-1.0-py3-none-any.whl").symlink_to(tmp_path / "nowhere")
    assert [wheel.path for wheel in cache.contents.built_wheels()] == [path]


def test_each_kind_is_measured(cache: Cache) -> None:
    cache.fill()
    (cache.root.layout.tmp / "half").write_bytes(b"12")
    measures = {measure.kind: measure for measure in cache.contents.measure()}
    assert measures["blobs"] == Measure(kind="blobs", items=2, size=len(b"six alone") + len(b"both"))
    assert measures["wheels"] == Measure(kind="wheels", items=2, size=2 * (5 + 2 + 2 + 5))
    assert measures["unfinished"] == Measure(kind="unfinished", items=1, size=2)
    assert (measures["http"].items, measures["metadata"].items, measures["trees"].items) == (3, 1, 2)
    files = (path for path in cache.root.layout.trees.rglob("*") if path.is_file())
    assert measures["trees"].size == sum(path.stat().st_size for path in files)
    assert "old formats" not in measures


def test_removing_wheels_leaves_everything_else(cache: Cache) -> None:
    """Behaviour 119."""
    cache.fill()
    before = held(cache.root.path)
    wheels = [wheel for wheel in cache.contents.built_wheels() if wheel.project == "six"]
    removal = cache.contents.remove_wheels(wheels)
    assert [file.path for file in removal.files] == [wheels[0].path]
    assert removal.size == 5
    assert removal.directories == (wheels[0].path.parent, wheels[0].path.parent.parent)
    gone = before.keys() - held(cache.root.path).keys()
    assert all(name.startswith("wheels-v1/six/") for name in gone)


def test_a_projects_other_wheels_stay(cache: Cache) -> None:
    first, second = cache.wheel("six", "abc"), cache.wheel("six", "def")
    cache.contents.remove_wheels(wheel for wheel in cache.contents.built_wheels() if wheel.path == first)
    assert [wheel.path for wheel in cache.contents.built_wheels()] == [second]


@pytest.mark.parametrize("spelling", ["six", "SIX"])
def test_removing_a_project_takes_all_of_its_kinds_and_nothing_of_others(cache: Cache, spelling: str) -> None:
    """Behaviours 117 and 119."""
    cache.fill()
    removal = cache.contents.remove_project(spelling)
    assert removal.failures == ()
    assert [info.partition for info, _ in cache.entries.scan("http")] == ["attrs"]
    assert list(cache.entries.scan("metadata")) == []
    assert isinstance(cache.blobs.open(cache.own), Miss)
    assert isinstance(cache.trees.get(WHEEL), Miss)
    assert [wheel.project for wheel in cache.contents.built_wheels()] == ["attrs"]
    kept = cache.blobs.open(cache.shared)
    assert not isinstance(kept, Miss)
    kept.close()
    assert not isinstance(cache.trees.get(OTHER_WHEEL), Miss)
    assert cache.contents.remove_project(spelling) == Removed()


@pytest.mark.parametrize("table", ["blobs-v1", "wheels-v1", "entries-v1", "trees-v1"])
def test_removing_a_project_takes_nothing_that_lies_elsewhere(cache: Cache, tmp_path: Path, table: str) -> None:
    """Behaviour 123."""
    cache.fill()
    (cache.root.path / table).rename(tmp_path / "elsewhere")
    (cache.root.path / table).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    before = held(tmp_path / "elsewhere")
    assert cache.contents.remove_project("six").failures == ()
    assert cache.contents.purge().failures == ()
    assert held(tmp_path / "elsewhere") == before


def test_a_purge_leaves_nothing_of_ours_and_a_second_finds_nothing(cache: Cache) -> None:
    """Behaviour 120."""
    cache.fill()
    removal = cache.contents.purge()
    assert removal.failures == ()
    assert {file.path.suffix for file in removal.files if "wheels-v1" in file.path.parts} == {".whl"}
    assert {path.name for path in cache.root.path.iterdir()} == MARKS
    assert cache.contents.purge() == Removed()


def test_a_purge_leaves_foreign_things_links_and_newer_formats(cache: Cache, tmp_path: Path) -> None:
    """Behaviours 75 and 123."""
    cache.fill()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"precious")
    root = cache.root.path
    (root / "mine.txt").write_bytes(b"mine")
    (root / "Documents").mkdir()
    (root / "entries-v99").mkdir()
    (root / "entries-v99" / "file").write_bytes(b"newer")
    shutil.rmtree(root / "locks", ignore_errors=True)
    (root / "locks").symlink_to(outside, target_is_directory=True)
    (root / "tmp").rmdir()
    (root / "tmp").symlink_to(outside, target_is_directory=True)
    (root / "wheels-v1" / "six" / "link").symlink_to(outside, target_is_directory=True)
    assert cache.contents.purge().failures == ()
    assert {path.name for path in root.iterdir()} == MARKS | {"mine.txt", "Documents", "entries-v99"}
    assert (root / "entries-v99" / "file").read_bytes() == b"newer"
    assert (outside / "file").read_bytes() == b"precious"


def test_a_purge_of_a_root_that_is_a_link_purges_where_it_leads(cache: Cache, tmp_path: Path) -> None:
    cache.fill()
    cache.root.path.rename(tmp_path / "elsewhere")
    cache.root.path.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    cache.contents.purge()
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == MARKS


def test_a_purge_leaves_what_somebody_is_writing_and_takes_what_was_abandoned(cache: Cache) -> None:
    """Behaviour 71."""
    cache.fill()
    abandoned = cache.root.layout.tmp / "abandoned"
    abandoned.write_bytes(b"half")
    os.utime(abandoned, (cache.clock.now - IN_USE, cache.clock.now - IN_USE))
    writer, new = cache.blobs.create(), cache.trees.create(WHEEL)
    (new.root / "purelib").mkdir()
    (new.root / "purelib" / "six.py").write_bytes(b"")
    for path in (writer.path, new.root):
        os.utime(path, (cache.clock.now - 1, cache.clock.now - 1))
    removal = cache.contents.purge()
    assert abandoned in {file.path for file in removal.files}
    writer.write(b"six alone")
    assert writer.commit() == cache.own
    assert (new.root / "purelib" / "six.py").exists()
    new.discard()

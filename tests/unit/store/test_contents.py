"""Taking things out of the cache, and what lies in it besides what it holds."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.store.contents import Contents, Measure
from freewheel.store.holding import Holding
from freewheel.store.layout import VERSIONS
from freewheel.store.limits import IN_USE
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.removal import Removed, Sweep
from tests.support.caches import Cache
from tests.support.stores import OTHER_WHEEL, WHEEL, held, keep_tree

MARKS = {"CACHEDIR.TAG", "README"}


class Filled(Cache):
    """A cache with things of two projects."""

    def fill(self) -> None:
        self.own, self.shared = self.blob(b"six alone"), self.blob(b"both")
        self.entries.put("http", "six", "page", Record(fields={}, blobs=(self.own,)))
        self.entries.put("http", "six", "file", Record(fields={}, blobs=(self.shared,)))
        self.entries.put("http", "attrs", "page", Record(fields={}, blobs=(self.shared,)))
        keep_tree(self.trees)
        keep_tree(self.trees, wheel=OTHER_WHEEL, project="attrs")
        self.wheel("six", "abc")
        self.wheel("attrs", "def")


def thing(place: Path) -> Holding:
    """What lies at a place."""
    return Holding(
        kind="other",
        project="",
        version="",
        origin="",
        folder=str(place.parent),
        entry=place.name,
        size=0,
        own=0,
        made=None,
        last_use=0.0,
    )


@pytest.fixture
def cache(tmp_path: Path) -> Filled:
    return Filled(tmp_path)


def test_an_empty_cache_has_nothing(cache: Filled) -> None:
    """Behaviours 114 and 120."""
    contents = cache.contents
    assert contents.blobs().sizes == {}
    assert (contents.old_formats(), contents.unfinished()) == (Measure(), Measure())
    assert contents.clear([], []) == contents.clear_leftovers() == contents.purge() == Removed()
    assert contents.free() > 0
    assert not cache.root.path.exists()


def test_blobs_are_told_by_digest_and_the_young_ones_apart(cache: Filled) -> None:
    cache.fill()
    cache.age(days=1)
    young = cache.blob(b"just written")
    cache.used([cache.root.layout.blob(young)], days=0)
    (cache.root.layout.blobs / "00").mkdir(exist_ok=True)
    (cache.root.layout.blobs / "00" / "foreign").write_bytes(b"x")
    blobs = cache.contents.blobs()
    digests = {bytes.fromhex(one.value): size for one, size in ((cache.own, 9), (cache.shared, 4), (young, 12))}
    assert blobs.sizes == digests
    assert blobs.young == {bytes.fromhex(young.value)}


def test_records_go_before_the_blobs_that_they_name_and_empty_folders_after(cache: Filled) -> None:
    cache.fill()
    record = cache.root.layout.entry("http", "six", "page")
    other = cache.root.layout.entry("http", "six", "file")
    told: list[str] = []
    contents = replace(cache.contents, tell=told.append)
    removal = contents.clear([thing(record), thing(other)], [bytes.fromhex(cache.own.value)])
    blob = cache.root.layout.blob(cache.own)
    assert told[:3] == [str(record), str(other), str(blob)]
    assert set(told[3:]) == {str(record.parent), str(blob.parent)}
    assert (removal.files, removal.directories) == (3, 2)
    assert isinstance(cache.blobs.open(cache.own), Miss)
    assert not isinstance(cache.trees.get(WHEEL), Miss)


def test_after_its_time_nothing_more_is_removed(cache: Filled) -> None:
    cache.fill()
    before = held(cache.root.path)
    record = cache.root.layout.entry("http", "six", "page")
    assert cache.contents.clear([thing(record)], [], until=time.monotonic()) == Removed()
    assert held(cache.root.path) == before


@pytest.mark.parametrize("table", ["blobs-v1", "wheels-v1", "entries-v1", "trees-v1"])
def test_nothing_is_removed_that_lies_elsewhere(cache: Filled, tmp_path: Path, table: str) -> None:
    """Behaviour 123."""
    cache.fill()
    (cache.root.path / table).rename(tmp_path / "elsewhere")
    (cache.root.path / table).symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    before = held(tmp_path / "elsewhere")
    layout = cache.root.layout
    places = [layout.entry("http", "six", "page"), layout.built_wheel("six", "abc"), layout.tree(WHEEL).folder]
    blobs = [bytes.fromhex(blob.value) for blob in (cache.own, cache.shared)]
    assert cache.contents.clear(map(thing, places), blobs).failures == ()
    assert cache.contents.purge().failures == ()
    assert held(tmp_path / "elsewhere") == before


def test_the_log_of_a_build_that_failed_goes_alone(cache: Filled) -> None:
    cache.wheels.put_failure("six", b"it failed")
    cache.wheels.put_failure("attrs", b"it failed too")
    assert cache.contents.remove_failed_log("six") == Removed(directories=1)
    assert not cache.root.layout.failed_log("six").exists()
    assert cache.root.layout.failed_log("attrs").exists()


def test_leftovers_are_what_ended_long_ago(cache: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behaviour 71: formats that are no longer read go, newer ones and what somebody writes stay."""
    cache.fill()
    cache.age(days=31)
    monkeypatch.setattr("freewheel.store.layout.VERSIONS", dict(VERSIONS) | {"trees": 2})
    old, new = cache.root.layout.tmp / "old", cache.root.layout.tmp / "new"
    for path, days in ((old, 1.0), (new, 0.0)):
        path.write_bytes(b"half")
        cache.used([path], days=days)
    (cache.root.path / "trees-v3").mkdir()
    contents = Contents(root=cache.root, clock=cache.clock)
    assert (contents.unfinished(), contents.abandoned()) == (Measure(items=2, size=8), Measure(items=1, size=4))
    assert contents.clear_leftovers(until=time.monotonic()) == Removed()
    removal = cache.contents.clear_leftovers()
    assert removal.failures == ()
    assert (old.exists(), new.exists()) == (False, True)
    assert (cache.root.path / "trees-v3").exists()
    assert (cache.root.path / "entries-v1").exists()
    assert not (cache.root.path / "trees-v1").exists()


def test_a_format_that_is_no_longer_read_is_kept_while_an_older_version_may_use_it(
    cache: Filled, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.fill()
    cache.age(days=31)
    monkeypatch.setattr("freewheel.store.layout.VERSIONS", dict(VERSIONS) | {"trees": 2})
    cache.used([cache.root.path / "trees-v1" / WHEEL.value[:2] / WHEEL.value / "manifest"], days=29)
    assert cache.contents.clear_leftovers() == Removed()
    assert cache.contents.unused_formats() == Measure()
    assert cache.contents.old_formats().items > 0


def test_a_tree_goes_at_once_for_everybody_and_is_told_of_where_it_was(cache: Filled) -> None:
    cache.fill()
    folder = cache.root.layout.tree(WHEEL).folder
    files = {str(path) for path in folder.rglob("*") if path.is_file()}
    seen: list[bool] = []
    told: list[str] = []

    class Watched(Sweep):
        def remove(self, path: str, *, known_as: str | None = None) -> None:
            seen.append(folder.exists())
            super().remove(path, known_as=known_as)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("freewheel.store.contents.Sweep", Watched)
        replace(cache.contents, tell=told.append).clear([thing(folder)], [])
    assert seen == [False]
    assert files < set(told)
    assert str(folder) in told
    assert list(cache.root.layout.tmp.iterdir()) == []


def test_a_purge_leaves_nothing_of_ours_and_a_second_finds_nothing(cache: Filled) -> None:
    """Behaviour 120."""
    cache.fill()
    told: list[str] = []
    removal = replace(cache.contents, tell=told.append).purge()
    assert removal.failures == ()
    folders = {str(cache.root.path / "wheels-v1" / part) for part in (".", "six", "attrs", "six/abc", "attrs/def")}
    assert {Path(path).suffix for path in told if "wheels-v1" in path and path not in folders} == {".whl"}
    assert {path.name for path in cache.root.path.iterdir()} == MARKS
    assert cache.contents.purge() == Removed()


def test_a_purge_leaves_foreign_things_links_and_newer_formats(cache: Filled, tmp_path: Path) -> None:
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


def test_a_purge_of_a_root_that_is_a_link_purges_where_it_leads(cache: Filled, tmp_path: Path) -> None:
    cache.fill()
    cache.root.path.rename(tmp_path / "elsewhere")
    cache.root.path.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    cache.contents.purge()
    assert {path.name for path in (tmp_path / "elsewhere").iterdir()} == MARKS


def test_a_purge_leaves_what_somebody_is_writing_and_takes_what_was_abandoned(cache: Filled) -> None:
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
    told: list[str] = []
    replace(cache.contents, tell=told.append).purge()
    assert str(abandoned) in told
    writer.write(b"six alone")
    assert writer.commit() == cache.own
    assert (new.root / "purelib" / "six.py").exists()
    new.discard()

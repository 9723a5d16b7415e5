"""What lies in the cache, thing by thing, whatever else lies there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freewheel.store.catalog import Catalog, measured
from freewheel.store.layout import Layout
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees, tree_mtime
from tests.support.caches import Cache
from tests.support.clock import FakeClock
from tests.support.stores import WHEEL, keep_bytecode, keep_tree


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path)


@pytest.fixture
def catalog(cache: Cache) -> Catalog:
    return cache.contents.catalog


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    catalog = Catalog(layout=Layout(root=tmp_path / "missing"))
    for found in (catalog.records(), catalog.wheels(), catalog.trees(), catalog.clones(), catalog.blobs()):
        assert list(found) == []


def test_a_record_is_told_by_what_it_states(cache: Cache, catalog: Catalog) -> None:
    blob = cache.blob(b"bytes")
    cache.entries.put("http", "six", "key", Record(fields={"a": 1}, blobs=(blob,)))
    path = cache.root.layout.entry("http", "six", "key")
    cache.used([path], days=2)
    (record,) = catalog.records()
    assert (record.kind, record.partition, record.blobs) == ("http", "six", (str(blob),))
    assert (record.folder, record.entry) == (str(path.parent), path.name)
    assert (record.size, record.last_use) == (path.stat().st_size, path.stat().st_mtime)
    assert record.fields is not None


@pytest.mark.parametrize("data", [b"", b"short", b"\0" * 500])
def test_a_damaged_record_is_told_by_its_folders(cache: Cache, catalog: Catalog, data: bytes) -> None:
    cache.entries.put("http", "six", "key", Record(fields={}))
    path = cache.root.layout.entry("http", "six", "key")
    path.write_bytes(data)
    (record,) = catalog.records()
    assert (record.kind, record.partition, record.fields, record.size) == ("http", "six", None, len(data))


def test_a_flipped_bit_makes_a_record_damaged(cache: Cache, catalog: Catalog) -> None:
    cache.entries.put("http", "six", "key", Record(fields={"some": "text"}))
    path = cache.root.layout.entry("http", "six", "key")
    data = bytearray(path.read_bytes())
    for place in range(len(data)):
        path.write_bytes(bytes((*data[:place], data[place] ^ 1, *data[place + 1 :])))
        (record,) = catalog.records()
        assert record.fields is None


def test_links_folders_and_pipes_are_no_records(cache: Cache, catalog: Catalog, tmp_path: Path) -> None:
    """Behaviour 123."""
    cache.entries.put("http", "six", "key", Record(fields={}))
    path = cache.root.layout.entry("http", "six", "key")
    (path.parent / "link").symlink_to(path)
    (path.parent / "folder").mkdir()
    os.mkfifo(path.parent / "pipe")
    (tmp_path / "elsewhere").mkdir()
    (path.parent.parent / "linked").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert [record.entry for record in catalog.records()] == [path.name]


def test_a_wheel_is_told_with_its_own_size_and_that_of_its_folder(cache: Cache, catalog: Catalog) -> None:
    path = cache.wheel("foo-bar", "abc", data=b"12345", build=b"{}")
    cache.used([path], days=5)
    cache.used([path.with_name("build.json")], days=3)
    path.with_name("other-1.0-py3-none-any.whl").symlink_to(path)
    (wheel,) = catalog.wheels()
    assert (wheel.project, wheel.filename, wheel.path) == ("foo-bar", path.name, str(path.parent))
    assert (wheel.wheel_size, wheel.size) == (5, sum(one.lstat().st_size for one in path.parent.glob("*.*[!l]")) + 5)
    assert (wheel.made, wheel.last_use) == (path.stat().st_mtime, path.with_name("build.json").stat().st_mtime)


def test_a_folder_without_a_wheel_or_with_several_is_told_once_as_damaged(cache: Cache, catalog: Catalog) -> None:
    path = cache.wheel("six", "abc")
    path.with_name("six-2.0-py3-none-any.whl").write_bytes(b"another")
    (wheel,) = catalog.wheels()
    assert (wheel.filename, wheel.is_damaged) == (path.name, True)
    for one in path.parent.glob("*.whl"):
        one.unlink()
    (wheel,) = catalog.wheels()
    assert (wheel.filename, wheel.wheel_size, wheel.is_damaged) == ("", 0, True)
    assert wheel.size > 0
    for one in path.parent.iterdir():
        one.unlink()
    assert list(catalog.wheels()) == []


def test_a_tree_counts_what_lies_in_the_cache_alone(cache: Cache, catalog: Catalog, tmp_path: Path) -> None:
    tree = keep_tree(cache.trees)
    keep_bytecode(cache.trees, tree, "cpython-312")
    (before,) = catalog.trees()
    file = next(path for path in tree.root.rglob("six.py"))
    (tmp_path / "linked.py").hardlink_to(file)
    (after,) = catalog.trees()
    assert (after.project, after.version, after.wheel) == ("six", "1.0", WHEEL.value)
    assert after.size == before.size == before.only_here
    assert before.only_here - after.only_here == file.stat().st_size
    assert after.last_use == (Path(after.path) / "manifest").stat().st_mtime != tree_mtime(WHEEL)


def test_a_tree_without_a_sound_manifest_has_no_project(cache: Cache, catalog: Catalog) -> None:
    keep_tree(cache.trees)
    manifest = cache.root.layout.tree(WHEEL).manifest
    manifest.chmod(0o600)
    manifest.write_bytes(b"nonsense")
    (tree,) = catalog.trees()
    assert (tree.project, tree.version, tree.is_damaged) == ("", "", True)
    manifest.unlink()
    (tree,) = catalog.trees()
    assert (tree.project, tree.is_damaged) == ("", True)


def test_bytecode_of_a_layers_tree_is_no_damaged_tree(cache: Cache, catalog: Catalog, tmp_path: Path) -> None:
    below = keep_tree(LocalTrees(root=CacheRoot(path=tmp_path / "layer"), clock=FakeClock()))
    keep_bytecode(cache.trees, below, "cpython-312")
    (tree,) = catalog.trees()
    assert (tree.wheel, tree.is_damaged) == (WHEEL.value, False)
    keep_tree(cache.trees)
    (tree,) = catalog.trees()
    assert (tree.project, tree.is_damaged) == ("six", False)


def test_what_cannot_be_looked_into_is_passed_over(tmp_path: Path) -> None:
    found = measured(str(tmp_path / "missing"))
    assert (found.size, found.only_here, found.made) == (0, 0, 0.0)

"""What files on a disk can do that dictionaries cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freewheel.model.digest import sha256_of
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.store.verify import check
from tests.support.clock import FakeClock

RECORD = Record(fields={"status": 200})


@pytest.fixture
def root(tmp_path: Path) -> CacheRoot:
    return CacheRoot(path=tmp_path / "cache")


@pytest.fixture
def entries(root: CacheRoot) -> LocalEntries:
    kept = LocalEntries(root=root, clock=FakeClock())
    kept.put("http", "six", "k", RECORD)
    return kept


@pytest.mark.parametrize("data", [b"", b"garbage", b"\0" * 32, b"cc=4," + b"x" * 100])
def test_a_damaged_record_is_a_miss_and_heals(entries: LocalEntries, root: CacheRoot, data: bytes) -> None:
    """Behaviours 63 to 65."""
    root.layout.entry("http", "six", "k").write_bytes(data)
    found = entries.get("http", "six", "k")
    assert isinstance(found, Miss)
    assert found.is_damage
    entries.put("http", "six", "k", RECORD)
    assert entries.get("http", "six", "k") == RECORD


def test_a_record_in_anothers_place_is_a_miss(entries: LocalEntries, root: CacheRoot) -> None:
    root.layout.entry("http", "six", "k").rename(root.layout.entry("http", "six", "other"))
    found = entries.get("http", "six", "other")
    assert isinstance(found, Miss)
    assert found.is_damage


def test_a_folder_in_a_records_place_is_a_miss(entries: LocalEntries, root: CacheRoot) -> None:
    root.layout.entry("http", "six", "other").mkdir()
    assert isinstance(entries.get("http", "six", "other"), Miss)


def test_a_scan_tells_damaged_entries_by_their_place_and_goes_on(entries: LocalEntries, root: CacheRoot) -> None:
    path = root.layout.entry("http", "attrs", "k")
    path.parent.mkdir()
    path.write_bytes(b"garbage")
    (root.layout.kind("http") / "a file among the partitions").write_bytes(b"")
    (damaged, miss), (info, record) = entries.scan("http")
    assert isinstance(miss, Miss)
    assert (damaged.kind, damaged.partition, damaged.key) == ("http", "attrs", path.name)
    assert (info.key, record) == ("k", RECORD)


def test_a_flipped_byte_in_a_blob_is_found_and_heals(root: CacheRoot) -> None:
    """Behaviour 62."""
    blobs = LocalBlobs(root=root)
    writer = blobs.create()
    writer.write(b"sound")
    digest = writer.commit()
    root.layout.blob(digest).write_bytes(b"sounD")
    found = check(blobs, digest)
    assert found is not None
    assert found.is_damage
    again = blobs.create()
    again.write(b"sound")
    again.commit()
    assert check(blobs, digest) is None


def test_a_folder_in_a_blobs_place_is_a_miss_and_is_replaced(root: CacheRoot) -> None:
    blobs = LocalBlobs(root=root)
    digest = sha256_of(b"x")
    root.layout.blob(digest).mkdir(parents=True)
    assert isinstance(blobs.open(digest), Miss)
    writer = blobs.create()
    writer.write(b"x")
    assert writer.commit() == digest
    assert check(blobs, digest) is None
    assert list(root.layout.tmp.iterdir()) == []


def test_a_blob_that_is_thrown_away_leaves_no_file(root: CacheRoot) -> None:
    """Behaviour 45."""
    writer = LocalBlobs(root=root).create()
    writer.write(b"half")
    writer.discard()
    writer.discard()
    assert list(root.layout.tmp.iterdir()) == []
    assert not root.layout.blobs.exists()


def test_writing_a_blob_leaves_no_descriptor_open(root: CacheRoot) -> None:
    blobs = LocalBlobs(root=root)
    first = blobs.create()
    first.discard()
    second = blobs.create()
    second.commit()
    third = blobs.create()
    assert first.descriptor == second.descriptor == third.descriptor
    third.discard()
    with pytest.raises(OSError, match="descriptor"):
        os.fstat(third.descriptor)

from __future__ import annotations

import pytest

from freewheel.errors import NoSpace
from freewheel.model.digest import Digest, sha256_of
from freewheel.store.memory import Memory, MemoryBlobs, MemoryEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from tests.support.clock import FakeClock


def put(blobs: MemoryBlobs, data: bytes) -> Digest:
    writer = blobs.create()
    writer.write(data)
    return writer.commit()


def test_what_was_not_asked_for_the_longest_is_forgotten_first() -> None:
    blobs = MemoryBlobs(Memory(limit=250))
    a, b = put(blobs, b"a" * 100), put(blobs, b"b" * 100)
    assert not isinstance(blobs.open(a), Miss)
    put(blobs, b"c" * 100)
    assert not isinstance(blobs.open(a), Miss)
    assert isinstance(blobs.open(b), Miss)


def test_what_is_removed_or_kept_twice_makes_room() -> None:
    blobs = MemoryBlobs(Memory(limit=350))
    a = put(blobs, b"a" * 300)
    assert blobs.remove(a)
    b = put(blobs, b"b" * 100)
    assert [put(blobs, b"c" * 100) for _ in range(3)] == [sha256_of(b"c" * 100)] * 3
    assert not isinstance(blobs.open(b), Miss)


def test_what_is_larger_than_all_is_refused_while_it_comes() -> None:
    writer = MemoryBlobs(Memory(limit=250)).create()
    writer.write(bytes(250))
    with pytest.raises(NoSpace):
        writer.write(b"x")


def test_entries_and_blobs_share_the_room() -> None:
    memory, clock = Memory(limit=300), FakeClock()
    entries, blobs = MemoryEntries(clock=clock, memory=memory), MemoryBlobs(memory)
    entries.put("http", "_", "a", Record(fields={}))
    put(blobs, bytes(299))
    assert isinstance(entries.get("http", "_", "a"), Miss)


def test_what_is_being_written_counts() -> None:
    """Else many bodies at once would hold any number of bytes."""
    memory = Memory(limit=250)
    blobs = MemoryBlobs(memory)
    old = put(blobs, b"a" * 100)
    first, second = blobs.create(), blobs.create()
    first.write(b"b" * 200)
    assert isinstance(blobs.open(old), Miss)
    with pytest.raises(NoSpace):
        second.write(b"c" * 100)
    first.discard()
    first.discard()
    second.write(b"c" * 100)
    assert not isinstance(blobs.open(second.commit()), Miss)

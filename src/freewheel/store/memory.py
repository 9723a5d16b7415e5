"""Blobs and entries in memory: for programs that want no folder, and for tests."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO, TypeAlias

from msgspec import Struct, field

from freewheel.errors import NoSpace, StoreError
from freewheel.model.digest import Digest, sha256_of
from freewheel.store import last_use
from freewheel.store.protocol import EntryInfo, Miss
from freewheel.store.record import Envelope, Record, from_bytes, to_bytes

_Key: TypeAlias = "Digest | tuple[str, str, str]"


class Memory(Struct, kw_only=True, eq=False):
    """What the stores of one cache keep, each thing with the time (seconds since the epoch) of its last noted use.

    Beyond `limit` bytes, if there is one, what was not asked for the longest is forgotten; what is being written
    counts. Safe from many threads.
    """

    limit: int | None = None
    _kept: dict[_Key, tuple[bytes, float]] = field(default_factory=dict)
    _size: int = 0
    _claimed: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)  # the collector may close a body in between

    def __repr__(self) -> str:
        return f"Memory({len(self._kept)} things of {self._size} bytes)"

    def get(self, key: _Key) -> tuple[bytes, float] | None:
        """What is kept, and when it was noted."""
        with self._lock:
            found = self._kept.pop(key, None)
            if found is not None:
                self._kept[key] = found
            return found

    def put(self, key: _Key, data: bytes, noted: float) -> None:
        """Keep; raises NoSpace for what no forgetting makes room for."""
        with self._lock:
            self._check(len(data))
            self._take(key)
            self._make_room(len(data))
            self._kept[key] = (data, noted)
            self._size += len(data)

    def add(self, key: _Key, data: bytes, noted: float) -> bool:
        """Keep where nothing is kept; raises NoSpace."""
        with self._lock:
            is_new = key not in self._kept
            if is_new:
                self.put(key, data, noted)
            return is_new

    def claim(self, size: int) -> None:
        """Have room for so many bytes more that are being written; raises NoSpace where they are too many."""
        with self._lock:
            self._make_room(size)
            self._claimed += size

    def release(self, size: int) -> None:
        """Give back what was claimed."""
        with self._lock:
            self._claimed -= size

    def has_room(self, size: int) -> bool:
        """Whether so many bytes could be kept, if nothing else were."""
        return self.limit is None or size <= self.limit

    def holds(self, key: _Key) -> bool:
        """Whether it is kept, which is no use of it."""
        return key in self._kept

    def note(self, key: _Key, noted: float) -> None:
        """Note a use of what is still there."""
        with self._lock:
            if key in self._kept:
                self._kept[key] = (self._kept[key][0], noted)

    def remove(self, key: _Key) -> bool:
        """Forget; whether it was there."""
        with self._lock:
            return self._take(key)

    def entries(self) -> list[tuple[tuple[str, str, str], tuple[bytes, float]]]:
        """All but the blobs, in order."""
        with self._lock:
            return sorted((key, found) for key, found in self._kept.items() if not isinstance(key, Digest))

    def _make_room(self, size: int) -> None:
        self._check(size)
        while self.limit is not None and size + self._claimed + self._size > self.limit:
            self._take(next(iter(self._kept)))

    def _check(self, size: int) -> None:
        if self.limit is not None and size + self._claimed > self.limit:
            raise NoSpace(path="memory", reason=f"there is room for {self.limit} bytes")

    def _take(self, key: _Key) -> bool:
        found = self._kept.pop(key, None)
        if found is not None:
            self._size -= len(found[0])
        return found is not None


class MemoryBlobWriter(Struct, kw_only=True):
    """A blob that is being written."""

    memory: Memory
    was_there: bool = False
    _parts: list[bytes] = field(default_factory=list)
    _size: int = 0

    def write(self, data: bytes) -> None:
        """Append; raises NoSpace."""
        self.memory.claim(len(data))
        self._size += len(data)
        self._parts.append(bytes(data))

    def commit(self) -> Digest:
        """Make the bytes visible under their digest; raises NoSpace."""
        data = b"".join(self._parts)
        digest = sha256_of(data)
        self.discard()
        self.was_there = self.memory.holds(digest)
        self.memory.put(digest, data, 0.0)
        return digest

    def discard(self) -> None:
        """Forget what was written; harmless after `commit`."""
        self.memory.release(self._size)
        self._size = 0
        self._parts.clear()


class MemoryBlobs(Struct, frozen=True):
    """Blobs as bytes."""

    memory: Memory = field(default_factory=Memory)

    def open(self, digest: Digest) -> BinaryIO | Miss:
        """A stream over the bytes."""
        found = self.memory.get(digest)
        return Miss(reason="the file is not in the cache") if found is None else io.BytesIO(found[0])

    def has_room(self, size: int) -> bool:
        """Whether it is not beyond the limit alone."""
        return self.memory.has_room(size)

    def create(self) -> MemoryBlobWriter:
        """Begin a blob."""
        return MemoryBlobWriter(memory=self.memory)

    def remove(self, digest: Digest) -> bool:
        """Forget; whether it was there."""
        return self.memory.remove(digest)


class MemoryEntries(Struct, frozen=True, kw_only=True):
    """Records as the bytes that a file would hold. `clock` gives seconds since the epoch."""

    clock: Callable[[], float]
    memory: Memory = field(default_factory=Memory)

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """The record; its last use is noted, at most once an hour."""
        address = (kind, partition, key)
        kept = self.memory.get(address)
        if kept is None:
            return Miss(reason="nothing is stored for it")
        data, noted = kept
        now = self.clock()
        if last_use.is_due(noted, now):
            self.memory.note(address, now)
        return from_bytes(data).record

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep, replacing what was there; raises StoreError for what no record can hold."""
        envelope = Envelope(kind=kind, partition=partition, key=key, record=record)
        self.memory.put((kind, partition, key), _bytes_of(envelope), self.clock())

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        """Keep, unless something is there; as `put`."""
        envelope = Envelope(kind=kind, partition=partition, key=key, record=record)
        return self.memory.add((kind, partition, key), _bytes_of(envelope), self.clock())

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget; whether it was there."""
        return self.memory.remove((kind, partition, key))

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every entry of a kind that is there when the scan begins."""
        for (kept_kind, kept_partition, key), (data, noted) in self.memory.entries():
            if kept_kind == kind and partition in (None, kept_partition):
                info = EntryInfo(kind=kind, partition=kept_partition, key=key, size=len(data), last_use=noted)
                yield info, from_bytes(data).record


def _bytes_of(envelope: Envelope) -> bytes:
    try:
        return to_bytes(envelope)
    except ValueError as error:
        raise StoreError(path=f"{envelope.kind}/{envelope.partition}", reason=str(error)) from error

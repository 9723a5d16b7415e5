"""Blobs and entries in memory, for tests."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from freewheel.errors import StoreError
from freewheel.model.digest import Digest, sha256_of
from freewheel.store import last_use
from freewheel.store.protocol import EntryInfo, Miss
from freewheel.store.record import Envelope, Record, from_bytes, to_bytes


@dataclass(slots=True, kw_only=True)
class MemoryBlobWriter:
    """A blob that is being written."""

    blobs: dict[Digest, bytes]
    _parts: list[bytes] = field(default_factory=list)

    def write(self, data: bytes) -> None:
        """Append."""
        self._parts.append(bytes(data))

    def commit(self) -> Digest:
        """Make the bytes visible under their digest."""
        data = b"".join(self._parts)
        digest = sha256_of(data)
        self.blobs[digest] = data
        return digest

    def discard(self) -> None:
        """Forget what was written; harmless after `commit`."""
        self._parts.clear()


@dataclass(frozen=True, slots=True)
class MemoryBlobs:
    """Blobs in a dictionary, of which each operation is atomic."""

    _kept: dict[Digest, bytes] = field(default_factory=dict)

    def open(self, digest: Digest) -> BinaryIO | Miss:
        """A stream over the bytes."""
        data = self._kept.get(digest)
        return Miss(reason="the file is not in the cache") if data is None else io.BytesIO(data)

    def create(self) -> MemoryBlobWriter:
        """Begin a blob."""
        return MemoryBlobWriter(blobs=self._kept)

    def remove(self, digest: Digest) -> bool:
        """Forget; whether it was there."""
        return self._kept.pop(digest, None) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryEntries:
    """Records in a dictionary, as the bytes that a file would hold. `clock` gives seconds since the epoch."""

    clock: Callable[[], float]
    _kept: dict[tuple[str, str, str], tuple[bytes, float]] = field(default_factory=dict)

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """The record; its last use is noted, at most once an hour."""
        address = (kind, partition, key)
        kept = self._kept.get(address)
        if kept is None:
            return Miss(reason="nothing is stored for it")
        data, noted = kept
        now = self.clock()
        if last_use.is_due(noted, now):
            self._kept[address] = (data, now)
        return from_bytes(data).record

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep, replacing what was there; raises StoreError for what no record can hold."""
        try:
            data = to_bytes(Envelope(kind=kind, partition=partition, key=key, record=record))
        except ValueError as error:
            raise StoreError(path=f"{kind}/{partition}", reason=str(error)) from error
        self._kept[kind, partition, key] = (data, self.clock())

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget; whether it was there."""
        return self._kept.pop((kind, partition, key), None) is not None

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every entry of a kind that is there when the scan begins."""
        for (kept_kind, kept_partition, key), (data, noted) in sorted(self._kept.items()):
            if kept_kind == kind and partition in (None, kept_partition):
                info = EntryInfo(kind=kind, partition=kept_partition, key=key, size=len(data), last_use=noted)
                yield info, from_bytes(data).record

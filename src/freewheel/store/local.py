"""Blobs and entries as files on this machine's disk."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct, field

from freewheel.errors import StoreError
from freewheel.model.digest import Digest
from freewheel.store import last_use
from freewheel.store.atomic import Storing, children, miss_of, open_file, read, write_all
from freewheel.store.passing_digest import PassingDigest
from freewheel.store.protocol import EntryInfo, Miss
from freewheel.store.record import Envelope, Record, from_bytes, to_bytes
from freewheel.store.root import CacheRoot


class LocalBlobWriter(Struct, kw_only=True, eq=False):
    """A blob in `tmp/`; one thread writes it."""

    root: CacheRoot
    descriptor: int
    path: Path
    size: int = 0
    is_open: bool = True
    was_there: bool = False
    _digest: PassingDigest = field(default_factory=PassingDigest)

    def write(self, data: bytes) -> None:
        """Append; raises StoreError (NoSpace)."""
        with self.root.storing(self.path):
            write_all(self.descriptor, data)
        self._digest.update(data)
        self.size += len(data)

    def commit(self) -> Digest:
        """Make the bytes visible under their digest; raises StoreError, and then nothing is left.

        A blob that is there already is replaced by the same bytes, which heals it; where the system refuses that
        (Windows, while somebody reads it) one of the same size stays.
        """
        digest = Digest(algorithm="sha256", value=self._digest.hexdigest())
        target = self.root.layout.blob(digest)
        try:
            with Storing(target):
                self._close()
            self.was_there = os.path.lexists(target)
            self.root.publish(self.path, target)
        except StoreError as error:
            self.discard()
            if _size_of(target) != self.size:
                self.root.on_failure(error)
                raise
        except BaseException:
            self.discard()
            raise
        return digest

    def discard(self) -> None:
        """Leave nothing behind; harmless after `commit`."""
        self._digest.close()
        with suppress(OSError):
            self._close()
        with suppress(OSError):
            self.path.unlink()

    def _close(self) -> None:
        if self.is_open:
            self.is_open = False
            os.close(self.descriptor)


class LocalBlobs(Struct, frozen=True, kw_only=True):
    """Blobs as files; `Blobs` says what the methods do."""

    root: CacheRoot

    def open(self, digest: Digest) -> BinaryIO | Miss:
        """One `open` syscall; no digest is computed."""
        try:
            return os.fdopen(open_file(self.root.layout.blob(digest))[0], "rb")
        except OSError as error:
            return miss_of(error, "the file is not in the cache")
        except ValueError as error:
            return Miss(reason=str(error), is_damage=True)

    def has_room(self, size: int) -> bool:  # noqa: ARG002  # what the disk has left others may take meanwhile
        """Whether anything can be kept at all."""
        return self.root.is_writable

    def create(self) -> LocalBlobWriter:
        """Begin a blob; raises StoreError."""
        descriptor, path = self.root.new_file()
        return LocalBlobWriter(root=self.root, descriptor=descriptor, path=path)

    def remove(self, digest: Digest) -> bool:
        """Forget; whether it was there and could be removed."""
        try:
            return self.root.forget(self.root.layout.blob(digest))
        except ValueError:
            return False


class LocalEntries(Struct, frozen=True, kw_only=True):
    """Records as files; `Entries` says what the methods do. `clock` gives seconds since the epoch."""

    root: CacheRoot
    clock: Callable[[], float]

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """One `open`, `fstat` and `read`; once an hour one `utime`."""
        path = self.root.layout.entry(kind, partition, key)
        found = _read(path)
        if isinstance(found, Miss):
            return found
        envelope, _, noted = found
        if (envelope.kind, envelope.partition, envelope.key) != (kind, partition, key):
            return Miss(reason="the record belongs to another key", is_damage=True)
        if self.root.is_writable:
            last_use.note(path, noted, self.clock())
        return envelope.record

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep, replacing what was there; raises StoreError."""
        path = self.root.layout.entry(kind, partition, key)
        self.root.write(path, self._bytes_for(path, Envelope(kind=kind, partition=partition, key=key, record=record)))

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        """Keep, unless something is there; as `put`."""
        path = self.root.layout.entry(kind, partition, key)
        envelope = Envelope(kind=kind, partition=partition, key=key, record=record)
        return self.root.write_new(path, self._bytes_for(path, envelope))

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget; whether it was there and could be removed."""
        return self.root.forget(self.root.layout.entry(kind, partition, key))

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every entry of a kind. A damaged one is told by the names of its folder and file."""
        layout = self.root.layout
        folders = children(layout.kind(kind)) if partition is None else [layout.partition(kind, partition)]
        for folder in folders:
            for path in children(folder):
                yield inspect(path)

    def _bytes_for(self, path: Path, envelope: Envelope) -> bytes:
        with self.root.storing(path):
            return to_bytes(envelope)


def inspect(path: Path) -> tuple[EntryInfo, Record | Miss]:
    """What an entry's file holds; a damaged one is told by the names of its folders and file, and uses 0 bytes."""
    found = _read(path)
    if isinstance(found, Miss):
        partition = path.parent
        return EntryInfo(
            kind=partition.parent.name, partition=partition.name, key=path.name, size=0, last_use=0.0
        ), found
    envelope, size, noted = found
    return EntryInfo(
        kind=envelope.kind, partition=envelope.partition, key=envelope.key, size=size, last_use=noted
    ), envelope.record


def _read(path: Path) -> tuple[Envelope, int, float] | Miss:
    try:
        data, noted = read(path)
        return from_bytes(data), len(data), noted
    except OSError as error:
        return miss_of(error, "nothing is stored for it")
    except ValueError as error:
        return Miss(reason=f"the record is damaged ({error})", is_damage=True)


def _size_of(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None

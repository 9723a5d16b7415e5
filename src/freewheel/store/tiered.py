"""A near store with the shared one behind it: asked where the near one has nothing, filling it with what comes.

    get, open ── near ── shared ─> found, kept near, or a miss        put, add ─> near, and offered to the shared one

What turns out to be no good once it was handed out is forgotten by its user, which hides what the shared store has
until these stores are gone. A scan is of the near store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from typing import BinaryIO, Final

from msgspec import Struct, field

from freewheel.errors import StoreError
from freewheel.model.digest import Digest
from freewheel.store.protocol import Blobs, BlobWriter, Entries, EntryInfo, Miss
from freewheel.store.record import Record
from freewheel.store.shared import Address, SharedStore

_TRANSFER: Final = 120.0
"""Seconds that the bytes of a blob may take; what is as slow as that comes sooner from where it was made."""


class TieredEntries(Struct, frozen=True, kw_only=True):
    """Records; `Entries` says what the methods do. Only for kinds that everybody who shares the store may see."""

    near: Entries
    shared: SharedStore
    _hidden: set[Address] = field(default_factory=set)
    _useless: set[Address] = field(default_factory=set)

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """The near record, or the shared one, which is near from then on."""
        found = self.near.get(kind, partition, key)
        address = (kind, partition, key)
        if not isinstance(found, Miss) or address in self._hidden:
            return found
        shared = self.shared.record(address)
        if isinstance(shared, Miss):
            if shared.is_damage:
                self._useless.add(address)
            return found if found.is_damage else Miss(reason=shared.reason)  # here nothing is damaged
        with suppress(StoreError):
            self.near.put(kind, partition, key, shared)
        return shared

    def expect(self, addresses: Iterable[Address]) -> None:
        """Begin to ask for what is not near and will be asked for; returns at once."""
        self.shared.expect(
            one for one in addresses if one not in self._hidden and isinstance(self.near.get(*one), Miss)
        )

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep near, and offer it; raises StoreError where it cannot be kept near."""
        self._offer((kind, partition, key), record)
        self.near.put(kind, partition, key, record)

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        """Keep near and offer it, unless something is near; raises StoreError as `put`."""
        was_added = self.near.add(kind, partition, key, record)
        if was_added:
            self._offer((kind, partition, key), record)
        return was_added

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget what is near, and hide what is shared; whether it was near."""
        address = (kind, partition, key)
        self._hidden.add(address)
        self._useless.add(address)
        return self.near.remove(kind, partition, key)

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every near entry of a kind."""
        return self.near.scan(kind, partition)

    def _offer(self, address: Address, record: Record) -> None:
        self.shared.offer(address, record, {}, replaces=address in self._useless)


class TieredBlobs(Struct, frozen=True, kw_only=True):
    """Bytes; `Blobs` says what the methods do. What is written stays near: its user says what is to be shared."""

    near: Blobs
    shared: SharedStore
    _hidden: set[Digest] = field(default_factory=set)

    def open(self, digest: Digest) -> BinaryIO | Miss:
        """The near bytes, or the shared ones, which are near from then on."""
        found = self.near.open(digest)
        if not isinstance(found, Miss) or digest in self._hidden:
            return found
        shared = self.shared.blob(digest, within=_TRANSFER)
        if isinstance(shared, Miss):
            return found if found.is_damage else shared
        return self._kept_near(digest, shared)

    def has_room(self, size: int) -> bool:
        """Whether the near store has."""
        return self.near.has_room(size)

    def create(self) -> BlobWriter:
        """Begin a near blob; raises StoreError."""
        return self.near.create()

    def remove(self, digest: Digest) -> bool:
        """Forget what is near, and hide what is shared; whether it was near."""
        self._hidden.add(digest)
        return self.near.remove(digest)

    def _kept_near(self, digest: Digest, stream: BinaryIO) -> BinaryIO:
        """The stream, or what the near store has by now."""
        try:
            writer = self.near.create()
        except StoreError:
            return stream
        try:
            for data in iter(partial(stream.read, 1 << 20), b""):
                writer.write(data)
            writer.commit()
        except StoreError:
            writer.discard()
        near = self.near.open(digest)
        if isinstance(near, Miss):
            stream.seek(0)
            return stream
        stream.close()
        return near

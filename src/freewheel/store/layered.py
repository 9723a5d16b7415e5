"""The user's own stores above layers: stores that are only read, and asked in order where the own one has nothing.

    get ── own ── first layer ── ... ─> found, or a miss        put, add, create ─> own
    remove ─> own, and hidden: no layer gives it any more

Nothing is ever written to a layer, so nothing heals there. What is damaged in a layer is a miss of that layer; what
turns out to be no good once it was handed out is forgotten by its user, which hides it in every layer until these
stores are gone. What is made anew lies in the own store, which is asked first from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, TypeVar

from msgspec import Struct, field

from freewheel.model.digest import Digest
from freewheel.store.layout import file_name
from freewheel.store.protocol import (
    Blobs,
    BlobWriter,
    BuiltWheel,
    BuiltWheels,
    Bytecode,
    Clone,
    Entries,
    EntryInfo,
    Miss,
    NewBytecode,
    NewClone,
    NewTree,
    Repositories,
    Tree,
    Trees,
)
from freewheel.store.record import Record

_Found = TypeVar("_Found")
_Address = tuple[str, str, str]


def first_found(own: Miss, below: Iterable[tuple[str, _Found | Miss]]) -> _Found | Miss:
    """What the first layer has that has anything; else the first miss that tells more than that nothing is there.

    `below` are the answers of layers with what a person calls them; none is asked for that is not needed.
    """
    told = own
    for name, found in below:
        if not isinstance(found, Miss):
            return found
        if told is own and not own.is_damage and found.reason != own.reason:
            told = Miss(reason=f"{found.reason} (in the cache layer {name})", is_damage=found.is_damage)
    return told


class LayeredEntries(Struct, frozen=True, kw_only=True):
    """Records; `Entries` says what the methods do. `layers` are by what a person calls them, in order."""

    own: Entries
    layers: Mapping[str, Entries]
    _hidden: set[_Address] = field(default_factory=set)

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """The own record, or else the first of a layer, whose use is noted nowhere."""
        found = self.own.get(kind, partition, key)
        if not isinstance(found, Miss):
            return found
        lower = first_found(found, self._below(kind, partition, key))
        if found.is_damage and not isinstance(lower, Miss):
            self.own.remove(kind, partition, key)
        return lower

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep, in front of what layers have; raises StoreError."""
        self.own.put(kind, partition, key, record)

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        """Keep, unless something is there, or a layer has a sound record; raises StoreError."""
        if any(isinstance(found, Record) for _, found in self._below(kind, partition, key)):
            return False
        return self.own.add(kind, partition, key, record)

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget, and hide what layers have; whether anything was there and is not any more."""
        was_below = any(isinstance(found, Record) for _, found in self._below(kind, partition, key))
        self._hidden.add((kind, partition, key))
        if self.own.remove(kind, partition, key):
            return True
        return was_below and isinstance(self.own.get(kind, partition, key), Miss)

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every entry of a kind, the own ones first, and then of layers what nothing lies in front of."""
        seen = set(self._hidden)
        for info, found in self.own.scan(kind, partition):
            seen.add((info.kind, info.partition, info.key))
            yield info, found
        for layer in self.layers.values():
            for info, found in layer.scan(kind, partition):
                address = (info.kind, info.partition, info.key)
                if address not in seen:
                    seen.add(address)
                    yield info, found

    def _below(self, kind: str, partition: str, key: str) -> Iterator[tuple[str, Record | Miss]]:
        if (kind, partition, key) not in self._hidden:
            yield from ((name, layer.get(kind, partition, key)) for name, layer in self.layers.items())


class LayeredBlobs(Struct, frozen=True, kw_only=True):
    """Bytes; `Blobs` says what the methods do. `layers` are by what a person calls them, in order."""

    own: Blobs
    layers: Mapping[str, Blobs]
    _hidden: set[Digest] = field(default_factory=set)

    def open(self, digest: Digest) -> BinaryIO | Miss:
        """One `open` syscall for each store that is asked."""
        found = self.own.open(digest)
        return first_found(found, self._below(digest)) if isinstance(found, Miss) else found

    def has_room(self, size: int) -> bool:
        """Whether the own store has."""
        return self.own.has_room(size)

    def create(self) -> BlobWriter:
        """Begin a blob in the own store; raises StoreError."""
        return self.own.create()

    def remove(self, digest: Digest) -> bool:
        """Forget, and hide what layers have; whether it was there."""
        was_below = False
        for _, found in self._below(digest):
            if not isinstance(found, Miss):
                found.close()
                was_below = True
        self._hidden.add(digest)
        return self.own.remove(digest) or was_below

    def _below(self, digest: Digest) -> Iterator[tuple[str, BinaryIO | Miss]]:
        if digest not in self._hidden:
            yield from ((name, layer.open(digest)) for name, layer in self.layers.items())


class LayeredTrees(Struct, frozen=True, kw_only=True):
    """Trees; `Trees` says what the methods do. `layers` are by what a person calls them, in order.

    Bytecode counts by the wheel's digest, wherever the tree lies: that of a layer's tree may be the own store's.
    """

    own: Trees
    layers: Mapping[str, Trees]
    _hidden: set[Digest] = field(default_factory=set)

    def get(self, wheel: Digest) -> Tree | Miss:
        """The own tree, or else the first of a layer."""
        found = self.own.get(wheel)
        if not isinstance(found, Miss):
            return found
        lower = first_found(found, self._below(wheel))
        if found.is_damage and not isinstance(lower, Miss):
            self.own.remove(wheel)
        return lower

    def create(self, wheel: Digest) -> NewTree:
        """Begin a tree in the own store; raises StoreError."""
        return self.own.create(wheel)

    def bytecode(self, tree: Tree, variant: str) -> Bytecode | Miss:
        """The own bytecode, or else the first of a layer."""
        found = self.own.bytecode(tree, variant)
        if not isinstance(found, Miss) or tree.wheel in self._hidden:
            return found
        return first_found(found, ((name, layer.bytecode(tree, variant)) for name, layer in self.layers.items()))

    def create_bytecode(self, tree: Tree, variant: str) -> NewBytecode:
        """Begin bytecode in the own store, also of a layer's tree; raises StoreError."""
        return self.own.create_bytecode(tree, variant)

    def remove(self, wheel: Digest) -> bool:
        """Forget the tree and its bytecode, and hide those of layers; whether the tree was there."""
        was_below = any(isinstance(found, Tree) for _, found in self._below(wheel))
        self._hidden.add(wheel)
        return self.own.remove(wheel) or was_below

    def _below(self, wheel: Digest) -> Iterator[tuple[str, Tree | Miss]]:
        if wheel not in self._hidden:
            yield from ((name, layer.get(wheel)) for name, layer in self.layers.items())


class LayeredBuiltWheels(Struct, frozen=True, kw_only=True):
    """Built wheels; `BuiltWheels` says what the methods do. `layers` are by what a person calls them, in order."""

    own: BuiltWheels
    layers: Mapping[str, BuiltWheels]
    _hidden: set[tuple[str, str]] = field(default_factory=set)

    def get(self, project: str, key: str) -> BuiltWheel | Miss:
        """The own wheel, or else the first of a layer, whose use is noted nowhere."""
        found = self.own.get(project, key)
        if not isinstance(found, Miss):
            return found
        lower = first_found(found, self._below(project, key))
        if found.is_damage and not isinstance(lower, Miss):
            self.own.remove(project, key)
        return lower

    def put(self, project: str, key: str, wheel: Path, *, origin: bytes, build: bytes, log: bytes) -> BuiltWheel:
        """Keep a copy in the own store, in front of what layers have; raises StoreError."""
        return self.own.put(project, key, wheel, origin=origin, build=build, log=log)

    def remove(self, project: str, key: str) -> bool:
        """Forget, and hide what layers have; whether it was there."""
        was_below = any(isinstance(found, BuiltWheel) for _, found in self._below(project, key))
        self._hidden.add((file_name(project), file_name(key)))
        return self.own.remove(project, key) or was_below

    def scan(self, project: str | None = None) -> Iterator[BuiltWheel]:
        """Every built wheel, the own ones first, and then of layers what nothing lies in front of."""
        seen = set(self._hidden)
        for own in self.own.scan(project):
            seen.add(_place(own))
            yield own
        for layer in self.layers.values():
            for found in layer.scan(project):
                if _place(found) not in seen:
                    seen.add(_place(found))
                    yield found

    def _below(self, project: str, key: str) -> Iterator[tuple[str, BuiltWheel | Miss]]:
        if (file_name(project), file_name(key)) not in self._hidden:
            yield from ((name, layer.get(project, key)) for name, layer in self.layers.items())


class LayeredRepositories(Struct, frozen=True, kw_only=True):
    """Clones; `Repositories` says what the methods do. `layers` are by what a person calls them, in order.

    A layer's clone may not change: who has to fetch clones anew, into the own store.
    """

    own: Repositories
    layers: Mapping[str, Repositories]
    _hidden: set[tuple[str, str]] = field(default_factory=set)

    def get(self, name: str, key: str) -> Clone | Miss:
        """The own clone, or else the first of a layer."""
        found = self.own.get(name, key)
        return first_found(found, self._below(name, key)) if isinstance(found, Miss) else found

    def create(self, name: str, key: str) -> NewClone:
        """Begin a clone in the own store; raises StoreError."""
        return self.own.create(name, key)

    def remove(self, name: str, key: str) -> bool:
        """Forget, and hide what layers have; whether it was there."""
        was_below = any(isinstance(found, Clone) for _, found in self._below(name, key))
        self._hidden.add((name, key))
        return self.own.remove(name, key) or was_below

    def _below(self, name: str, key: str) -> Iterator[tuple[str, Clone | Miss]]:
        if (name, key) not in self._hidden:
            yield from ((layer_name, layer.get(name, key)) for layer_name, layer in self.layers.items())


def _place(wheel: BuiltWheel) -> tuple[str, str]:
    """The names of the folders of its project and key."""
    folder = wheel.path.parent
    return folder.parent.name, folder.name

"""A tree's manifest and that of its bytecode, to and from bytes."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from freewheel.model.digest import Digest
from freewheel.model.shape import Shape
from freewheel.store.checksum import seal, unseal
from freewheel.store.protocol import BytecodeFile, Manifest


class _TreeWire(msgspec.Struct, kw_only=True):
    wheel: str
    manifest: Manifest


class _BytecodeWire(msgspec.Struct, kw_only=True):
    wheel: str
    variant: str
    files: tuple[BytecodeFile, ...]


_TREE, _BYTECODE = Shape(_TreeWire), Shape(_BytecodeWire)
_Wire = TypeVar("_Wire", _TreeWire, _BytecodeWire)


def tree_to_bytes(wheel: Digest, manifest: Manifest) -> bytes:
    """A checksum and a MessagePack map; ValueError for a path that is not Unicode."""
    return seal(msgspec.msgpack.encode(_TreeWire(wheel=str(wheel), manifest=manifest)))


def tree_from_bytes(data: bytes, wheel: Digest) -> Manifest:
    """The manifest of this wheel's tree; ValueError for any other bytes."""
    of, manifest = tree_of_any(data)
    if of != str(wheel):
        raise ValueError(f"it belongs to the wheel {of}")
    return manifest


def tree_of_any(data: bytes) -> tuple[str, Manifest]:
    """The wheel that a tree's manifest says it is of, and the manifest; ValueError for other bytes."""
    wire = _decode(data, _TREE)
    return wire.wheel, wire.manifest


def bytecode_to_bytes(wheel: Digest, variant: str, files: tuple[BytecodeFile, ...]) -> bytes:
    """A checksum and a MessagePack map; ValueError for a path that is not Unicode."""
    return seal(msgspec.msgpack.encode(_BytecodeWire(wheel=str(wheel), variant=variant, files=files)))


def bytecode_from_bytes(data: bytes, wheel: Digest, variant: str) -> tuple[BytecodeFile, ...]:
    """The files of this wheel's bytecode of this variant; ValueError for any other bytes."""
    of, found, files = bytecode_of_any(data)
    if (of, found) != (str(wheel), variant):
        raise ValueError(f"it belongs to {found} of the wheel {of}")
    return files


def bytecode_of_any(data: bytes) -> tuple[str, str, tuple[BytecodeFile, ...]]:
    """The wheel that a manifest of bytecode says it is of, its variant and its files; ValueError for other bytes."""
    wire = _decode(data, _BYTECODE)
    return wire.wheel, wire.variant, wire.files


def _decode(data: bytes, wire: Shape[_Wire]) -> _Wire:
    try:
        return wire.from_msgpack(unseal(data))
    except RecursionError as error:
        raise ValueError(str(error)) from error

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
    wire = _decode(data, _TREE)
    if wire.wheel != str(wheel):
        raise ValueError(f"it belongs to the wheel {wire.wheel}")
    return wire.manifest


def bytecode_to_bytes(wheel: Digest, variant: str, files: tuple[BytecodeFile, ...]) -> bytes:
    """A checksum and a MessagePack map; ValueError for a path that is not Unicode."""
    return seal(msgspec.msgpack.encode(_BytecodeWire(wheel=str(wheel), variant=variant, files=files)))


def bytecode_from_bytes(data: bytes, wheel: Digest, variant: str) -> tuple[BytecodeFile, ...]:
    """The files of this wheel's bytecode of this variant; ValueError for any other bytes."""
    wire = _decode(data, _BYTECODE)
    if (wire.wheel, wire.variant) != (str(wheel), variant):
        raise ValueError(f"it belongs to {wire.variant} of the wheel {wire.wheel}")
    return wire.files


def _decode(data: bytes, wire: Shape[_Wire]) -> _Wire:
    try:
        return wire.from_msgpack(unseal(data))
    except RecursionError as error:
        raise ValueError(str(error)) from error

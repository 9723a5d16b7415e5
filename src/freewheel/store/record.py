"""What an entry holds, and the digests it refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from freewheel.model import digest
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape
from freewheel.store.checksum import seal, unseal

Value: TypeAlias = "bool | int | float | str | bytes | Sequence[Value] | Mapping[str, Value] | None"
"""What a record's fields can be: MessagePack's types."""


class Record(Struct, frozen=True, kw_only=True):
    """Named fields, and the blobs without which they promise too much.

    Readers pass over fields that they do not know, so a version of the format can add some.
    """

    fields: Mapping[str, Value]
    blobs: tuple[Digest, ...] = ()


class Envelope(Struct, frozen=True, kw_only=True):
    """A record with the address it was kept under, so that a file says what it is wherever it lies."""

    kind: str
    partition: str
    key: str
    record: Record


class Address(Struct, frozen=True, kw_only=True):
    """What a record's file says of itself without its fields; `blobs` are the texts of their digests."""

    kind: str
    partition: str
    key: str
    blobs: tuple[str, ...]


class _Wire(msgspec.Struct, kw_only=True):
    kind: str
    partition: str
    key: str
    fields: dict[str, Any]
    blobs: list[str]


class _Outside(msgspec.Struct, kw_only=True):
    kind: str
    partition: str
    key: str
    fields: msgspec.Raw
    blobs: tuple[str, ...]


_WIRE, _OUTSIDE = Shape(_Wire), Shape(_Outside)

_SMALL = 16_384
"""Bytes up to which a record is remembered by its bytes: comparing them costs a tenth of reading what they say."""


def to_bytes(envelope: Envelope) -> bytes:
    """A checksum and a MessagePack map.

    ValueError for what MessagePack cannot say: integers beyond 64 bits, text that is not Unicode, other types.
    """
    wire = _Wire(
        kind=envelope.kind,
        partition=envelope.partition,
        key=envelope.key,
        fields=dict(envelope.record.fields),
        blobs=[str(blob) for blob in envelope.record.blobs],
    )
    try:
        return seal(msgspec.msgpack.encode(wire))
    except (OverflowError, TypeError, RecursionError) as error:
        raise ValueError(str(error)) from error


def from_bytes(data: bytes) -> Envelope:
    """What `to_bytes` was given, sequences as lists; ValueError for any other bytes.

    Equal bytes may give the same value again: nobody changes it.
    """
    return _remembered(data) if len(data) <= _SMALL else _from_bytes(data)


def address_of(data: bytes) -> Address:
    """Where a record belongs and what it refers to, in a third of the time of `from_bytes`; ValueError as there.

    The fields are only looked at as far as their checksum and where they end.
    """
    try:
        wire = _OUTSIDE.from_msgpack(unseal(data))
    except RecursionError as error:
        raise ValueError(str(error)) from error
    return Address(kind=wire.kind, partition=wire.partition, key=wire.key, blobs=wire.blobs)


def _from_bytes(data: bytes) -> Envelope:
    try:
        wire = _WIRE.from_msgpack(unseal(data))
    except RecursionError as error:
        raise ValueError(str(error)) from error
    return Envelope(
        kind=wire.kind,
        partition=wire.partition,
        key=wire.key,
        record=Record(fields=wire.fields, blobs=tuple(digest.parse(blob) for blob in wire.blobs)),
    )


_remembered = lru_cache(maxsize=256)(_from_bytes)

"""What a record of stored responses says at a glance: for listings, which need no header fields and no bodies."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from freewheel.model.shape import Shape


class Glance(Struct, frozen=True, gc=False):
    """A stored response: `size` of the whole body in bytes, `response_time` in seconds since the epoch."""

    url: str
    size: int
    response_time: float


class _Entry(Struct, gc=False):
    variants: tuple[Glance, ...]
    incomplete: tuple[Glance, ...] = ()


_ENTRY = Shape(_Entry)


def glance(fields: msgspec.Raw) -> tuple[Glance, bool] | None:
    """The newest of the responses in a record's fields (MessagePack), and whether all of it is there; None for none.

    Fields of another shape are None too: whoever reuses the record finds out what is wrong with it.
    """
    try:
        entry = _ENTRY.from_msgpack(fields)
    except (msgspec.DecodeError, RecursionError):
        return None
    if entry.variants:
        return entry.variants[0], True
    return (entry.incomplete[0], False) if entry.incomplete else None

"""The shape that data from outside must have, and reading data of that shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar

import msgspec

T = TypeVar("T")


class Shape(Generic[T]):
    """A type that msgspec reads: a struct, a dataclass, or a collection of these. Safe from many threads.

    Make it beside the type, when its module is imported: msgspec (0.22) takes a type apart at its first use, and the
    process ends with a segmentation fault where two threads do that at once, 1 time in 10 of 8 threads. Here it is
    done when the shape is made, which the import system lets one thread do.

    `read` makes a value of a type that msgspec does not know, raising ValueError where it cannot.
    """

    def __init__(self, kind: type[T], *, read: Callable[[type, Any], Any] | None = None) -> None:
        self._kind: Final = kind
        self._read: Final = read
        self._json: Final = msgspec.json.Decoder(kind, dec_hook=read)
        self._msgpack: Final = msgspec.msgpack.Decoder(kind, dec_hook=read)

    def from_json(self, data: bytes | msgspec.Raw) -> T:
        """What JSON text says; raises msgspec.DecodeError (ValidationError for another shape)."""
        return self._json.decode(data)

    def from_msgpack(self, data: bytes | msgspec.Raw) -> T:
        """What MessagePack says; raises as `from_json`."""
        return self._msgpack.decode(data)

    def of(self, value: object) -> T:
        """The same from plain values; raises msgspec.ValidationError."""
        return msgspec.convert(value, self._kind, dec_hook=self._read)

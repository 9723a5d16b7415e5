"""What people would call a record that is no response: by what it says of itself."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import msgspec
from msgspec import Struct

from freewheel.model.shape import Shape

_MOST_NAMES = 3


class RecordName(Struct, frozen=True):
    """A name, and the version that it is about; both empty where the record says nothing."""

    name: str = ""
    version: str = ""


class _Distribution(Struct):
    name: str
    version: str


class _Facts(Struct):
    executable: str


class _Interpreter(Struct):
    facts: _Facts


class _Pin(Struct):
    name: str
    is_requested: bool = False


class _Pins(Struct):
    pins: list[_Pin]


class _Memo(Struct):
    resolution: _Pins


class _Resolution(Struct):
    memo: bytes


_DISTRIBUTION, _INTERPRETER, _RESOLUTION = Shape(_Distribution), Shape(_Interpreter), Shape(_Resolution)
_MEMO = Shape(_Memo)


def record_name(kind: str, fields: msgspec.Raw | None) -> RecordName:
    """What a record of this kind with these fields (MessagePack, None where it is damaged) says that it is."""
    with suppress(ValueError, RecursionError):
        match kind:
            case _ if fields is None:
                return RecordName()
            case "metadata":
                found = _DISTRIBUTION.from_msgpack(fields)
                return RecordName(f"{found.name} {found.version}", found.version)
            case "interpreter":
                return RecordName(f"interpreter {_INTERPRETER.from_msgpack(fields).facts.executable}")
            case "resolution":
                memo = _MEMO.from_msgpack(_RESOLUTION.from_msgpack(fields).memo)
                pins = memo.resolution.pins
                requested = [one.name for one in pins if one.is_requested]  # none where a build asked for it
                return RecordName(f"resolution of {_some(requested or [one.name for one in pins])}")
    return RecordName()


def _some(names: Sequence[str]) -> str:
    """The first few names.

    >>> _some(["a", "b"]), _some(["a", "b", "c", "d", "e"])
    ('a, b', 'a, b, c and 2 others')
    """
    if len(names) <= _MOST_NAMES + 1:
        return ", ".join(names)
    return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} others"

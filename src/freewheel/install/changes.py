"""The kinds of changes that a journal makes: how each is taken back, and how it is written down."""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH101, PTH102, PTH105, PTH106, PTH108

from __future__ import annotations

import os
from contextlib import suppress
from typing import TypeAlias

from msgspec import Struct

_FIELD, _END = b"\0", b"\0\n"  # neither stands in a path: none has a NUL, and an absolute one begins with no newline


class Created(Struct, frozen=True):
    """A file was created where nothing was."""

    path: str


class MadeFolder(Struct, frozen=True):
    """A folder was made."""

    path: str


class SetAside(Struct, frozen=True):
    """A file was moved to `stashed`."""

    path: str
    stashed: str


class RemovedFolder(Struct, frozen=True):
    """An empty folder was removed; `mode` are its permissions."""

    path: str
    mode: int


Change: TypeAlias = Created | MadeFolder | SetAside | RemovedFolder


def take_back(change: Change) -> None:
    """Undo a change; nothing happens where it was not made yet, or is taken back already. Raises OSError."""
    match change:
        case Created(path):
            with suppress(FileNotFoundError):
                os.unlink(path)
        case MadeFolder(path):
            with suppress(OSError):  # missing, or others have put something into it
                os.rmdir(path)
        case SetAside(path, stashed):
            if os.path.lexists(stashed):
                os.replace(stashed, path)
        case RemovedFolder(path, mode):
            if not os.path.lexists(path):
                os.mkdir(path)
                os.chmod(path, mode)


def to_bytes(change: Change) -> bytes:
    r"""A change as it is written down.

    >>> to_bytes(SetAside("/env/six.py", "/env/~freewheel/1"))
    b'set aside\x00/env/six.py\x00/env/~freewheel/1\x00\n'
    """
    match change:
        case Created(path):
            return line("created", path)
        case MadeFolder(path):
            return line("made folder", path)
        case SetAside(path, stashed):
            return line("set aside", path, stashed)
        case RemovedFolder(path, mode):
            return line("removed folder", path, f"{mode:o}")


def line(*fields: str) -> bytes:
    """Fields as they are written down."""
    return _FIELD.join(map(os.fsencode, fields)) + _END


def lines(content: bytes) -> list[tuple[str, ...]]:
    """The fields of everything that is written down whole: a last line that was broken off says nothing."""
    return [tuple(map(os.fsdecode, whole.split(_FIELD))) for whole in content.split(_END)[:-1]]


def from_fields(fields: tuple[str, ...]) -> Change:
    """A change as it was written down; ValueError for what is none."""
    match fields:
        case ("created", path):
            return Created(path)
        case ("made folder", path):
            return MadeFolder(path)
        case ("set aside", path, stashed):
            return SetAside(path, stashed)
        case ("removed folder", path, mode):
            return RemovedFolder(path, int(mode, 8))
    raise ValueError(fields)

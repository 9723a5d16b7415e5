"""The kinds of changes that a journal makes: how each is taken back, and how it is written down."""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH101, PTH102, PTH105, PTH106, PTH108, PTH112, PTH114, PTH118, PTH208

from __future__ import annotations

import os
from collections.abc import Set
from contextlib import suppress
from typing import TypeAlias

from msgspec import Struct

_FIELD, _END = b"\0", b"\0\n"  # neither stands in a path: none has a NUL, and an absolute one begins with no newline


class Created(Struct, frozen=True):
    """Files were created where nothing was, in this order."""

    paths: tuple[str, ...]


class Met(Struct, frozen=True):
    """A file is another's, although it was noted as one that would be created."""

    path: str


class MadeFolder(Struct, frozen=True):
    """A folder was made."""

    path: str


class SetAside(Struct, frozen=True):
    """A file, or a folder with all that is in it, was moved to `stashed`."""

    path: str
    stashed: str


class RemovedFolder(Struct, frozen=True):
    """An empty folder was removed; `mode` are its permissions."""

    path: str
    mode: int


Change: TypeAlias = Created | Met | MadeFolder | SetAside | RemovedFolder


def take_back(change: Change, *, spared: Set[str] = frozenset()) -> list[str]:
    """Undo a change, but for created files that are `spared`; where what could not be undone lies.

    Nothing happens where it was not made yet, or is taken back already.
    """
    if isinstance(change, Created):
        return [path for path in reversed(change.paths) if path not in spared and not _is_unlinked(path)]
    try:
        _undo(change)
    except OSError:
        return [change.stashed if isinstance(change, SetAside) else change.path]
    return []


def _is_unlinked(path: str) -> bool:
    try:
        os.unlink(path)
    except OSError as error:
        return isinstance(error, FileNotFoundError | NotADirectoryError)
    return True


def _undo(change: Met | MadeFolder | SetAside | RemovedFolder) -> None:
    match change:
        case MadeFolder(path):
            with suppress(OSError):  # missing, or others have put something into it
                os.rmdir(path)
        case SetAside(path, stashed):
            if os.path.lexists(stashed):
                _put_back(stashed, path)
        case RemovedFolder(path, mode):
            if not os.path.lexists(path):
                os.mkdir(path)
                os.chmod(path, mode)


def _put_back(stashed: str, path: str) -> None:
    if not (_is_folder(stashed) and _is_folder(path)):
        os.replace(stashed, path)
        return
    for name in os.listdir(stashed):  # others have put something into a new folder of the same name
        _put_back(os.path.join(stashed, name), os.path.join(path, name))
    os.rmdir(stashed)


def _is_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def touched(change: Change) -> tuple[str, ...]:
    """Every path that a change is about."""
    match change:
        case Created(paths):
            return paths
        case SetAside(path, stashed):
            return path, stashed
    return (change.path,)


def to_bytes(change: Change) -> bytes:
    r"""A change as it is written down.

    >>> to_bytes(SetAside("/env/six.py", "/env/~freewheel/1"))
    b'set aside\x00/env/six.py\x00/env/~freewheel/1\x00\n'
    """
    match change:
        case Created(paths):
            return line("created", *paths)
        case Met(path):
            return line("met", path)
        case MadeFolder(path):
            return line("made folder", path)
        case SetAside(path, stashed):
            return line("set aside", path, stashed)
        case RemovedFolder(path, mode):
            return line("removed folder", path, f"{mode:o}")


def line(*fields: str) -> bytes:
    """Fields as they are written down."""
    return os.fsencode("\0".join(fields)) + _END


def lines(content: bytes) -> list[tuple[str, ...]]:
    """The fields of everything that is written down whole: a last line that was broken off says nothing."""
    return [tuple(map(os.fsdecode, whole.split(_FIELD))) for whole in content.split(_END)[:-1]]


def from_fields(fields: tuple[str, ...]) -> Change:
    """A change as it was written down; ValueError for what is none."""
    match fields:
        case ("created", *paths):
            return Created(tuple(paths))
        case ("met", path):
            return Met(path)
        case ("made folder", path):
            return MadeFolder(path)
        case ("set aside", path, stashed):
            return SetAside(path, stashed)
        case ("removed folder", path, mode):
            return RemovedFolder(path, int(mode, 8))
    raise ValueError(fields)

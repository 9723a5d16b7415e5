"""Changes to folders and files that can be taken back, in the order in which they were made.

Each change is noted before it is made, and taking it back does nothing where it was not made yet: so an interrupt at
any moment loses nothing. What is removed is moved aside on the same file system, and deleted by `commit`.
"""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH101, PTH102, PTH104, PTH105, PTH106, PTH108, PTH112, PTH116, PTH118, PTH120

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias
from uuid import uuid4

STASH_PREFIX = "~freewheel-"
"""How folders of files set aside begin; a name with `~` is no import package and no distribution."""


@dataclass(frozen=True, slots=True)
class _Created:
    path: str


@dataclass(frozen=True, slots=True)
class _MadeFolder:
    path: str


@dataclass(frozen=True, slots=True)
class _SetAside:
    path: str
    stashed: str


@dataclass(frozen=True, slots=True)
class _RemovedFolder:
    path: str
    mode: int


_Change: TypeAlias = _Created | _MadeFolder | _SetAside | _RemovedFolder


class Journal:
    """The changes of one transaction; used from one thread. `roots` are the folders that files are set aside in."""

    def __init__(self, roots: Iterable[str]) -> None:
        self._roots: Sequence[str] = tuple(dict.fromkeys(roots))
        self._changes: list[_Change] = []
        self._new_folders: set[str] = set()
        self._known_folders: set[str] = set()
        self._stashes: dict[int, str] = {}
        self._count = 0

    def mark(self) -> int:
        """The present moment, for `roll_back`."""
        return len(self._changes)

    def make_folder(self, path: str) -> None:
        """Make a folder and those above it, where they are missing; raises OSError."""
        if path in self._known_folders:
            return
        parent = os.path.dirname(path)
        if not os.path.isdir(path) and parent != path:
            self.make_folder(parent)
            self._changes.append(_MadeFolder(path))
            os.mkdir(path)
            self._new_folders.add(path)
        self._known_folders.add(path)

    def make_way(self, path: str) -> None:
        """Make the place of a file free and its folder ready; the caller then creates it. Raises OSError.

        In a folder that this journal made, nothing is looked for: another's file there is for the caller to meet.
        """
        folder = os.path.dirname(path)
        self.make_folder(folder)
        if path in self._new_folders:
            raise _is_a_directory(path)
        if folder not in self._new_folders:
            self.set_aside(path)
        self._changes.append(_Created(path))

    def make_way_again(self, path: str) -> None:
        """The same after all, for a place in which something was met after `make_way`; raises OSError."""
        self._changes.pop()  # it was not we who created it
        self.set_aside(path)
        self._changes.append(_Created(path))

    def set_aside(self, path: str) -> bool:
        """Take a file or link out of its folder; whether it was there. Raises OSError, also for a folder."""
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return False
        if stat.S_ISDIR(mode):
            raise _is_a_directory(path)
        self._count += 1
        stashed = os.path.join(self._stash(path), str(self._count))
        self._changes.append(_SetAside(path, stashed))
        os.rename(path, stashed)
        return True

    def remove_empty_folders(self, folders: Iterable[str], *, keep: frozenset[str]) -> None:
        """Remove those of `folders`, and then of the folders above them, that are empty; never one of `keep`."""
        for folder in sorted(set(folders), key=len, reverse=True):
            while folder not in keep and folder != os.path.dirname(folder) and self._remove_if_empty(folder):
                folder = os.path.dirname(folder)  # noqa: PLW2901 - up, as far as it goes

    def _remove_if_empty(self, folder: str) -> bool:
        try:
            mode = stat.S_IMODE(os.lstat(folder).st_mode)
            with os.scandir(folder) as entries:
                if next(entries, None) is not None:
                    return False
            self._changes.append(_RemovedFolder(folder, mode))
            os.rmdir(folder)
        except FileNotFoundError:
            return True
        except OSError:
            return False
        self._known_folders.discard(folder)
        self._new_folders.discard(folder)
        return True

    def _stash(self, path: str) -> str:
        """A folder on the file system of `path`, made at first need."""
        parent = os.path.dirname(path)
        device = os.lstat(parent).st_dev
        stash = self._stashes.get(device)
        if stash is None:
            place = next((root for root in self._roots if _device(root) == device), parent)
            stash = self._stashes[device] = os.path.join(place, STASH_PREFIX + uuid4().hex)
            os.mkdir(stash, 0o700)
        return stash

    def roll_back(self, to: int = 0) -> list[str]:
        """Take back every change since `mark` gave `to`, the latest first; what could not be, as paths."""
        failed = []
        while len(self._changes) > to:
            change = self._changes[-1]
            try:
                _undo(change)
            except OSError:
                failed.append(change.stashed if isinstance(change, _SetAside) else change.path)
            self._changes.pop()
            self._new_folders.discard(change.path)
            self._known_folders.discard(change.path)
        if to == 0 and not failed:
            self.commit()
        return failed

    def commit(self) -> None:
        """Delete what was set aside: nothing can be taken back after this."""
        self._changes.clear()
        for stash in self._stashes.values():
            shutil.rmtree(stash, ignore_errors=True)
        self._stashes.clear()


def _undo(change: _Change) -> None:
    match change:
        case _Created(path):
            with suppress(FileNotFoundError):
                os.unlink(path)
        case _MadeFolder(path):
            with suppress(OSError):  # missing, or others have put something into it
                os.rmdir(path)
        case _SetAside(path, stashed):
            if os.path.lexists(stashed):
                os.replace(stashed, path)
        case _RemovedFolder(path, mode):
            if not os.path.lexists(path):
                os.mkdir(path)
                os.chmod(path, mode)


def _is_a_directory(path: str) -> IsADirectoryError:
    return IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)


def _device(folder: str) -> int | None:
    try:
        return os.stat(folder).st_dev
    except OSError:
        return None

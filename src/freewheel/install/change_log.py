"""What a journal has changed so far, on disk: for the next run, where this process is killed.

The log lies in a folder of a fixed name at the top of the place that is changed, so that looking for an unfinished
change costs one question to the file system. The operating system's lock on it tells a change that is under way from
one whose process has died. It is a stack: a change is added before it is made, and cut off after it was taken back.
"""

# Paths are strings here, as everywhere where a journal is.
# ruff: noqa: PTH102, PTH108, PTH118, PTH120

from __future__ import annotations

import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from freewheel.errors.store import NO_ROOM
from freewheel.install import changes
from freewheel.install.changes import Change

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FOLDER = "~freewheel-change-v1"
"""The log's folder, and the version of its format; a name with `~` is no import package and no distribution."""

_LOG = "log"
_HEAD, _DONE, _INCOMPLETE = "change of", "done", "incomplete"
_NO_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


class ChangeInProgress(OSError):
    """Another process changes this place now."""


class Notes(Struct, frozen=True, kw_only=True):
    """What a log has: `place` is where it was written. `is_done` says that only what was set aside is left to remove.

    `is_complete` is false where there was no room to write down everything, and where it holds something else: then
    nothing is taken back by it.
    """

    place: str | None = None
    changes: tuple[Change, ...] = ()
    is_done: bool = False
    is_complete: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing was begun."""
        return self.place is None and self.is_complete and not self.changes

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to take back: nothing was begun, or all of it is done."""
        return self.is_empty or self.is_done


class ChangeLog:
    """The log of `place`, an existing folder, that one process has at a time. Making this value touches nothing.

    Where another process has it, `on_wait` is called and `open` waits; without `on_wait` it raises.
    """

    def __init__(self, place: str, *, on_wait: Callable[[], None] | None = None) -> None:
        self.folder = os.path.join(place, FOLDER)
        self.notes = Notes()
        self._on_wait = on_wait
        self._descriptor = -1
        self._is_held = False
        self._is_complete = True
        self._positions: list[int] = []
        self._end = 0  # of the last whole line

    def open(self) -> bool:
        """Have the log, which is made where there is none, and read it; False where files cannot be locked.

        Raises ChangeInProgress, OSError.
        """
        try:
            while not self._is_held:
                self.close()
                with suppress(FileExistsError):
                    os.mkdir(self.folder, 0o700)
                with suppress(FileNotFoundError):  # whoever had it is just taking it away
                    self._descriptor = _opened(self.folder)
                    self._wait()
                    self._is_held = _is_there(self._descriptor, self.folder)
            self.notes, self._positions, self._end = _notes(_content(self._descriptor))
            self._is_complete = self.notes.is_complete
        except _CannotLock:
            if not os.fstat(self._descriptor).st_size:
                _remove(self.folder)
            self.close()
            return False
        except BaseException:
            self._abandon()
            raise
        return True

    def _abandon(self) -> None:
        """Leave nothing of an attempt that was interrupted, but what others have or wrote."""
        with suppress(OSError, _CannotLock):
            if self._descriptor < 0:
                os.rmdir(self.folder)  # noqa: PTH106 - which works if it is empty
            elif not os.fstat(self._descriptor).st_size and _lock(self._descriptor, waits=False):
                _remove(self.folder)
        self.close()

    def _wait(self) -> None:
        if _lock(self._descriptor, waits=False):
            return
        if self._on_wait is None:
            raise ChangeInProgress(errno.EAGAIN, os.strerror(errno.EAGAIN), self.folder)
        self._on_wait()
        _lock(self._descriptor, waits=True)

    @property
    def last_change(self) -> float:
        """When it was last written to, or touched, in seconds since the epoch."""
        return os.fstat(self._descriptor).st_mtime

    @property
    def owner(self) -> int:
        """The number of the user who wrote it."""
        return os.fstat(self._descriptor).st_uid

    def begin(self) -> None:
        """Write down whose log this is; raises OSError."""
        self._write(changes.line(_HEAD, os.path.realpath(os.path.dirname(self.folder))))

    def add(self, *about_to_be_made: Change) -> None:
        """Write down changes that are about to be made; raises OSError."""
        lines = [changes.to_bytes(change) for change in about_to_be_made]
        position = self._end
        for line in lines:
            self._positions.append(position)
            position += len(line)
        if self._is_complete and lines:
            self._write(b"".join(lines))

    def touch(self) -> None:
        """Have `last_change` be now, for what was noted before and is being done."""
        with suppress(OSError):
            os.utime(self._descriptor if os.utime in os.supports_fd else os.path.join(self.folder, _LOG))

    def drop(self, *, is_still_true: bool = False) -> None:
        """Forget the last change, which was taken back or never made; raises OSError.

        What `is_still_true` goes off the disk with the change before it.
        """
        position = self._positions.pop()
        if self._is_complete and not is_still_true:
            os.ftruncate(self._descriptor, position)
            self._end = position

    def finish(self) -> None:
        """Write down that nothing is taken back from here on."""
        if not self._is_held:
            return
        with suppress(OSError):
            if self._is_complete:
                os.ftruncate(self._descriptor, self._end)
            self._write(changes.line(_DONE))

    def close(self) -> None:
        """Let others have it; what it says stays."""
        self._is_held = False
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Remove its folder and what was set aside there, the log last, and let others go on; if it is held."""
        if not self._is_held:
            return
        for name in _names(self.folder):
            if name != _LOG:
                _remove_stashed(os.path.join(self.folder, name))
        if os.name == "nt":
            self.close()  # an open file stays there
        _remove(self.folder)
        self.close()

    def _write(self, data: bytes) -> None:
        try:
            if os.write(self._descriptor, data) == len(data):
                self._end += len(data)
                return
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
        # No room for the log must not keep anybody from making room: goes on without a way back from a kill.
        self._is_complete = False
        os.ftruncate(self._descriptor, 0)
        with suppress(OSError):
            os.write(self._descriptor, changes.line(_INCOMPLETE))


class _CannotLock(Exception):
    """The file system has no locks."""


def is_half_done(place: str) -> bool:
    """Whether a change of `place` was begun that nobody will finish; looks, and changes nothing.

    False where that cannot be told: another user's log is not for everybody to read.
    """
    folder = os.path.join(place, FOLDER)
    if not is_folder(folder):
        return False
    try:
        descriptor = os.open(os.path.join(folder, _LOG), os.O_RDONLY | _NO_LINKS)
    except OSError:
        return False
    try:
        notes, _, _ = _notes(_content(descriptor))
        # Asked in this order, no log of a change that is under way is ever locked by who only looks.
        return not notes.is_over and _lock(descriptor, waits=False, is_shared=True) and _is_there(descriptor, folder)
    except (OSError, _CannotLock):
        return False
    finally:
        os.close(descriptor)


def _notes(content: bytes) -> tuple[Notes, list[int], int]:
    """What a log says; where in it each change begins, and where its last whole line ends."""
    place, found, positions, end = None, [], [], 0
    is_done, is_complete = False, True
    for fields in changes.lines(content):
        match fields:
            case (head, where) if head == _HEAD:
                place = where
            case (word,) if word == _DONE:
                is_done = True
            case (word,) if word == _INCOMPLETE:
                is_complete = False
            case _:
                try:
                    found.append(changes.from_fields(fields))
                except ValueError:  # bytes of something else: better nothing than half
                    is_complete = False
                    break
                positions.append(end)
        end += len(changes.line(*fields))
    notes = Notes(place=place, changes=tuple(found), is_done=is_done, is_complete=is_complete)
    return notes, positions, end


def is_folder(path: str) -> bool:
    """Whether there is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except OSError:
        return False


def _opened(folder: str) -> int:
    return os.open(os.path.join(folder, _LOG), os.O_RDWR | os.O_CREAT | os.O_APPEND | _NO_LINKS, 0o600)


def _is_there(descriptor: int, folder: str) -> bool:
    """Whether the log was not removed while it was waited for."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(os.path.join(folder, _LOG)))
    except FileNotFoundError:
        return False


def _content(descriptor: int) -> bytes:
    os.lseek(descriptor, 0, os.SEEK_SET)
    parts = []
    while part := os.read(descriptor, 1 << 20):
        parts.append(part)
    return b"".join(parts)


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []


def _remove_stashed(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        shutil.rmtree(path, ignore_errors=True)


def _remove(folder: str) -> None:
    with suppress(OSError):
        os.unlink(os.path.join(folder, _LOG))
        os.rmdir(folder)  # noqa: PTH106


def _lock(descriptor: int, *, waits: bool, is_shared: bool = False) -> bool:
    """Lock a file for this process until it is closed; False where another has it. Raises _CannotLock."""
    if sys.platform == "win32":
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # a byte that nobody reads: locks are mandatory there
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK if waits else msvcrt.LK_NBLCK, 1)
            except OSError:  # LK_LOCK gives up after ten seconds
                if not waits:
                    return False
            else:
                return True
    else:
        try:
            kind = fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX
            fcntl.flock(descriptor, kind | (0 if waits else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        except OSError as error:
            raise _CannotLock from error
        return True

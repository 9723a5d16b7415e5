"""Locks between processes; they spare double work, and nothing is wrong without them."""

from __future__ import annotations

import errno
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from msgspec import Struct

from freewheel.errors import StoreError
from freewheel.store.layout import lock_number
from freewheel.store.root import CacheRoot

if sys.platform == "linux":
    import fcntl

    _SET = getattr(fcntl, "F_OFD_SETLK", None)
else:
    _SET = None

PATIENCE = 600.0
"""Seconds. Who holds a lock for longer builds something big or hangs: then doing it twice beats waiting."""

_PAUSES = (0.001, 0.05)
"""Seconds between two looks at a lock that somebody else holds: the first, and the longest."""

_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)


class LocalLocks(Struct, frozen=True, kw_only=True):
    """Locks in a file or in files, which the system releases when their holder dies.

    `on_wait` is called with the lock's name when somebody else holds it; `patience` is the longest wait in seconds.
    """

    root: CacheRoot
    patience: float = PATIENCE
    on_wait: Callable[[str], None] | None = None

    @contextmanager
    def hold(self, name: str, *, patience: float | None = None) -> Iterator[bool]:
        """Hold the lock `name`; yields False where that is unsupported, took too long, or the root is read-only."""
        release = self._acquired(name, self.patience if patience is None else patience)
        try:
            yield release is not None
        finally:
            if release is not None:
                with suppress(OSError):
                    release()

    def _acquired(self, name: str, patience: float) -> Callable[[], object] | None:
        if not self.root.is_writable:
            return None
        try:
            return self._taken(name, patience)
        # What an exotic file system raises is not known beforehand, and none of it matters.
        except (OSError, StoreError, NotImplementedError, RuntimeError):
            return None

    def _taken(self, name: str, patience: float) -> Callable[[], object]:
        if _SET is not None:
            try:
                return self._region(name, patience)
            except OSError as error:
                if error.errno != errno.EINVAL:  # a kernel that does not know such locks (gVisor)
                    raise
        return self._file(name, patience)

    def _region(self, name: str, patience: float) -> Callable[[], object]:
        """A byte of the one file that all locks share, for whoever has this descriptor of it (decision 7)."""
        path = self.root.layout.regions
        descriptor = self.root.making_room(path, lambda: os.open(path, _FLAGS, 0o600))
        try:
            self.root.share_file(path)
            number = lock_number(name)
            if not _lock(descriptor, number):
                self._tell(name)
                _wait(descriptor, number, patience)
        except BaseException:
            os.close(descriptor)
            raise
        return lambda: _release(descriptor, number)

    def _file(self, name: str, patience: float) -> Callable[[], object]:
        # 30 ms that only a miss pays.
        import filelock

        path = self.root.layout.lock(name)
        self.root.make_parent(path)
        # A lock that is a file's mere existence would outlive a holder that is killed: better none.
        # Another thread than took it may be the one that reads a body to its end, and lets go.
        lock = filelock.FileLock(path, mode=self.root.file_mode(), fallback_to_soft=False, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            self._tell(name)
            lock.acquire(timeout=patience)
        return lock.release

    def _tell(self, name: str) -> None:
        if self.on_wait is not None:
            self.on_wait(name)


def _lock(descriptor: int, number: int) -> bool:
    """Lock a byte of an open file, if nobody has it; raises OSError."""
    if sys.platform != "linux":
        raise NotImplementedError
    try:
        _set(descriptor, number, fcntl.F_WRLCK)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _set(descriptor: int, number: int, kind: int) -> None:
    """fcntl(2), F_OFD_SETLK; raises OSError."""
    if sys.platform != "linux" or _SET is None:
        raise NotImplementedError
    fcntl.fcntl(descriptor, _SET, struct.pack("hhqqi", kind, os.SEEK_SET, number, 1, 0))


def _release(descriptor: int, number: int) -> None:
    """Let a byte go, and the file; the one without the other would leave it to a child that was forked meanwhile."""
    try:
        _set(descriptor, number, fcntl.F_UNLCK)
    finally:
        os.close(descriptor)


def _wait(descriptor: int, number: int, patience: float) -> None:
    """Lock a byte that somebody has; raises TimeoutError after `patience` seconds."""
    end = time.monotonic() + patience
    pause, longest = _PAUSES
    while not _lock(descriptor, number):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        time.sleep(min(pause, left))
        pause = min(2 * pause, longest)

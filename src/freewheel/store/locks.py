"""Locks between processes; they spare double work, and nothing is wrong without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from freewheel.errors import StoreError
from freewheel.store.root import CacheRoot

if TYPE_CHECKING:
    import filelock

PATIENCE = 600.0
"""Seconds. Who holds a lock for longer builds something big or hangs: then doing it twice beats waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLocks:
    """Locks as files, which the system releases when their holder dies.

    `on_wait` is called with the lock's name when somebody else holds it; `patience` is the longest wait in seconds.
    """

    root: CacheRoot
    patience: float = PATIENCE
    on_wait: Callable[[str], None] | None = None

    @contextmanager
    def hold(self, name: str, *, patience: float | None = None) -> Iterator[bool]:
        """Hold the lock `name`; yields False where that is unsupported, took too long, or the root is read-only."""
        lock = self._acquired(name, self.patience if patience is None else patience)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                with suppress(OSError):
                    lock.release()

    def _acquired(self, name: str, patience: float) -> filelock.BaseFileLock | None:
        if not self.root.is_writable:
            return None
        path = self.root.layout.lock(name)
        try:
            self.root.make_parent(path)
            return self._wait(path, name, patience)
        # What an exotic file system raises is not known beforehand, and none of it matters.
        except (OSError, StoreError, NotImplementedError, RuntimeError):
            return None

    def _wait(self, path: Path, name: str, patience: float) -> filelock.BaseFileLock:
        # 30 ms that only a miss pays.
        import filelock

        # A lock that is a file's mere existence would outlive a holder that is killed: better none.
        # Another thread than took it may be the one that reads a body to its end, and lets go.
        lock = filelock.FileLock(path, mode=self.root.file_mode(), fallback_to_soft=False, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if self.on_wait is not None:
                self.on_wait(name)
            lock.acquire(timeout=patience)
        return lock

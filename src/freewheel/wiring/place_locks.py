"""Locks for changing places, which whoever holds one may take again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from freewheel.install.folders import real
from freewheel.store.protocol import Locks


class PlaceLocks:
    """Runs that share `locks` change a place one after the other, and so do the threads of this one."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._guard = threading.RLock()
        self._held: set[str] = set()

    @contextmanager
    def hold(self, folders: Iterable[str], *, patience: float | None = None) -> Iterator[None]:
        """Hold the locks of all these folders; within the `with` none of them is waited for again.

        A folder's lock is the same by each of its names, links included. All who want several take them in the same
        order, so that nobody waits for somebody who waits. Who only looks says for how long it would wait for each
        (`patience`, in seconds): it may hold others already.
        """
        with self._guard:
            wanted = sorted(set(real(folders)) - self._held)
            with ExitStack() as stack:
                for folder in wanted:
                    stack.enter_context(self._locks.hold(f"change {folder}", patience=patience))
                self._held.update(wanted)
                stack.callback(self._held.difference_update, wanted)
                yield

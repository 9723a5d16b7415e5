"""Locks for changing places, which whoever holds one may take again."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from freewheel.store.protocol import Locks


class PlaceLocks:
    """Runs that share `locks` change a place one after the other, and so do the threads of this one."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._guard = threading.RLock()
        self._held: set[str] = set()

    @contextmanager
    def hold(self, folder: str) -> Iterator[None]:
        """Hold the lock of the place that has its modules in `folder`; within the `with` it is not waited for again.

        A folder's lock is the same by each of its names, links included.
        """
        place = os.path.realpath(folder)
        with self._guard:
            if place in self._held:
                yield
                return
            with self._locks.hold(f"change {place}"):
                self._held.add(place)
                try:
                    yield
                finally:
                    self._held.remove(place)

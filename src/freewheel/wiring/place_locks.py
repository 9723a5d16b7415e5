"""Locks for changing places, which whoever holds one may take again."""

from __future__ import annotations

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
    def hold(self, place: str) -> Iterator[None]:
        """Hold the lock of `place`, which within the `with` is not waited for again."""
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

"""Requests on their way: who wants the same waits for the first of them, in this process and in others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from msgspec import Struct, field

from freewheel.store.protocol import Locks

_NOBODY = 0
"""No thread's number."""


class Flight(Struct, kw_only=True):
    """A request that others may wait for until it lands; with `may_have_waited` another process had it before."""

    name: str
    pilot: int
    on_landing: Callable[[Flight], None]
    may_have_waited: bool = False
    held: ExitStack = field(default_factory=ExitStack)
    has_landed: threading.Event = field(default_factory=threading.Event)

    def land(self) -> None:
        """Let go those who wait; from any thread, and again without harm."""
        self.on_landing(self)
        self.has_landed.set()
        self.held.close()


class Flights:
    """The requests of this process that are on their way; safe from many threads.

    With `locks` other processes' are waited for too; these locks must be free to be released by another thread than
    took them. Nothing waits in a circle: a thread that has a flight of its own waits for no other.
    """

    def __init__(self, *, locks: Locks | None) -> None:
        self._locks = locks
        # A body that nobody closed may be closed by the collector, in the middle of this very thread's `join`.
        self._guard = threading.RLock()
        self._flying: dict[str, Flight] = {}

    def join(self, name: str, *, patience: float, among_processes: bool = True) -> Flight | None:
        """A flight for the caller to lead; None once another thread's has landed, or where none can be waited for.

        Waits for `patience` seconds at most: who is held up for longer overtakes. Without `among_processes` those of
        other processes are not waited for, which spares a lock.
        """
        pilot = threading.get_ident()
        with self._guard:
            is_busy = any(flight.pilot == pilot for flight in tuple(self._flying.values()))
            other = self._flying.get(name)
            own = self._begin(name, pilot) if other is None else None
        if other is not None:
            if not is_busy:
                other.has_landed.wait(patience)
            return None
        if own is not None and self._locks is not None and among_processes and not is_busy:
            try:
                own.may_have_waited = own.held.enter_context(self._locks.hold(name, patience=patience))
            except BaseException:
                own.land()
                raise
        return own

    def lead(self, name: str) -> Flight | None:
        """A flight for whichever thread, unless one of this process has the same on its way; waits for nothing."""
        with self._guard:
            return None if name in self._flying else self._begin(name, _NOBODY)

    def _begin(self, name: str, pilot: int) -> Flight:
        flight = Flight(name=name, pilot=pilot, on_landing=self._forget)
        self._flying[name] = flight
        return flight

    def _forget(self, flight: Flight) -> None:
        with self._guard:
            if self._flying.get(flight.name) is flight:
                del self._flying[flight.name]

"""Collapsed forwarding: who wants what is being forwarded waits for its end, in this process and in others (§4)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack

from msgspec import Struct, field

from freewheel.net.forks import PerProcess
from freewheel.store.protocol import Locks

_NOBODY = 0
"""No thread's number."""


class OngoingForward(Struct, kw_only=True):
    """A forward that others may wait for until it ends; with `may_have_waited` another process had it before.

    `leader` is the number of the thread that sent it.
    """

    name: str
    leader: int
    on_end: Callable[[OngoingForward], None]
    may_have_waited: bool = False
    held: ExitStack = field(default_factory=ExitStack)
    has_ended: threading.Event = field(default_factory=threading.Event)

    def end(self) -> None:
        """Let go those who wait; from any thread, and again without harm."""
        self.on_end(self)
        self.has_ended.set()
        self.held.close()


class OngoingForwards:
    """What one client has on its way to the origin; safe from many threads.

    With `locks` other processes' are waited for too; these locks must be free to be released by another thread than
    took them. Within one client nothing waits in a circle: a thread that leads a forward waits for no other.
    """

    def __init__(self, *, locks: Locks | None) -> None:
        self._locks = locks
        # What the parent of a fork has on its way is nothing that its child could wait for.
        self._state = PerProcess(_State)

    def join(self, name: str, *, patience: float, among_processes: bool = True) -> OngoingForward | None:
        """A forward for the caller to lead; None once another thread's has ended, or where none can be waited for.

        Waits for `patience` seconds at most: who is held up for longer overtakes. Without `among_processes` those of
        other processes are not waited for, which spares a lock.
        """
        leader = threading.get_ident()
        other, own, is_busy = self._state.get().enter(name, leader)
        if other is not None:
            if not is_busy:
                other.has_ended.wait(patience)
            return None
        if own is not None and self._locks is not None and among_processes and not is_busy:
            try:
                own.may_have_waited = own.held.enter_context(self._locks.hold(name, patience=patience))
            except BaseException:
                own.end()
                raise
        return own

    def lead(self, name: str) -> OngoingForward | None:
        """A forward led by no thread, unless one of this process has the same on its way; waits for nothing."""
        _, own, _ = self._state.get().enter(name, _NOBODY)
        return own


class _State:
    def __init__(self) -> None:
        # A body that nobody closed may be closed by the collector, in the middle of this very thread's `enter`.
        self._guard = threading.RLock()
        self._ongoing: dict[str, OngoingForward] = {}

    def enter(self, name: str, leader: int) -> tuple[OngoingForward | None, OngoingForward | None, bool]:
        """Another's forward of that name, or else a new one; and whether `leader` leads one already."""
        with self._guard:
            is_busy = any(ongoing.leader == leader for ongoing in tuple(self._ongoing.values()))
            other = self._ongoing.get(name)
            if other is not None:
                return other, None, is_busy
            own = OngoingForward(name=name, leader=leader, on_end=self._forget)
            self._ongoing[name] = own
            return None, own, is_busy

    def _forget(self, ended: OngoingForward) -> None:
        with self._guard:
            if self._ongoing.get(ended.name) is ended:
                del self._ongoing[ended.name]

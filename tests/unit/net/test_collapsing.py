"""Requests that wait for one another."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from freewheel.net.collapsing import OngoingForward, OngoingForwards

LONG = 60.0


@dataclass(slots=True)
class NotedLocks:
    """Locks that note who holds them."""

    held: list[str] = field(default_factory=list)
    failure: BaseException | None = None

    @contextmanager
    def hold(self, name: str, *, patience: float | None = None) -> Iterator[bool]:  # noqa: ARG002
        if self.failure is not None:
            raise self.failure
        self.held.append(name)
        try:
            yield True
        finally:
            self.held.remove(name)


def in_a_thread(forwards: OngoingForwards, name: str) -> tuple[threading.Thread, list[OngoingForward | None]]:
    """Join a forward in a thread; whether it has come back tells whether it had to wait."""
    found: list[OngoingForward | None] = []
    thread = threading.Thread(target=lambda: found.append(forwards.join(name, patience=LONG)))
    thread.start()
    return thread, found


def test_the_second_waits_for_the_first_and_has_none_to_lead() -> None:
    forwards = OngoingForwards(locks=None)
    forward = forwards.join("a", patience=LONG)
    assert forward is not None
    thread, found = in_a_thread(forwards, "a")
    assert found == []
    forward.end()
    thread.join()
    assert found == [None]


def test_other_forwards_wait_for_nobody() -> None:
    forwards = OngoingForwards(locks=None)
    assert forwards.join("a", patience=LONG) is not None
    thread, found = in_a_thread(forwards, "b")
    thread.join()
    assert found[0] is not None


def test_what_has_ended_holds_up_nobody_and_ending_again_does_no_harm() -> None:
    locks = NotedLocks()
    forwards = OngoingForwards(locks=locks)
    first = forwards.join("a", patience=LONG)
    assert first is not None
    assert locks.held == ["a"]
    first.end()
    second = forwards.join("a", patience=LONG)
    first.end()
    assert locks.held == ["a"]
    assert forwards.lead("a") is None
    assert second is not None
    second.end()
    assert locks.held == []


def test_a_thread_that_leads_a_forward_waits_for_none() -> None:
    """Else two threads could wait for one another."""
    locks = NotedLocks()
    forwards = OngoingForwards(locks=locks)
    mine = forwards.join("a", patience=LONG)
    assert mine is not None
    assert forwards.join("a", patience=LONG) is None
    other = forwards.join("b", patience=LONG)
    assert other is not None
    assert locks.held == ["a"]
    assert not other.may_have_waited


def test_patience_has_an_end() -> None:
    forwards = OngoingForwards(locks=None)
    assert forwards.join("a", patience=LONG) is not None
    found: list[OngoingForward | None] = []
    thread = threading.Thread(target=lambda: found.append(forwards.join("a", patience=0.0)))
    thread.start()
    thread.join()
    assert found == [None]


def test_another_thread_may_end_it() -> None:
    locks = NotedLocks()
    forward = OngoingForwards(locks=locks).join("a", patience=LONG)
    assert forward is not None
    thread = threading.Thread(target=forward.end)
    thread.start()
    thread.join()
    assert locks.held == []


def test_who_is_interrupted_while_waiting_leaves_no_forward() -> None:
    locks = NotedLocks(failure=KeyboardInterrupt())
    forwards = OngoingForwards(locks=locks)
    with pytest.raises(KeyboardInterrupt):
        forwards.join("a", patience=LONG)
    locks.failure = None
    assert forwards.join("a", patience=LONG) is not None


def test_a_forward_alongside_is_led_by_nobody() -> None:
    forwards = OngoingForwards(locks=NotedLocks())
    aside = forwards.lead("a")
    assert aside is not None
    assert forwards.lead("a") is None
    own = forwards.join("b", patience=LONG)
    assert own is not None
    assert own.may_have_waited


def test_other_processes_are_waited_for_only_where_that_is_wanted() -> None:
    locks = NotedLocks()
    forward = OngoingForwards(locks=locks).join("a", patience=LONG, among_processes=False)
    assert forward is not None
    assert (locks.held, forward.may_have_waited) == ([], False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_waits_for_nothing_that_its_parent_has_on_its_way() -> None:
    """Which never ends in the child: the thread that leads it is not there."""
    program = """
import os
from freewheel.net.collapsing import OngoingForwards
forwards = OngoingForwards(locks=None)
assert forwards.lead("a") is not None
child = os.fork()
if not child:
    os._exit(0 if forwards.lead("a") is not None else 1)
assert os.waitpid(child, 0)[1] == 0
assert forwards.lead("a") is None
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120)

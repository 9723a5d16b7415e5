"""Requests that wait for one another."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from freewheel.net.flights import Flight, Flights

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


def in_a_thread(flights: Flights, name: str) -> tuple[threading.Thread, list[Flight | None]]:
    """Join a flight in a thread; whether it has come back tells whether it had to wait."""
    found: list[Flight | None] = []
    thread = threading.Thread(target=lambda: found.append(flights.join(name, patience=LONG)))
    thread.start()
    return thread, found


def test_the_second_waits_for_the_first_and_has_none_to_lead() -> None:
    flights = Flights(locks=None)
    flight = flights.join("a", patience=LONG)
    assert flight is not None
    thread, found = in_a_thread(flights, "a")
    assert found == []
    flight.land()
    thread.join()
    assert found == [None]


def test_other_flights_wait_for_nobody() -> None:
    flights = Flights(locks=None)
    assert flights.join("a", patience=LONG) is not None
    thread, found = in_a_thread(flights, "b")
    thread.join()
    assert found[0] is not None


def test_what_has_landed_holds_up_nobody_and_landing_again_does_no_harm() -> None:
    locks = NotedLocks()
    flights = Flights(locks=locks)
    first = flights.join("a", patience=LONG)
    assert first is not None
    assert locks.held == ["a"]
    first.land()
    second = flights.join("a", patience=LONG)
    first.land()
    assert locks.held == ["a"]
    assert flights.lead("a") is None
    assert second is not None
    second.land()
    assert locks.held == []


def test_a_thread_that_leads_a_flight_waits_for_none() -> None:
    """Else two threads could wait for one another."""
    locks = NotedLocks()
    flights = Flights(locks=locks)
    mine = flights.join("a", patience=LONG)
    assert mine is not None
    assert flights.join("a", patience=LONG) is None
    other = flights.join("b", patience=LONG)
    assert other is not None
    assert locks.held == ["a"]
    assert not other.may_have_waited


def test_patience_has_an_end() -> None:
    flights = Flights(locks=None)
    assert flights.join("a", patience=LONG) is not None
    found: list[Flight | None] = []
    thread = threading.Thread(target=lambda: found.append(flights.join("a", patience=0.0)))
    thread.start()
    thread.join()
    assert found == [None]


def test_another_thread_may_land() -> None:
    locks = NotedLocks()
    flight = Flights(locks=locks).join("a", patience=LONG)
    assert flight is not None
    thread = threading.Thread(target=flight.land)
    thread.start()
    thread.join()
    assert locks.held == []


def test_who_is_interrupted_while_waiting_leaves_no_flight() -> None:
    locks = NotedLocks(failure=KeyboardInterrupt())
    flights = Flights(locks=locks)
    with pytest.raises(KeyboardInterrupt):
        flights.join("a", patience=LONG)
    locks.failure = None
    assert flights.join("a", patience=LONG) is not None


def test_a_flight_alongside_is_led_by_nobody() -> None:
    flights = Flights(locks=NotedLocks())
    aside = flights.lead("a")
    assert aside is not None
    assert flights.lead("a") is None
    own = flights.join("b", patience=LONG)
    assert own is not None
    assert own.may_have_waited


def test_other_processes_are_waited_for_only_where_that_is_wanted() -> None:
    locks = NotedLocks()
    flight = Flights(locks=locks).join("a", patience=LONG, among_processes=False)
    assert flight is not None
    assert (locks.held, flight.may_have_waited) == ([], False)

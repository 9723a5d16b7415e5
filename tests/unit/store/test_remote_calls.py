"""Calls to a store that may be slow, failing or gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from freewheel.errors import StoreUnavailable
from freewheel.net.aside import Aside
from freewheel.store.protocol import Miss
from freewheel.store.remote_calls import FAILURES, RemoteCalls

Sign = Callable[[], None]


class Store:
    """What calls are made to: it hangs as long as it is told to."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.calls = 0

    def hang(self, _: Sign) -> str:
        self.calls += 1
        assert self.goes_on.wait(60)
        return "late"

    def answer(self, _: Sign) -> str:
        self.calls += 1
        return "here"

    def miss(self, _: Sign) -> Miss:
        self.calls += 1
        return Miss(reason="nothing is stored for it")

    def fail(self, _: Sign) -> str:
        self.calls += 1
        raise StoreUnavailable(path="s3://b", reason="a server error")

    def refuse(self, _: Sign) -> str:
        self.calls += 1
        raise StoreUnavailable(path="s3://b", reason="it refuses", is_final=True)


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    yield made
    made.goes_on.set()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def calls(told: list[str]) -> RemoteCalls:
    return RemoteCalls(aside=Aside(threads=4), clock=time.monotonic, on_rest=told.append, patience=0.2, in_vain=1.0)


def reason_of(answer: object) -> str:
    assert isinstance(answer, Miss)
    return answer.reason


def test_an_answer_is_passed_on(calls: RemoteCalls, store: Store, told: list[str]) -> None:
    assert calls.ask(store.answer) == "here"
    assert reason_of(calls.ask(store.miss)) == "nothing is stored for it"
    assert told == []


def test_who_never_answered_is_waited_for_once_and_then_rests(store: Store, told: list[str]) -> None:
    calls = RemoteCalls(aside=Aside(threads=8), clock=time.monotonic, on_rest=told.append, patience=0.5, in_vain=60)
    begun = [calls.begin(store.hang) for _ in range(12)]  # of which four wait for a thread
    answers = [calls.answer(call) for call in begun]
    assert {reason_of(one) for one in answers} == {"the shared cache took too long to answer"}
    assert told == ["no answer within 0.5 s"]
    before = store.calls
    assert reason_of(calls.ask(store.answer)) == "the shared cache is not asked any more: no answer within 0.5 s"
    assert store.calls == before


def test_what_was_asked_of_a_store_that_rests_is_not_waited_for(store: Store, told: list[str]) -> None:
    calls = RemoteCalls(
        aside=Aside(threads=8), clock=time.monotonic, on_rest=told.append, patience=3600, in_vain=3600
    )
    begun = [calls.begin(store.hang) for _ in range(4)]
    calls.ask(store.refuse)
    assert {reason_of(calls.answer(call)) for call in begun} == {
        "the shared cache took too long to answer"
    }  # not in an hour


def test_who_has_answered_may_be_late_a_few_times(calls: RemoteCalls, store: Store, told: list[str]) -> None:
    assert calls.ask(store.answer) == "here"
    for _ in range(FAILURES - 1):
        assert "too long" in reason_of(calls.ask(store.hang))
        assert told == []
    calls.ask(store.hang)
    assert len(told) == 1


def test_single_failures_are_accidents_and_several_in_a_row_are_not(
    calls: RemoteCalls, store: Store, told: list[str]
) -> None:
    assert calls.ask(store.answer) == "here"
    for _ in range(3 * FAILURES):
        assert reason_of(calls.ask(store.fail)) == "the shared cache did not answer: a server error"
        assert calls.ask(store.answer) == "here"
    assert told == []
    for _ in range(FAILURES):
        calls.ask(store.fail)
    assert told == ["a server error"]


def test_who_fails_at_once_rests(calls: RemoteCalls, store: Store, told: list[str]) -> None:
    calls.ask(store.fail)
    calls.ask(store.fail)
    assert (told, store.calls) == (["a server error"], 1)


def test_a_full_disk_is_a_miss(calls: RemoteCalls, store: Store) -> None:
    def full(_: Sign) -> str:
        raise OSError(28, "No space left on device")

    assert calls.ask(store.answer) == "here"
    assert "No space left on device" in reason_of(calls.ask(full))


def test_who_refuses_is_not_asked_again(calls: RemoteCalls, store: Store, told: list[str]) -> None:
    calls.ask(store.refuse)
    calls.ask(store.refuse)
    assert told == ["it refuses"]
    assert store.calls == 1


def test_signs_of_life_keep_one_waiting_up_to_a_limit(told: list[str]) -> None:
    calls = RemoteCalls(aside=Aside(threads=4), clock=time.monotonic, on_rest=told.append, patience=1.0, in_vain=60)

    def trickle(sign: Sign) -> str:
        for _ in range(15):
            time.sleep(0.1)
            sign()
        return "whole"

    assert calls.ask(trickle) == "whole"
    assert "too long" in reason_of(calls.ask(trickle, within=0.3))
    assert told == []


def test_what_nobody_waits_for_any_longer_ends_at_its_next_sign(calls: RemoteCalls) -> None:
    ended = threading.Event()

    def trickle(sign: Sign) -> str:
        try:
            while True:
                time.sleep(0.05)
                sign()
        finally:
            ended.set()

    calls.ask(trickle, within=0.2)
    assert ended.wait(10)


def test_all_the_waiting_for_nothing_is_bounded(store: Store, told: list[str]) -> None:
    calls = RemoteCalls(aside=Aside(threads=4), clock=time.monotonic, on_rest=told.append, patience=9.0, in_vain=0.3)

    def slow_miss(_: Sign) -> Miss:
        time.sleep(0.1)
        return store.miss(_)

    for _ in range(10):
        calls.ask(slow_miss)
    assert len(told) == 1
    assert told[0].startswith("0 s went by in this run")
    assert store.calls < 10


def test_waiting_at_the_same_time_counts_once(store: Store, told: list[str]) -> None:
    calls = RemoteCalls(aside=Aside(threads=32), clock=time.monotonic, on_rest=told.append, patience=9.0, in_vain=3.0)

    def slow_miss(_: Sign) -> Miss:
        time.sleep(0.2)
        return store.miss(_)

    begun = [calls.begin(slow_miss) for _ in range(32)]  # 6.4 s one after the other
    for call in begun:
        calls.answer(call)
    assert told == []


def test_a_defect_of_a_client_is_a_miss_and_said(calls: RemoteCalls, told: list[str]) -> None:
    def broken(_: Sign) -> str:
        raise ZeroDivisionError("a defect")

    assert "a defect" in reason_of(calls.ask(broken))
    assert told == ["ZeroDivisionError: a defect"]


def test_who_was_given_up_is_not_waited_for_again(calls: RemoteCalls, store: Store, told: list[str]) -> None:
    assert calls.ask(store.answer) == "here"
    call = calls.begin(store.hang)
    assert {reason_of(calls.answer(call)) for _ in range(FAILURES)} == {"the shared cache took too long to answer"}
    assert told == []


def test_settling_waits_for_all_within_a_bound(calls: RemoteCalls, store: Store) -> None:
    begun = [calls.begin(store.answer), calls.begin(store.hang), calls.begin(store.answer)]
    calls.settle(begun, within=0.2)
    assert [call.is_over.is_set() for call in begun] == [True, False, True]
    store.goes_on.set()
    calls.settle(begun, within=60)
    assert all(call.is_over.is_set() for call in begun)

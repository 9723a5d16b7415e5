from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from freewheel.index.once import Once


def test_work_is_done_once_for_each_key():
    once: Once[str, int] = Once()
    calls: list[str] = []

    def work(key: str) -> int:
        calls.append(key)
        return len(calls)

    assert [once.get(key, lambda key=key: work(key)) for key in ["a", "b", "a", "b"]] == [1, 2, 1, 2]
    assert calls == ["a", "b"]


def test_an_error_is_shared_and_its_work_not_repeated():
    once: Once[str, int] = Once()
    calls: list[int] = []

    def fail() -> int:
        calls.append(1)
        raise KeyError("a")

    for _ in range(2):
        with pytest.raises(KeyError):
            once.get("a", fail)
    assert len(calls) == 1


def test_threads_that_come_while_it_is_done_wait_for_it():
    once: Once[str, int] = Once()
    begun, may_end = Event(), Event()
    calls: list[int] = []

    def work() -> int:
        calls.append(1)
        begun.set()
        assert may_end.wait(10)
        return 7

    with ThreadPoolExecutor(max_workers=3) as pool:
        first = pool.submit(once.get, "a", work)
        assert begun.wait(10)
        others = [pool.submit(once.get, "a", work) for _ in range(2)]
        may_end.set()
        assert [one.result(10) for one in (first, *others)] == [7, 7, 7]
    assert len(calls) == 1


def test_an_interrupted_thread_leaves_nobody_waiting():
    once: Once[str, int] = Once()

    def interrupted() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once.get("a", interrupted)
    with ThreadPoolExecutor(max_workers=1) as pool, pytest.raises(KeyboardInterrupt):
        pool.submit(once.get, "a", lambda: 1).result(10)

"""Work that is done once for each key, whichever thread asks first, and whose outcome everybody shares."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Event, Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """Outcomes by key, errors included: what failed is not tried again. Safe from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._outcomes: dict[K, _Outcome[V]] = {}

    def get(self, key: K, work: Callable[[], V]) -> V:
        """The outcome of the first `work` that was given for `key`; waits where another thread is at it.

        Raises what that work raised. Work must not ask for its own key.
        """
        with self._lock:
            outcome = self._outcomes.get(key)
            is_first = outcome is None
            if outcome is None:
                outcome = self._outcomes[key] = _Outcome()
        if is_first:
            outcome.run(work)
        return outcome.wait()

    def forget(self, key: K) -> None:
        """Let the next `get` work anew; whoever waits gets what it waits for."""
        with self._lock:
            self._outcomes.pop(key, None)


class _Outcome(Generic[V]):
    __slots__ = ("_error", "_is_there", "_result")

    _result: V

    def __init__(self) -> None:
        self._is_there = Event()
        self._error: BaseException | None = None

    def run(self, work: Callable[[], V]) -> None:
        try:
            self._result = work()
        except BaseException as error:  # noqa: BLE001  an interrupted thread must not leave the others waiting
            self._error = error
        finally:
            self._is_there.set()

    def wait(self) -> V:
        self._is_there.wait()
        if self._error is not None:
            raise self._error
        return self._result

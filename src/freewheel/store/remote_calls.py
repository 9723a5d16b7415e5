"""Calls to a store that may be slow, failing or gone: made by other threads, and waited for as long as that is worth.

begin ──> another thread ──> answer: what came, or a miss with a reason
             │ fails, again and again, or is too slow
             └──> the store rests: nothing more is asked of it in this run, which is said once
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from freewheel.errors import StoreUnavailable
from freewheel.store.protocol import Miss

_SLICE: Final = 0.05
"""Seconds. Silence is counted in slices that this process lived through: where 60 runners share two cores, one may
not get to see for a second what came long ago.
"""

IN_VAIN: Final = 5.0
"""Seconds that a run waits in all for answers that are no use to it."""

FAILURES: Final = 3
"""Failed calls in a row after which the store rests: one is an accident."""

_TOO_LONG: Final = "the shared cache took too long to answer"

_Answer = TypeVar("_Answer")


class Call(Generic[_Answer]):
    """A call that another thread makes, or has made."""

    def __init__(self, *, began: float) -> None:
        self.began: Final = began
        self.last_sign: float | None = None  # none while it waits for a thread
        self.is_over: Final = threading.Event()
        self.answer: _Answer | Miss = Miss(reason="it was not asked for")
        self.is_given_up = False


class RemoteCalls:
    """Makes calls, and decides whether the store is still worth asking; safe from many threads.

    Nobody waits longer than `patience` seconds without a sign of an answer. `aside` runs tasks in other threads, for
    whose end nobody waits. `clock` is in seconds, and never goes back.
    `on_rest` hears why the store rests from now on, at most once.
    """

    def __init__(
        self,
        *,
        aside: Callable[[Callable[[], object]], None],
        clock: Callable[[], float],
        on_rest: Callable[[str], None],
        patience: float,
        in_vain: float = IN_VAIN,
    ) -> None:
        self._aside = aside
        self._clock = clock
        self._on_rest = on_rest
        self._patience = patience
        self._in_vain = in_vain
        self._lock = threading.Lock()
        self._last_answer: float | None = None
        self._failures = 0
        self._wasted = 0.0
        self._wasted_until = 0.0
        self._rests_because: str | None = None

    @property
    def rests_because(self) -> str | None:
        """Why nothing is asked any more, as a clause; None where it is."""
        return self._rests_because

    def begin(self, make: Callable[[Callable[[], None]], _Answer | Miss]) -> Call[_Answer]:
        """Have a call made; `make` is given what it calls whenever there is a sign that the store is at it."""
        call: Call[_Answer] = Call(began=self._clock())
        if self._rests_because is not None:
            call.answer = self._resting()
            call.is_over.set()
        else:
            self._aside(lambda: self._make(call, make))
        return call

    def answer(self, call: Call[_Answer], *, within: float | None = None) -> _Answer | Miss:
        """What came of a call, as soon as it is there; a miss where that takes too long.

        That is so long without a sign of life, and `within` seconds in all. Whoever asks again after that is not kept
        waiting. Raises nothing: whatever goes wrong is a miss.
        """
        if call.is_given_up:
            return Miss(reason=_TOO_LONG)
        since, slices, silent, last_sign = self._clock(), 0, 0, self._last_sign(call)
        while not call.is_over.wait(_SLICE if self._rests_because is None or slices else 0.0):
            sign = self._last_sign(call)
            silent, last_sign = (0, sign) if sign > last_sign else (silent + 1, last_sign)
            slices += 1
            if self._rests_because is not None and silent:
                call.is_given_up = True
                break  # what one was waited for in vain, others are not
            if silent * _SLICE >= self._patience or (within is not None and slices * _SLICE >= within):
                call.is_given_up = True
                self._too_slow(slices * _SLICE)
                break
        answer = call.answer if call.is_over.is_set() else Miss(reason=_TOO_LONG)
        if isinstance(answer, Miss):
            until = self._clock()
            self._count_wasted(max(since, until - (slices + 1) * _SLICE), until)
        return answer

    def ask(
        self, make: Callable[[Callable[[], None]], _Answer | Miss], *, within: float | None = None
    ) -> _Answer | Miss:
        """Make a call and wait for it: `begin` and `answer`."""
        return self.answer(self.begin(make), within=within)

    def settle(self, calls: Sequence[Call[_Answer]], *, within: float) -> None:
        """Wait until calls are over, so many seconds at most, whatever they come to."""
        end = self._clock() + within
        for call in calls:
            call.is_over.wait(max(0.0, end - self._clock()))
            call.is_given_up = not call.is_over.is_set()

    def _make(self, call: Call[_Answer], make: Callable[[Callable[[], None]], _Answer | Miss]) -> None:
        def sign() -> None:
            call.last_sign = self._clock()
            if call.is_given_up:
                raise StoreUnavailable(path="", reason="nobody waits for it any longer")

        try:
            if self._rests_because is not None:
                call.answer = self._resting()
                return
            call.last_sign = self._clock()  # till now it waited for a thread
            call.answer = make(sign)
            self._succeeded()
        except (StoreUnavailable, OSError) as error:
            fault = error if isinstance(error, StoreUnavailable) else StoreUnavailable(path="", reason=str(error))
            call.answer = Miss(reason=f"the shared cache did not answer: {fault.reason}")
            if not call.is_given_up:
                self._failed(fault)
        except Exception as error:  # noqa: BLE001  # a defect here, or in a client, fails no install
            call.answer = Miss(reason=f"the shared cache could not be asked: {error}")
            self._rest(f"{type(error).__name__}: {error}")
        finally:
            call.is_over.set()

    def _last_sign(self, call: Call[_Answer]) -> float:
        """When the call was last heard of; while others are before it, when the store was."""
        if call.last_sign is not None:
            return call.last_sign
        return call.began if self._last_answer is None else max(call.began, self._last_answer)

    def _resting(self) -> Miss:
        return Miss(reason=f"the shared cache is not asked any more: {self._rests_because}")

    def _succeeded(self) -> None:
        with self._lock:
            self._last_answer = self._clock()
            self._failures = 0

    def _failed(self, error: StoreUnavailable) -> None:
        with self._lock:
            self._failures += 1
            is_enough = error.is_final or self._last_answer is None or self._failures >= FAILURES
        if is_enough:
            self._rest(error.reason)

    def _too_slow(self, seconds: float) -> None:
        reason = f"no answer within {f'{seconds:.2f}'.rstrip('0').rstrip('.')} s"
        with self._lock:
            self._failures += 1
            is_enough = self._last_answer is None or self._failures >= FAILURES
        if is_enough:
            self._rest(reason)

    def _count_wasted(self, since: float, until: float) -> None:
        """Add a time during which somebody waited in vain, as far as nobody else did at the same time."""
        with self._lock:
            self._wasted += max(0.0, until - max(since, self._wasted_until))
            self._wasted_until = max(self._wasted_until, until)
            is_enough = self._wasted > self._in_vain
        if is_enough:
            self._rest(f"{self._wasted:.0f} s went by in this run without anything that it had")

    def _rest(self, reason: str) -> None:
        with self._lock:
            if self._rests_because is not None:
                return
            self._rests_because = reason
        self._on_rest(reason)

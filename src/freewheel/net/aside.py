"""Work alongside, for whose end nobody waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from freewheel.net.forks import PerProcess

_THREADS = 4


class Aside:
    """Runs tasks in a few threads, which end when there is nothing to do, and with the process, done or not.

    What a task raises is nobody's. A task that no thread can be started for is run at once.
    """

    def __init__(self) -> None:
        self._crew = PerProcess(_Crew)

    def __call__(self, task: Callable[[], None]) -> None:
        """Run it soon."""
        self._crew.get().take(task)


class _Crew:
    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._tasks: deque[Callable[[], None]] = deque()
        self._at_work = 0

    def take(self, task: Callable[[], None]) -> None:
        with self._guard:
            self._tasks.append(task)
            if self._at_work == _THREADS:
                return
            self._at_work += 1
        # Not a pool of the standard library: that is waited for at the end of the process.
        try:
            threading.Thread(target=self._work, name="freewheel aside", daemon=True).start()
        except RuntimeError:  # there are too many, or the process is about to end
            self._work()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            with suppress(Exception):  # a worker that ends would be missed by all tasks to come
                task()

    def _next(self) -> Callable[[], None] | None:
        with self._guard:
            if self._tasks:
                return self._tasks.popleft()
            self._at_work -= 1
            return None

"""Work alongside, for whose end nobody waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from freewheel.net.forks import PerProcess

Task: TypeAlias = Callable[[], object]


class Aside:
    """Runs tasks in the order in which they come, in a few threads.

    These end when there is nothing to do, and with the process, done or not: a slow server does not hold up its end.
    What a task returns or raises is nobody's. Tasks that no thread can be started for are run at once.
    """

    def __init__(self, *, threads: int = 4) -> None:
        self._crew = PerProcess(lambda: _Crew(threads))

    def __call__(self, *tasks: Task) -> None:
        """Run them soon."""
        self._crew.get().take(tasks)


class _Crew:
    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._guard = threading.RLock()
        self._tasks: deque[Task] = deque()
        self._at_work = 0

    def take(self, tasks: Sequence[Task]) -> None:
        with self._guard:
            self._tasks.extend(tasks)
            missing = min(len(tasks), self._threads - self._at_work)
            self._at_work += missing
        for _ in range(missing):
            # Not a pool of the standard library: that is waited for at the end of the process.
            try:
                threading.Thread(target=self._work, name="freewheel aside", daemon=True).start()
            except RuntimeError:  # there are too many, or the process is about to end
                self._work()

    def _work(self) -> None:
        while (task := self._next()) is not None:
            with suppress(Exception):  # a worker that ends would be missed by all tasks to come
                task()

    def _next(self) -> Task | None:
        with self._guard:
            if self._tasks:
                return self._tasks.popleft()
            self._at_work -= 1
            return None

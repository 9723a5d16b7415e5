"""Work alongside, for whose end nobody waits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

_THREADS = 4


class Aside:
    """Runs tasks in a few threads, which the first tasks start, and which end with the process, done or not.

    A task raises nothing.
    """

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._started = 0

    def __call__(self, task: Callable[[], None]) -> None:
        """Run it soon."""
        self._tasks.put(task)
        with self._guard:
            is_due, self._started = self._started < _THREADS, min(self._started + 1, _THREADS)
        if is_due:
            # Not a pool of the standard library: that is waited for at the end of the process.
            threading.Thread(target=self._work, name="freewheel aside", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._tasks.get()()

"""Work alongside, for whose end nobody waits."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress

_THREADS = 4


class Aside:
    """Runs tasks in a few threads, which the first tasks start, and which end with the process, done or not.

    What a task raises is nobody's. A task that no thread can be started for is run at once.
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
            try:
                threading.Thread(target=self._work, name="freewheel aside", daemon=True).start()
            except RuntimeError:  # there are too many, or the process is about to end
                self._work_off()

    def _work(self) -> None:
        while True:
            _carry_out(self._tasks.get())

    def _work_off(self) -> None:
        with suppress(queue.Empty):
            while True:
                _carry_out(self._tasks.get_nowait())


def _carry_out(task: Callable[[], None]) -> None:
    with suppress(Exception):  # a worker that ends would be missed by all tasks to come
        task()

"""Jobs done in the background, on a bounded number of threads that a process need not wait for."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread

Job = Callable[[], object]


class ReadAhead:
    """Does jobs in the order in which they come, whatever they return or raise.

    Its threads are daemons, so a slow server does not hold up the end of the process, and they end when no job
    is left.
    """

    def __init__(self, *, threads: int) -> None:
        self._threads = threads
        self._running = 0
        self._jobs: deque[Job] = deque()
        self._lock = Lock()

    def begin(self, job: Job) -> None:
        """Do `job` soon; returns at once. What it raises is passed over: whoever needs its outcome asks itself."""
        with self._lock:
            self._jobs.append(job)
            if self._running == self._threads:
                return
            self._running += 1
        try:
            Thread(target=self._work, name="freewheel-read-ahead", daemon=True).start()
        except RuntimeError:
            # The system gives no more threads: the others do it, or whoever needs it.
            with self._lock:
                self._running -= 1

    def _work(self) -> None:
        while (job := self._next()) is not None:
            with contextlib.suppress(Exception):
                job()

    def _next(self) -> Job | None:
        with self._lock:
            if self._jobs:
                return self._jobs.popleft()
            self._running -= 1
            return None

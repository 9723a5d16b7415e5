"""A reporter that keeps to itself what happens in the background, but for what it cost and saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from freewheel.events import (
    Adopted,
    Answered,
    Concealed,
    DownloadInterrupted,
    Event,
    Healed,
    Missed,
    Noted,
    Reporter,
    Requested,
    Reused,
    StaleUsed,
    Warned,
)

_ALWAYS = (Concealed, Adopted, Reused, Missed, Healed, Warned, Requested, Answered, DownloadInterrupted, StaleUsed)


class Muting:
    """Hands events on; while muted only statistics and warnings, and lines for -v."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._depth = 0
        self._lock = threading.Lock()

    def emit(self, event: Event) -> None:
        """Hand the event on unless it is a line that nobody asked for."""
        if not self._depth or isinstance(event, _ALWAYS) or (isinstance(event, Noted) and event.verbosity > 0):
            self._reporter.emit(event)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """For the length of the `with`, in all threads: what is installed for builds is not what was asked for."""
        with self._lock:
            self._depth += 1
        try:
            yield
        finally:
            with self._lock:
                self._depth -= 1

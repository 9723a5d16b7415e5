"""What runs reused and made, a line for each: for what `cache info` tells of the last week, and for the last run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from freewheel.errors import StoreError
from freewheel.model.shape import Shape
from freewheel.store.atomic import children, open_file
from freewheel.store.removal import remove
from freewheel.store.root import CacheRoot

DAYS: Final = 7
"""How many days are told of; the files of earlier ones go when a new one begins."""

_DAY: Final = 86_400.0


class RunRecord(Struct, frozen=True, kw_only=True):
    """What one run did: counts of what it reused and made by kind, and what that saved.

    `ended` is in seconds since the epoch. `saved_bytes` were not transferred again, `saved_seconds` not spent on
    building again. `shared` counts what of the reused other machines made. `files` are the names of the wheels and
    sdists that it used.
    """

    ended: float
    command: str
    reused: Mapping[str, int] = {}
    made: Mapping[str, int] = {}
    shared: Mapping[str, int] = {}
    saved_bytes: int = 0
    saved_seconds: float = 0.0
    requests: int = 0
    files: tuple[str, ...] = ()


_RUN = Shape(RunRecord)


class History(Struct, frozen=True, kw_only=True):
    """The runs of the last days, in a file for each day. `clock` gives seconds since the epoch."""

    root: CacheRoot
    clock: Callable[[], float]

    def add(self, run: RunRecord) -> None:
        """Note a run, behind what other processes note at the same time; what cannot be noted is not."""
        if not self.root.is_writable:
            return
        path = self.root.layout.history / _day_of(run.ended)
        line = msgspec.json.encode(run) + b"\n"
        with suppress(OSError, StoreError):
            is_new = not path.exists()
            descriptor = self.root.making_room(path, lambda: os.open(path, _APPENDING, 0o600))
            try:
                os.write(descriptor, line)
            finally:
                os.close(descriptor)
            if is_new:
                self.root.share_file(path)
                self._forget(run.ended)

    def runs(self) -> Iterator[RunRecord]:
        """The runs of the last days, the first first; what is damaged is passed over."""
        since = self.clock() - DAYS * _DAY
        for path in children(self.root.layout.history):
            with suppress(OSError), os.fdopen(open_file(path)[0], "rb") as lines:
                for line in lines:
                    with suppress(ValueError, RecursionError):
                        run = _RUN.from_json(line)
                        if run.ended >= since:
                            yield run

    def _forget(self, now: float) -> None:
        first = _day_of(now - (DAYS + 1) * _DAY)
        remove(path for path in children(self.root.layout.history) if _is_before(path, first))


_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def _day_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _is_before(path: Path, day: str) -> bool:
    return len(path.name) == len(day) and path.name < day

"""Operations of several distributions carried out side by side: the system does most of it, and waits for disks."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

from msgspec import Struct

from freewheel.install.link import Linker, create
from freewheel.install.plan import Operation, PlaceFile, WriteFile
from freewheel.store.protocol import Miss

MOST_THREADS = 2
"""Two took nine tenths of the time of one, and four more than one: most calls are short, and Python has one lock."""

_TOUCHED_EVERY = 0.5  # seconds


class Stopped(Struct, frozen=True, kw_only=True):
    """Operations that came to an end before all were done: the first `done` were.

    `reason` is a Miss where a tree cannot be used; it is an error where another's file was met.
    """

    done: int
    reason: Miss | FileExistsError


Placed: TypeAlias = Stopped | None


class Placing:
    """Threads that carry out operations, for which the way was made; `begin` and `stop` are called from one.

    `touch` is called twice a second while something is being done. `clock` gives seconds.
    """

    def __init__(
        self,
        linker: Linker,
        *,
        touch: Callable[[], None],
        threads: int = MOST_THREADS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._linker = linker
        self._touch = touch
        self._clock = clock
        self._due = clock() + _TOUCHED_EVERY
        self._is_stopped = False
        self._pool = ThreadPoolExecutor(max_workers=threads)

    def begin(self, operations: Sequence[Operation]) -> Future[Placed]:
        """Have them carried out, in their order; the result raises OSError."""
        return self._pool.submit(self.carry_out, operations)

    def carry_out(self, operations: Sequence[Operation]) -> Placed:
        """Carry out operations here and now, in their order; raises OSError."""
        clock, place = self._clock, self._linker.place
        for number, operation in enumerate(operations):
            if self._is_stopped:
                break
            if clock() > self._due:
                self._due = clock() + _TOUCHED_EVERY
                self._touch()
            try:
                if isinstance(operation, PlaceFile):
                    miss = place(operation)
                else:
                    miss = None
                    _write(operation)
            except FileExistsError as error:
                return Stopped(done=number, reason=error)
            if miss is not None:
                return Stopped(done=number, reason=miss)
        return None

    def stop(self) -> None:
        """Have nothing begun any more, and wait until nothing is being done."""
        self._is_stopped = True
        self._pool.shutdown(cancel_futures=True)


def _write(file: WriteFile) -> None:
    with create(file.destination, is_executable=file.is_executable) as target:
        target.write(file.content)

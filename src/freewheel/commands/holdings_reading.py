"""Reads what the cache holds; where that takes long, with the help of a second process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from contextlib import suppress
from queue import SimpleQueue
from sys import intern
from threading import Thread
from typing import IO, Final

from msgspec.structs import force_setattr

from freewheel.commands.holdings import holdings_in, tables_of
from freewheel.commands.holdings_worker import LARGEST, LENGTH
from freewheel.install.own_process import command
from freewheel.model.shape import Shape
from freewheel.store.catalog import Catalog, Section
from freewheel.store.holding import KINDS, Holding

ALONE: Final = 0.1
"""Seconds after which help pays: a process needs as long to start. 100,000 things take 4 s alone, and 2.4 with it."""

_AT_ONCE: Final = 16
_AHEAD: Final = 2
"""How many sections make a question, and how many questions wait for an answer."""

_END: Final = b"\xff" * LENGTH
"""More than any answer, to be read as a length."""

_WORKER: Final = "freewheel.commands.holdings_worker"
_HOLDINGS = Shape(list[Holding])


def holdings(
    catalog: Catalog,
    kinds: Collection[str] = KINDS,
    *,
    alone: float = ALONE,
    executable: str = sys.executable,
    clock: Callable[[], float] = time.monotonic,
) -> Generator[Holding, None, None]:
    """Everything of these kinds, as it is read, in no particular order.

    Help comes after `alone` seconds. What the other process does not tell is read here. `clock` gives seconds.
    """
    sections, wanted = catalog.sections(tables_of(kinds)), frozenset(kinds)
    began, helper = clock(), None
    try:
        while sections:
            yield from holdings_in(sections.pop(), wanted)
            if helper is None and clock() - began >= alone:
                helper = _Helper(wanted, executable)
            if helper is not None:
                helper.ask(sections)
                yield from helper.answered()
        if helper is not None:
            yield from helper.rest()
    finally:
        if helper is not None:
            helper.stop()


class _Helper:
    """A second process; what one does not tell that does not start, or ends early, is read by whoever asked."""

    def __init__(self, kinds: Collection[str], executable: str) -> None:
        self._kinds = kinds
        self._asked: deque[Sequence[Section]] = deque()
        self._answers: SimpleQueue[bytes | None] = SimpleQueue()
        self._process = _started(executable)
        if self._process is not None:
            Thread(target=_collect, args=(self._process.stdout, self._answers), daemon=True).start()

    def ask(self, sections: list[Section]) -> None:
        """Have it read some of the sections, which it takes from the list, unless it has enough to do."""
        while self._process is not None and len(self._asked) < _AHEAD and len(sections) > _AT_ONCE:
            some = sections[:_AT_ONCE]
            question = {"sections": [[one.table, one.path] for one in some], "kinds": sorted(self._kinds)}
            try:
                _write(self._process.stdin, json.dumps(question).encode() + b"\n")
            except OSError:
                return
            self._asked.append(some)
            del sections[:_AT_ONCE]

    def answered(self) -> Iterator[Holding]:
        """What it has read meanwhile."""
        while self._asked and not self._answers.empty():
            yield from self._next()

    def rest(self) -> Iterator[Holding]:
        """What it still has to read, as soon as it is."""
        while self._asked:
            yield from self._next()

    def stop(self) -> None:
        """Let it end: it changes nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            with suppress(OSError):  # what it was not told any more
                _close(self._process.stdin)

    def _next(self) -> Iterator[Holding]:
        data, some = self._answers.get(), self._asked.popleft()
        if data is None:
            self._answers.put(None)  # nor will there be another one
        try:
            yield from map(_with_shared_parts, _HOLDINGS.from_msgpack(data or b""))
        except ValueError:
            for section in some:
                yield from holdings_in(section, self._kinds)


def _with_shared_parts(one: Holding) -> Holding:
    """The same; what many have in common it no longer has to itself: 1.5 MB of 100,000 things."""
    for name in ("kind", "project", "version", "folder"):
        force_setattr(one, name, intern(getattr(one, name)))
    return one


def _started(executable: str) -> subprocess.Popen[bytes] | None:
    with suppress(OSError):
        return subprocess.Popen(
            command(_WORKER, executable=executable),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    return None


def _write(stream: IO[bytes] | None, data: bytes) -> None:
    if stream is not None:
        stream.write(data)
        stream.flush()


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        stream.close()


def _collect(stream: IO[bytes], answers: SimpleQueue[bytes | None]) -> None:
    """Put each answer into the queue, and None for the end; closes the stream."""
    with suppress(OSError, ValueError), stream:
        while (length := int.from_bytes(stream.read(LENGTH) or _END, "big")) <= LARGEST:
            answers.put(stream.read(length))
    answers.put(None)

"""Bars for long downloads, builds and checks, on a terminal, when they take long enough to be missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct, field

from freewheel import events
from freewheel.events import Event

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

PATIENCE = 0.3
"""Seconds that something may take before it gets a bar; importing rich costs 55 ms."""


class _Running(Struct):
    label: str
    began: float
    total: int | None
    is_bytes: bool = True
    done: int = 0
    task: TaskID | None = None


def _amount(running: _Running) -> str:
    """How far a download or a check is; nothing for a build, of which nobody knows."""
    if not running.done:
        return ""
    if not running.is_bytes:
        return f"{running.done}/{running.total}"
    done = f"{running.done / 1e6:.1f}"
    return f"{done}/{running.total / 1e6:.1f} MB" if running.total else f"{done} MB"


class Progress(Struct, kw_only=True):
    """Shows downloads, build steps and checks that are under way.

    `style` is `bars` (a terminal), `raw` (pip's machine-readable lines) or `off`. Not safe from several threads by
    itself: its owner holds a lock.
    """

    style: str
    stream: TextIO
    clock: Callable[[], float]
    width: int | None = None
    _running: dict[str, _Running] = field(default_factory=dict)
    _bars: RichProgress | None = None

    def take(self, event: Event) -> bool:
        """Show an event's progress; whether this replaces its line."""
        match event:
            case events.DownloadStarted():
                self._running[event.url] = _Running(event.filename, self.clock(), event.size)
            case events.DownloadAdvanced():
                self._advance(event.url, event.received)
                return True
            case events.DownloadFinished():
                self._finish(event.url)
                return True
            case events.CheckStarted():
                self._running[event.subject] = _Running(event.subject, self.clock(), event.total, event.is_bytes)
            case events.CheckAdvanced():
                self._advance(event.subject, event.done, is_told=False)
            case events.CheckFinished():
                self._finish(event.subject)
            case events.BuildStarted():
                self._running[event.step] = _Running(event.step, self.clock(), None)
            case events.BuildFinished():
                self._finish(event.step)
            case _:
                pass
        self.tick()
        return False

    def _advance(self, key: str, done: int, *, is_told: bool = True) -> None:
        """Note how far something is; `is_told` says that programs read of it, as pip has it for downloads."""
        running = self._running.get(key)
        if running is None:
            return
        running.done = done
        if self.style == "raw" and is_told:
            self.stream.write(f"Progress {done} of {running.total or 0}\n")
            self.stream.flush()
        self.tick()

    def _finish(self, key: str) -> None:
        running = self._running.pop(key, None)
        if running is not None and running.task is not None and self._bars is not None:
            self._bars.remove_task(running.task)
        if not self._running:
            self.close()

    def tick(self) -> None:
        """Give a bar to whatever has been under way for long enough, and bring the others up to date."""
        if self.style != "bars":
            return
        now = self.clock()
        for running in self._running.values():
            if running.task is None and now - running.began >= PATIENCE:
                self._bars = self._bars or self._open()
                running.task = self._bars.add_task(running.label, total=running.total, amount="")
            if running.task is not None and self._bars is not None:
                self._bars.update(running.task, completed=running.done, amount=_amount(running))

    def _open(self) -> RichProgress:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        bars = RichProgress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[amount]}"),
            TimeElapsedColumn(),
            console=Console(file=self.stream, width=self.width, force_terminal=True),
            transient=True,
        )
        bars.start()
        return bars

    @contextmanager
    def paused(self) -> Iterator[None]:
        """While lines are written: the bars go out of the way and come back."""
        if self._bars is None:
            yield
            return
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def close(self) -> None:
        """Take all bars away, and forget what is under way: nothing may draw after this but what begins later."""
        self._running.clear()
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

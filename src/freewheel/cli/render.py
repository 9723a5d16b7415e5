"""Events as lines: pip's sentences where scripts read them, bars on a terminal."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import RLock, Timer
from typing import TextIO

from freewheel import events
from freewheel.cli.messages import age_text, shown_path
from freewheel.cli.progress import PATIENCE, Progress
from freewheel.events import Event
from freewheel.model.url import redacted, to_path
from freewheel.model.variables import UrlPart, hidden

QUIET, NORMAL, VERBOSE, DEBUG = -1, 0, 1, 2


def size_text(size: float) -> str:
    """A size in bytes as pip writes it: units of 1000.

    >>> size_text(999), size_text(1500), size_text(123456), size_text(1234567)
    ('999 bytes', '1.5 kB', '123 kB', '1.2 MB')
    """
    if size > 1_000_000:
        return f"{size / 1_000_000:.1f} MB"
    if size > 10_000:
        return f"{int(size / 1000)} kB"
    if size > 1000:
        return f"{size / 1000:.1f} kB"
    return f"{int(size)} bytes"


def seconds_text(seconds: float) -> str:
    """A duration as people read it.

    >>> seconds_text(0.04), seconds_text(3.21), seconds_text(125)
    ('0.04 s', '3.2 s', '2 min 5 s')
    """
    if seconds >= 60:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"


def _asked(requirement: str, wanted_by: str | None) -> str:
    return requirement + (f" (from {wanted_by})" if wanted_by else "")


def _path_text(text: str, folder: str) -> str:
    """A path for a `file:` URL, from `folder` on if it lies below; anything else as it is."""
    if not text.startswith("file:"):
        return text
    try:
        path = to_path(text, windows=os.name == "nt")
    except ValueError:
        return text
    return shown_path(path, folder)


def _collecting(event: events.Collecting, folder: str) -> str:
    if event.is_editable:
        return f"Obtaining {_asked(event.requirement, event.wanted_by)}"
    if event.is_path:
        return f"Processing {_asked(_path_text(event.requirement, folder), event.wanted_by)}"
    return f"Collecting {_asked(event.requirement, event.wanted_by)}"


def _with_size(name: str, size: int | None) -> str:
    return name if size is None else f"{name} ({size_text(size)})"


def line_of(event: Event, *, folder: str) -> tuple[int, str] | None:
    """The verbosity from which an event is shown, and its line; None for what is no line.

    `folder` is the current one.
    """
    match event:
        case events.Collecting():
            return NORMAL, _collecting(event, folder)
        case events.AlreadySatisfied():
            found = f"Requirement already satisfied: {event.requirement} in {shown_path(event.location, folder)}"
            return NORMAL, f"{_asked(found, event.wanted_by)} ({event.version})"
        case events.DownloadStarted():
            return NORMAL, f"  Downloading {_with_size(event.filename, event.size)}"
        case events.FileReused():
            return NORMAL, f"  Using cached {_with_size(event.filename, event.size)}"
        case events.Saved():
            return event.verbosity, f"Saved {event.path}"
        case events.Noted():
            return event.verbosity, event.message
        case events.Requested():
            return DEBUG, f"  {event.method} {redacted(event.url)}"
        case events.Answered():
            account = "" if event.cache_status is None else f" ({event.cache_status})"
            return DEBUG, f"  {event.method} {redacted(event.url)}: {event.status}{account}"
        case events.Reused() | events.Missed() | events.Adopted() | events.SharedUsed():
            return VERBOSE, _account(event)
        case _:
            return _search_line(event) or _network_line(event) or _build_line(event) or _environment_line(event)


def _search_line(event: Event) -> tuple[int, str] | None:
    if not isinstance(event, events.PassedOver):
        return None
    return event.verbosity, "\n".join(f"  Skipping link: {why}: {redacted(url)}" for url, why in event.files)


_MADE_AGAIN: Mapping[events.Kind, str] = {
    "page": "fetched",
    "download": "downloaded",
    "repository": "cloned",
    "metadata": "read",
    "resolution": "found",
    "wheel": "built",
    "tree": "unpacked",
    "bytecode": "compiled",
    "interpreter": "asked for",
}


def warnings_of(event: Event) -> tuple[str, ...]:
    """What an event has to be warned of, a line each."""
    match event:
        case events.Warned():
            return (event.message,)
        case events.Healed():
            damage = f"The cached {event.kind} of {event.subject} was damaged ({event.reason})"
            return (f"{damage}; it is {_MADE_AGAIN[event.kind]} again.",)
        case events.DownloadInterrupted():
            amount = _progress(event.received, event.size)
            return (
                "Connection interrupted while downloading.",
                f"Attempting to resume incomplete download ({amount}, attempt {event.attempt})",
            )
        case _:
            return ()


def _progress(received: int, size: int | None) -> str:
    return size_text(received) + ("" if size is None else f"/{size_text(size)}")


def _stale(event: events.StaleUsed) -> str:
    return f"{redacted(event.subject)} is used as it was {age_text(event.age)} ago, though that is stale."


def _account(event: events.Reused | events.Missed | events.Adopted | events.SharedUsed) -> str:
    if isinstance(event, events.SharedUsed):
        found = f"{event.hits} found ({size_text(event.received)}), {event.misses} not"
        return f"Shared cache {event.url}: {found}; {event.written} written ({size_text(event.sent)})."
    if isinstance(event, events.Adopted):
        source = {"pip": "pip's cache", "shared": "the shared cache"}[event.source]
        return f"  {event.kind} {event.subject}: taken over from {source} ({size_text(event.size)})"
    saved = ", ".join(
        text
        for text in (
            size_text(event.size) if event.size else "",
            seconds_text(event.seconds) if event.seconds >= 0.005 else "",
        )
        if text
    )
    if isinstance(event, events.Reused):
        how = "reused, validated" if event.validated else "reused"
        return f"  {event.kind} {event.subject}: {how}" + (f" ({saved} saved)" if saved else "")
    return f"  {event.kind} {event.subject}: not reused, {event.reason}" + (f" ({saved})" if saved else "")


def _network_line(event: Event) -> tuple[int, str] | None:
    match event:
        case events.DownloadResumed():
            return NORMAL, f"  Resuming download {event.filename} ({_progress(event.received, event.size)})"
        case events.StaleUsed():
            return VERBOSE, _stale(event)
        case _:
            return None


def _build_line(event: Event) -> tuple[int, str] | None:
    match event:
        case events.BuildsPlanned():
            return NORMAL, f"Building wheels for collected packages: {', '.join(event.projects)}"
        case events.BuildStarted():
            return NORMAL, f"  {event.step}: started"
        case events.BuildFinished():
            return NORMAL, f"  {event.step}: finished with status '{'done' if event.succeeded else 'error'}'"
        case events.WheelBuilt():
            made = f"  Created wheel for {event.project}: filename={event.filename} size={event.size}"
            stored = f"\n  Stored in directory: {event.stored_in}" if event.stored_in else ""
            return NORMAL, f"{made} sha256={event.digest}{stored}"
        case events.BuildsDone():
            done = (f"Successfully built {' '.join(event.projects)}",) if event.projects else ()
            failed = (f"Failed to build {' '.join(event.failed)}",) if event.failed else ()
            return NORMAL, "\n".join((*done, *failed))
        case _:
            return None


def _environment_line(event: Event) -> tuple[int, str] | None:
    match event:
        case events.Installing():
            names = ", ".join(one.rpartition("-")[0] for one in event.distributions)
            return NORMAL, f"Installing collected packages: {names}"
        case events.Uninstalled():
            indent = " " * (6 if event.is_replaced else 2)
            return NORMAL, f"{indent}Successfully uninstalled {event.project}-{event.version}"
        case _:
            return None


@dataclass(slots=True, kw_only=True)
class Printer:
    """A `Reporter` that writes to two text streams; `verbosity` counts -v up and -q down.

    Paths are shown as seen from `folder`. `log` is given everything that could be shown. Of what `Concealed` names
    nothing is written but by `print` to its stream: reports and lock files are read again.
    """

    out: TextIO
    err: TextIO
    verbosity: int
    has_colour: bool
    progress: Progress
    folder: str
    log: TextIO | None = None
    _told: TextIO = field(init=False)
    _concealed: tuple[UrlPart, ...] = ()
    _lock: RLock = field(default_factory=RLock)
    _has_told_of_stale: bool = False
    _damaged: frozenset[tuple[str, str]] = frozenset()
    _collecting: events.Collecting | None = None

    def __post_init__(self) -> None:
        self._told = self.out

    def leave_room(self) -> None:
        """From now on `print` alone writes to the standard output; what was for it goes where errors go."""
        self._told = self.err

    def emit(self, event: Event) -> None:
        """Show an event, or let the bars show it."""
        with self._lock:
            if self._has_told(event):
                return
            if isinstance(event, events.Concealed):
                self._concealed = tuple(dict.fromkeys((*self._concealed, *event.parts)))
                return
            if warnings := warnings_of(event):
                for message in warnings:
                    self._warn(message)
                return
            if isinstance(event, events.StaleUsed) and not self._has_told_of_stale:
                self._has_told_of_stale = True
                self._warn(_stale(event))
                return
            if isinstance(event, events.PassedOver) and self.log is None and self.verbosity < event.verbosity:
                return  # a page may have thousands, and a line for each would be made for nobody
            taken = self.verbosity >= NORMAL and self.progress.take(event)
            if isinstance(event, events.BuildStarted | events.DownloadStarted) and self.progress.style == "bars":
                self._look_again(PATIENCE)
            line = line_of(event, folder=self.folder)
            if line is None:
                return
            if not taken and line[0] <= self.verbosity:
                self._write(self._told, line[1])
            else:
                self._note(line[1])

    def print(self, text: str) -> None:
        """Write what a command was asked for; no option hides it."""
        with self._lock:
            self._note(text)
            self._put(self.out, text)

    def tell(self, text: str) -> None:
        """Write what -q hides."""
        with self._lock:
            if self.verbosity >= NORMAL:
                self._write(self._told, text)
            else:
                self._note(text)

    def fail(self, lines: Iterable[str]) -> None:
        """Write an error; -qqq hides it, as in pip."""
        with self._lock:
            if self.verbosity > -3:
                for line in lines:
                    self._write(self.err, self._coloured(line, "31"))

    def ask(self, question: Callable[[], str]) -> str:
        """What a person answers, who sees neither bars nor lines come in between."""
        with self._lock, self.progress.paused():
            try:
                return question()
            except (EOFError, KeyboardInterrupt):
                self._put(self._told, "")  # the question stands on a line of its own
                raise

    def close(self) -> None:
        """Take the bars away."""
        with self._lock:
            self.progress.close()

    def _has_told(self, event: Event) -> bool:
        """Whether a person knows that already."""
        if isinstance(event, events.Healed):
            # Where nothing can be removed, every look finds it again.
            known, self._damaged = self._damaged, self._damaged | {(event.kind, event.subject)}
            return known == self._damaged
        if isinstance(event, events.Collecting):
            # As in pip: another version of the same.
            last, self._collecting = self._collecting, event
            return last == event
        return False

    def _look_again(self, seconds: float) -> None:
        """Tick once more after a while: a compiler may be silent for minutes."""
        timer = Timer(seconds, self._tick)
        timer.daemon = True
        timer.start()

    def _tick(self) -> None:
        with self._lock:
            self.progress.tick()

    def _warn(self, message: str) -> None:
        if self.verbosity > -2:
            self._write(self.err, self._coloured(f"WARNING: {message}", "33"))

    def _coloured(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.has_colour else text

    def _note(self, text: str) -> None:
        if self.log is not None:
            self.log.write(hidden(text, self._concealed) + "\n")

    def _write(self, stream: TextIO, text: str) -> None:
        self._note(text)
        self._put(stream, hidden(text, self._concealed))

    def _put(self, stream: TextIO, text: str) -> None:
        with self.progress.paused(), suppress(BrokenPipeError, ValueError):
            stream.write(text + "\n")
            stream.flush()

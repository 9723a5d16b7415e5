"""What happened, as values; `Reporter` is the one way out for progress and statistics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from freewheel.model.variables import UrlPart

Kind = Literal["page", "download", "repository", "metadata", "wheel", "tree", "bytecode", "interpreter"]
"""What can be reused: index pages, downloaded files, clones, core metadata, built wheels, unpacked wheels, ..."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; each kind is a class of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reused(Event):
    """Something was not done again. Saved: `size` bytes not transferred or written, `seconds` not spent.

    `cache_status` is the cache's account where a request was answered, as a member of Cache-Status (RFC 9211).
    """

    kind: Kind
    subject: str
    size: int = 0
    seconds: float = 0.0
    validated: bool = False
    cache_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed(Event):
    """Something had to be done, and why; `size` bytes were transferred or written, `seconds` spent.

    `cache_status` is as in `Reused`.
    """

    kind: Kind
    subject: str
    reason: str
    size: int = 0
    seconds: float = 0.0
    cache_status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Healed(Event):
    """A damaged entry of the cache was dropped and is made again."""

    kind: Kind
    subject: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned(Event):
    """A person should know; never an error. `message` is one complete sentence or more."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(Event):
    """For those who ask: shown at `-v` times `verbosity`."""

    message: str
    verbosity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Concealed(Event):
    """From now on these parts of URLs are not shown, whoever speaks of them."""

    parts: tuple[UrlPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested(Event):
    """A request was sent over the network."""

    method: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """The head of a response is here, from wherever; `cache_status` is as in `Reused`, None without a cache."""

    method: str
    url: str
    status: int
    cache_status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Collecting(Event):
    """The resolver looks at a requirement for the first time."""

    requirement: str
    wanted_by: str | None = None
    is_path: bool = False
    is_editable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver(Event):
    """Files that cannot be chosen, as (URL, why); shown at `-v` times `verbosity`."""

    files: tuple[tuple[str, str], ...]
    verbosity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadySatisfied(Event):
    """An installed project fits a requirement."""

    requirement: str
    location: str
    version: str
    wanted_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadStarted(Event):
    """A file is being read from the network; `size` in bytes, if it was stated."""

    filename: str
    url: str
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadAdvanced(Event):
    """`received` of a file's bytes are here."""

    url: str
    received: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadFinished(Event):
    """A download ended, well or not."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadInterrupted(Event):
    """A connection ended before its file did, which is asked for again: for the `attempt`th time; sizes in bytes."""

    received: int
    size: int | None
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadResumed(Event):
    """The rest of a file is on its way; `received` bytes were here before."""

    filename: str
    received: int
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleUsed(Event):
    """What was stored `age` seconds ago answers though it is stale, because the user wants that."""

    subject: str
    age: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReused(Event):
    """A file came from the cache instead of the network; `size` in bytes, if that is known."""

    filename: str
    size: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildsPlanned(Event):
    """These projects' wheels are about to be built."""

    projects: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildsDone(Event):
    """These projects' wheels were built, and those of others were not."""

    projects: tuple[str, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildStarted(Event):
    """A build hook begins; `step` is what pip calls it, such as `Building wheel for six (pyproject.toml)`."""

    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildFinished(Event):
    """A build hook ended; `seconds` it took."""

    step: str
    succeeded: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelBuilt(Event):
    """A wheel was built; `stored_in` is the cache's folder that keeps it, if any does."""

    project: str
    filename: str
    size: int
    digest: str
    stored_in: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Installing(Event):
    """These are about to be linked: `name-version` each."""

    distributions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Uninstalled(Event):
    """A project's files were taken out of the environment; `is_replaced` tells that others come in."""

    project: str
    version: str
    is_replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved(Event):
    """A file was written where the user asked for it; shown at `-v` times `verbosity`."""

    path: str
    verbosity: int = 0


class Reporter(Protocol):
    """Where events go. `emit` is cheap, never raises, and may be called from any thread."""

    def emit(self, event: Event) -> None:
        """Take one event."""


@dataclass(slots=True)
class Recorder:
    """A reporter that keeps everything, in order: for tests, and where nobody is told anything."""

    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        """Keep the event; list appends are atomic."""
        self.events.append(event)


@dataclass(frozen=True, slots=True)
class Broadcast:
    """Hands each event to several reporters, in order."""

    reporters: tuple[Reporter, ...]

    def emit(self, event: Event) -> None:
        """Hand the event on."""
        for reporter in self.reporters:
            reporter.emit(event)

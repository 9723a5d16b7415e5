"""What happened, as values; `Reporter` is the one way out for progress and statistics."""

from __future__ import annotations

from typing import Literal, Protocol

from msgspec import Struct, field

from freewheel.model.variables import UrlPart

Kind = Literal["page", "download", "repository", "metadata", "resolution", "wheel", "tree", "bytecode", "interpreter"]
"""What can be reused: index pages, downloaded files, clones, core metadata, built wheels, unpacked wheels, ..."""


class Event(Struct, frozen=True, kw_only=True):
    """One thing that happened; each kind is a class of its own."""


class Reused(Event, frozen=True, kw_only=True):
    """Something was not done again. Saved: `size` bytes not transferred or written, `seconds` not spent.

    `cache_status` is the cache's account where a request was answered, as a member of Cache-Status (RFC 9211).
    """

    kind: Kind
    subject: str
    size: int = 0
    seconds: float = 0.0
    validated: bool = False
    cache_status: str | None = None


class Missed(Event, frozen=True, kw_only=True):
    """Something had to be done, and why; `size` bytes were transferred or written, `seconds` spent.

    `cache_status` is as in `Reused`.
    """

    kind: Kind
    subject: str
    reason: str
    size: int = 0
    seconds: float = 0.0
    cache_status: str | None = None


class Adopted(Event, frozen=True, kw_only=True):
    """Something was taken over from pip's cache, or the shared one, `size` bytes of it.

    What became of it is told beside.
    """

    kind: Kind
    subject: str
    size: int = 0
    source: Literal["pip", "shared"] = "pip"


class SharedUsed(Event, frozen=True, kw_only=True):
    """What a run had from the shared cache at `url` and gave to it; `received` and `sent` are in bytes."""

    url: str
    hits: int
    misses: int
    received: int
    written: int
    sent: int


class Healed(Event, frozen=True, kw_only=True):
    """A damaged entry of the cache was dropped and is made again."""

    kind: Kind
    subject: str
    reason: str


class Warned(Event, frozen=True, kw_only=True):
    """A person should know; never an error. `message` is one complete sentence or more."""

    message: str


class Noted(Event, frozen=True, kw_only=True):
    """For those who ask: shown at `-v` times `verbosity`."""

    message: str
    verbosity: int = 1


class Concealed(Event, frozen=True, kw_only=True):
    """From now on these parts of URLs are not shown, whoever speaks of them."""

    parts: tuple[UrlPart, ...]

    def __repr__(self) -> str:
        return "Concealed(****)"


class Requested(Event, frozen=True, kw_only=True):
    """A request was sent over the network."""

    method: str
    url: str


class Answered(Event, frozen=True, kw_only=True):
    """The head of a response is here, from wherever; `cache_status` is as in `Reused`, None without a cache."""

    method: str
    url: str
    status: int
    cache_status: str | None


class Collecting(Event, frozen=True, kw_only=True):
    """The resolver looks at a requirement for the first time."""

    requirement: str
    wanted_by: str | None = None
    is_path: bool = False
    is_editable: bool = False


class PassedOver(Event, frozen=True, kw_only=True):
    """Files that cannot be chosen, as (URL, why); shown at `-v` times `verbosity`."""

    files: tuple[tuple[str, str], ...]
    verbosity: int


class AlreadySatisfied(Event, frozen=True, kw_only=True):
    """An installed project fits a requirement."""

    requirement: str
    location: str
    version: str
    wanted_by: str | None = None


class DownloadStarted(Event, frozen=True, kw_only=True):
    """A file is being read from the network; `size` in bytes, if it was stated."""

    filename: str
    url: str
    size: int | None


class DownloadAdvanced(Event, frozen=True, kw_only=True):
    """`received` of a file's bytes are here."""

    url: str
    received: int


class DownloadFinished(Event, frozen=True, kw_only=True):
    """A download ended, well or not."""

    url: str


class DownloadInterrupted(Event, frozen=True, kw_only=True):
    """A connection ended before its file did, which is asked for again: for the `attempt`th time; sizes in bytes."""

    received: int
    size: int | None
    attempt: int


class DownloadResumed(Event, frozen=True, kw_only=True):
    """The rest of a file is on its way; `received` bytes were here before."""

    filename: str
    received: int
    size: int | None


class StaleUsed(Event, frozen=True, kw_only=True):
    """What was stored `age` seconds ago answers though it is stale, because the user wants that."""

    subject: str
    age: float


class FileReused(Event, frozen=True, kw_only=True):
    """A file came from the cache instead of the network; `size` in bytes, if that is known."""

    filename: str
    size: int | None


class CheckStarted(Event, frozen=True, kw_only=True):
    """Things in the cache are about to be checked: `total` bytes of them, or so many."""

    subject: str
    total: int
    is_bytes: bool


class CheckAdvanced(Event, frozen=True, kw_only=True):
    """`done` bytes or things of them are checked."""

    subject: str
    done: int


class CheckFinished(Event, frozen=True, kw_only=True):
    """They are all checked."""

    subject: str


class BuildsPlanned(Event, frozen=True, kw_only=True):
    """These projects' wheels are about to be built."""

    projects: tuple[str, ...]


class BuildsDone(Event, frozen=True, kw_only=True):
    """These projects' wheels were built, and those of others were not."""

    projects: tuple[str, ...]
    failed: tuple[str, ...] = ()


class BuildStarted(Event, frozen=True, kw_only=True):
    """A build hook begins; `step` is what pip calls it, such as `Building wheel for six (pyproject.toml)`."""

    step: str


class BuildFinished(Event, frozen=True, kw_only=True):
    """A build hook ended; `seconds` it took."""

    step: str
    succeeded: bool
    seconds: float


class WheelBuilt(Event, frozen=True, kw_only=True):
    """A wheel was built; `stored_in` is the cache's folder that keeps it, if any does."""

    project: str
    filename: str
    size: int
    digest: str
    stored_in: str | None


class Installing(Event, frozen=True, kw_only=True):
    """These are about to be linked: `name-version` each."""

    distributions: tuple[str, ...]


class Uninstalled(Event, frozen=True, kw_only=True):
    """A project's files were taken out of the environment; `is_replaced` tells that others come in."""

    project: str
    version: str
    is_replaced: bool = False


class Saved(Event, frozen=True, kw_only=True):
    """A file was written where the user asked for it; shown at `-v` times `verbosity`."""

    path: str
    verbosity: int = 0


class Reporter(Protocol):
    """Where events go. `emit` is cheap, never raises, and may be called from any thread."""

    def emit(self, event: Event) -> None:
        """Take one event."""


class Recorder(Struct):
    """A reporter that keeps everything, in order: for tests, and where nobody is told anything."""

    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        """Keep the event; list appends are atomic."""
        self.events.append(event)


class Broadcast(Struct, frozen=True):
    """Hands each event to several reporters, in order."""

    reporters: tuple[Reporter, ...]

    def emit(self, event: Event) -> None:
        """Hand the event on."""
        for reporter in self.reporters:
            reporter.emit(event)

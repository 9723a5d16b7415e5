"""What a run reused, what it had to do, and what that saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct, field

from freewheel.events import Adopted, Event, Healed, Kind, Missed, Requested, Reused
from freewheel.store.history import RunRecord

COUNTED: Mapping[Kind, tuple[str, str]] = {
    "page": ("index page", "index pages"),
    "download": ("download", "downloads"),
    "repository": ("repository", "repositories"),
    "wheel": ("built wheel", "built wheels"),
    "tree": ("unpacked wheel", "unpacked wheels"),
    "bytecode": ("set of bytecode", "sets of bytecode"),
}
"""The kinds that the last line names, as one and as several; nobody waits long for the others."""


class Ledger(Struct):
    """A reporter that keeps what counts for `tally`, and nothing of the thousands of progress events."""

    events: list[Event] = field(default_factory=list)

    def emit(self, event: Event) -> None:
        """Keep the event if it counts; list appends are atomic."""
        if isinstance(event, Reused | Missed | Healed | Adopted | Requested):
            self.events.append(event)


class Savings(Struct, frozen=True, kw_only=True):
    """Counts by kind; `saved_bytes` were not transferred again, `saved_seconds` not spent on building again.

    `adopted` counts what of the reused came from pip's cache, `shared` what other machines made. `downloads` has the
    HTTP cache's account of each file that was asked for, by its name.
    """

    reused: Mapping[str, int] = field(default_factory=dict)
    made: Mapping[str, int] = field(default_factory=dict)
    adopted: Mapping[str, int] = field(default_factory=dict)
    shared: Mapping[str, int] = field(default_factory=dict)
    saved_bytes: int = 0
    saved_seconds: float = 0.0
    requests: int = 0
    downloads: Mapping[str, str] = field(default_factory=dict)


def tally(events: Iterable[Event]) -> Savings:
    """Add up what a run reported; each thing counts once, as made if it had to be made, whatever looked reusable.

    >>> tally([Reused(kind="wheel", subject="a", seconds=2.5), Missed(kind="tree", subject="a", reason="new")]).reused
    {'wheel': 1}
    """
    reused: dict[tuple[Kind, str], Reused] = {}
    made: set[tuple[Kind, str]] = set()
    came_from: dict[str, set[tuple[Kind, str]]] = {"pip": set(), "shared": set()}
    requests = 0
    downloads: dict[str, str] = {}
    for event in events:
        if isinstance(event, Reused | Missed) and event.kind == "download" and event.cache_status is not None:
            downloads[event.subject] = event.cache_status
        if isinstance(event, Reused):
            reused.setdefault((event.kind, event.subject), event)
        elif isinstance(event, Missed):
            made.add((event.kind, event.subject))
        elif isinstance(event, Adopted):
            came_from[event.source].add((event.kind, event.subject))
        elif isinstance(event, Requested):
            requests += 1
    saved = [event for thing, event in reused.items() if thing not in made]
    return Savings(
        reused=dict(Counter(event.kind for event in saved)),
        made=dict(Counter(kind for kind, _ in made)),
        adopted=dict(Counter(kind for kind, _ in came_from["pip"] & reused.keys() - made)),
        shared=dict(Counter(kind for kind, _ in came_from["shared"] & reused.keys() - made)),
        saved_bytes=sum(event.size for event in saved if event.kind in ("page", "download", "metadata")),
        saved_seconds=sum(event.seconds for event in saved),
        requests=requests,
        downloads=downloads,
    )


def files_of(events: Iterable[Event]) -> tuple[str, ...]:
    """The names of the wheels and sdists that a run used and may remember, each once.

    >>> files_of([Reused(kind="tree", subject="b.whl"), Missed(kind="download", subject="a.tar.gz", reason="new")])
    ('a.tar.gz', 'b.whl')
    """
    used = [one for one in events if isinstance(one, Reused | Missed) and one.kind in ("download", "wheel", "tree")]
    # What a server forbids to store leaves nothing, not even its name (RFC 9111 §5.2.2.5).
    unkept = {
        one.subject
        for one in used
        if isinstance(one, Missed) and one.cache_status is not None and "stored" not in one.cache_status.split("; ")
    }
    return tuple(sorted({one.subject for one in used} - unkept))


def record_of(savings: Savings, files: tuple[str, ...], command: str, now: float) -> RunRecord | None:
    """What is noted of a run that ended `now` (seconds since the epoch); None of one that had nothing to do."""
    if not (files or savings.made or savings.requests):
        return None
    return RunRecord(
        ended=now,
        command=command,
        reused=savings.reused,
        made=savings.made,
        shared=savings.shared,
        saved_bytes=savings.saved_bytes,
        saved_seconds=savings.saved_seconds,
        requests=savings.requests,
        files=files,
    )


def counted(counts: Mapping[str, int]) -> list[str]:
    """The kinds worth naming with their numbers.

    >>> counted({"download": 2, "wheel": 1, "metadata": 9})
    ['2 downloads', '1 built wheel']
    """
    return [
        f"{counts[kind]} {one if counts[kind] == 1 else several}"
        for kind, (one, several) in COUNTED.items()
        if counts.get(kind)
    ]

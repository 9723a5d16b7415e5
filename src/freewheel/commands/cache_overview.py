"""What the cache amounts to: how much of which kind, of which projects, and what of it environments share."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from freewheel.commands.holdings_reading import holdings
from freewheel.store.contents import Contents, Measure
from freewheel.store.history import RunRecord
from freewheel.store.holding import KINDS, Holding

MOST_PROJECTS = 10
"""How many of the biggest projects are told."""


class Week(Struct, frozen=True, kw_only=True):
    """What the runs of the last days came to; `made` is what had to be fetched, built, unpacked or compiled.

    `shared` counts what of the reused other machines had made.
    """

    runs: int = 0
    reused: int = 0
    made: int = 0
    saved_bytes: int = 0
    saved_seconds: float = 0.0
    shared: int = 0


class Overview(Struct, frozen=True, kw_only=True):
    """What there is, in bytes: a blob counts for the first that needs it.

    `kinds` has every kind. `projects` are the biggest, the biggest first. `shared` is what environments link as well,
    `unnamed` are blobs that nothing names. `old_formats` and `unfinished` are of no use, or not yet.
    """

    kinds: dict[str, Measure]
    projects: tuple[tuple[str, int], ...]
    shared: int
    unnamed: Measure
    old_formats: Measure
    unfinished: Measure
    week: Week = Week()

    @property
    def size(self) -> int:
        """Everything, whether it is shared or not."""
        rest = (self.unnamed, self.old_formats, self.unfinished)
        return sum(measure.size for measure in (*self.kinds.values(), *rest))


def week(runs: Iterable[RunRecord]) -> Week:
    """What runs came to.

    >>> week([RunRecord(ended=0.0, command="install", reused={"tree": 2}, made={"page": 1}, saved_bytes=5)])
    Week(runs=1, reused=2, made=1, saved_bytes=5, saved_seconds=0.0, shared=0)
    """
    known = list(runs)
    return Week(
        runs=len(known),
        reused=sum(sum(run.reused.values()) for run in known),
        made=sum(sum(run.made.values()) for run in known),
        saved_bytes=sum(run.saved_bytes for run in known),
        saved_seconds=sum(run.saved_seconds for run in known),
        shared=sum(sum(run.shared.values()) for run in known),
    )


def overview(contents: Contents, runs: Iterable[RunRecord] = ()) -> Overview:
    """What the cache of `contents` amounts to, and what its last `runs` came to."""
    blobs = dict(contents.blobs().sizes)
    items: Counter[str] = Counter()
    sizes: defaultdict[str, int] = defaultdict(int)
    projects: defaultdict[str, int] = defaultdict(int)
    shared = 0
    for one in _pointers_last(holdings(contents.catalog)):
        size = one.own
        if one.kind in ("trees", "repositories"):  # of which files may lie elsewhere too
            size = one.size
            shared += one.size - one.own
        for blob in one.blobs:
            size += blobs.pop(blob, 0)
        items[one.kind] += 1
        sizes[one.kind] += size
        if one.project:
            projects[one.project] += size
    biggest = sorted(projects.items(), key=lambda item: (-item[1], item[0]))
    return Overview(
        kinds={kind: Measure(items=items[kind], size=sizes[kind]) for kind in KINDS},
        projects=tuple(biggest[:MOST_PROJECTS]),
        shared=shared,
        unnamed=Measure(items=len(blobs), size=sum(blobs.values())),
        old_formats=contents.old_formats(),
        unfinished=contents.unfinished(),
        week=week(runs),
    )


def _pointers_last(found: Iterable[Holding]) -> Iterator[Holding]:
    """The same; what only points at bytes counts for them where nothing else does."""
    pointers = []
    for one in found:
        if one.is_pointer:
            pointers.append(one)
        else:
            yield one
    yield from pointers

"""`cache`: what it holds, and less of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

from msgspec import Struct

from freewheel.commands.cache_selection import EVERYTHING, Selection
from freewheel.commands.holdings_reading import holdings
from freewheel.store.contents import Contents, Measure
from freewheel.store.holding import KINDS, Holding
from freewheel.store.limits import Choice, Clearance, Limits, choose, is_recent
from freewheel.store.removal import Removed

_BY_NAME: Final = (attrgetter("entry"), attrgetter("folder"), attrgetter("name"))
"""One after the other, as keys of several parts take 15 MB more for 100,000 things."""

_ORDERS: Mapping[str, Callable[[Holding], float]] = {
    "size": lambda one: -one.size,
    "age": lambda one: one.last_use if one.made is None else one.made,
    "last-use": lambda one: one.last_use,
}


def listed(contents: Contents, selection: Selection, *, sort: str = "name") -> list[Holding]:
    """What is meant: by file name, or the largest, the oldest or what was used longest ago first."""
    # What came from an index is told by all that is kept of it.
    kinds = selection.kinds if selection.index is None else KINDS
    return in_order(selection.of(holdings(contents.catalog, kinds), now=contents.clock()), sort)


def in_order(found: list[Holding], sort: str) -> list[Holding]:
    """The same list, sorted."""
    for order in (*_BY_NAME, *([_ORDERS[sort]] if sort in _ORDERS else ())):
        found.sort(key=order)
    return found


class Clearing(Struct, frozen=True, kw_only=True):
    """What was removed, or would be: `unmatched` are the patterns that meant nothing.

    Of a dry run `doomed` is what would go, with `rest`, which no list shows: bytes that nothing names, leftovers of
    runs, older formats. `freed` is in bytes, with these. Of a removal by limits `choice` says what they came to; None
    where time was up before that was known.
    """

    removed: Removed = Removed()
    unmatched: tuple[str, ...] = ()
    doomed: tuple[Holding, ...] = ()
    rest: Measure = Measure()
    freed: int = 0
    choice: Choice | None = None


def remove(contents: Contents, patterns: Sequence[str], selection: Selection, *, dry_run: bool = False) -> Clearing:
    """Remove what is meant, with the blobs that nothing else needs; `*` alone is everything there is.

    Nothing here raises for what cannot be removed: that is in the removal's failures.
    """
    is_purge = EVERYTHING in patterns and selection == Selection()
    if is_purge and not dry_run:
        removed = contents.purge()
        return Clearing(removed=removed, unmatched=() if removed != Removed() else (EVERYTHING,))
    everything = list(holdings(contents.catalog))
    found = selection.of(everything, now=contents.clock())
    blobs = contents.blobs().sizes
    clearance = Clearance(everything, blobs)
    for one in found:
        clearance.take(one)
    doomed, unmatched = clearance.doomed(), selection.unmatched(found)
    if dry_run:
        rest = Measure()
        if is_purge:
            rest = _measure(clearance.orphans(), blobs).plus(contents.old_formats()).plus(contents.abandoned())
        return Clearing(doomed=doomed, rest=rest, freed=clearance.freed + rest.size, unmatched=unmatched)
    removed = contents.clear(doomed, clearance.unneeded())
    for pattern in selection.patterns if "wheels" in selection.kinds and selection.older_than is None else ():
        if pattern.specifier is None:
            removed = removed.plus(contents.remove_failed_log(pattern.project))
    return Clearing(removed=removed, unmatched=unmatched)


def prune(contents: Contents, limits: Limits, *, dry_run: bool = False, until: float | None = None) -> Clearing:
    """Remove what is of no use to anybody, and then what the limits ask for; until `until` (monotonic seconds).

    Of no use are formats that this program no longer reads, what runs left half done that ended long ago, damaged
    things, and blobs that nothing names: all of it only when it is older than what somebody may be about to name.
    """
    now, blobs = contents.clock(), contents.blobs()
    everything = []
    for one in holdings(contents.catalog):
        if until is not None and time.monotonic() >= until:
            return Clearing()
        everything.append(one if dry_run else one.bare())
    clearance = Clearance(everything, blobs.sizes)
    for one in everything:
        if one.is_damaged and not is_recent(one.last_use, now):
            clearance.take(one)
    orphans = frozenset(clearance.orphans()) - blobs.young
    useless, unneeded = clearance.doomed(), clearance.unneeded() | orphans
    freed = clearance.freed + sum(blobs.sizes[orphan] for orphan in orphans)
    places = {one.place for one in useless}
    choice = choose(
        [one for one in everything if one.place not in places],
        {blob: size for blob, size in blobs.sizes.items() if blob not in unneeded},
        limits,
        now=now,
        free=contents.free() + freed,
    )
    doomed = (*useless, *choice.doomed)
    if dry_run:
        left = contents.abandoned().plus(contents.unused_formats())
        rest = _measure(orphans, blobs.sizes).plus(left)
        return Clearing(doomed=doomed, rest=rest, freed=freed + left.size + choice.freed, choice=choice)
    gone = (unneeded | choice.blobs) - blobs.young
    removed = contents.clear_leftovers(until=until).plus(contents.clear(doomed, gone, until=until))
    return Clearing(removed=removed, choice=choice)


def _measure(blobs: Iterable[bytes], sizes: Mapping[bytes, int]) -> Measure:
    found = [sizes[blob] for blob in blobs]
    return Measure(items=len(found), size=sum(found))

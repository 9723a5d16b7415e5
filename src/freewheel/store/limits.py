"""How much the cache may hold, and what has to go for it: decided without a look at the disk."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from freewheel.store import last_use
from freewheel.store.holding import Holding

IN_USE: Final = 600.0
"""Seconds. What was written within them may be somebody's unfinished work: downloads give up far sooner."""

RECENT: Final = last_use.INTERVAL + IN_USE
"""Seconds. What was used within them stays; a use is noted no more than once in `last_use.INTERVAL`."""

_DAY: Final = 86_400.0

_GRACE: Final[Mapping[str, float]] = {
    "trees": 0.0,
    "repositories": 3 * _DAY,
    "downloads": 7 * _DAY,
    "wheels": 14 * _DAY,
}
"""Seconds that a thing counts as used later than a tree, of which everything is still there, unpacked in a moment.

What is small has the longest: it takes little room, and spares requests.
"""

_SMALL: Final = 14 * _DAY
_A_SECONDS_WORTH: Final = _DAY / 4
"""Seconds of grace for each second that a build took; a quarter of a day, and at most 60 days."""

_MOST: Final = 60 * _DAY


class Limits(Struct, frozen=True, kw_only=True):
    """What the cache may hold; None is no limit.

    `max_size` is in bytes that lie in the cache alone: files that environments link are theirs as well. `max_age` is
    in seconds since the last use, `keep_free` in bytes that the disk shall have left.
    """

    max_size: int | None = None
    max_age: float | None = None
    keep_free: int | None = None


class Choice(Struct, frozen=True, kw_only=True):
    """What has to go, the first first, and the blobs that nothing needs then; what goes frees `freed` bytes.

    `size` is what lies in the cache alone before. `missing` are the bytes that would have to go as well, but are in
    use or lie in environments too.
    """

    doomed: tuple[Holding, ...] = ()
    blobs: frozenset[bytes] = frozenset()
    size: int = 0
    freed: int = 0
    missing: int = 0


def choose(
    holdings: Sequence[Holding], blobs: Mapping[bytes, int], limits: Limits, *, now: float, free: int
) -> Choice:
    """What has to go so that the limits hold: what was used longest ago, and of that what is cheap to make again.

    `blobs` are the sizes of all blobs, by digest; `free` is what the disk has left, in bytes.
    """
    clearance = Clearance(holdings, blobs)
    if limits == Limits():
        return Choice(size=clearance.size)
    idle = [one for one in holdings if not clearance.follows(one) and not clearance.is_recent(one, now)]
    idle.sort(key=lambda one: clearance.last_use(one, now) + grace(one))
    rest = []
    for one in idle:
        if limits.max_age is not None and now - clearance.last_use(one, now) > limits.max_age:
            clearance.take(one)
        else:
            rest.append(one)
    size = clearance.size
    surplus = max(
        0 if limits.max_size is None else size - limits.max_size,
        0 if limits.keep_free is None else limits.keep_free - free,
    )
    for one in rest:
        if clearance.freed >= surplus:
            break
        if clearance.would_free(one):
            clearance.take(one)
    return Choice(
        doomed=clearance.doomed(),
        blobs=clearance.unneeded(),
        size=size,
        freed=clearance.freed,
        missing=max(0, surplus - clearance.freed),
    )


def grace(holding: Holding) -> float:
    """Seconds that a thing counts as used later than it was, for what making it again would cost.

    A tree goes before the wheel that it is made of, a download before a build that took minutes.
    """
    kind = "downloads" if holding.is_pointer else holding.kind
    return _GRACE.get(kind, _SMALL) + min(_MOST, holding.effort * _A_SECONDS_WORTH)


def is_recent(last_use: float, now: float) -> bool:
    """Whether that is a moment ago; a time far ahead says nothing."""
    return abs(now - last_use) < RECENT


class Clearance:
    """Things that go, one after the other, and what that frees: a blob only with the last that needs it.

    What only points at a blob keeps it from nobody, and goes with it; unless nothing else needs the blob.
    """

    def __init__(self, holdings: Sequence[Holding], blobs: Mapping[bytes, int]) -> None:
        self._blobs = blobs
        self._needed = Counter(blob for one in holdings if not one.is_pointer for blob in one.blobs)
        self._pointers: defaultdict[bytes, list[Holding]] = defaultdict(list)
        lone: list[bytes] = []
        for one in holdings:
            for blob in one.blobs if one.is_pointer else ():
                if blob in self._needed:
                    self._pointers[blob].append(one)
                else:
                    lone.append(blob)
        self._needed.update(lone)
        self._taken: dict[str, Holding] = {}
        self._unneeded: set[bytes] = set()
        self.size = sum(one.own for one in holdings) + sum(blobs.values())
        self.freed = 0

    def follows(self, holding: Holding) -> bool:
        """Whether it goes with what it points at, and not by itself."""
        return holding.is_pointer and any(blob in self._pointers for blob in holding.blobs)

    def last_use(self, holding: Holding, now: float) -> float:
        """When it, or what points at its blobs, was last used, and not after `now`; seconds since the epoch."""
        return max([min(used, now) for used in self._uses(holding)])

    def is_recent(self, holding: Holding, now: float) -> bool:
        """Whether one of these uses was a moment ago."""
        return any(is_recent(used, now) for used in self._uses(holding))

    def would_free(self, holding: Holding) -> int:
        """The bytes that are free once it is gone."""
        last = [blob for blob in self._owned(holding) if self._needed[blob] == 1]
        following = (one for blob in last for one in self._pointers.get(blob, ()) if one.place not in self._taken)
        return holding.own + sum(self._blobs.get(blob, 0) for blob in last) + sum(one.own for one in following)

    def take(self, holding: Holding) -> None:
        """Have it go, if it does not yet."""
        if holding.place in self._taken:
            return
        self.freed += self.would_free(holding)
        self._taken[holding.place] = holding
        for blob in self._owned(holding):
            self._needed[blob] -= 1
            if not self._needed[blob]:
                self._unneeded.add(blob)
                for pointer in self._pointers.get(blob, ()):
                    self._taken.setdefault(pointer.place, pointer)

    def doomed(self) -> tuple[Holding, ...]:
        """What goes, with what pointed at blobs that go."""
        return tuple(self._taken.values())

    def unneeded(self) -> frozenset[bytes]:
        """The blobs that nothing needs any more."""
        return frozenset(self._unneeded)

    def orphans(self) -> Iterator[bytes]:
        """The blobs that nothing needed before."""
        return (blob for blob in self._blobs if not self._needed[blob] and blob not in self._unneeded)

    def _uses(self, holding: Holding) -> list[float]:
        if not holding.blobs:
            return [holding.last_use]
        pointers = (one for blob in holding.blobs for one in self._pointers.get(blob, ()))
        return [holding.last_use, *(one.last_use for one in pointers)]

    def _owned(self, holding: Holding) -> tuple[bytes, ...]:
        return () if self.follows(holding) else holding.blobs

"""Everything in the cache checked, by several threads, while others go on using it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from freewheel.store.record import Address
from freewheel.store.root import CacheRoot
from freewheel.store.verification import blobs, records, trees
from freewheel.store.verification.files import changes
from freewheel.store.verification.findings import Fault, Finding, Look, ThingKind, User, Verdict
from freewheel.store.verification.folders import Judge, check_clone, check_wheel
from freewheel.store.verification.places import Places, Thing, obstacle

_QUIET, _PAUSE, _LOOKS = 1.0, 0.1, 20
"""Seconds for which something wrong must not have changed, seconds between two looks, and how many there are at most.

Others put it right meanwhile, or remove it file by file, which takes them some milliseconds.
"""

_BATCH, _BATCH_SIZE = 128, 1 << 24
"""Things, or bytes, that a thread is given at a time: handing over costs 20 us, as much as checking a small file."""

_REPAIRED: tuple[ThingKind, ...] = ("folder", "record", "blob", "wheel", "bytecode", "tree", "repository")
"""The order in which things are put right: records before what they promise, bytecode before its tree."""

_Check = Callable[[str, Callable[[int], None]], Look | None]


class Part(Struct, frozen=True, kw_only=True):
    """Things of one kind that are about to be checked; `total` are their bytes, or how many they are."""

    kind: ThingKind
    total: int
    is_bytes: bool


Watch = Callable[[Part, int], None]
"""Hears how much of a part is done: 0 at its beginning, its total at its end. From any thread, one at a time."""


class Verification(Struct, frozen=True, kw_only=True):
    """Checks a cache. `judge` knows what built wheels should be; `threads` is how many read and digest at once.

    Nothing is changed, not even the times of last use. What vanishes meanwhile is no fault, and what seems wrong is
    looked at again at the end: it is only wrong if it stays so. `clock` is in seconds since the epoch; `pause` waits
    so many seconds, if something wrong has changed a moment ago. Raises no OSError.
    """

    root: CacheRoot
    judge: Judge
    threads: int
    watch: Watch
    clock: Callable[[], float]
    pause: Callable[[float], None]

    def verify(self) -> Verdict:
        """Check everything: blobs first, since records are held against them."""
        pool = ThreadPoolExecutor(self.threads)
        try:
            return self._verify(pool)
        finally:
            pool.shutdown(cancel_futures=True)

    def look(self, finding: Finding) -> Finding | None:
        """Look again at something wrong; None where nothing is wrong any more."""
        again = self._look(finding)
        if again is None:
            return None
        return replace(again, needed_by=finding.needed_by, project=finding.project or again.project)

    def _verify(self, pool: ThreadPoolExecutor) -> Verdict:
        places, tally = Places(self.root.layout), _Tally()
        files = list(places.blobs())
        tally.take(self._run(pool, "blob", files, blobs.check))
        users: dict[str, list[User]] = {finding.name: [] for finding in tally.findings}
        missing = self._blobs_missed({os.path.basename(path) for path, _ in files}, users)  # noqa: PTH119
        tally.take(self._run(pool, "record", list(places.records()), lambda path, _: records.check(path, missing)))
        tally.take(self._run(pool, "wheel", list(places.wheels()), lambda path, _: check_wheel(path, self.judge)))
        unpacked = [path for path, _ in places.trees()]
        sized = list(zip(unpacked, pool.map(trees.size_of, unpacked, chunksize=16), strict=True))
        tally.take(self._run(pool, "tree", sized, trees.check))
        tally.take(self._run(pool, "repository", list(places.clones()), lambda path, _: check_clone(path)))
        seen = (_with_users(finding, users) for finding in (*places.findings, *tally.findings))
        return Verdict(
            checked=tally.checked,
            size=tally.size,
            findings=tuple(sorted(self._lasting(pool, seen), key=_order)),
            kept_wheels=frozenset(tally.digests),
        )

    def _lasting(self, pool: ThreadPoolExecutor, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The findings that stay as they are when they are looked at again."""
        seen = [(finding, _changes(finding)) for finding in findings]
        for number in range(_LOOKS):
            if number > 0 and seen:
                self.pause(_PAUSE)
            now, changing = self.clock(), []
            again = pool.map(self.look, [finding for finding, _ in seen])
            for (before, changed_before), finding in zip(seen, again, strict=True):
                if finding is None:
                    continue
                changed = _changes(finding)
                is_lasting = finding.faults == before.faults and changed == changed_before
                is_quiet = not any((now - _QUIET) * 1e9 < time <= now * 1e9 for time in changed)
                if (is_lasting and is_quiet) or number == _LOOKS - 1:
                    yield finding
                else:
                    changing.append((finding, changed))
            seen = changing

    def _run(
        self, pool: ThreadPoolExecutor, kind: ThingKind, things: Sequence[Thing], check: _Check
    ) -> Iterator[Look]:
        """The looks at some things, the largest first, so that no thread is left alone with one."""
        if not things:
            return
        size = sum(size for _, size in things)
        meter = _Meter(Part(kind=kind, total=size or len(things), is_bytes=size > 0), self.watch)
        tells_itself = check in (blobs.check, trees.check)

        def look_at(batch: Sequence[Thing]) -> list[Look | None]:
            looks = []
            for path, size in batch:
                looks.append(check(path, meter.advance))
                if not tells_itself:
                    meter.advance(size or 1)
            return looks

        ordered = sorted(things, key=lambda thing: -thing[1]) if size else things
        for looks in pool.map(look_at, _batches(ordered)):
            yield from (look for look in looks if look is not None)
        meter.finish()

    def _blobs_missed(self, there: set[str], users: dict[str, list[User]]) -> Callable[[Address], Iterator[Fault]]:
        """What tells the blobs of a record that are not there, and notes in `users` who refers to damaged ones."""
        missing = records.missing_blobs(self.root.layout, there.__contains__)
        if not users:
            return missing

        def noting(address: Address) -> Iterator[Fault]:
            for text in address.blobs:
                if (needed := users.get(text.removeprefix("sha256:"))) is not None:
                    needed.append((address.kind, address.partition, address.key))
            return missing(address)

        return noting

    def _look(self, finding: Finding) -> Finding | None:
        path = str(finding.path)
        match finding.kind:
            case "blob":
                look = blobs.check(path, _unheard)
            case "record":
                look = records.check(path, records.missing_blobs(self.root.layout, lambda _: False))
            case "wheel":
                look = check_wheel(path, self.judge)
            case "tree" | "bytecode":
                look = trees.check(path, _unheard)
            case "repository":
                look = check_clone(path)
            case "folder":
                return obstacle(path)
        return None if look is None else look.finding


class _Tally:
    """What looks come to."""

    def __init__(self) -> None:
        self.checked: Counter[ThingKind] = Counter()
        self.size = 0
        self.findings: list[Finding] = []
        self.digests: set[str] = set()

    def take(self, looks: Iterable[Look]) -> None:
        for look in looks:
            self.checked[look.kind] += 1
            self.size += look.size
            if look.finding is not None:
                self.findings.append(look.finding)
            elif look.digest is not None:
                self.digests.add(look.digest)
            self.take(look.parts)


class _Meter:
    """Adds up what threads have done of a part, and tells it a hundred times."""

    def __init__(self, part: Part, watch: Watch) -> None:
        self._part, self._watch = part, watch
        self._lock = Lock()
        self._done = self._told = 0
        watch(part, 0)

    def advance(self, amount: int) -> None:
        with self._lock:
            self._done += amount
            if self._done - self._told >= self._part.total / 100 and self._done < self._part.total:
                self._told = self._done
                self._watch(self._part, self._done)

    def finish(self) -> None:
        self._watch(self._part, self._part.total)


def _batches(things: Sequence[Thing]) -> Iterator[Sequence[Thing]]:
    batch: list[Thing] = []
    total = 0
    for thing in things:
        batch.append(thing)
        total += thing[1]
        if len(batch) == _BATCH or total >= _BATCH_SIZE:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def _with_users(finding: Finding, users: dict[str, list[User]]) -> Finding:
    """A finding about a blob with what refers to it, and with the project of these."""
    needed = tuple(sorted(set(users.get(finding.name, ())))) if finding.kind == "blob" else ()
    projects = {records.project_of(partition) for _, partition, _ in needed} - {None}
    return replace(finding, needed_by=needed, project=projects.pop() if len(projects) == 1 else finding.project)


def _changes(finding: Finding) -> tuple[int, ...]:
    told = [fault.file for fault in finding.faults[:_BATCH] if fault.file is not None]
    inner = ("clone/objects", "clone/refs") if finding.kind == "repository" else ()
    return changes(str(finding.path), (*told, *inner))


def _order(finding: Finding) -> tuple[int, str]:
    return _REPAIRED.index(finding.kind), str(finding.path)


def _unheard(_: int) -> None:
    """Nobody is told how far a second look is."""

"""What lies in the cache besides what it holds, and taking things out: for people and limits, not for reuse."""

# Paths that are many are strings here: see removal.py.
# ruff: noqa: PTH118, PTH120

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from freewheel.errors import StoreError
from freewheel.store.atomic import children
from freewheel.store.catalog import Catalog, entries, folders, is_plain_folder, measured
from freewheel.store.holding import Holding
from freewheel.store.layout import BUILD, BUILD_LOG, FAILED_LOG, LOCKS, ORIGIN, Layout, is_ours
from freewheel.store.limits import IN_USE
from freewheel.store.obstacles import is_marked
from freewheel.store.removal import Removed, Sweep, opened_up, remove_side_by_side
from freewheel.store.root import CacheRoot

PRUNED_EVERY = 86_400.0
"""Seconds. Reading what the cache holds takes a second where that is much, which nobody notices once a day."""

FORMATS_KEPT = 30 * 86_400.0
"""Seconds. A format that this program no longer reads is kept for so long after its last use, by older versions."""

_UNCOUNTED = frozenset((ORIGIN, BUILD, BUILD_LOG, FAILED_LOG))
_LOCKS = f"{os.sep}{LOCKS}"


class Measure(Struct, frozen=True, kw_only=True):
    """How many files lie somewhere, and their size in bytes."""

    items: int = 0
    size: int = 0

    def plus(self, other: Measure) -> Measure:
        """Both together."""
        return Measure(items=self.items + other.items, size=self.size + other.size)


class Blobs(Struct, frozen=True, kw_only=True):
    """The sizes of blobs, in bytes, by digest; `young` are those that somebody may be about to name."""

    sizes: Mapping[bytes, int]
    young: frozenset[bytes] = frozenset()


class Contents(Struct, frozen=True, kw_only=True):
    """The contents of a cache root. `clock` gives seconds since the epoch, `tell` is told of all that is removed.

    Nothing here raises OSError: what cannot be read is passed over, what cannot be removed is in `Removed.failures`.
    No symbolic link is followed, but for the root itself.
    """

    root: CacheRoot
    clock: Callable[[], float]
    tell: Callable[[str], None] = lambda _: None

    @property
    def catalog(self) -> Catalog:
        """What the cache holds, thing by thing."""
        return Catalog(layout=self._layout)

    def blobs(self) -> Blobs:
        """Every blob."""
        now, sizes, young = self.clock(), {}, set()
        for found in self.catalog.blobs():
            sizes[found.digest] = found.size
            if abs(now - found.made) < IN_USE:
                young.add(found.digest)
        return Blobs(sizes=sizes, young=frozenset(young))

    def blob_path(self, blob: bytes) -> Path:
        """The file of one blob."""
        return self._layout.blobs.joinpath(blob.hex()[:2], blob.hex())

    def free(self) -> int:
        """The bytes that the disk has left; plenty where nobody says."""
        try:
            return shutil.disk_usage(self.root.path).free
        except OSError:
            return 1 << 62

    def claim_pruning(self) -> bool:
        """Whether the cache is to be kept within its limits now: once a day, by one of those who ask.

        In a new cache it is not.
        """
        path, now = self._layout.pruned, self.clock()
        if not self.root.is_writable:
            return False
        try:
            if abs(now - path.stat().st_mtime) < PRUNED_EVERY:
                return False
            os.utime(path, (now, now))
        except FileNotFoundError:
            with suppress(OSError, StoreError):
                self.root.write(path, b"")
            return False
        except OSError:
            return False
        return True

    def old_formats(self) -> Measure:
        """What lies in folders of formats that this program no longer reads."""
        return _measure(self._old_folders())

    def unused_formats(self) -> Measure:
        """The same of those that nobody has used for a while."""
        return _measure(self._unused_folders())

    def unfinished(self) -> Measure:
        """What is being written, or was when somebody's run ended."""
        return _measure([self._layout.tmp])

    def clear(self, doomed: Iterable[Holding], blobs: Iterable[bytes], *, until: float | None = None) -> Removed:
        """Remove things with what lies beside them, and then blobs; not on after `until` (monotonic seconds).

        Records go first: what they promise may go once nobody is told of it. Nobody sees a folder half gone.
        """
        sweep, inside = partial(self._sweep, until), _Inside(str(self.root.path))

        def remove_thing(own: Sweep, one: Holding) -> None:
            if not own.is_over() and one.folder in inside:
                own.remove(self._aside(one.place), known_as=one.place)

        def remove_blob(own: Sweep, blob: bytes) -> None:
            name = blob.hex()
            folder = os.path.join(self._layout.blobs, name[:2])
            if folder in inside:
                own.remove(os.path.join(folder, name))

        removed = remove_side_by_side(sweep, doomed, remove_thing)
        removed = removed.plus(remove_side_by_side(sweep, blobs, remove_blob))
        last = sweep()
        last.remove_empty(inside.folders)
        return removed.plus(last.outcome())

    def remove_failed_log(self, project: str) -> Removed:
        """Remove the log of a project's last build, where that failed."""
        log = self._layout.failed_log(project)
        if str(log.parent) not in _Inside(str(self.root.path)):
            return Removed()
        sweep = self._sweep()
        sweep.remove(str(log))
        sweep.remove_empty([str(log.parent)])
        return sweep.outcome()

    def abandoned(self) -> Measure:
        """What runs left half done that ended long ago."""
        found = list(map(_size, self._abandoned()))
        return Measure(items=len(found), size=sum(found))

    def clear_leftovers(self, *, until: float | None = None) -> Removed:
        """Remove what is abandoned, and formats that are not used; not on after `until` (monotonic seconds)."""
        self._open_up()
        sweep = self._sweep(until)
        for path in (*self._abandoned(), *self._unused_folders()):
            sweep.remove(str(path))
        return sweep.outcome()

    def purge(self) -> Removed:
        """Remove everything of this format and older ones; foreign files, newer formats and unfinished work stay.

        In a folder that is marked as a cache, what lies in the place of a folder of ours goes too.
        """
        layout = self._layout
        ours = [path for path in self._own_folders() if path != layout.tmp]
        self._open_up()
        most = (part for path in ours for part in _parts(str(path)))
        removed = remove_side_by_side(self._sweep, most, lambda own, path: own.remove(path))
        sweep = self._sweep()
        for path in (*ours, *self._abandoned(), *self._obstacles()):
            sweep.remove(str(path))
        sweep.remove_empty([str(layout.tmp)])
        # What failed before is tried again, and counts as it is now.
        return replace(removed, failures=()).plus(sweep.outcome())

    def _sweep(self, until: float | None = None) -> Sweep:
        return Sweep(until=until, counts=_is_counted, tell=self.tell)

    @property
    def _layout(self) -> Layout:
        return self.root.layout

    def _own_folders(self) -> list[Path]:
        return [path for path in children(self.root.path) if is_ours(path.name) and is_plain_folder(str(path))]

    def _old_folders(self) -> list[Path]:
        layout = self._layout
        current = {path.name for path in (*layout.tables, layout.tmp, layout.locks)}
        return [path for path in self._own_folders() if path.name not in current]

    def _open_up(self) -> None:
        """Let the owner into the folder of unfinished work, if not even they can look into it."""
        tmp = self._layout.tmp
        with suppress(OSError):
            if is_plain_folder(str(tmp)):
                opened_up(tmp, tmp.lstat())

    def _abandoned(self) -> Iterator[Path]:
        tmp = self._layout.tmp
        if not is_plain_folder(str(tmp)):
            return
        for path in children(tmp):
            if not self._is_in_use(path):
                yield path

    def _obstacles(self) -> list[Path]:
        if not is_marked(self.root.path):
            return []
        return [path for path in children(self.root.path) if is_ours(path.name) and not is_plain_folder(str(path))]

    def _unused_folders(self) -> list[Path]:
        oldest = self.clock() - FORMATS_KEPT
        return [path for path in self._old_folders() if measured(str(path)).last_use < oldest]

    def _aside(self, place: str) -> str:
        """Where a thing lies once it was moved out of everybody's sight; a file goes at once where it is."""
        if is_plain_folder(place):
            with suppress(StoreError):
                return str(self.root.set_aside(Path(place)) or place)
        return place

    def _is_in_use(self, path: Path) -> bool:
        now = self.clock()
        places = [str(path), *(entry.path for entry in folders(str(path)))]
        for place in places:
            with suppress(OSError):
                if abs(now - os.lstat(place).st_mtime) < IN_USE:
                    return True
        return False


class _Inside:
    """The folders that no link below the root leads to; `folders` are those that were asked for."""

    def __init__(self, root: str) -> None:
        self._known = {root: True}
        self.folders: set[str] = set()

    def __contains__(self, folder: str) -> bool:
        if self._is_inside(folder):
            self.folders.add(folder)
            return True
        return False

    def _is_inside(self, folder: str) -> bool:
        known = self._known.get(folder)
        if known is None:
            known = self._known[folder] = is_plain_folder(folder) and self._is_inside(os.path.dirname(folder))
        return known


def _parts(table: str) -> Iterator[str]:
    """Folders that hold most of a table: those two levels below it, or one level where these hold none."""
    for entry in folders(table):
        inner = [one.path for one in folders(entry.path)]
        yield from inner or [entry.path]


def _is_counted(path: str) -> bool:
    """As pip counts: what lies beside a wheel, and locks, are no files of the cache."""
    folder, _, name = path.rpartition(os.sep)
    return name not in _UNCOUNTED and not folder.endswith(_LOCKS)


def _size(path: Path) -> int:
    if is_plain_folder(str(path)):
        return measured(str(path)).size
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _measure(places: Iterable[Path]) -> Measure:
    items = size = 0
    for place in places:
        if is_plain_folder(str(place)):
            items += len(entries(str(place)))
            size += measured(str(place)).size
    return Measure(items=items, size=size)

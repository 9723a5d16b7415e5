"""What lies in the cache besides what it holds, and taking things out: for people and limits, not for reuse."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from freewheel.errors import StoreError
from freewheel.store.atomic import children
from freewheel.store.catalog import Catalog, entries, folders, is_plain_folder, measured
from freewheel.store.holding import Holding
from freewheel.store.layout import BUILD, BUILD_LOG, FAILED_LOG, LOCKS, ORIGIN, Layout, is_ours
from freewheel.store.limits import IN_USE
from freewheel.store.obstacles import is_marked
from freewheel.store.removal import Removed, RemovedFile, opened_up, remove, remove_empty
from freewheel.store.root import CacheRoot

PRUNED_EVERY = 86_400.0
"""Seconds. Reading what the cache holds takes a second where that is much, which nobody notices once a day."""

_UNCOUNTED = frozenset((ORIGIN, BUILD, BUILD_LOG, FAILED_LOG))


class Measure(Struct, frozen=True, kw_only=True):
    """How many files lie somewhere, and their size in bytes."""

    items: int = 0
    size: int = 0


class Blobs(Struct, frozen=True, kw_only=True):
    """The sizes of blobs, in bytes, by digest; `young` are those that somebody may be about to name."""

    sizes: Mapping[bytes, int]
    young: frozenset[bytes] = frozenset()


class Contents(Struct, frozen=True, kw_only=True):
    """The contents of a cache root. `clock` gives seconds since the epoch.

    Nothing here raises OSError: what cannot be read is passed over, what cannot be removed is in `Removed.failures`.
    No symbolic link is followed, but for the root itself.
    """

    root: CacheRoot
    clock: Callable[[], float]

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

    def unfinished(self) -> Measure:
        """What is being written, or was when somebody's run ended."""
        return _measure([self._layout.tmp])

    def clear(self, doomed: Iterable[Holding], blobs: Iterable[bytes], *, until: float | None = None) -> Removed:
        """Remove things with what lies beside them, and then blobs; not on after `until` (monotonic seconds).

        Records go first: what they promise may go once nobody is told of it.
        """
        places = [Path(one.place) for one in doomed]
        files = list(map(self.blob_path, blobs))
        parents = {path.parent for path in (*places, *files)}
        inside = {parent for parent in parents if self._is_inside(parent)}
        found = [path for path in (*places, *files) if path.parent in inside]
        removal = _removed(found, until)
        return _counted(removal.plus(remove_empty(inside)))

    def remove_failed_log(self, project: str) -> Removed:
        """Remove the log of a project's last build, where that failed."""
        log = self._layout.failed_log(project)
        if not self._is_inside(log.parent):
            return Removed()
        return _counted(remove([log]).plus(remove_empty([log.parent])))

    def clear_leftovers(self) -> Removed:
        """Remove what runs left half done that ended long ago, and formats that this program no longer reads."""
        self._open_up()
        return _counted(remove([*self._old_folders(), *self._abandoned()]))

    def purge(self) -> Removed:
        """Remove everything of this format and older ones; foreign files, newer formats and unfinished work stay.

        In a folder that is marked as a cache, what lies in the place of a folder of ours goes too.
        """
        layout = self._layout
        ours = [path for path in self._own_folders() if path != layout.tmp]
        self._open_up()
        removal = remove([*ours, *self._abandoned(), *self._obstacles()])
        return _counted(removal.plus(remove_empty([layout.tmp])))

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

    def _is_inside(self, folder: Path) -> bool:
        """Whether no link leads to a folder below the root."""
        chain = [folder, *folder.parents]
        return all(is_plain_folder(str(one)) for one in chain[: chain.index(self.root.path)])

    def _is_in_use(self, path: Path) -> bool:
        now = self.clock()
        places = [str(path), *(entry.path for entry in folders(str(path)))]
        for place in places:
            with suppress(OSError):
                if abs(now - os.lstat(place).st_mtime) < IN_USE:
                    return True
        return False


def _removed(paths: Iterable[Path], until: float | None) -> Removed:
    removals = []
    for path in paths:
        if until is not None and time.monotonic() >= until:
            break
        removals.append(remove([path]))
    return Removed(
        files=tuple(file for one in removals for file in one.files),
        directories=tuple(folder for one in removals for folder in one.directories),
        failures=tuple(failure for one in removals for failure in one.failures),
    )


def _counted(removal: Removed) -> Removed:
    # As pip counts: what lies beside a wheel, and locks, are no files of the cache.
    files: tuple[RemovedFile, ...] = tuple(
        file for file in removal.files if file.path.name not in _UNCOUNTED and file.path.parent.name != LOCKS
    )
    return Removed(files=files, directories=removal.directories, failures=removal.failures)


def _measure(places: Iterable[Path]) -> Measure:
    items = size = 0
    for place in places:
        if is_plain_folder(str(place)):
            items += len(entries(str(place)))
            size += measured(str(place)).size
    return Measure(items=items, size=size)

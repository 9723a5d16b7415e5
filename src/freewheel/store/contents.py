"""What lies in the cache, and taking it out: for people, not for reuse."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from freewheel.model.artifact import normalize
from freewheel.model.digest import Digest
from freewheel.store.atomic import children, read
from freewheel.store.layout import BUILD, BUILD_LOG, FAILED_LOG, LOCKS, ORIGIN, Layout, TreeLayout, file_name, is_ours
from freewheel.store.local import inspect
from freewheel.store.manifest import tree_from_bytes
from freewheel.store.obstacles import is_marked
from freewheel.store.protocol import Miss
from freewheel.store.removal import Removed, opened_up, remove, remove_empty
from freewheel.store.root import CacheRoot

IN_USE = 600.0
"""Seconds. What was changed in `tmp/` within them is somebody's unfinished work; downloads give up far sooner."""

_UNCOUNTED = frozenset((ORIGIN, BUILD, BUILD_LOG, FAILED_LOG))


class KeptWheel(Struct, frozen=True, kw_only=True):
    """A built wheel as a listing shows it; `size` in bytes, times in seconds since the epoch."""

    path: Path
    project: str
    size: int
    modified: float
    last_use: float


class Measure(Struct, frozen=True, kw_only=True):
    """How many things of one kind there are, and their size in bytes; a file with links elsewhere counts whole."""

    kind: str
    items: int = 0
    size: int = 0


class Contents(Struct, frozen=True, kw_only=True):
    """The contents of a cache root. `clock` gives seconds since the epoch.

    Nothing here raises OSError: what cannot be read is passed over, what cannot be removed is in `Removed.failures`.
    No symbolic link is followed, but for the root itself.
    """

    root: CacheRoot
    clock: Callable[[], float]

    def built_wheels(self) -> Iterator[KeptWheel]:
        """Every built wheel, by project and then by build key."""
        for project in _folders(self._layout.wheels):
            for folder in _folders(project):
                for path in children(folder):
                    status = _file_status(path)
                    if path.suffix == ".whl" and status is not None:
                        used = _file_status(path.with_name(BUILD)) or status
                        yield KeptWheel(
                            path=path,
                            project=project.name,
                            size=status.st_size,
                            modified=status.st_mtime,
                            last_use=used.st_mtime,
                        )

    def measure(self) -> tuple[Measure, ...]:
        """How much there is of each kind; kinds without anything are left out.

        The kinds: `wheels`, `blobs`, `trees`, `repositories`, those of the entries by their names, `unfinished` and
        `old formats`.
        """
        layout = self._layout
        current = (*layout.tables, layout.tmp, layout.locks)
        old = [path for path in self._own_folders() if path not in current]
        trees = sum(len(_folders(shard)) for shard in _folders(layout.trees))
        clones = sum(len(_folders(named)) for named in _folders(layout.repositories))
        measures = (
            _measure("wheels", [layout.wheels], items=sum(1 for _ in self.built_wheels())),
            _measure("blobs", [layout.blobs]),
            _measure("trees", [layout.trees], items=trees),
            _measure("repositories", [layout.repositories], items=clones),
            *(_measure(kind.name, [kind]) for kind in _folders(layout.entries)),
            _measure("unfinished", [layout.tmp]),
            _measure("old formats", old),
        )
        return tuple(measure for measure in measures if measure.items or measure.size)

    def projects(self) -> frozenset[str]:
        """The projects that something is kept of: normalized names, as far as folders tell."""
        layout = self._layout
        partitions = [folder.name for kind in _folders(layout.entries) for folder in _folders(kind)]
        names = {name.partition(".")[0] for name in partitions}
        names |= {path.name for table in (layout.wheels, layout.repositories) for path in _folders(table)}
        return frozenset(name for name in names if normalize(name) == name and name.strip("-"))

    def remove_wheels(self, wheels: Iterable[KeptWheel]) -> Removed:
        """Remove built wheels and their provenance."""
        folders = [wheel.path.parent for wheel in wheels]
        removal = remove(folders)
        return _counted(removal.plus(remove_empty({folder.parent for folder in folders})))

    def remove_project(self, project: str) -> Removed:
        """Remove what belongs to a project: built wheels, trees, records, and blobs that no other's records need.

        `project` is its name in any spelling. Clones of repositories of that name go too.
        """
        name = normalize(project)
        layout = self._layout
        partitions = [folder for kind in _folders(layout.entries) for folder in _folders(kind)]
        own = [folder for folder in partitions if folder.name == file_name(name)]
        blobs = {blob for folder in own for blob in _blobs_of(folder)}
        if blobs:
            blobs.difference_update(blob for folder in partitions if folder not in own for blob in _blobs_of(folder))
        files = sorted(path for path in (_blob_path(layout, blob) for blob in blobs) if path is not None)
        trees = list(self._trees_of(name))
        # Records first: what they promise may go once nobody is told of it.
        found = [*own, *files, *trees, layout.project_wheels(name), layout.named_repositories(name)]
        removal = remove(path for path in found if self._is_inside(path))
        parents = {path.parent for path in (*own, *files, *trees)}
        return _counted(removal.plus(remove_empty(parents)))

    def purge(self) -> Removed:
        """Remove everything of this format and older ones; foreign files, newer formats and unfinished work stay.

        In a folder that is marked as a cache, what lies in the place of a folder of ours goes too.
        """
        layout = self._layout
        ours = [path for path in self._own_folders() if path != layout.tmp]
        with suppress(OSError):
            if _is_folder(layout.tmp):
                opened_up(layout.tmp, layout.tmp.lstat())
        unfinished = children(layout.tmp) if _is_folder(layout.tmp) else []
        abandoned = [path for path in unfinished if not self._is_in_use(path)]
        removal = remove([*ours, *abandoned, *self._obstacles()])
        return _counted(removal.plus(remove_empty([layout.tmp])))

    @property
    def _layout(self) -> Layout:
        return self.root.layout

    def _own_folders(self) -> list[Path]:
        return [path for path in children(self.root.path) if is_ours(path.name) and _is_folder(path)]

    def _obstacles(self) -> list[Path]:
        if not is_marked(self.root.path):
            return []
        return [path for path in children(self.root.path) if is_ours(path.name) and not _is_folder(path)]

    def _is_inside(self, path: Path) -> bool:
        parents = list(path.parents)
        return all(map(_is_folder, parents[: parents.index(self.root.path)]))

    def _is_in_use(self, path: Path) -> bool:
        now = self.clock()
        places = [path, *_folders(path)]
        statuses = [status for status in map(_status, places) if status is not None]
        return any(abs(now - status.st_mtime) < IN_USE for status in statuses)

    def _trees_of(self, project: str) -> Iterator[Path]:
        for folder in (tree for shard in _folders(self._layout.trees) for tree in _folders(shard)):
            try:
                data, _ = read(TreeLayout(folder=folder).manifest)
                manifest = tree_from_bytes(data, Digest(algorithm="sha256", value=folder.name))
            except (OSError, ValueError):
                continue
            if normalize(manifest.project) == project:
                yield folder


def _counted(removal: Removed) -> Removed:
    # As pip counts: what lies beside a wheel, and locks, are no files of the cache.
    files = tuple(
        file for file in removal.files if file.path.name not in _UNCOUNTED and file.path.parent.name != LOCKS
    )
    return Removed(files=files, directories=removal.directories, failures=removal.failures)


def _measure(kind: str, folders: Iterable[Path], *, items: int | None = None) -> Measure:
    sizes = [status.st_size for folder in folders if _is_folder(folder) for status in _files(folder)]
    return Measure(kind=kind, items=len(sizes) if items is None else items, size=sum(sizes))


def _files(folder: Path) -> Iterator[os.stat_result]:
    waiting = [folder]
    while waiting:
        for path in children(waiting.pop()):
            status = _status(path)
            if status is not None and stat.S_ISDIR(status.st_mode):
                waiting.append(path)
            elif status is not None and stat.S_ISREG(status.st_mode):
                yield status


def _folders(folder: Path) -> list[Path]:
    return [path for path in children(folder) if _is_folder(path)] if _is_folder(folder) else []


def _is_folder(path: Path) -> bool:
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def _file_status(path: Path) -> os.stat_result | None:
    status = _status(path)
    return status if status is not None and stat.S_ISREG(status.st_mode) else None


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def _blobs_of(partition: Path) -> Iterator[Digest]:
    for path in children(partition):
        _, record = inspect(path)
        if not isinstance(record, Miss):
            yield from record.blobs


def _blob_path(layout: Layout, blob: Digest) -> Path | None:
    try:
        return layout.blob(blob)
    except ValueError:
        return None

"""What lies in the cache, thing by thing, as fast as it can be read: for people and limits, not for reuse.

A record costs 12 us, so that 100,000 are read within two seconds. Whatever vanishes meanwhile is passed over, no
link is followed, and nothing here raises OSError.
"""

# Paths are strings here: with `Path` a record takes three times as long.
# ruff: noqa: PTH118, PTH208

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from stat import S_ISDIR, S_ISREG
from sys import intern
from typing import Final

import msgspec
from msgspec import Struct

from freewheel.model.shape import Shape
from freewheel.store.atomic import LARGEST_READ, read_all
from freewheel.store.checksum import unseal
from freewheel.store.layout import BUILD, ORIGIN, Layout
from freewheel.store.removal import is_link

_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
_DIGITS = 64
TABLES: Final = ("wheels", "trees", "repositories", "entries")
"""What is read section by section; blobs are not."""


class FoundRecord(Struct, frozen=True, kw_only=True, gc=False):
    """A record: `fields` are MessagePack, None where it is damaged; `blobs` are digests as `sha256:...`.

    `partition` and `kind` are those that it states, of a damaged one the names of its folders. Sizes are in bytes,
    times in seconds since the epoch.
    """

    folder: str
    entry: str
    kind: str
    partition: str
    key: str
    size: int
    last_use: float
    fields: msgspec.Raw | None = None
    blobs: tuple[str, ...] = ()


class FoundFolder(Struct, frozen=True, kw_only=True):
    """A folder that is kept or goes as a whole; `only_here` are the bytes of those files that nobody else links.

    `made` is when it was made, `last_use` when somebody last used it.
    """

    path: str
    size: int
    only_here: int
    made: float
    last_use: float


class FoundWheel(FoundFolder, frozen=True, kw_only=True):
    """A built wheel: its project, its file name and the size of that file; the folder has its provenance too.

    The name is empty where there is none; one that `is_damaged` has none, or several. `origin` and `build` are what
    the provenance says (JSON), empty where it cannot be read.
    """

    project: str
    filename: str
    wheel_size: int
    origin: bytes
    build: bytes
    is_damaged: bool


class FoundTree(FoundFolder, frozen=True, kw_only=True):
    """An unpacked wheel with its bytecode, or the bytecode alone where the unpacked wheel is a layer's.

    `project` and `version` are empty where nothing says what it is.
    """

    wheel: str
    project: str
    version: str
    is_damaged: bool


class FoundClone(FoundFolder, frozen=True, kw_only=True):
    """A clone of a repository of this name."""

    name: str


class FoundBlob(Struct, frozen=True, kw_only=True):
    """Bytes under their SHA-256 digest."""

    digest: bytes
    size: int
    made: float


class _Wire(Struct, gc=False):
    kind: str
    partition: str
    key: str
    fields: msgspec.Raw
    blobs: tuple[str, ...]


class _Project(Struct):
    project: str
    version: str


class _TreeWire(Struct):
    manifest: _Project


_RECORD, _TREE = Shape(_Wire), Shape(_TreeWire)


class Section(Struct, frozen=True):
    """A folder that is read at once, and the table that it belongs to."""

    table: str
    path: str


class Catalog(Struct, frozen=True, kw_only=True):
    """Everything in a cache with this layout, in no particular order."""

    layout: Layout

    def sections(self, tables: Collection[str] = TABLES) -> list[Section]:
        """What `records_in`, `wheels_in`, `trees_in` and `clones_in` can read of these tables."""
        layout = self.layout
        places = {
            "wheels": folders(str(layout.wheels)),
            "trees": folders(str(layout.trees)),
            "repositories": folders(str(layout.repositories)),
            "entries": [one for kind in folders(str(layout.entries)) for one in folders(kind.path)],
        }
        return [Section(table, folder.path) for table in TABLES if table in tables for folder in places[table]]

    def records(self) -> Iterator[FoundRecord]:
        """Every record, damaged ones too."""
        return (found for section in self.sections({"entries"}) for found in records_in(section.path))

    def wheels(self) -> Iterator[FoundWheel]:
        """Every built wheel."""
        return (found for section in self.sections({"wheels"}) for found in wheels_in(section.path))

    def trees(self) -> Iterator[FoundTree]:
        """Every unpacked wheel."""
        return (found for section in self.sections({"trees"}) for found in trees_in(section.path))

    def clones(self) -> Iterator[FoundClone]:
        """Every clone."""
        return (found for section in self.sections({"repositories"}) for found in clones_in(section.path))

    def blobs(self) -> Iterator[FoundBlob]:
        """Every blob."""
        for shard in folders(str(self.layout.blobs)):
            for entry in entries(shard.path):
                try:  # what has another name is not ours
                    status = entry.stat(follow_symlinks=False)
                    if S_ISREG(status.st_mode) and len(entry.name) == _DIGITS:
                        digest = bytes.fromhex(entry.name)
                        yield FoundBlob(digest=digest, size=status.st_size, made=status.st_mtime)
                except (OSError, ValueError):
                    continue


def records_in(partition: str) -> Iterator[FoundRecord]:
    """The records of a partition, damaged ones too."""
    folder, _, name = partition.rpartition(os.sep)
    kind = folder.rpartition(os.sep)[2]
    try:
        names = os.listdir(partition)
    except OSError:
        return
    for entry in names:
        found = _record(partition, entry, kind, name)
        if found is not None:
            yield found


def wheels_in(project: str) -> Iterator[FoundWheel]:
    """The built wheels of a project."""
    name = project.rpartition(os.sep)[2]
    for folder in folders(project):
        found = _wheel(folder.path, name)
        if found is not None:
            yield found


def trees_in(shard: str) -> Iterator[FoundTree]:
    """The unpacked wheels of which the digests begin alike."""
    for folder in folders(shard):
        found = measured(folder.path)
        manifest = os.path.join(folder.path, "manifest")
        named = _named(manifest)
        yield FoundTree(
            path=folder.path,
            size=found.size,
            only_here=found.only_here,
            made=_time_of(os.path.join(folder.path, "files")),
            last_use=_time_of(manifest) or found.last_use,
            wheel=folder.name,
            project=named.project,
            version=named.version,
            is_damaged=not named.project and not _has_only_bytecode(folder.path),
        )


def clones_in(named: str) -> Iterator[FoundClone]:
    """The clones of repositories of one name."""
    for folder in folders(named):
        found = measured(folder.path)
        head = os.path.join(folder.path, "clone", "HEAD")
        yield FoundClone(
            path=folder.path,
            size=found.size,
            only_here=found.only_here,
            made=found.made,
            last_use=_time_of(head) or found.last_use,
            name=named.rpartition(os.sep)[2],
        )


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What a folder holds; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def folders(folder: str) -> list[os.DirEntry[str]]:
    """The folders in a folder that is none behind a link."""
    return [entry for entry in entries(folder) if _is_folder(entry)] if is_plain_folder(folder) else []


def is_plain_folder(path: str) -> bool:
    """Whether a folder is there, and not a link to one."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return S_ISDIR(status.st_mode) and not is_link(status)


def measured(folder: str) -> FoundFolder:
    """How much lies in a folder; used when the youngest of its files was changed."""
    size = only_here = 0
    made = last_use = _time_of(folder)
    waiting = [folder]
    while waiting:
        for entry in entries(waiting.pop()):
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                    continue
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if S_ISREG(status.st_mode):
                size += status.st_size
                if status.st_nlink == 1:
                    only_here += status.st_size
                last_use = max(last_use, status.st_mtime)
    return FoundFolder(path=folder, size=size, only_here=only_here, made=made, last_use=last_use)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _read(path: str) -> tuple[bytes, os.stat_result] | None:
    try:
        descriptor = os.open(path, _READING)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if not S_ISREG(status.st_mode) or status.st_size > LARGEST_READ:
            return None
        return read_all(descriptor, status.st_size), status
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _record(partition: str, entry: str, kind: str, partition_name: str) -> FoundRecord | None:
    found = _read(f"{partition}{os.sep}{entry}")
    if found is None:
        return None
    data, status = found
    try:
        wire = _RECORD.from_msgpack(unseal(data))
    except (ValueError, RecursionError):
        return FoundRecord(
            folder=partition,
            entry=entry,
            kind=kind,
            partition=partition_name,
            key="",
            size=status.st_size,
            last_use=status.st_mtime,
        )
    return FoundRecord(
        folder=partition,
        entry=entry,
        kind=wire.kind,
        partition=intern(wire.partition),
        key=wire.key,
        size=status.st_size,
        last_use=status.st_mtime,
        fields=wire.fields,
        blobs=wire.blobs,
    )


def _wheel(folder: str, project: str) -> FoundWheel | None:
    size, files = 0, {}
    for entry in entries(folder):
        with suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            if S_ISREG(status.st_mode):
                size += status.st_size
                files[entry.name] = status
    if not files:
        return None
    names = sorted(name for name in files if name.endswith(".whl"))
    name = names[0] if names else ""
    status = files[name or next(iter(files))]
    return FoundWheel(
        path=folder,
        size=size,
        only_here=size,
        made=status.st_mtime,
        last_use=files.get(BUILD, status).st_mtime,
        project=project,
        filename=name,
        wheel_size=status.st_size if names else 0,
        origin=_data(os.path.join(folder, ORIGIN)),
        build=_data(os.path.join(folder, BUILD)),
        is_damaged=len(names) != 1,
    )


def _data(path: str) -> bytes:
    found = _read(path)
    return b"" if found is None else found[0]


def _named(manifest: str) -> _Project:
    found = _read(manifest)
    if found is not None:
        with suppress(ValueError, RecursionError):
            return _TREE.from_msgpack(unseal(found[0])).manifest
    return _Project(project="", version="")


def _has_only_bytecode(tree: str) -> bool:
    return [entry.name for entry in entries(tree)] == ["bytecode"]


def _time_of(path: str) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0

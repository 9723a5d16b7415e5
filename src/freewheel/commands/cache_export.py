"""`cache export`: a part of the cache in one file, for another machine or another day."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from freewheel.commands.cache_selection import Selection
from freewheel.commands.holdings import holdings, version_of
from freewheel.model.artifact import normalize, sdist_stem
from freewheel.resolve import memo
from freewheel.store.archive import ArchiveWriter
from freewheel.store.contents import Contents
from freewheel.store.history import RunRecord
from freewheel.store.holding import Holding
from freewheel.store.limits import Clearance
from freewheel.store.record import from_bytes

_RECORDS: Final = frozenset({"downloads", "pages", "metadata", "resolutions"})
_FROM_REPOSITORY: Final = "git+"


class Exported(Struct, frozen=True, kw_only=True):
    """What went into an archive: how many things by kind, and its size in bytes.

    `private` are things that were left out, as they were got with credentials or may have been.
    """

    kinds: Mapping[str, int]
    size: int
    private: int


def export(contents: Contents, target: Path, chosen: Collection[Holding], everything: Sequence[Holding]) -> Exported:
    """Write what is chosen of everything into a file, which is there as a whole or not at all; raises OSError.

    Unpacked wheels and bytecode are made again where the archive is read; what holds for this machine alone, and what
    was got with credentials, stays here.
    """
    private = {one.project for one in everything if one.is_private}
    public = {blob for one in everything if _is_public(one) for blob in one.blobs}
    secret = {blob for one in everything if one.is_private for blob in one.blobs} - public
    wanted = [one for one in chosen if one.kind in (*_RECORDS, "wheels") or one.is_pointer]
    going = [one for one in wanted if _may_travel(one, private, secret)]
    going = [one for one in going if one.kind != "resolutions" or _is_portable(one, private)]
    blobs = sorted({blob for one in going for blob in one.blobs})
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with aside.open("xb") as file:
            _write(ArchiveWriter(file), contents, going, blobs)
        aside.replace(target)
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
    kinds = {kind: sum(one.kind == kind for one in going) for kind in sorted({one.kind for one in going})}
    return Exported(kinds=kinds, size=target.stat().st_size, private=len(wanted) - len(going))


def _write(archive: ArchiveWriter, contents: Contents, going: Sequence[Holding], blobs: Iterable[bytes]) -> None:
    for blob in blobs:
        with suppress(FileNotFoundError):  # what is gone by now is fetched again
            archive.blob(blob, contents.blob_path(blob))
    for one in sorted(going, key=lambda one: one.place):
        folder = Path(one.folder)
        if one.kind == "wheels":
            archive.wheel(folder.name, one.entry, folder / one.entry, one.name)
    for one in sorted(going, key=lambda one: one.place):
        folder = Path(one.folder)
        if one.kind != "wheels":
            with suppress(FileNotFoundError):
                archive.record(folder.parent.name, folder.name, one.entry, (folder / one.entry).read_bytes())
    archive.close()


def of_last_run(everything: Sequence[Holding], runs: Iterable[RunRecord]) -> list[Holding]:
    """What the last run that used any file would need again: these, their metadata, and their projects' pages."""
    files = next((run.files for run in reversed(list(runs)) if run.files), ())
    pins = {(_project_of(name), version_of(name)) for name in files}
    projects = {project for project, _ in pins}
    found = [
        one
        for one in everything
        if (one.project, one.version) in pins or (one.kind == "pages" and one.project in projects)
    ]
    blobs = {blob for one in found for blob in one.blobs}
    pointers = [one for one in everything if one.is_pointer and blobs.issuperset(one.blobs)]
    return [*found, *pointers, *(one for one in everything if one.kind == "resolutions" and _is_of(one, pins))]


def of_selection(everything: Sequence[Holding], selection: Selection, *, now: float) -> list[Holding]:
    """What is meant, with what points at its bytes."""
    found = selection.of(everything, now=now)
    clearance = Clearance(everything, {}, follows_pointers=True)
    for one in found:
        clearance.take(one)
    return list(clearance.doomed())


def everything_in(contents: Contents) -> list[Holding]:
    """All that an archive could be made of; damaged things are left out."""
    return [one for one in holdings(contents.catalog) if not one.is_damaged]


def _is_public(one: Holding) -> bool:
    return one.kind in _RECORDS and bool(one.origin) and not one.is_private


def _may_travel(one: Holding, private: Collection[str], secret: Collection[bytes]) -> bool:
    if one.is_private or not set(one.blobs).isdisjoint(secret):
        return False
    # Of a project that somebody got with credentials, only what anybody could get as well.
    return _is_public(one) or (one.project not in private and not one.origin.startswith(_FROM_REPOSITORY))


def _memo_of(one: Holding) -> memo.Memo | None:
    try:
        data = from_bytes(Path(one.place).read_bytes()).record.fields.get("memo")
        return memo.from_bytes(data if isinstance(data, bytes) else b"")
    except (OSError, ValueError):
        return None


def _is_portable(one: Holding, private: Collection[str]) -> bool:
    """Whether a resolution says nothing of this machine, and of no project that was got with credentials."""
    known = _memo_of(one)
    if known is None or known.files or any(seen.found is not None for seen in known.installed):
        return False
    return not any(seen.project in private for seen in known.projects)


def _is_of(one: Holding, pins: Collection[tuple[str, str]]) -> bool:
    known = _memo_of(one)
    return known is not None and all((pin.project, pin.version) in pins for pin in known.resolution.pins)


def _project_of(name: str) -> str:
    stem = name.partition("-")[0] if name.endswith(".whl") else (sdist_stem(name) or "").rpartition("-")[0]
    return normalize(stem)

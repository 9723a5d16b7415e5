"""`cache export`: a part of the cache in one file, for another machine or another day."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec
from msgspec import Struct

from freewheel.build.build_record import BUILD_RECORD as _BUILD
from freewheel.build.inspection import file_digest
from freewheel.commands.cache_selection import Selection
from freewheel.commands.holdings import version_of
from freewheel.commands.holdings_reading import holdings
from freewheel.errors import NotWritable
from freewheel.net.purpose import purpose_of
from freewheel.resolve import memo
from freewheel.store.archive import PROVENANCE, ArchiveWriter
from freewheel.store.contents import Contents
from freewheel.store.history import RunRecord
from freewheel.store.holding import Holding
from freewheel.store.record import from_bytes

_RECORDS: Final = frozenset({"downloads", "pages", "metadata", "resolutions"})


class Exported(Struct, frozen=True, kw_only=True):
    """What went into an archive: how many things by kind, and its size in bytes; nothing is written without any.

    `left` are things that were left out: nobody could be sure that anybody may have them, or they tell of this
    machine, or they are damaged.
    """

    kinds: Mapping[str, int]
    size: int
    left: int


class _Known(Struct, frozen=True):
    """What speaks for letting things go: what anybody may get, and what somebody got who had to say who they are."""

    private: frozenset[str]
    secret: frozenset[bytes]
    urls: frozenset[str]
    projects: frozenset[str]
    releases: frozenset[tuple[str, str]]


def export(contents: Contents, target: Path, chosen: Collection[Holding], everything: Sequence[Holding]) -> Exported:
    """Write what is chosen of everything into a file, as a whole or not at all; raises NotWritable, OSError.

    Unpacked wheels and bytecode are made again where the archive is read. What was got with credentials stays here,
    and whatever was made of something of which it is not known that anybody may have it.
    """
    if target.is_dir() or not target.parent.is_dir():
        raise NotWritable(path=str(target), reason="it is a folder" if target.is_dir() else "there is no such folder")
    known = _known(everything)
    wanted = [one for one in chosen if one.kind in (*_RECORDS, "wheels")]
    going = [one for one in wanted if _may_go(one, known)]
    sound = {blob for blob in {blob for one in going for blob in one.blobs} if _is_sound(contents, blob)}
    going = [one for one in going if sound.issuperset(one.blobs)]
    kinds = {kind: sum(one.kind == kind for one in going) for kind in sorted({one.kind for one in going})}
    if not going:
        return Exported(kinds=kinds, size=0, left=len(wanted))
    blobs = sorted({blob for one in going for blob in one.blobs})
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
        aside = Path(file.name)
        try:
            _write(ArchiveWriter(cast("BinaryIO", file)), contents, going, blobs)
            file.flush()
            aside.chmod(0o644)
            aside.replace(target)
        except BaseException:
            aside.unlink()
            raise
    return Exported(kinds=kinds, size=target.stat().st_size, left=len(wanted) - len(going))


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
    pins = {(purpose_of(name).project, version_of(name)) for name in files}
    projects = {project for project, _ in pins}
    found = [
        one
        for one in everything
        if (one.project, one.version) in pins or (one.kind == "pages" and one.project in projects)
    ]
    return [*found, *(one for one in everything if one.kind == "resolutions" and _is_of(one, pins))]


def of_selection(everything: Sequence[Holding], selection: Selection, *, now: float) -> list[Holding]:
    """What is meant, and the pages without which it would not be found."""
    found = selection.of(everything, now=now)
    if "pages" not in selection.kinds:
        return found
    projects, places = {one.project for one in found}, {one.place for one in found}
    pages = (one for one in everything if one.kind == "pages" and one.project in projects - {""})
    return [*found, *(one for one in pages if one.place not in places)]


def everything_in(contents: Contents) -> list[Holding]:
    """All that an archive could be made of; damaged things are left out."""
    return [one for one in holdings(contents.catalog) if not one.is_damaged]


def _known(everything: Sequence[Holding]) -> _Known:
    public = [one for one in everything if one.kind in _RECORDS and _is_public(one)]
    opened = {blob for one in everything if one.is_private for blob in one.blobs}
    return _Known(
        frozenset(one.project for one in everything if one.is_private),
        frozenset(opened),
        frozenset(one.origin for one in public),
        frozenset(one.project for one in public),
        frozenset((one.project, one.version) for one in public if one.version),
    )


def _is_public(one: Holding) -> bool:
    """Whether anybody may have a response: nobody was asked who they are, and its URL holds no key to it."""
    return bool(one.origin) and not one.is_private and "?" not in one.origin


def _may_go(one: Holding, known: _Known) -> bool:
    if one.is_private or one.project in known.private or not known.secret.isdisjoint(one.blobs):
        return False
    match one.kind:
        case "wheels":
            return one.origin in known.urls and _is_plain(one)
        case "resolutions":
            return _is_portable(one, known)
        case _:
            return _is_public(one) if one.origin else (one.project, one.version) in known.releases


def _is_plain(one: Holding) -> bool:
    """Whether a built wheel is sound, and was built here without settings, which may hold anything."""
    try:
        record = _BUILD.from_json((Path(one.place) / PROVENANCE[1]).read_bytes())
        found = file_digest(Path(one.place) / one.name).value
        is_whole = all((Path(one.place) / name).is_file() for name in PROVENANCE)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    settings = (record.key.get("variables"), record.key.get("config_settings"), record.adopted_from)
    return is_whole and not any(settings) and found == record.wheel.sha256


def _is_sound(contents: Contents, blob: bytes) -> bool:
    try:
        return file_digest(contents.blob_path(blob)).value == blob.hex()
    except OSError:
        return False


def _memo_of(one: Holding) -> memo.Memo | None:
    try:
        data = from_bytes(Path(one.place).read_bytes()).record.fields.get("memo")
        return memo.from_bytes(data if isinstance(data, bytes) else b"")
    except (OSError, ValueError):
        return None


def _is_portable(one: Holding, known: _Known) -> bool:
    """Whether a resolution says nothing of this machine, and is of projects that anybody may have."""
    memo_of = _memo_of(one)
    if memo_of is None or memo_of.files or any(seen.found is not None for seen in memo_of.installed):
        return False
    artifacts = [pin.artifact for pin in memo_of.resolution.pins if pin.artifact is not None]
    seen_projects = {seen.project for seen in memo_of.projects}
    return (
        seen_projects <= known.projects - known.private
        and all(artifact.project in known.projects for artifact in artifacts)
        and not any(artifact.url.startswith("file:") or "?" in artifact.url for artifact in artifacts)
    )


def _is_of(one: Holding, pins: Collection[tuple[str, str]]) -> bool:
    known = _memo_of(one)
    return known is not None and all((pin.project, pin.version) in pins for pin in known.resolution.pins)

"""What lies in the cache as people tell it apart: by kind, project, version and name, with where it came from."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from sys import intern

import msgspec

from freewheel.commands.record_names import record_name
from freewheel.httpcache.glance import glance
from freewheel.model.artifact import normalize, sdist_stem
from freewheel.model.shape import Shape
from freewheel.net.purpose import NO_PROJECT
from freewheel.net.responses import DIGESTS, RESPONSES, SHARED, SHARED_BY_ALL
from freewheel.store.catalog import (
    TABLES,
    FoundClone,
    FoundFolder,
    FoundRecord,
    FoundTree,
    FoundWheel,
    Section,
    clones_in,
    records_in,
    trees_in,
    wheels_in,
)
from freewheel.store.holding import Holding, last_part

_KINDS_OF_RECORDS: Mapping[str, str] = {"resolution": "resolutions", "metadata": "metadata"}
_METADATA_SUFFIX, _WHEEL_SUFFIX = ".metadata", ".whl"
_SHA256 = "sha256:"
_IS_SHA256 = re.compile(r"sha256:[0-9a-f]{64}").fullmatch


class _Commit(msgspec.Struct):
    vcs: str
    commit_id: str


class _Origin(msgspec.Struct):
    url: str = ""
    vcs_info: _Commit | None = None

    def __str__(self) -> str:
        commit = self.vcs_info
        return self.url if commit is None else f"{commit.vcs}+{self.url}@{commit.commit_id}"


class _Kept(msgspec.Struct, frozen=True):
    sha256: str = ""


class _Build(msgspec.Struct):
    seconds: float = 0.0
    wheel: _Kept = _Kept()


_ORIGIN, _BUILD = Shape(_Origin), Shape(_Build)


def tables_of(kinds: Collection[str]) -> frozenset[str]:
    """The tables of the cache that have things of these kinds."""
    return frozenset(kind if kind in TABLES else "entries" for kind in kinds)


def holdings_in(section: Section, kinds: Collection[str]) -> Iterator[Holding]:
    """Everything of these kinds in a part of the cache; damaged things are there, and say so."""
    match section.table:
        case "wheels":
            yield from map(_of_wheel, wheels_in(section.path))
        case "trees":
            yield from map(_of_tree, trees_in(section.path))
        case "repositories":
            yield from map(_of_clone, clones_in(section.path))
        case _:
            for record in records_in(section.path):
                holding = _of_record(record)
                if holding.kind in kinds:
                    yield holding


def _of_wheel(found: FoundWheel) -> Holding:
    origin, build = _Origin(), _Build()
    with suppress(ValueError, RecursionError):
        origin = _ORIGIN.from_json(found.origin)
    with suppress(ValueError, RecursionError):
        build = _BUILD.from_json(found.build)
    return _of_folder(
        found,
        kind="wheels",
        project=found.project,
        version=version_of(found.filename),
        called=found.filename or found.path.rpartition(os.sep)[2],
        origin=str(origin),
        size=found.wheel_size,
        effort=build.seconds,
        digest=f"{_SHA256}{build.wheel.sha256}" if build.wheel.sha256 else "",
        is_damaged=found.is_damaged,
    )


def _of_tree(found: FoundTree) -> Holding:
    return _of_folder(
        found,
        kind="trees",
        project=normalize(found.project),
        version=found.version,
        called=f"{found.project} {found.version}" if found.project else found.wheel,
        origin=(digest := f"{_SHA256}{found.wheel}"),
        digest=digest,
        is_damaged=found.is_damaged,
    )


def _of_clone(found: FoundClone) -> Holding:
    project = found.name if normalize(found.name) == found.name else ""
    return _of_folder(found, kind="repositories", project=project, called=found.name)


def _of_folder(
    found: FoundFolder,
    *,
    kind: str,
    project: str,
    called: str,
    version: str = "",
    origin: str = "",
    size: int | None = None,
    effort: float = 0.0,
    digest: str = "",
    is_damaged: bool = False,
) -> Holding:
    folder, entry = os.path.split(found.path)
    return Holding(
        kind=kind,
        project=project,
        version=version,
        called=called,
        origin=origin,
        folder=folder,
        entry=entry,
        size=found.size if size is None else size,
        own=found.only_here,
        made=found.made,
        last_use=found.last_use,
        effort=effort,
        digest=digest,
        is_damaged=is_damaged,
    )


@lru_cache
def _project_of(partition: str) -> str:
    project = partition.partition(".")[0]
    return "" if project == NO_PROJECT else intern(project)


def _of_record(record: FoundRecord) -> Holding:
    known = _project_of(record.partition)
    seen = glance(record.fields) if record.kind == RESPONSES and record.fields is not None else None
    if seen is None:
        return _of_other(record, known)
    response, is_whole = seen
    name = last_part(response.url)
    kind, version = kind_and_version(name)
    return Holding(
        kind=kind,
        project=known,
        version=version,
        origin=response.url,
        folder=record.folder,
        entry=record.entry,
        called=None if is_whole else f"{name} (in part)",
        size=response.size if is_whole else record.size,
        own=record.size,
        made=response.response_time,
        last_use=record.last_use,
        blobs=digests_of(record.blobs) if record.blobs else (),
        is_private=not record.key.startswith(SHARED_BY_ALL),
    )


def _of_other(record: FoundRecord, project: str) -> Holding:
    """What is no response, or not to be read as one."""
    stated = record_name(record.kind, record.fields)
    return Holding(
        kind=_KINDS_OF_RECORDS.get(record.kind, "other"),
        project=project,
        version=stated.version,
        called=stated.name or f"{record.kind} {project}".strip(),
        origin="",
        folder=record.folder,
        entry=record.entry,
        size=record.size,
        own=record.size,
        made=None,
        last_use=record.last_use,
        blobs=digests_of((record.key,) if record.kind == SHARED else record.blobs),
        is_damaged=record.fields is None or record.kind == RESPONSES,
        is_pointer=record.kind in (DIGESTS, SHARED),
    )


def digests_of(blobs: Iterable[str]) -> tuple[bytes, ...]:
    """Digests as 32 bytes each, half as long; what is none is left out."""
    return tuple(bytes.fromhex(blob[len(_SHA256) :]) for blob in blobs if _IS_SHA256(blob))


def kind_and_version(name: str) -> tuple[str, str]:
    """The kind of a response, and the version that it is of, by the last part of its URL; no version for pages.

    >>> kind_and_version("six-1.0-py3-none-any.whl"), kind_and_version("six-1.0.tar.gz.metadata")
    (('downloads', '1.0'), ('metadata', '1.0'))
    >>> kind_and_version("six"), kind_and_version("odd.whl")
    (('pages', ''), ('downloads', ''))
    """
    if name.endswith(_METADATA_SUFFIX):
        return "metadata", version_of(name[: -len(_METADATA_SUFFIX)])
    if name.endswith(_WHEEL_SUFFIX) or sdist_stem(name) is not None:
        return "downloads", version_of(name)
    return "pages", ""


def version_of(name: str) -> str:
    """The version that an archive's file name states; empty where it states none.

    >>> version_of("six-1.0-py3-none-any.whl"), version_of("six-1.0.tar.gz"), version_of("six.html")
    ('1.0', '1.0', '')
    """
    if name.endswith(_WHEEL_SUFFIX):
        parts = name.split("-", 6)
        return intern(parts[1]) if len(parts) in (5, 6) else ""
    stem = sdist_stem(name)
    return "" if stem is None or "-" not in stem else intern(stem.rpartition("-")[2])

"""What the cache holds, as people tell it apart: by kind, project, version and name, with where it came from."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from sys import intern

import msgspec

from freewheel.commands.record_names import record_name
from freewheel.httpcache.glance import glance
from freewheel.model.artifact import normalize, sdist_stem
from freewheel.model.shape import Shape
from freewheel.net.purpose import NO_PROJECT
from freewheel.net.responses import DIGESTS, RESPONSES, SHARED, SHARED_BY_ALL
from freewheel.store.catalog import Catalog, FoundClone, FoundFolder, FoundRecord, FoundTree, FoundWheel
from freewheel.store.holding import KINDS, Holding, last_part

_OF_RECORDS = frozenset({"downloads", "pages", "metadata", "resolutions", "other"})
_KINDS_OF_RECORDS: Mapping[str, str] = {"resolution": "resolutions", "metadata": "metadata"}
_METADATA_SUFFIX = ".metadata"
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


def holdings(catalog: Catalog, kinds: Collection[str] = KINDS) -> Iterator[Holding]:
    """Everything of these kinds, as it is read; damaged things are there, and say so."""
    if "wheels" in kinds:
        yield from map(_of_wheel, catalog.wheels())
    if "trees" in kinds:
        yield from map(_of_tree, catalog.trees())
    if "repositories" in kinds:
        yield from map(_of_clone, catalog.clones())
    if not _OF_RECORDS.isdisjoint(kinds):
        for record in catalog.records():
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


def _of_record(record: FoundRecord) -> Holding:
    project = record.partition.partition(".")[0]
    known = "" if project == NO_PROJECT else intern(project)
    seen = glance(record.fields) if record.kind == RESPONSES and record.fields is not None else None
    if seen is None:
        return _of_other(record, known)
    response, is_whole = seen
    name = last_part(response.url)
    kind = kind_of(name)
    return Holding(
        kind=kind,
        project=known,
        version=intern(version_of(name)) if kind != "pages" else "",
        origin=response.url,
        folder=record.folder,
        entry=record.entry,
        called=None if is_whole else f"{name} (in part)",
        size=response.size if is_whole else record.size,
        own=record.size,
        made=response.response_time,
        last_use=record.last_use,
        blobs=digests_of(record.blobs),
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


def kind_of(name: str) -> str:
    """The kind of a response, by the last part of its URL.

    >>> kind_of("six-1.0-py3-none-any.whl"), kind_of("six-1.0.tar.gz.metadata"), kind_of("six")
    ('downloads', 'metadata', 'pages')
    """
    if name.endswith(_METADATA_SUFFIX):
        return "metadata"
    return "downloads" if name.endswith(".whl") or sdist_stem(name) is not None else "pages"


def version_of(name: str) -> str:
    """The version that a file name states; empty where it states none.

    >>> version_of("six-1.0-py3-none-any.whl"), version_of("six-1.0.tar.gz"), version_of("six.html")
    ('1.0', '1.0', '')
    """
    archive = name.removesuffix(_METADATA_SUFFIX)
    if archive.endswith(".whl"):
        parts = archive.split("-")
        return parts[1] if len(parts) in (5, 6) else ""
    stem = sdist_stem(archive)
    return "" if stem is None else stem.rpartition("-")[2] if "-" in stem else ""

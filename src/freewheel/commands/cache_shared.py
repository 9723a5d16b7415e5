"""`cache --tier shared`: what machines share, thing by thing, and less of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import chain
from typing import Final

from msgspec import Struct

from freewheel.build.metadata import KIND as METADATA
from freewheel.build.shared_wheels import KIND as WHEELS
from freewheel.build.shared_wheels import from_record
from freewheel.commands.holdings import version_of
from freewheel.net.shared_downloads import KIND as DOWNLOADS
from freewheel.store.holding import Holding
from freewheel.store.protocol import EntryInfo, Miss
from freewheel.store.record import Record
from freewheel.store.shared_contents import SharedContents, StoredObject

SHARED_KINDS: Final = ("wheels", "downloads", "metadata")
"""What is shared of all that a cache holds."""

GRACE: Final = 86_400.0
"""Seconds. A blob that nothing names is left so long: its record may be on its way."""


class Pruned(Struct, frozen=True, kw_only=True):
    """How many records and blobs went, or would go, and their `size` in bytes."""

    records: int = 0
    blobs: int = 0
    size: int = 0


def shared_holdings(contents: SharedContents, kinds: Collection[str]) -> Iterator[Holding]:
    """Everything of these kinds that is shared, read from there; raises StoreUnavailable."""
    if "wheels" in kinds:
        yield from (_wheel(contents, info, found) for info, found in contents.records(WHEELS))
    if "downloads" in kinds:
        yield from (_download(contents, info, found) for info, found in contents.records(DOWNLOADS))
    if "metadata" in kinds:
        yield from (_metadata(contents, info, found) for info, found in contents.records(METADATA))


def prune(contents: SharedContents, *, max_age: float, now: float, dry_run: bool = False) -> Pruned:
    """Remove records that are older than `max_age` (seconds), then what no record names; raises StoreUnavailable.

    Whatever a run finds gone it makes again. Nobody notes uses there, so age is that of the record.
    """
    old = [one for one in contents.listed_records() if now - one.made > max_age]
    if not dry_run:
        contents.remove([one.name for one in old])
    needed = set(_named_blobs(contents, gone={one.name for one in old}))
    unnamed = [one for one in contents.listed_blobs() if one.name not in needed and now - one.made > GRACE]
    if not dry_run:
        contents.remove([one.name for one in unnamed])
    return Pruned(records=len(old), blobs=len(unnamed), size=_size(old) + _size(unnamed))


def _named_blobs(contents: SharedContents, *, gone: Collection[str]) -> Iterator[str]:
    """The names of the blobs that records promise which stay, those of this moment among them."""
    stored = contents.as_stored()
    for info, found in chain(stored.records(WHEELS), stored.records(DOWNLOADS)):
        folder, name = contents.place(info)
        if isinstance(found, Record) and f"{folder}/{name}".removeprefix(f"{contents.url}/") not in gone:
            for digest in found.blobs:
                with suppress(ValueError):
                    yield contents.blob_name(digest)


def _size(objects: list[StoredObject]) -> int:
    return sum(one.size for one in objects)


def _wheel(contents: SharedContents, info: EntryInfo, found: Record | Miss) -> Holding:
    stated = found if isinstance(found, Miss) else from_record(found)
    if isinstance(stated, Miss):
        return _holding(contents, info, kind="wheels", called=f"{info.partition}: {stated.reason}", is_damaged=True)
    wheel = stated.record.wheel
    return _holding(
        contents,
        info,
        kind="wheels",
        called=wheel.filename,
        version=version_of(wheel.filename),
        origin=stated.origin,
        size=wheel.size,
        effort=stated.record.seconds,
        digest=str(stated.digest),
    )


def _download(contents: SharedContents, info: EntryInfo, found: Record | Miss) -> Holding:
    if isinstance(found, Miss):
        called = f"{info.partition}: {found.reason}"
        return _holding(contents, info, kind="downloads", called=called, is_damaged=True)
    fields = found.fields
    name, origin, version = (
        value if isinstance(value := fields.get(field), str) else "" for field in ("filename", "origin", "version")
    )
    size = fields.get("size")
    return _holding(
        contents,
        info,
        kind="downloads",
        called=name or info.partition,
        version=version,
        origin=origin,
        size=size if isinstance(size, int) else 0,
        digest=str(found.blobs[0]) if found.blobs else "",
    )


def _metadata(contents: SharedContents, info: EntryInfo, found: Record | Miss) -> Holding:
    if isinstance(found, Miss):
        called = f"{info.partition}: {found.reason}"
        return _holding(contents, info, kind="metadata", called=called, is_damaged=True)
    version = found.fields.get("version")
    text = version if isinstance(version, str) else ""
    return _holding(contents, info, kind="metadata", called=f"{info.partition} {text}".strip(), version=text)


def _holding(
    contents: SharedContents,
    info: EntryInfo,
    *,
    kind: str,
    called: str,
    version: str = "",
    origin: str = "",
    size: int = 0,
    effort: float = 0.0,
    digest: str = "",
    is_damaged: bool = False,
) -> Holding:
    folder, entry = contents.place(info)
    return Holding(
        kind=kind,
        project=info.partition,
        version=version,
        origin=origin,
        folder=folder,
        entry=entry,
        size=size or info.size,
        own=size + info.size,
        made=info.last_use,
        last_use=info.last_use,
        effort=effort,
        called=called,
        digest=digest,
        is_damaged=is_damaged,
    )

"""`cache import`: what an archive holds, into the cache; nothing in it is believed that can be checked."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from freewheel.build.build_record import BUILD_RECORD
from freewheel.build.inspection import file_digest
from freewheel.build.key import name_of
from freewheel.errors import InvalidCacheArchive
from freewheel.httpcache.keys import cache_key
from freewheel.httpcache.stored_response import from_fields
from freewheel.index.metadata import KIND as METADATA
from freewheel.model import direct_url
from freewheel.model.artifact import normalize
from freewheel.net.responses import RESPONSES, SHARED_BY_ALL
from freewheel.resolve.remembering import KIND as RESOLUTION
from freewheel.store.archive import PROVENANCE, UNREADABLE, Member, members
from freewheel.store.protocol import Blobs, BuiltWheels, Entries, Miss
from freewheel.store.record import Envelope, Record, from_bytes

_KINDS: Final = frozenset({RESPONSES, METADATA, RESOLUTION})
"""Which blob has a digest is not among them: it would be believed, and is found out again."""

_CHUNK: Final = 1 << 20
_LARGEST_PROVENANCE: Final = 1 << 24


class Imported(Struct, frozen=True, kw_only=True):
    """How many things came in by kind (`blobs`, `wheels`, `records`), and how many were there already."""

    new: Mapping[str, int]
    known: int


def take_in(
    path: Path, *, blobs: Blobs, entries: Entries, wheels: BuiltWheels, scratch: Callable[[], Path]
) -> Imported:
    """Take in what an archive holds; what is here already and is not older stays.

    `scratch` gives an empty folder. Raises OSError, StoreError, and InvalidCacheArchive at the first thing that is
    not what it says it is; what came before it is kept.
    """
    taking = _Taking(path, blobs, entries, wheels, scratch)
    try:
        with path.open("rb") as file:
            for member in members(file):
                taking.take(member)
            taking.finish()
    except UNREADABLE as error:
        raise InvalidCacheArchive(path=str(path), problem=str(error) or "it ends too early") from error
    return Imported(new=dict(taking.new), known=taking.known)


class _Taking:
    def __init__(
        self, path: Path, blobs: Blobs, entries: Entries, wheels: BuiltWheels, scratch: Callable[[], Path]
    ) -> None:
        self._path = path
        self._blobs = blobs
        self._entries = entries
        self._wheels = wheels
        self._scratch = scratch
        self._folder = ""
        self._parts: dict[str, Path] = {}
        self.new: Counter[str] = Counter()
        self.known = 0

    def take(self, member: Member) -> None:
        """Take a member in; ValueError for one that is not what it says."""
        if member.folder != self._folder:
            self.finish()
            self._folder = member.folder
        match member.kind:
            case "blob":
                self._take_blob(member)
            case "wheel":
                self._collect(member)
            case _:
                self._take_record(from_bytes(member.stream.read()))

    def finish(self) -> None:
        """Take in the wheel whose files came last, if any did."""
        parts, self._parts = self._parts, {}
        if parts:
            self._take_wheel(self._folder, parts)

    def _count(self, kind: str, *, is_new: bool) -> None:
        if is_new:
            self.new[kind] += 1
        else:
            self.known += 1

    def _take_blob(self, member: Member) -> None:
        writer, found = self._blobs.create(), hashlib.sha256()
        try:
            while data := member.stream.read(_CHUNK):
                writer.write(data)
                found.update(data)
            if found.hexdigest() != member.name:
                raise ValueError(f"the bytes that should have the digest {member.name} have {found.hexdigest()}")
            writer.commit()
        finally:
            writer.discard()
        self._count("blobs", is_new=not writer.was_there)

    def _collect(self, member: Member) -> None:
        is_provenance = member.name in PROVENANCE
        if not is_provenance and not member.name.endswith(".whl"):
            raise ValueError(f"{member.name!r} is no file of a built wheel")
        if is_provenance and member.size > _LARGEST_PROVENANCE:
            raise ValueError(f"its {member.name} has {member.size} bytes")
        if member.name in self._parts:
            raise ValueError(f"{member.name!r} is there twice")
        folder = next(iter(self._parts.values())).parent if self._parts else self._scratch()
        self._parts[member.name] = folder / member.name
        with self._parts[member.name].open("xb") as file:
            shutil.copyfileobj(member.stream, file, _CHUNK)

    def _take_wheel(self, folder: str, parts: Mapping[str, Path]) -> None:
        project, _, key = folder.partition("/")
        wheel = next((path for name, path in parts.items() if name.endswith(".whl")), None)
        if wheel is None or len(parts) != 1 + len(PROVENANCE):
            raise ValueError(f"the built wheel {folder} is not there as a whole")
        origin, build = (parts[name].read_bytes() for name in PROVENANCE)
        try:
            stated = BUILD_RECORD.from_json(build)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(f"the build record of {wheel.name} cannot be read: {error}") from error
        if direct_url.parse(origin) is None:
            raise ValueError(f"where {wheel.name} came from cannot be read")
        if (stated.wheel.filename, stated.wheel.sha256) != (wheel.name, file_digest(wheel).value):
            raise ValueError(f"{wheel.name} is not the wheel that its build record tells of")
        if name_of(stated.key) != key or normalize(wheel.name.partition("-")[0]) != project:
            raise ValueError(f"{wheel.name} does not belong where it lies")
        is_new = isinstance(self._wheels.get(project, key), Miss)
        if is_new:
            self._wheels.put(project, key, wheel, origin=origin, build=build, log=b"")
        for path in parts.values():
            path.unlink()
        self._count("wheels", is_new=is_new)

    def _take_record(self, envelope: Envelope) -> None:
        address = envelope.kind, envelope.partition, envelope.key
        if envelope.kind not in _KINDS:
            raise ValueError(f"records of the kind {envelope.kind!r} do not travel")
        if envelope.kind == RESPONSES and not envelope.key.startswith(SHARED_BY_ALL):
            raise ValueError("it has a response that somebody got with credentials")
        came = _came_in(envelope.kind, envelope.key, envelope.record)
        there = self._entries.get(*address)
        is_new = isinstance(there, Miss) or came > _came_in(envelope.kind, envelope.key, there)
        if is_new:
            self._entries.put(*address, envelope.record)
        self._count("records", is_new=is_new)


def _came_in(kind: str, key: str, record: Record) -> float:
    """When a response came in, in seconds since the epoch; 0 for all else, which is as it is.

    ValueError for one that is none, or another URL's.
    """
    if kind != RESPONSES:
        return 0.0
    stored = from_fields(record.fields)
    responses = (*stored.variants, *stored.incomplete)
    if any(cache_key(one.url) != key for one in responses):
        raise ValueError(f"a response has the key of another URL: {key!r}")
    return max((one.response_time for one in responses), default=0.0)

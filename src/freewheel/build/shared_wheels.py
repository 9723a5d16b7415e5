"""Built wheels in the shared store: a record under the build key, with the provenance, and the wheel as its blob.

    kind "wheel", partition <project>, key <build key>
    fields: filename, size (bytes), origin (a URL), build (build.json)        blobs: the wheel's SHA-256

Nothing there is believed: not that a record is of this key, nor that the bytes are those, nor that the wheel is one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec
from msgspec import Struct

from freewheel.build import inspection
from freewheel.build.build_record import BuildRecord, read_record
from freewheel.build.elsewhere import SharedWheel
from freewheel.build.inspection import SoundWheel
from freewheel.build.key import BuildInputs, build_key, name_of
from freewheel.build.sharing import Sharing
from freewheel.errors import InvalidWheel
from freewheel.index.metadata import unpacking_errors
from freewheel.model import direct_url
from freewheel.model.artifact import Artifact
from freewheel.model.digest import Digest
from freewheel.store.protocol import ABSENT, Miss
from freewheel.store.record import Record, Value
from freewheel.store.shared import Address, Sources

KIND: Final = "wheel"

_LEAST: Final = 10.0
"""Seconds that a wheel may take to come, however fast it was built: an environment for the build takes some too."""

_MOST: Final = 600.0
"""Seconds that it may take, whatever its record says of the build."""


class SharedRecords(Protocol):
    """The shared store."""

    @property
    def url(self) -> str:
        """What a person calls it."""

    def expect(self, addresses: Iterable[Address]) -> None:
        """Begin to ask for records; returns at once."""

    def record(self, address: Address) -> Record | Miss:
        """A record."""

    def blob(self, digest: Digest, *, within: float) -> BinaryIO | Miss:
        """Bytes, checked, within so many seconds."""

    def offer(self, address: Address, record: Record, blobs: Sources, *, replaces: bool = False) -> None:
        """Begin to keep a record with its blobs; returns at once."""


class Stated(Struct, frozen=True, kw_only=True):
    """What a record of a wheel says; `origin` is the URL of its source."""

    digest: Digest
    record: BuildRecord
    origin: str


class WheelsInStore:
    """Wheels that several machines build for one another; safe from many threads.

    `scratch` is room for this run, by purpose. `refuses` tells what speaks against a wheel on this machine, by its
    record.
    """

    def __init__(
        self,
        *,
        store: SharedRecords,
        sharing: Sharing,
        scratch: Callable[[str], Path],
        refuses: Callable[[BuildRecord], str | None] = lambda _: None,
    ) -> None:
        self._store = store
        self._refuses = refuses
        self._misses: dict[Address, Miss] = {}
        self._sharing = sharing
        self._scratch = scratch
        self._useless: set[Address] = set()

    def expect(self, sources: Iterable[tuple[Artifact, BuildInputs]]) -> None:
        """Begin to look for the wheels of sources that will be asked for; returns at once."""
        self._store.expect(
            _address(artifact, inputs)
            for artifact, inputs in sources
            if self._sharing.obstacle(artifact, inputs) is None
        )

    def find(self, artifact: Artifact, inputs: BuildInputs) -> SharedWheel | Miss:
        """The wheel of a source, or why none came."""
        obstacle = self._sharing.obstacle(artifact, inputs)
        if obstacle is not None:
            return Miss(reason=f"it is not shared: {obstacle}")
        address = _address(artifact, inputs)
        known = self._misses.get(address)
        if known is not None:
            return known
        found = self._store.record(address)
        wheel = found if isinstance(found, Miss) else self._fetched(artifact, inputs, found)
        if not isinstance(wheel, Miss):
            return wheel
        if wheel.is_damage:
            self._useless.add(address)
        is_there = wheel.is_damage or not isinstance(found, Miss)
        reason = f"the shared wheel is not used: {wheel.reason}" if is_there else wheel.reason
        return self._misses.setdefault(address, Miss(reason=reason))

    def offer(
        self, artifact: Artifact, inputs: BuildInputs, wheel: SoundWheel, record: BuildRecord, *, replaces: bool
    ) -> None:
        """Give a wheel that was built here to the others, if they may have it; returns at once."""
        if self._sharing.obstacle(artifact, inputs) is not None:
            return
        address, path = _address(artifact, inputs), wheel.path
        self._store.offer(
            address,
            to_record(record, origin=direct_url.reference(direct_url.of_source(artifact, inputs.digest))),
            {wheel.digest: lambda: path.open("rb")},
            replaces=replaces or address in self._useless,
        )

    def _fetched(self, artifact: Artifact, inputs: BuildInputs, found: Record) -> SharedWheel | Miss:
        stated = from_record(found)
        if isinstance(stated, Miss):
            return stated
        if name_of(stated.record.key) != build_key(inputs):
            return Miss(reason="it says that it was built under other conditions", is_damage=True)
        faults = inspection.name_faults(
            stated.record.wheel.filename, project=artifact.project, version=artifact.version, target=inputs.target
        )
        if faults:
            return Miss(reason="; ".join(faults), is_damage=True)
        refusal = self._refuses(stated.record)
        if refusal is not None:
            return Miss(reason=refusal, is_damage=True)
        stream = self._store.blob(stated.digest, within=min(_MOST, max(_LEAST, 2 * stated.record.seconds)))
        if isinstance(stream, Miss):
            # What promises bytes that are not there keeps others from giving them; what did not come may come later.
            return Miss(reason=stream.reason, is_damage=stream.is_damage or stream == ABSENT)
        path = self._scratch("shared") / stated.record.wheel.filename
        try:
            with stream, path.open("xb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
            wheel = inspection.checked(path, project=artifact.project, version=artifact.version, target=inputs.target)
            if wheel.size != stated.record.wheel.size:
                return Miss(reason="it has another size than its record says", is_damage=True)
        except InvalidWheel as error:
            return Miss(reason="; ".join(error.problems), is_damage=True)
        except unpacking_errors() as error:
            return Miss(reason=f"it cannot be read: {error}", is_damage=True)
        except OSError as error:
            return Miss(reason=f"there is no room for it: {error.strerror or error}")
        record = msgspec.structs.replace(stated.record, shared_from=self._store.url)
        return SharedWheel(wheel=wheel, record=record)


def to_record(record: BuildRecord, *, origin: str) -> Record:
    """What is kept of a wheel."""
    build = json.dumps(msgspec.to_builtins(record), indent=1, sort_keys=True).encode()
    wheel = record.wheel
    fields: Mapping[str, Value] = {"filename": wheel.filename, "size": wheel.size, "origin": origin, "build": build}
    return Record(fields=fields, blobs=(Digest(algorithm="sha256", value=wheel.sha256),))


def from_record(found: Record) -> Stated | Miss:
    """What a record says, if it is one of a wheel and does not contradict itself."""
    fields, build = found.fields, found.fields.get("build")
    record = read_record(build) if isinstance(build, bytes) else None
    if record is None or len(found.blobs) != 1:
        return Miss(reason="its record cannot be read", is_damage=True)
    wheel, digest = record.wheel, found.blobs[0]
    if (fields.get("filename"), fields.get("size"), digest.value) != (wheel.filename, wheel.size, wheel.sha256):
        return Miss(reason="its record contradicts itself", is_damage=True)
    if Path(wheel.filename).name != wheel.filename or "\\" in wheel.filename or not wheel.filename.isprintable():
        return Miss(reason="its file name is none", is_damage=True)
    origin = fields.get("origin")
    return Stated(digest=digest, record=record, origin=origin if isinstance(origin, str) else "")


def _address(artifact: Artifact, inputs: BuildInputs) -> Address:
    return KIND, artifact.project, build_key(inputs)

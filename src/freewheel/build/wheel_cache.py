"""Built wheels by build key: what may be reused, and what may be kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from packaging.direct_url import DirectUrl
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import Version

from freewheel.build import inspection
from freewheel.build.build_record import BuildRecord, WheelRecord, fault_of_origin, read_record, source_of
from freewheel.build.elsewhere import OtherWheel, OtherWheels, SharedWheel, SharedWheels
from freewheel.build.inspection import SoundWheel
from freewheel.build.key import (
    BuildInputs,
    CommitSource,
    Conditions,
    FolderSource,
    Source,
    build_key,
    described,
    differences,
)
from freewheel.build.preparation import FreshWheel
from freewheel.build.toolchain import newly_compilable
from freewheel.errors import StoreError
from freewheel.model import direct_url
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName
from freewheel.model.digest import Digest
from freewheel.store.protocol import BuiltWheel, BuiltWheels, Miss

_KINDS: Mapping[type[Source], ArtifactKind] = {
    Digest: ArtifactKind.SDIST,
    CommitSource: ArtifactKind.REPOSITORY,
    FolderSource: ArtifactKind.DIRECTORY,
}
_UNREADABLE = "its build.json cannot be read"


class CachedWheel(Struct, frozen=True, kw_only=True):
    """A stored wheel whose name and digest have been checked; `size` in bytes, `seconds` what its build took.

    `came_from` tells from where one was just taken over: pip's cache or the shared one; empty for others.
    """

    path: Path
    digest: Digest
    size: int
    seconds: float
    came_from: Literal["", "pip", "shared"] = ""


class Explanation(Struct, frozen=True, kw_only=True):
    """A wheel in the cache: where its source came from, how it was built, and what keeps it from being reused now.

    `version` is None where its file name is no wheel's, `record` where that cannot be read. Without `obstacles` it
    would be reused.
    """

    path: Path
    version: Version | None
    origin: str
    record: BuildRecord | None
    obstacles: tuple[str, ...] = ()


class WheelCache(Struct, frozen=True, kw_only=True):
    """Reads and fills the store of built wheels. `clock` is in seconds since the epoch, `program_version` ours.

    `compilers` tells those that builds find now, by language. What is not here is taken over from what others
    `shared`, or from the `other` program's cache; what is built here is offered to those who share.
    """

    wheels: BuiltWheels
    clock: Callable[[], float]
    program_version: str
    compilers: Callable[[Sequence[str]], Mapping[str, str]]
    shared: SharedWheels | None = None
    other: OtherWheels | None = None

    def expect(self, sources: Iterable[tuple[Artifact, BuildInputs]]) -> None:
        """Begin to look elsewhere for what is not here and will be asked for; returns at once."""
        if self.shared is not None:
            self.shared.expect(
                (artifact, inputs)
                for artifact, inputs in sources
                if isinstance(self.wheels.get(artifact.project, build_key(inputs)), Miss)
            )

    def get(self, artifact: Artifact, inputs: BuildInputs) -> CachedWheel | Miss:
        """The wheel of this key, if it is that of this artifact, fits the target, and is unchanged since it was kept.

        Reads the whole wheel: its digest is needed to link it, and whoever links shall not find it damaged half way.
        """
        kept = self.wheels.get(artifact.project, build_key(inputs))
        if isinstance(kept, Miss):
            found = kept if kept.is_damage else Miss(reason=self._reason(kept, artifact, inputs))
            return self._from_elsewhere(artifact, inputs, found)
        fitting = self._fit(kept, artifact, inputs)
        # One that is here and whole, and does not count, is one that must be built anew.
        if isinstance(fitting, Miss) and fitting.is_damage:
            return self._from_elsewhere(artifact, inputs, fitting)
        return fitting

    def get_near(self, artifact: Artifact, inputs: BuildInputs) -> CachedWheel | Miss:
        """As `get`, without a look elsewhere."""
        kept = self.wheels.get(artifact.project, build_key(inputs))
        return kept if isinstance(kept, Miss) else self._fit(kept, artifact, inputs)

    def _from_elsewhere(self, artifact: Artifact, inputs: BuildInputs, miss: Miss) -> CachedWheel | Miss:
        """What another cache has instead of what is missing here, kept here from now on."""
        shared = None if self.shared is None else self.shared.find(artifact, inputs)
        taken = self._shared(artifact, inputs, shared) if isinstance(shared, SharedWheel) else shared
        if isinstance(taken, CachedWheel):
            return taken
        if taken is not None:
            miss = Miss(reason=f"{miss.reason}; {taken.reason}", is_damage=miss.is_damage)
        found = None if self.other is None else self.other.find(artifact, inputs)
        if found is None:
            return miss
        adopted = found if isinstance(found, Miss) else self._adopted(artifact, inputs, found)
        if isinstance(adopted, Miss):
            reason = f"{miss.reason}; the wheel in pip's cache is not used: {adopted.reason}"
            return Miss(reason=reason, is_damage=miss.is_damage)
        return adopted

    def _shared(self, artifact: Artifact, inputs: BuildInputs, found: SharedWheel) -> CachedWheel | Miss:
        log = b"Another machine built this wheel. The log stayed there.\n"
        try:
            return self._taken_over(artifact, inputs, found.wheel, found.record, log=log, came_from="shared")
        except StoreError:  # for this run it is good all the same
            wheel, seconds = found.wheel, found.record.seconds
            return CachedWheel(
                path=wheel.path, digest=wheel.digest, size=wheel.size, seconds=seconds, came_from="shared"
            )

    def _adopted(self, artifact: Artifact, inputs: BuildInputs, found: OtherWheel) -> CachedWheel | Miss:
        record = BuildRecord(
            key=dict(described(inputs)),
            wheel=_wheel_record(found.wheel),
            backend=found.backend,
            build_requirements=[],
            seconds=0.0,
            built_at=_moment(found.built_at),
            freewheel=self.program_version,
            is_compiled=found.wheel.is_compiled,
            adopted_from=found.place,
        )
        log = f"pip built this wheel, and kept it in {found.place}. Nobody has the log.\n".encode()
        try:
            return self._taken_over(artifact, inputs, found.wheel, record, log=log, came_from="pip")
        except StoreError as error:
            return Miss(reason=f"it cannot be kept here: {error.reason}")

    def _taken_over(
        self,
        artifact: Artifact,
        inputs: BuildInputs,
        wheel: SoundWheel,
        record: BuildRecord,
        *,
        log: bytes,
        came_from: Literal["pip", "shared"],
    ) -> CachedWheel | Miss:
        """A wheel from elsewhere, kept here if it counts here; raises StoreError."""
        kept = self._keep(artifact, inputs, wheel, record, log=log)
        fitting = self._fit(kept, artifact, inputs)
        if isinstance(fitting, Miss):  # such as one that was replaced after it was looked at
            self.wheels.remove(artifact.project, build_key(inputs))
            return fitting
        return replace(fitting, came_from=came_from)

    def explanations(
        self, project: NormalizedName, conditions: Conditions, *, folder_now: Callable[[str], FolderSource | Miss]
    ) -> Iterator[Explanation]:
        """Each wheel that is kept of a project, and whether a build under these conditions would be spared.

        `folder_now` tells what the source folder at a URL is by now.
        """
        for kept in self.wheels.scan(project):
            record = read_record(kept.build)
            origin = direct_url.parse(kept.origin)
            version = _version(kept.path)
            yield Explanation(
                path=kept.path,
                version=version,
                origin="an unknown source" if origin is None else direct_url.reference(origin),
                record=record,
                obstacles=(
                    *_changes_of_folder(record, origin, folder_now),
                    *self._obstacles(kept, record, project, version, conditions),
                ),
            )

    def _obstacles(
        self,
        kept: BuiltWheel,
        record: BuildRecord | None,
        project: NormalizedName,
        version: Version | None,
        conditions: Conditions,
    ) -> tuple[str, ...]:
        """What speaks against reusing a wheel for its own source."""
        if record is None:
            return (_UNREADABLE,)
        source = source_of(record.key)
        if source is None or version is None:
            return ("its build.json names no source" if source is None else "its file name is no wheel's",)
        artifact = Artifact(
            kind=_KINDS[type(source[0])],
            project=project,
            version=version,
            filename=kept.path.name,
            url="",
            subdirectory=source[1],
        )
        inputs = conditions.inputs(artifact, source[0])
        changed = tuple(map(str, differences(record.key, described(inputs))))
        if changed:
            return changed
        found = self._fit(kept, artifact, inputs)
        return (found.reason,) if isinstance(found, Miss) else ()

    def _fit(self, kept: BuiltWheel, artifact: Artifact, inputs: BuildInputs) -> CachedWheel | Miss:
        """A stored wheel of the right key, if nothing else speaks against it."""
        record = read_record(kept.build)
        if record is None:
            return Miss(reason=_UNREADABLE, is_damage=True)
        fault = fault_of_origin(kept.origin, inputs.digest)
        if fault is not None:
            return Miss(reason=fault, is_damage=True)
        faults = inspection.name_faults(
            kept.path.name, project=artifact.project, version=artifact.version, target=inputs.target
        )
        if faults:
            return Miss(reason=f"the stored wheel {kept.path.name} is another: {'; '.join(faults)}", is_damage=True)
        changed = toolchain_fault(record, self.compilers)
        return Miss(reason=changed) if changed is not None else _unchanged(kept.path, record)

    def put(
        self,
        artifact: Artifact,
        inputs: BuildInputs,
        wheel: SoundWheel,
        fresh: FreshWheel,
        *,
        is_rebuilt: bool = False,
    ) -> Path:
        """Keep a wheel with its provenance; the folder that it lies in. Raises StoreError.

        It is offered to those who share, whether it can be kept here or not; one that `is_rebuilt` takes the place
        of the one that they have.
        """
        record = BuildRecord(
            key=dict(described(inputs)),
            wheel=_wheel_record(wheel),
            backend=fresh.backend,
            build_requirements=list(fresh.build_requirements),
            seconds=round(fresh.seconds, 3),
            built_at=_moment(self.clock()),
            freewheel=self.program_version,
            is_compiled=wheel.is_compiled,
            languages=list(fresh.languages),
            toolchain=dict(self.compilers(fresh.languages)),
        )
        if self.shared is not None:
            self.shared.offer(artifact, inputs, wheel, record, replaces=is_rebuilt)
        return self._keep(artifact, inputs, wheel, record, log=fresh.log).path.parent

    def _keep(
        self, artifact: Artifact, inputs: BuildInputs, wheel: SoundWheel, record: BuildRecord, *, log: bytes
    ) -> BuiltWheel:
        return self.wheels.put(
            artifact.project,
            build_key(inputs),
            wheel.path,
            # With the digest that is in the key, whatever was stated.
            origin=direct_url.as_text(direct_url.of_source(artifact, inputs.digest)).encode(),
            build=json.dumps(msgspec.to_builtins(record), indent=1, sort_keys=True).encode(),
            log=log,
        )

    def _reason(self, miss: Miss, artifact: Artifact, inputs: BuildInputs) -> str:
        """Why a key has no wheel: what is different from the wheels that the same source has, if it has any."""
        if isinstance(inputs.source, FolderSource):
            return "no wheel is kept of what the folder holds now"
        new = described(inputs)
        nearest: tuple[str, ...] | None = None
        for kept in self.wheels.scan(artifact.project):
            record = read_record(kept.build)
            if record is None or record.key.get("source") != new["source"]:
                continue
            found = tuple(map(str, differences(record.key, new)))
            if found and (nearest is None or len(found) < len(nearest)):
                nearest = found
        return miss.reason if nearest is None else f"it was built under other conditions ({'; '.join(nearest)})"


def _changes_of_folder(
    record: BuildRecord | None, origin: DirectUrl | None, folder_now: Callable[[str], FolderSource | Miss]
) -> Iterator[str]:
    """Why a folder would not give the wheel that came from it: other sources are what they are."""
    source = None if record is None else source_of(record.key)
    if source is None or origin is None or not isinstance(source[0], FolderSource):
        return
    found = folder_now(origin.url)
    if isinstance(found, Miss):
        yield found.reason
    elif found != source[0]:
        yield "its folder has another content now"


def _wheel_record(wheel: SoundWheel) -> WheelRecord:
    return WheelRecord(filename=wheel.path.name, sha256=wheel.digest.value, size=wheel.size)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def toolchain_fault(record: BuildRecord, compilers: Callable[[Sequence[str]], Mapping[str, str]]) -> str | None:
    """Why a build might give another wheel, though nothing in the key has changed."""
    if record.is_compiled or not record.languages:
        return None  # no compiler is asked for what it could not change
    return newly_compilable(record.languages, record.toolchain, compilers(record.languages))


def _version(path: Path) -> Version | None:
    try:
        return parse_wheel_filename(path.name)[1]
    except InvalidWheelFilename:
        return None


def _unchanged(path: Path, record: BuildRecord) -> CachedWheel | Miss:
    stated = record.wheel
    try:
        size = path.stat().st_size
        is_same = (path.name, size) == (stated.filename, stated.size)
        digest = inspection.file_digest(path) if is_same else None
    except OSError as error:
        return Miss(reason=f"the stored wheel cannot be read: {error.strerror}")
    if digest is None or digest.value != stated.sha256:
        return Miss(reason="the stored wheel is damaged", is_damage=True)
    return CachedWheel(path=path, digest=digest, size=size, seconds=record.seconds)

"""The core metadata of sources, asked of a backend only where nothing else tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace
from packaging.version import InvalidVersion, Version

from freewheel.build import inspection, sdist, static_metadata
from freewheel.build.builder import REBUILD, Builder
from freewheel.build.key import build_key
from freewheel.build.lineage import OncePerSource
from freewheel.build.preparation import PreparedSources, local_folder
from freewheel.build.protocol import WheelMetadataSource
from freewheel.build.sharing import Sharing
from freewheel.errors import BackendUnusable, CacheDiffers, InconsistentMetadata, InvalidWheel, StoreError
from freewheel.events import FileReused, Healed, Missed, Noted, Reporter, Reused
from freewheel.index import metadata_record
from freewheel.model import core_metadata
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata, NormalizedName, normalize
from freewheel.model.digest import identity
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record

if TYPE_CHECKING:
    from freewheel.store.shared import Address

KIND = "metadata"
"""The kind of the entries that keep metadata.

Keys of sources are a build key after `build:`, and after `text:` where the whole file is kept. Whose source it is
that somebody names by path or URL alone is kept after `name:`, in the partition of no project: all the rest is found
from there, in the project's own.
"""

_NO_PROJECT = "_"


class ArtifactMetadata:
    """Core metadata of any artifact: wheels from `wheels`, sources from `sources`."""

    def __init__(self, *, wheels: WheelMetadataSource, sources: SourceMetadata) -> None:
        self._wheels = wheels
        self._sources = sources

    def expect(self, artifacts: Iterable[Artifact]) -> None:
        """Begin to look on other machines for what they know of sources; returns at once."""
        self._sources.expect(artifacts)

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        """The metadata; raises NetworkError, ArtifactError, BuildError, TargetError."""
        if artifact.kind is ArtifactKind.WHEEL:
            return self._wheels.metadata(artifact)
        return self._sources.metadata(artifact)

    def is_unconfirmed(self, artifact: Artifact) -> bool:
        """Whether it was read of parts of a wheel that are still to be held against the whole."""
        return artifact.kind is ArtifactKind.WHEEL and self._wheels.is_unconfirmed(artifact)

    def may_be_kept(self, artifact: Artifact) -> bool:
        """Whether it may outlast the run; of sources it is kept with the build key."""
        return artifact.kind is not ArtifactKind.WHEEL or self._wheels.may_be_kept(artifact)

    def text(self, artifact: Artifact) -> bytes:
        """The METADATA file, whole, which takes longer; raises as `metadata`."""
        return self._wheels.text(artifact) if artifact.kind is ArtifactKind.WHEEL else self._sources.text(artifact)


class SharedEntries(Struct, frozen=True, kw_only=True):
    """Entries that several machines have, and what may be among them; `expect` begins to ask for some."""

    entries: Entries
    sharing: Sharing
    expect: Callable[[Iterable[Address]], None]


class SourceMetadata:
    """Core metadata of sdists, commits and source folders. Safe from many threads.

    An artifact whose project is not known yet has an empty one; what it turns out to be is then not compared. Where
    `takes_wheels` is false nobody wants the wheels of sources, and so nothing is said of those in the cache. With
    `verifies` what is kept is found out again, and compared. `shared` are the entries, with those of other machines
    behind them, of what may be shared.
    """

    def __init__(
        self,
        *,
        sources: PreparedSources,
        builder: Builder,
        entries: Entries,
        reporter: Reporter,
        takes_wheels: bool = True,
        verifies: bool = False,
        shared: SharedEntries | None = None,
    ) -> None:
        self._shared = shared
        self._verifies = verifies
        self._takes_wheels = takes_wheels
        self._sources = sources
        self._builder = builder
        self._entries = entries
        self._reporter = reporter
        self._known: OncePerSource[CoreMetadata] = OncePerSource()

    def expect(self, artifacts: Iterable[Artifact]) -> None:
        """Begin to look on other machines for what they know of sdists; returns at once, and fetches nothing.

        Also for their wheels: one is asked for where there is no metadata, and of what is chosen in any case.
        """
        if self._shared is not None:
            sources = list(artifacts)
            self._shared.expect(self._addresses(sources, self._shared.sharing))
            self._builder.expect(sources)

    def _addresses(self, artifacts: Iterable[Artifact], sharing: Sharing) -> Iterator[Address]:
        for artifact in artifacts:
            is_told = artifact.kind is ArtifactKind.SDIST and identity(artifact.digests) is not None
            if is_told:
                inputs = self._sources.inputs(artifact)
                if sharing.obstacle(artifact, inputs) is None:
                    yield KIND, artifact.project, _key(build_key(inputs))

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        """The metadata, kept across runs where the source is the same in these; memory-fast in a run.

        Of an sdist with a stated SHA-256 digest nothing is fetched where its wheel, or this, is in the cache. Raises
        NetworkError, ArtifactError (InconsistentMetadata where it is another project or version than the file's name
        says), CacheDiffers, BuildError, RepositoryError, TargetError.
        """
        of_source = self._of_fixed if self._sources.fleeting(artifact) is None else self._anew
        metadata = self._known.get(artifact, lambda: of_source(artifact))
        if artifact.project:
            _compare(artifact, metadata)
        return metadata

    def text(self, artifact: Artifact) -> bytes:
        """The METADATA file, whole: that of the wheel where it is in the cache, else as the backend prepares it.

        What an sdist's own PKG-INFO says is not enough: a backend may add to it. Kept as `metadata` is, and raises as
        that does.
        """
        if self._sources.fleeting(artifact) is not None:
            return self._text_by_backend(artifact)
        wheel = self._builder.cached(artifact)
        if not isinstance(wheel, Miss):
            with suppress(InvalidWheel):  # somebody emptied the cache meanwhile
                return inspection.read_metadata_text(wheel.path, project=artifact.project)
        key = f"text:{build_key(self._sources.inputs(artifact))}"
        entries = self._entries_of(artifact)
        kept = self._kept(entries, artifact, artifact.project, key)
        text = None if isinstance(kept, Miss) else kept.fields.get("text")
        if not isinstance(text, bytes):
            text = self._text_by_backend(artifact)
            if self._sources.doubt(artifact) is not None:
                return text
            self._make_way(entries, artifact.project, key, kept)
            self._keep(entries, artifact.project, key, Record(fields={"text": text}), of=artifact.filename)
        return text

    def _anew(self, artifact: Artifact) -> CoreMetadata:
        if artifact.is_editable:  # whose needs may be others (PEP 660)
            return self._by_backend(artifact)
        return _stated_in(local_folder(artifact)) or self._by_backend(artifact)

    def _of_fixed(self, artifact: Artifact) -> CoreMetadata:
        of_wheel = self._of_stored_wheel(artifact) if artifact.project else None
        if of_wheel is not None:
            return of_wheel
        entries = self._entries_of(artifact)
        source = build_key(self._sources.inputs(artifact))
        key = _key(source)
        project = artifact.project or self._noted_project(source)
        kept = project if isinstance(project, Miss) else _read(self._kept(entries, artifact, project, key), artifact)
        if not isinstance(kept, Miss):
            if self._verifies:
                self._verify(artifact, kept)
            if not artifact.is_direct:
                self._reporter.emit(FileReused(filename=f"{artifact.filename}.metadata", size=None))
            self._reporter.emit(Reused(kind="metadata", subject=artifact.filename))
            return kept
        metadata = self._by_shared_wheel(artifact) or self._stated(artifact) or self._by_backend(artifact)
        happened = Healed if kept.is_damage else Missed
        self._reporter.emit(happened(kind="metadata", subject=artifact.filename, reason=kept.reason))
        if self._sources.doubt(artifact, metadata) is not None:
            return metadata
        project = artifact.project or normalize(metadata.name)
        self._make_way(entries, project, key, kept)
        self._keep(entries, project, key, metadata_record.to_record(metadata), of=metadata.name)
        if not artifact.project:
            record = Record(fields={"project": project})
            self._keep(self._entries, _NO_PROJECT, f"name:{source}", record, of=metadata.name)
        return metadata

    def _entries_of(self, artifact: Artifact) -> Entries:
        """Where an artifact's metadata is kept."""
        shared = self._shared
        if shared is None or shared.sharing.obstacle(artifact, self._sources.inputs(artifact)) is not None:
            return self._entries
        return shared.entries

    def _by_shared_wheel(self, artifact: Artifact) -> CoreMetadata | None:
        """What the wheel says that another machine has built, if one has."""
        return self._of_stored_wheel(artifact, near_only=False) if artifact.project and self._shared else None

    def _verify(self, artifact: Artifact, kept: CoreMetadata) -> None:
        found = metadata_record.differences(kept, self._stated(artifact) or self._by_backend(artifact))
        if found:
            where = "the metadata that is kept of it"
            raise CacheDiffers(subject=artifact.filename, kept=where, differences=found)

    def _noted_project(self, source: str) -> NormalizedName | Miss:
        """Which project a source turned out to be of in an earlier run."""
        found = self._entries.get(KIND, _NO_PROJECT, f"name:{source}")
        if isinstance(found, Miss):
            return found
        name = found.fields.get("project")
        if not isinstance(name, str) or not name:
            return Miss(reason="the record of its project's name is damaged", is_damage=True)
        return normalize(name)

    def _of_stored_wheel(self, artifact: Artifact, *, near_only: bool | None = None) -> CoreMetadata | None:
        """What a wheel says that was built of it; where wheels are shared, metadata is asked for before those."""
        is_near = self._shared is not None if near_only is None else near_only
        wheel = self._builder.cached(artifact, near_only=is_near)
        if isinstance(wheel, Miss):
            return None
        if self._verifies:
            self._builder.wheel(artifact)  # which compares
        try:
            metadata = inspection.read_metadata(wheel.path, project=artifact.project)
        except InvalidWheel:  # somebody emptied the cache meanwhile
            return None
        if self._takes_wheels:
            self._reporter.emit(FileReused(filename=wheel.path.name, size=None))
        self._reporter.emit(Reused(kind="metadata", subject=artifact.filename))
        return metadata

    def _kept(self, entries: Entries, artifact: Artifact, project: NormalizedName, key: str) -> Record | Miss:
        if self._sources.is_rebuilt(replace(artifact, project=project)):
            return Miss(reason=REBUILD)
        return entries.get(KIND, project, key)

    def _make_way(self, entries: Entries, partition: str, key: str, kept: Record | Miss) -> None:
        """Forget what did not count, so that those who share get the new one as well."""
        if not isinstance(kept, Miss) or kept.is_damage or kept.reason == REBUILD:
            entries.remove(KIND, partition, key)

    def _keep(self, entries: Entries, partition: str, key: str, record: Record, *, of: str) -> None:
        try:
            entries.put(KIND, partition, key, record)
        except StoreError as error:
            self._reporter.emit(Noted(message=f"The metadata of {of} is not kept: {error.reason}"))

    def _stated(self, artifact: Artifact) -> CoreMetadata | None:
        if artifact.kind in (ArtifactKind.REPOSITORY, ArtifactKind.DIRECTORY):
            return _stated_in(self._sources.prepared(artifact).root)
        with self._sources.fetch(artifact).open() as stream:
            data = sdist.pkg_info(stream, filename=artifact.filename, subdirectory=artifact.subdirectory)
        return None if data is None else static_metadata.from_pkg_info(data)

    def _by_backend(self, artifact: Artifact) -> CoreMetadata:
        text = self._text_by_backend(artifact)
        with _reading(artifact):
            metadata = core_metadata.parse(text)
            Version(metadata.version)
        return metadata

    def _text_by_backend(self, artifact: Artifact) -> bytes:
        prepared = self._sources.prepared(artifact).metadata_folder()
        if prepared is None:
            return inspection.read_metadata_text(self._builder.wheel(artifact).path, project=artifact.project)
        with _reading(artifact):
            return (prepared / "METADATA").read_bytes()


def _key(source: str) -> str:
    """The key of what is kept of a source, by its build key."""
    return f"build:{source}"


def _stated_in(folder: Path) -> CoreMetadata | None:
    try:
        return static_metadata.from_pyproject((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


@contextmanager
def _reading(artifact: Artifact) -> Iterator[None]:
    """What a backend prepared may be missing, or make no sense."""
    try:
        yield
    except (OSError, ValueError) as error:
        reason = f"the metadata that its backend prepared cannot be read: {error}"
        raise BackendUnusable(project=artifact.project or artifact.filename, reason=reason) from error


def _read(found: Record | Miss, artifact: Artifact) -> CoreMetadata | Miss:
    """What an entry says, if it is one of this artifact."""
    if isinstance(found, Miss):
        return found
    try:
        metadata = metadata_record.from_record(found)
        if artifact.project:
            _compare(artifact, metadata)
    except ValueError as error:
        return Miss(reason=f"its entry cannot be read: {error}", is_damage=True)
    except InconsistentMetadata as error:
        return Miss(reason=f"its entry is of another release ({error.field}: {error.found})", is_damage=True)
    return metadata


def _compare(artifact: Artifact, metadata: CoreMetadata) -> None:
    if normalize(metadata.name) != artifact.project:
        raise InconsistentMetadata(
            subject=artifact.filename, field="name", expected=artifact.project, found=metadata.name
        )
    try:
        is_same = Version(metadata.version) == artifact.version
    except InvalidVersion:
        is_same = False
    if artifact.kind is ArtifactKind.SDIST and not is_same:
        raise InconsistentMetadata(
            subject=artifact.filename, field="version", expected=str(artifact.version), found=metadata.version
        )

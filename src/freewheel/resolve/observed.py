"""The sources of a resolution, watched: what it looks at is what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from freewheel.events import Event, Reporter
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata, NormalizedName, Place
from freewheel.model.requirement import Requirement, SourceRequirement
from freewheel.resolve import memo
from freewheel.resolve.candidates import Assessment, Usable
from freewheel.resolve.memo import FileSeen, InstalledSeen, Said
from freewheel.resolve.protocol import DirectSource, Installed, MetadataSource
from freewheel.resolve.universe import Sources


class Observations(Struct, kw_only=True):
    """What one resolution looked at. `state_of` tells of a file on this machine whether it is still the same.

    `is_fleeting` tells that something was looked at which nothing but another look tells of.
    """

    state_of: Callable[[str], str | None]
    usable: dict[NormalizedName, tuple[Usable, ...]] = field(default_factory=dict)
    files: dict[str, FileSeen] = field(default_factory=dict)
    unconfirmed: dict[Place, Artifact] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    is_fleeting: bool = False

    def note_assessment(self, project: NormalizedName, found: Assessment) -> None:
        """Note what there was to choose from of a project."""
        self.usable[project] = found.usable

    def state_before(self, artifact: Artifact) -> str | None:
        """What tells later whether an archive of this machine is still the one that is about to be read."""
        is_file = artifact.kind in (ArtifactKind.WHEEL, ArtifactKind.SDIST)
        is_alone = artifact.metadata_digests is None  # else it is not the archive that is read
        if not is_file or not is_alone or _is_identified(artifact) or not urls.is_local(artifact.url):
            return None
        return self.state_of(artifact.url)

    def note_artifact(self, artifact: Artifact, *, state: str | None, may_be_kept: bool) -> None:
        """Note an artifact whose metadata was read; `state` is what it was before."""
        is_file = artifact.kind in (ArtifactKind.WHEEL, ArtifactKind.SDIST)
        if state is not None:
            self.files[artifact.url] = FileSeen(url=artifact.url, state=state)
        elif not (is_file and _is_identified(artifact) and may_be_kept):
            self.is_fleeting = True


def _is_identified(artifact: Artifact) -> bool:
    return any(digest.is_strong for digest in artifact.digests)


def observed(sources: Sources, seen: Observations) -> Sources:
    """The same sources, with what is asked of them noted; what they offer is noted once it is assessed."""
    return Sources(
        artifacts=sources.artifacts,
        metadata=_Metadata(inner=sources.metadata, seen=seen),
        direct=_Direct(inner=sources.direct, seen=seen),
    )


class ObservedReporter(Struct, frozen=True, kw_only=True):
    """Hands events on, and keeps those that are to be told again."""

    inner: Reporter
    seen: Observations

    def emit(self, event: Event) -> None:
        """Hand an event on."""
        self.inner.emit(event)
        if (said := memo.said(event)) is not None:
            self.seen.said.append(said)


class ObservedInstalled(Mapping[NormalizedName, Installed]):
    """What an environment has, with what was looked for in it."""

    def __init__(self, inner: Mapping[NormalizedName, Installed]) -> None:
        self._inner = inner
        self._found: dict[NormalizedName, InstalledSeen] = {}

    @property
    def seen(self) -> tuple[InstalledSeen, ...]:
        """Everything that was looked for."""
        return tuple(self._found.values())

    def __getitem__(self, project: NormalizedName) -> Installed:
        found = self._inner.get(project)
        if project not in self._found:
            self._found[project] = InstalledSeen(project=project, found=memo.identity_of(found))
        if found is None:
            raise KeyError(project)
        return _with_metadata_noted(found, self._note)

    def __iter__(self) -> Iterator[NormalizedName]:
        for project in self._inner:
            self.get(project)
            yield project

    def __len__(self) -> int:
        return len(self._inner)

    def _note(self, project: NormalizedName, metadata: CoreMetadata) -> None:
        self._found[project] = replace(self._found[project], metadata=memo.digest_of_metadata(metadata))


def _with_metadata_noted(installed: Installed, note: Callable[[NormalizedName, CoreMetadata], None]) -> Installed:
    def read() -> CoreMetadata:
        metadata = installed.read_metadata()
        note(installed.project, metadata)
        return metadata

    return Installed(
        project=installed.project,
        name=installed.name,
        version=installed.version,
        location=installed.location,
        read_metadata=read,
        is_editable=installed.is_editable,
        source=installed.source,
    )


class _Metadata(Struct, frozen=True, kw_only=True):
    inner: MetadataSource
    seen: Observations

    def expect(self, artifacts: Iterable[Artifact]) -> None:
        self.inner.expect(artifacts)

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        state = self.seen.state_before(artifact)
        found = self.inner.metadata(artifact)
        self.seen.note_artifact(artifact, state=state, may_be_kept=self.inner.may_be_kept(artifact))
        if self.inner.is_unconfirmed(artifact):
            self.seen.unconfirmed[artifact.place] = artifact
        return found

    def is_unconfirmed(self, artifact: Artifact) -> bool:
        return self.inner.is_unconfirmed(artifact)

    def may_be_kept(self, artifact: Artifact) -> bool:
        return self.inner.may_be_kept(artifact)


class _Direct(Struct, frozen=True, kw_only=True):
    inner: DirectSource
    seen: Observations

    def artifact(self, url: str, wanted: Requirement | SourceRequirement) -> Artifact:
        self.seen.is_fleeting = True
        return self.inner.artifact(url, wanted)

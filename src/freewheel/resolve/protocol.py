"""What resolving needs from others: the candidates of a project, and their metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from freewheel.model.artifact import Artifact, CoreMetadata, NormalizedName
from freewheel.model.requirement import Requirement, SourceRequirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A project that the environment has; `location` is the folder it lies in. `is_editable` tells a link (PEP 660).

    `source` is the URL that somebody named for it, with `@` and the commit for one of a repository; empty where an
    index had it.
    `read_metadata` reads its core metadata; it is called for what takes part in a resolution alone.
    """

    project: NormalizedName
    name: str
    version: str
    location: str
    read_metadata: Callable[[], CoreMetadata] = field(repr=False, compare=False)
    is_editable: bool = False
    source: str = ""

    @property
    def metadata(self) -> CoreMetadata:
        """Its core metadata."""
        return self.read_metadata()


class MetadataSource(Protocol):
    """Core metadata of artifacts."""

    def expect(self, artifacts: Iterable[Artifact]) -> None:
        """Begin to look for what `metadata` will probably be asked for; nothing is built, downloaded, or waited for.

        `artifacts` is not even read where there is nothing to begin.
        """

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        """The metadata of a wheel, sdist, commit or source folder; memory-fast when asked again in the same run.

        May read the network and run a build backend; raises NetworkError, ArtifactError, BuildError.
        """

    def is_unconfirmed(self, artifact: Artifact) -> bool:
        """Whether what `metadata` told was read of a part of the artifact that nothing has checked yet."""

    def may_be_kept(self, artifact: Artifact) -> bool:
        """Whether what `metadata` told may outlast the run, and holds while the artifact has the same digest."""


class ArtifactSource(Protocol):
    """What the indexes have."""

    def artifacts(self, project: NormalizedName) -> Sequence[Artifact]:
        """Every artifact of a project in the order of the indexes, unfiltered; empty when no index has it.

        One request for each index at most, and none when asked again in the same run; raises NetworkError,
        IndexPageError.
        """

    def prefetch(self, projects: Sequence[NormalizedName]) -> None:
        """Begin to read these projects' pages in the background; errors show when `artifacts` asks."""

    def look_again(self, project: NormalizedName) -> bool:
        """Ask about what is known of a project from earlier runs, so that `artifacts` tells what is there now.

        Whether anything was from earlier; never true again in the same run. Raises NetworkError, IndexPageError.
        """

    def consulted(self) -> tuple[str, ...]:
        """The indexes and find-links asked, as they may be shown."""


class Offers(Protocol):
    """Whether indexes offer what they offered another time; nothing is worked out that can be told without."""

    def ask_ahead(self, projects: Sequence[NormalizedName]) -> None:
        """Begin to find out in the background what `digests` will tell of these projects."""

    def digests(self, project: NormalizedName) -> tuple[str, ...] | None:
        """What tells whether `artifacts` gives the same as another time, without working that out.

        None where nothing but `ArtifactSource.artifacts` tells it; raises as that.
        """

    def may_be_kept(self, project: NormalizedName) -> bool:
        """Whether what was offered may outlast the run."""

    def has_to_be_read(self, project: NormalizedName) -> bool:
        """Whether `ArtifactSource.artifacts` said something or noted credentials, which it does anew in each run."""


class DirectSource(Protocol):
    """Files, folders and repositories that somebody named by URL."""

    def artifact(self, url: str, wanted: Requirement | SourceRequirement) -> Artifact:
        """What a URL names, with project and version found out; memory-fast when asked again in the same run.

        `wanted` is who asks for it. May download, check out, and build metadata; raises NetworkError, ArtifactError,
        BuildError, RepositoryError, RequirementError, InTheWay.
        """

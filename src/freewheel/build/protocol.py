"""What building needs from others: an environment with the build requirements in it, and the sources' bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from freewheel.model.artifact import Artifact, CoreMetadata
from freewheel.model.digest import Digest
from freewheel.model.repository import RepositoryUrl
from freewheel.model.target import Interpreter


class BuildEnvironment(Protocol):
    """Puts distributions into a new environment; joined to the resolver and installer by the wiring."""

    def provide(self, requirements: Sequence[str], interpreter: Interpreter) -> tuple[str, ...]:
        """Resolve and install `requirements` into `interpreter`'s own paths; `name==version` of all that went in.

        Raises ResolutionError, NetworkError, ArtifactError, BuildError, TargetError.
        """


class FetchedSource(Protocol):
    """An sdist that is here, for the rest of the run."""

    @property
    def digest(self) -> Digest:
        """The SHA-256 digest of its bytes."""

    def open(self) -> BinaryIO:
        """A seekable stream at its beginning, which the caller closes; any number of times."""


class SourceArchives(Protocol):
    """Sdists, from the cache, the network or a path."""

    def fetch(self, artifact: Artifact) -> FetchedSource:
        """The sdist, checked against the digests stated for it; once a run. Raises NetworkError, DigestMismatch."""


class RepositorySources(Protocol):
    """Commits of repositories, as artifacts name them. Raises RepositoryError."""

    def tags(self, reference: RepositoryUrl, commit: str) -> str:
        """A digest of the tags in a commit's history; empty without any."""

    def check_out(self, reference: RepositoryUrl, folder: Path) -> None:
        """Put what a revision is into a folder, with its submodules."""


class WheelMetadataSource(Protocol):
    """Core metadata of wheels."""

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        """The metadata of a wheel that an index or a person names; raises NetworkError, ArtifactError."""

    def is_unconfirmed(self, artifact: Artifact) -> bool:
        """Whether that was read of parts which nothing has checked yet."""

    def may_be_kept(self, artifact: Artifact) -> bool:
        """Whether that may outlast the run, and is known by a digest."""

    def text(self, artifact: Artifact) -> bytes:
        """Its METADATA file, whole; raises as `metadata`."""


class FailureLogs(Protocol):
    """Where people find the logs of builds that failed, after the run."""

    def put_failure(self, project: str, log: bytes) -> Path:
        """Keep a project's log, in place of the one before; the file. Raises StoreError."""


class Scratch(Protocol):
    """Room for this run alone, in no folder that a version control system tracks."""

    def __call__(self, purpose: str) -> Path:
        """A new, empty folder whose name begins with `purpose`; whoever owns the scratch removes it at the end.

        Raises NotWritable.
        """

"""Sources unpacked, each with its backend and an environment to run it in, for the length of a run."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from freewheel.build import sdist
from freewheel.build.backend import Backend, BuildLog
from freewheel.build.environment import HookEnvironment, HookEnvironments
from freewheel.build.hook_processes import HookProcesses
from freewheel.build.key import BuildInputs, CommitSource, Conditions, FolderSource
from freewheel.build.lineage import OncePerSource
from freewheel.build.protocol import FailureLogs, FetchedSource, RepositorySources, Scratch, SourceArchives
from freewheel.build.ties import tie_of_metadata, tie_of_wheel
from freewheel.build.toolchain import languages_in
from freewheel.errors import BackendUnusable, ProjectFolderMissing
from freewheel.events import Reporter
from freewheel.model import digest as digests
from freewheel.model import repository
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata, NormalizedName
from freewheel.model.digest import Digest
from freewheel.model.target import Target
from freewheel.store.protocol import Miss

_LOCAL: Final = "a local folder is built in every run"
_EDITABLE: Final = "an editable installation is made in every run"

_ENDS_OF_REPOSITORIES: Final = (".git", ".hg")
"""Where backends stop that look for a repository's files in the folders above: hatchling, for what is ignored there.

They are empty files, which git takes for a broken repository, not for a reason to look further up.
"""


class FreshWheel(Struct, frozen=True, kw_only=True):
    """What a build left in the scratch, not looked at yet; `seconds` is what the build hook took.

    `languages` are the compiled ones that the source has files of.
    """

    path: Path
    seconds: float
    backend: str
    build_requirements: tuple[str, ...]
    log: bytes
    languages: tuple[str, ...] = ()


class PreparedSource:
    """One source tree, ready for hooks; safe from many threads, one hook at a time.

    `root` is the project's folder, `room` a folder of this source's own for what hooks leave.
    """

    def __init__(
        self,
        *,
        root: Path,
        room: Path,
        project: str,
        backend: Backend,
        log: BuildLog,
        environments: HookEnvironments,
        clock: Callable[[], float],
    ) -> None:
        self.root = root
        self._room = room
        self._project = project
        self._backend = backend
        self._log = log
        self._environments = environments
        self._clock = clock
        self._lock = threading.RLock()
        self._environment: HookEnvironment | None = None
        self._was_asked = False
        self._metadata: Path | None = None

    def metadata_folder(self) -> Path | None:
        """The `.dist-info` folder that the backend prepares, once; None where it has no such hook.

        Raises BuildError.
        """
        with self._lock:
            if not self._was_asked:
                self._metadata = self._backend.prepare_metadata(self._runtime(), self._room / "metadata")
                self._was_asked = True
            return self._metadata

    def make_ready(self) -> None:
        """Have everything that the build hook needs; raises BuildError."""
        with self._lock:
            self._runtime()

    def build(self, name: str | None = None, *, project: NormalizedName) -> FreshWheel:
        """Build the wheel, with the metadata that was prepared before, if any was; raises BuildError.

        `name` is what a person calls the project, `project` what is known of its name by now.
        """
        with self._lock:
            self._log.project = project or self._log.project
            runtime = self._runtime()
            languages = languages_in(self.root)  # before the build adds to it
            start = self._clock()
            path = self._backend.build(runtime, self._room / "wheel", metadata=self._metadata, name=name)
            return FreshWheel(
                path=path,
                seconds=self._clock() - start,
                backend=self._backend.name,
                build_requirements=runtime.projects,
                log=self._log.content(),
                languages=languages,
            )

    def _runtime(self) -> HookEnvironment:
        if self._environment is None:
            self._environment = self._environments.for_backend(self._backend, project=self._project)
        return self._environment


class PreparedSources:
    """Fetches sources and makes them ready, each once a run; what is unpacked stays until the scratch is removed.

    Safe from many threads. Without `failures` the logs of failed builds are gone with the scratch.
    `folders` tells what a source folder is by its content; without it one is another in each run. `now` gives seconds
    since the epoch. `builds_editables` is false where even what was asked for as editable becomes an ordinary wheel.
    """

    def __init__(
        self,
        *,
        archives: SourceArchives,
        repositories: RepositorySources,
        environments: HookEnvironments,
        scratch: Scratch,
        conditions: Conditions,
        reporter: Reporter,
        clock: Callable[[], float],
        failures: FailureLogs | None = None,
        folders: Callable[[Path], Digest | Miss] | None = None,
        now: Callable[[], float] = time.time,
        builds_editables: bool = True,
    ) -> None:
        self._archives = archives
        self._repositories = repositories
        self._environments = environments
        self._scratch = scratch
        self._conditions = conditions
        self._reporter = reporter
        self._clock = clock
        self._failures = failures
        self._folders = folders
        self._now = now
        self._identities: OncePerSource[Digest | Miss] = OncePerSource()
        self._builds_editables = builds_editables
        self._prepared: OncePerSource[PreparedSource] = OncePerSource()
        self._processes = HookProcesses()

    @property
    def target(self) -> Target:
        """What wheels are built for."""
        return self._conditions.target

    @property
    def conditions(self) -> Conditions:
        """What the builds of this run have in common."""
        return self._conditions

    def is_rebuilt(self, artifact: Artifact) -> bool:
        """Whether somebody wants an artifact's wheel built though it is in the cache."""
        return self._conditions.is_rebuilt(artifact)

    def fetch(self, artifact: Artifact) -> FetchedSource:
        """An sdist's bytes; raises NetworkError, DigestMismatch."""
        return self._archives.fetch(artifact)

    def fleeting(self, artifact: Artifact) -> str | None:
        """Why nothing that is made of an artifact can be known in another run, as a clause; None where it can."""
        if artifact.kind is not ArtifactKind.DIRECTORY:
            return None
        if artifact.is_editable:
            return _EDITABLE
        found = self._identity(artifact)
        return found.reason if isinstance(found, Miss) else None

    def doubt(self, artifact: Artifact, metadata: CoreMetadata | None = None) -> str | None:
        """Why what came out of a source must not be kept for what `inputs` said, as a clause; None where it may."""
        if artifact.kind is not ArtifactKind.DIRECTORY or self._folders is None:
            return None
        folder = _named_folder(artifact)
        if self._folders(folder) != self._identity(artifact):
            return "its folder has changed since it was looked at, be it by the build"
        return None if metadata is None else tie_of_metadata(metadata, folders=_paths(folder), now=self._now())

    def doubt_of_wheel(self, artifact: Artifact, wheel: Path) -> str | None:
        """The same of a wheel; raises OSError, BadZipFile."""
        doubt = self.doubt(artifact)
        if doubt is not None or artifact.kind is not ArtifactKind.DIRECTORY:
            return doubt
        return tie_of_wheel(wheel, folders=_paths(_named_folder(artifact)), now=self._now())

    def folder_now(self, url: str) -> FolderSource | Miss:
        """What a source folder, by its `file:` URL, is now."""
        if self._folders is None:
            return Miss(reason=f"{_LOCAL} without --cache-local")
        found = self._folders(Path(urls.to_path(url, windows=os.name == "nt")))
        return found if isinstance(found, Miss) else FolderSource(content=found)

    def _identity(self, artifact: Artifact) -> Digest | Miss:
        folders = self._folders
        if folders is None:
            return Miss(reason=_LOCAL)
        return self._identities.get(artifact, lambda: folders(_named_folder(artifact)))

    def inputs(self, artifact: Artifact) -> BuildInputs:
        """What decides about an sdist's wheel: from the digest stated for it where there is one, else from its bytes.

        Only without a stated SHA-256 digest this fetches the sdist, and raises NetworkError, DigestMismatch. Of a
        commit its clone tells; raises RepositoryError. Not for what is `fleeting`.
        """
        if artifact.kind is ArtifactKind.DIRECTORY:
            found = self._identity(artifact)
            if isinstance(found, Miss):
                raise ValueError(found.reason)
            return self._conditions.inputs(artifact, FolderSource(content=found))
        if artifact.kind is ArtifactKind.REPOSITORY:
            reference = repository.parse(artifact.url)
            tags = self._repositories.tags(reference, artifact.commit)
            commit = CommitSource(repository=reference.url, commit=artifact.commit, tags=tags)
            return self._conditions.inputs(artifact, commit)
        source = digests.identity(artifact.digests) or self._archives.fetch(artifact).digest
        return self._conditions.inputs(artifact, source)

    def stop(self) -> None:
        """End every hook that other threads run; none runs in this run any more."""
        self._processes.stop()

    def prepared(self, artifact: Artifact) -> PreparedSource:
        """A source folder as it is, an sdist unpacked, or a commit checked out.

        Raises NetworkError, ArtifactError, BuildError, RepositoryError, TargetError.
        """
        return self._prepared.get(artifact, lambda: self._prepare(artifact))

    def _prepare(self, artifact: Artifact) -> PreparedSource:
        room = self._scratch("build")
        root = self._root(artifact, room)
        project = artifact.project or artifact.filename
        if not sdist.is_project(root):
            wanted = " nor ".join(sdist.PROJECT_FILES)
            raise BackendUnusable(project=project, reason=f"it has neither {wanted}")
        log = BuildLog(room / "build.log", project=project, reporter=self._reporter, failures=self._failures)
        backend = Backend(
            root,
            project=project,
            product="editable" if artifact.is_editable and self._builds_editables else "wheel",
            config_settings=self._conditions.config_settings(artifact),
            # What lies in the scratch is no part of a repository that happens to lie around that.
            variables={} if artifact.kind is ArtifactKind.DIRECTORY else {"GIT_CEILING_DIRECTORIES": str(room)},
            processes=self._processes,
            log=log,
            reporter=self._reporter,
            clock=self._clock,
        )
        return PreparedSource(
            root=root,
            room=room,
            project=project,
            backend=backend,
            log=log,
            environments=self._environments,
            clock=self._clock,
        )

    def _root(self, artifact: Artifact, room: Path) -> Path:
        if artifact.kind is ArtifactKind.DIRECTORY:
            return local_folder(artifact)
        for name in _ENDS_OF_REPOSITORIES:
            (room / name).touch()
        folder = room / "source"
        if artifact.kind is ArtifactKind.SDIST:
            folder, place = self._unpacked(artifact, folder), artifact.filename
        else:
            self._repositories.check_out(repository.parse(artifact.url), folder)
            place = f"commit {artifact.commit}"
        root = sdist.project_root(folder, artifact.subdirectory)
        if root is None:
            raise ProjectFolderMissing(
                project=artifact.project or artifact.filename, subdirectory=artifact.subdirectory, place=place
            )
        return root

    def _unpacked(self, artifact: Artifact, folder: Path) -> Path:
        with self._archives.fetch(artifact).open() as stream:
            return sdist.unpack(stream, filename=artifact.filename, folder=folder)


def local_folder(artifact: Artifact) -> Path:
    """The project's folder on this machine that a `file:` URL names."""
    return _named_folder(artifact) / artifact.subdirectory


def _paths(folder: Path) -> set[Path]:
    return {folder, Path(os.path.realpath(folder))}


def _named_folder(artifact: Artifact) -> Path:
    """The folder that the URL names, of which the project may be a part: its build may read the rest."""
    return Path(urls.to_path(artifact.url, windows=os.name == "nt"))

"""Everything that building needs, joined as the program joins it, on folders of a test's own."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import distribution
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import BinaryIO

from packaging.requirements import Requirement
from packaging.version import Version

from freewheel.build.builder import Builder
from freewheel.build.environment import HookEnvironment, IsolatedEnvironments, SharedEnvironment
from freewheel.build.key import Conditions, ConfigSettings, steering
from freewheel.build.metadata import ArtifactMetadata, SourceMetadata
from freewheel.build.preparation import PreparedSources
from freewheel.build.toolchain import Toolchain
from freewheel.build.wheel_cache import WheelCache
from freewheel.errors import NoMatchingDistribution
from freewheel.events import Event, Recorder
from freewheel.install.environment import interrogate
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata, NormalizedName, normalize, sdist_stem
from freewheel.model.digest import Digest, sha256_of
from freewheel.model.repository import RepositoryUrl
from freewheel.model.target import Interpreter
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.local import LocalEntries
from freewheel.store.locks import LocalLocks
from freewheel.store.memory import MemoryEntries
from freewheel.store.protocol import Entries
from freewheel.store.root import CacheRoot
from tests.support.buildlog import BuildLog

TOOLS = sysconfig.get_paths()["purelib"]
"""Where the tests' own setuptools, hatchling, flit_core and meson-python lie."""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """An sdist on this machine."""

    path: Path

    @property
    def digest(self) -> Digest:
        return sha256_of(self.path.read_bytes())

    def open(self) -> BinaryIO:
        return self.path.open("rb")


@dataclass(slots=True)
class Archives:
    """Hands out sdists by `file:` URL, and notes what was asked for."""

    fetched: list[str] = field(default_factory=list)

    def fetch(self, artifact: Artifact) -> FetchedFile:
        self.fetched.append(artifact.filename)
        url, _ = urls.split_credentials(artifact.url)
        return FetchedFile(Path(urls.to_path(url)))


@dataclass(slots=True)
class Toolbox:
    """Provides build requirements by pointing an environment at the tools installed for the tests."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    on_ask: Callable[[Sequence[str]], None] | None = None

    def provide(self, requirements: Sequence[str], interpreter: Interpreter) -> tuple[str, ...]:
        self.asked.append(tuple(requirements))
        if self.on_ask is not None:
            self.on_ask(requirements)
        found = [self._provide(Requirement(text)) for text in requirements]
        Path(interpreter.paths["purelib"], "tools.pth").write_text(f"{TOOLS}\n", encoding="utf-8")
        for script in {path for text in requirements for path in _scripts(Requirement(text))}:
            shutil.copy(script, interpreter.paths["scripts"])
        return tuple(found)

    def _provide(self, requirement: Requirement) -> str:
        if requirement.name.startswith("no-such"):
            raise NoMatchingDistribution(requirement=str(requirement), wanted_by=None, available=())
        return f"{normalize(requirement.name)}=={installed_version(requirement.name)}"


def _scripts(requirement: Requirement) -> Iterator[Path]:
    """The commands of an installed project, and of what it requires itself."""
    found = distribution(requirement.name)
    place = Path(sysconfig.get_path("scripts"))
    for file in found.files or ():
        path = Path(os.path.abspath(found.locate_file(file)))  # noqa: PTH100 - the folder may be a link
        if path.parent == place:
            yield path
    for needed in map(Requirement, found.requires or ()):
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            yield from _scripts(needed)


def this_interpreter() -> Interpreter:
    """The interpreter that runs the tests."""
    return interrogate(sys.executable, entries=MemoryEntries(clock=time.time), reporter=Recorder())


class NoRepositories:
    """Commits are no concern of these tests."""

    def tags(self, reference: RepositoryUrl, commit: str) -> str:
        raise AssertionError((reference, commit))

    def check_out(self, reference: RepositoryUrl, folder: Path) -> None:
        raise AssertionError((reference, folder))


class NoWheels:
    """Metadata of wheels is no concern of these tests."""

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        raise AssertionError(artifact)

    def text(self, artifact: Artifact) -> bytes:
        raise AssertionError(artifact)


@dataclass(slots=True)
class Run:
    """One run of the program, as far as building is concerned."""

    archives: Archives
    toolbox: Toolbox
    recorder: Recorder
    sources: PreparedSources
    builder: Builder
    metadata: ArtifactMetadata

    def events(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.recorder.events if isinstance(event, kind)]


@dataclass(slots=True)
class Workshop:
    """A machine on which runs follow one another; `cache` is its cache folder, `scratch` what runs leave."""

    folder: Path
    interpreter: Interpreter
    build_log: BuildLog
    rooms: int = 0

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def scratch(self, purpose: str) -> Path:
        self.rooms += 1
        room = self.folder / "scratch" / f"{purpose}-{os.getpid()}-{self.rooms}"
        room.mkdir(parents=True)
        return room

    def run(
        self,
        *,
        is_isolated: bool = True,
        has_cache: bool = True,
        is_writable: bool = True,
        settings: ConfigSettings = (),
        build_constraints: tuple[str, ...] = (),
        variables: Mapping[str, str] | None = None,
        interpreter: Interpreter | None = None,
        shared_projects: tuple[str, ...] = (),
    ) -> Run:
        """A new run, which remembers nothing of the ones before but the cache."""
        python = interpreter or self.interpreter
        recorder, toolbox, archives = Recorder(), Toolbox(), Archives()
        given = {**os.environ, **self.build_log.variables, **(variables or {})}
        root = CacheRoot(path=self.cache, is_writable=is_writable)
        room = root if has_cache else CacheRoot(path=self.scratch("cache"))
        wheels = LocalBuiltWheels(root=room, clock=time.time)
        entries: Entries = LocalEntries(root=root, clock=time.time) if has_cache else MemoryEntries(clock=time.time)
        isolated = IsolatedEnvironments(
            provider=toolbox,
            interpreter=python,
            scratch=self.scratch,
            variables=given,
            reporter=recorder,
            clock=time.monotonic,
        )
        sources = PreparedSources(
            archives=archives,
            repositories=NoRepositories(),
            environments=isolated
            if is_isolated
            else SharedEnvironment(environment=HookEnvironment(interpreter=python, variables=given)),
            scratch=self.scratch,
            conditions=Conditions(
                target=python.target,
                variables=steering(variables or {}),
                build_constraints=build_constraints,
                shared_projects=None if is_isolated else lambda: shared_projects,
                config_settings=lambda _: settings,
            ),
            reporter=recorder,
            clock=time.monotonic,
        )
        builder = Builder(
            sources=sources,
            cache=WheelCache(
                wheels=wheels, clock=time.time, program_version="1.2.3", compilers=Toolchain(given).compilers
            ),
            locks=LocalLocks(root=root) if has_cache else None,
            reporter=recorder,
        )
        of_sources = SourceMetadata(sources=sources, builder=builder, entries=entries, reporter=recorder)
        metadata = ArtifactMetadata(wheels=NoWheels(), sources=of_sources)
        return Run(archives, toolbox, recorder, sources, builder, metadata)


def sdist_artifact(
    path: Path, *, is_stated: bool = True, subdirectory: str = "", is_direct: bool = False
) -> Artifact:
    """What an index, or a person, says of an sdist; `is_stated` tells whether with its digest."""
    name, _, version = (sdist_stem(path.name) or "").rpartition("-")
    return Artifact(
        kind=ArtifactKind.SDIST,
        project=normalize(name),
        version=Version(version),
        filename=path.name,
        url=urls.from_path(path),
        digests=(sha256_of(path.read_bytes()),) if is_stated else (),
        subdirectory=subdirectory,
        is_direct=is_direct,
    )


def folder_artifact(path: Path, project: str = "") -> Artifact:
    """What a person says of a source folder: nothing but where it is."""
    return Artifact(
        kind=ArtifactKind.DIRECTORY,
        project=NormalizedName(project),
        version=Version("0"),
        filename=path.name,
        url=urls.from_path(path),
        is_direct=True,
    )

"""The objects that carry out a command, each made when it is first needed."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from freewheel import __version__
from freewheel.build.builder import Builder
from freewheel.build.elsewhere import OtherWheels
from freewheel.build.environment import HookEnvironment, HookEnvironments, IsolatedEnvironments, SharedEnvironment
from freewheel.build.key import Conditions, steering
from freewheel.build.local_folders import LocalFolders
from freewheel.build.metadata import ArtifactMetadata, SourceMetadata
from freewheel.build.preparation import PreparedSources
from freewheel.build.toolchain import Toolchain
from freewheel.build.wheel_cache import Explanation, WheelCache
from freewheel.commands.direct import DirectArtifacts
from freewheel.commands.request import Request
from freewheel.commands.wheels import ReadyWheel, Wheels
from freewheel.config.values import Config
from freewheel.index.combine import CombinedIndex
from freewheel.index.metadata import WheelMetadata, read_from_wheel
from freewheel.index.remote_wheels import RemoteWheels
from freewheel.install.discovery import python_path
from freewheel.install.installed import InstalledDistribution
from freewheel.install.installer import Installer
from freewheel.install.plan import Destination
from freewheel.install.recovery import recover
from freewheel.model import requirement as requirements
from freewheel.model.artifact import Artifact, NormalizedName
from freewheel.model.digest import Digest
from freewheel.model.project_lists import ALL
from freewheel.model.requirement import applies
from freewheel.model.resolution import Pin
from freewheel.model.target import Interpreter, Target
from freewheel.net.download import Downloads
from freewheel.resolve.candidates import Selection
from freewheel.resolve.hash_checking import HashChecking, hash_checking
from freewheel.resolve.remembering import Resolves
from freewheel.resolve.resolver import ResolveOptions, Resolver
from freewheel.resolve.universe import Sources
from freewheel.store.protocol import Miss
from freewheel.store.trees import content
from freewheel.wiring.build_environments import ResolvedEnvironments
from freewheel.wiring.build_settings import BuildSettings
from freewheel.wiring.fetching import Fetching
from freewheel.wiring.installing import installer_of
from freewheel.wiring.inventory import Inventory
from freewheel.wiring.place_locks import PlaceLocks
from freewheel.wiring.remembered import remembering
from freewheel.wiring.run import Run
from freewheel.wiring.selecting import selection_of
from freewheel.wiring.target import target_of

if TYPE_CHECKING:
    from freewheel.wiring.sharing import SharedParts

_GLANCE = 10.0
"""Seconds that a look at what seems broken waits for whoever changes it: most changes take less."""


class Program:
    """The objects that carry out a command with a configuration.

    `asked` is what was asked for, where that is to be resolved, and `fetching` made with the same configuration.
    Constructing raises HashesRequired for what was asked for and can have no digest although it needs one.
    """

    def __init__(
        self, config: Config, run: Run, *, asked: Request | None = None, fetching: Fetching | None = None
    ) -> None:
        self.config: Final = config
        self.run: Final = run
        self._fetching: Final = fetching or Fetching(config, run)
        self.repositories: Final = self._fetching.repositories
        self.build_constraints: Final = () if asked is None else asked.build_constraints
        self.build_settings: Final = BuildSettings() if asked is None else BuildSettings.of_request(asked)
        self._met: Final[set[str]] = set()
        self.hash_checking: Final = HashChecking() if asked is None else self._checking(asked)

    def _checking(self, asked: Request) -> HashChecking:
        markers = self.interpreter.target.markers
        return hash_checking(
            [one for one in asked.requirements if one.marker is None or applies(one, markers)],
            asked.constraints,
            wanted=self.config.request.require_hashes,
            digest_of=lambda artifact: self.downloads.fetch(artifact).digest,
        )

    @property
    def downloads(self) -> Downloads:
        """Distribution archives and metadata files."""
        return self._fetching.downloads

    @property
    def index(self) -> CombinedIndex:
        """Every index and all find-links."""
        return self._fetching.index

    @property
    def interpreter(self) -> Interpreter:
        """The interpreter of the environment acted on."""
        return self.run.interpreter

    @cached_property
    def target(self) -> Target:
        """What artifacts are chosen for: the interpreter's own target, or the one that options name."""
        return target_of(self.config.target, self.interpreter)

    @property
    def searched_before(self) -> tuple[str, ...]:
        """The folders that are searched before the environment's own."""
        return python_path(self.config.environment, self.config.folder)

    def installed(self) -> Mapping[NormalizedName, InstalledDistribution]:
        """What the environment has now; raises NotReadable."""
        return self._inventory.of_interpreter(self.interpreter, before=self.searched_before)

    def installed_in(self, folders: Iterable[str]) -> Mapping[NormalizedName, InstalledDistribution]:
        """What plain folders have now; raises NotReadable."""
        return self._inventory.of_folders(folders)

    @cached_property
    def _inventory(self) -> Inventory:
        return Inventory(self.run.reporter, changing=partial(self._place_locks.hold, patience=_GLANCE))

    def recover(self, places: Iterable[Destination]) -> None:
        """Take back what a process that died has left half done in these places."""
        for place in places:
            recover(place, changing=partial(self.changing, place), reporter=self.run.reporter)

    def changing(self, place: Destination) -> AbstractContextManager[None]:
        """A lock for changing a place, in the cache: without a cache runs do not wait for one another.

        It is that of every folder in which something may be changed; scripts and headers lie below `data`.
        """
        schemes = (place.schemes[key] for key in ("purelib", "platlib", "data"))
        return self._place_locks.hold((*schemes, *place.reach))

    @cached_property
    def _place_locks(self) -> PlaceLocks:
        return PlaceLocks(self.run.stores.locks)

    @cached_property
    def builder(self) -> Builder:
        """Source distributions into wheels."""
        return Builder(
            sources=self._build_sources,
            cache=self._wheel_cache,
            locks=self.run.stores.locks,
            reporter=self.run.reporter,
            verifies=self.config.cache.is_verified,
        )

    @cached_property
    def _wheel_cache(self) -> WheelCache:
        return WheelCache(
            wheels=self.run.stores.built_wheels,
            clock=self.run.clock,
            program_version=__version__,
            compilers=Toolchain(self.config.environment).compilers,
            shared=self._shared.wheels if self._shared else None,
            other=self._pip_wheels(),
        )

    @cached_property
    def _shared(self) -> SharedParts | None:
        if self.run.shared is None:
            return None
        from freewheel.wiring.sharing import parts_of

        return parts_of(self.run.shared, config=self.config, run=self.run, repositories=self.repositories)

    def _pip_wheels(self) -> OtherWheels | None:
        # What is to be compared with a build is not what somebody else built.
        folder = None if self.config.cache.is_verified else self.run.pips_cache
        if folder is None:
            return None
        from freewheel.wiring.pips_cache import wheels_of

        return wheels_of(folder, self.selection.formats)

    def explained_wheels(self, project: NormalizedName) -> Iterator[Explanation]:
        """The built wheels that are kept of a project, and whether this program would reuse them."""
        sources = self._build_sources
        return self._wheel_cache.explanations(project, sources.conditions, folder_now=sources.folder_now)

    @cached_property
    def metadata(self) -> ArtifactMetadata:
        """Core metadata of wheels and sources."""
        entries, reporter = self.run.stores.entries, self.run.reporter
        return ArtifactMetadata(
            wheels=self._wheel_metadata,
            sources=SourceMetadata(
                sources=self._build_sources,
                builder=self.builder,
                entries=entries,
                reporter=reporter,
                takes_wheels=self.config.command not in ("download", "lock"),
                verifies=self.config.cache.is_verified,
                shared=self._shared.entries if self._shared else None,
            ),
        )

    def metadata_text(self, artifact: Artifact, ready: ReadyWheel | None) -> bytes:
        """An artifact's METADATA file, whole: from its tree or its wheel where these are at hand.

        Raises NetworkError, ArtifactError, BuildError, TargetError.
        """
        if ready is None:
            return self.metadata.text(artifact)
        tree = self.run.stores.trees.get(ready.digest)
        if not isinstance(tree, Miss):
            place = tree.manifest.root_scheme, f"{tree.manifest.dist_info}/METADATA"
            for file in tree.manifest.files:
                if (file.scheme, file.path) == place and not isinstance(text := content(tree, file), Miss):
                    return text
        with ready.open() as stream:
            return read_from_wheel(stream, filename=ready.filename, project=artifact.project)

    def fetched_digest(self, artifact: Artifact) -> Digest | None:
        """The SHA-256 digest of what this run downloaded of an artifact, if it did."""
        download = self.downloads.fetched(artifact)
        return None if download is None else download.digest

    @cached_property
    def _wheel_metadata(self) -> WheelMetadata:
        return WheelMetadata(
            downloads=self.downloads,
            entries=self.run.stores.entries,
            reporter=self.run.reporter,
            remote=RemoteWheels(transport=self._fetching.transport, reporter=self.run.reporter),
            keeps_parts=not self.config.network.trusted_hosts,
            verifies=self.config.cache.is_verified,
        )

    @cached_property
    def direct(self) -> DirectArtifacts:
        """What is named by path or URL."""
        return self._direct_artifacts(self.hash_checking)

    def _direct_artifacts(self, checking: HashChecking) -> DirectArtifacts:
        return DirectArtifacts(
            metadata=self.metadata,
            reporter=self.run.reporter,
            note_credentials=self._fetching.note_credentials,
            revisions=lambda: self.repositories.checkouts,
            editables=lambda: self.repositories.working_copies,
            admit=checking.admit,
        )

    def source_of(self, artifact: Artifact) -> Path:
        """The folder of a source as it was prepared for a backend."""
        return self._build_sources.prepared(artifact).root

    @cached_property
    def wheels(self) -> Wheels:
        """Pins into wheels."""
        return Wheels(
            downloads=self.downloads,
            builder=self.builder,
            reporter=self.run.reporter,
            said=self._wheel_metadata,
            # Nobody could tell the lines of several builds apart.
            parallel_builds=1 if self.config.output.verbosity > 0 else os.cpu_count() or 1,
        )

    @cached_property
    def installer(self) -> Installer:
        """Changes environments."""
        return installer_of(self.config, self.run)

    def is_unpacked(self, wheel: Digest) -> bool:
        """Whether a wheel's tree is in the store; reads its manifest."""
        return not isinstance(self.run.stores.trees.get(wheel), Miss)

    def resolver(self, options: ResolveOptions, *, target: Target | None = None) -> Resolves:
        """A resolver over all sources, for the program's target unless another is named."""
        resolver = Resolver(
            sources=Sources(artifacts=self.index, metadata=self.metadata, direct=self.direct),
            target=self.target if target is None else target,
            options=options,
            reporter=self.run.reporter,
            hash_checking=self.hash_checking,
        )
        return self._remembering(resolver)

    def _remembering(self, resolver: Resolver) -> Resolves:
        return remembering(
            resolver,
            offers=self.index,
            entries=self.run.stores.entries,
            config=self.config,
            conditions=self._build_sources.conditions,
            settings=self.build_settings,
        )

    @cached_property
    def build_resolver(self) -> Resolves:
        """A resolver for what builds need: build constraints, and what they demand, are all that is asked of it."""
        checking = hash_checking(
            (), self.build_constraints, wanted=None, digest_of=lambda artifact: self.downloads.fetch(artifact).digest
        )
        direct = self._direct_artifacts(checking)
        resolver = Resolver(
            sources=Sources(artifacts=self.index, metadata=self.metadata, direct=direct),
            # What is built is built here, whatever it is for, and must run here, whatever is ignored.
            target=self.interpreter.target,
            options=ResolveOptions(selection=replace(self.selection, ignore_requires_python=False)),
            reporter=self.run.reporter,
            hash_checking=checking,
        )
        return self._remembering(resolver)

    @cached_property
    def selection(self) -> Selection:
        """How artifacts are chosen."""
        return selection_of(self.config.resolve, now=self.run.clock())

    @cached_property
    def _build_sources(self) -> PreparedSources:
        is_isolated = self.config.build.is_isolated
        return PreparedSources(
            archives=self.downloads,
            repositories=self.repositories.checkouts,
            environments=self._hook_environments,
            scratch=self.run.scratch,
            conditions=Conditions(
                target=self.interpreter.target,
                variables=steering(self.config.environment),
                build_constraints=tuple(map(requirements.in_full, self.build_constraints)),
                shared_projects=None if is_isolated else self._shared_projects,
                config_settings=self.build_settings.of,
                is_rebuilt=self._is_rebuilt,
            ),
            reporter=self.run.reporter,
            clock=time.monotonic,
            failures=self.run.cache.built_wheels if self.run.cache else None,
            folders=self._folders.identify if self.config.cache.keeps_local else None,
            builds_editables=self.config.command not in ("download", "wheel"),
        )

    @cached_property
    def _hook_environments(self) -> HookEnvironments:
        if not self.config.build.is_isolated:
            return SharedEnvironment(
                environment=HookEnvironment(interpreter=self.interpreter, variables=self.config.environment),
                installed=self._installed_versions if self.config.build.check_dependencies else None,
            )
        return IsolatedEnvironments(
            provider=ResolvedEnvironments(
                resolver=lambda: self.build_resolver,
                constraints=self.build_constraints,
                wheels=lambda: self.wheels,
                installer=lambda: self.installer,
                is_unpacked=self.is_unpacked,
                muted=self.run.reporter.muted,
            ),
            interpreter=self.interpreter,
            scratch=self.run.scratch,
            variables=self.config.environment,
            reporter=self.run.reporter,
            clock=time.monotonic,
        )

    @property
    def _folders(self) -> LocalFolders:
        return LocalFolders(entries=self.run.stores.entries, clock=time.time_ns, git=lambda: self.repositories.git)

    def _installed_versions(self) -> Mapping[NormalizedName, str]:
        return {name: one.version for name, one in self.installed().items()}

    def _shared_projects(self) -> tuple[str, ...]:
        return tuple(sorted(f"{name}=={version}" for name, version in self._installed_versions().items()))

    def _is_rebuilt(self, artifact: Artifact) -> bool:
        named = self.config.build.rebuild_projects
        self._met.add(artifact.project)
        return ALL in named or artifact.project in named

    def unmet_rebuilds(self, pins: Iterable[Pin]) -> tuple[str, ...]:
        """Projects to rebuild that are none of `pins`, and that nothing was built of for a build either."""
        met = {pin.name for pin in pins} | self._met
        return tuple(sorted(self.config.build.rebuild_projects - met - {ALL}))

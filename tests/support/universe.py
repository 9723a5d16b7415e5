"""A small world of projects as a table, for resolving without files or network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace
from packaging.version import Version

from freewheel.errors import InconsistentMetadata
from freewheel.events import Recorder
from freewheel.model import requirement as requirements
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, CoreMetadata, NormalizedName, normalize
from freewheel.model.digest import sha256_of
from freewheel.model.requirement import Requirement, SourceRequirement
from freewheel.model.resolution import Resolution
from freewheel.model.target import Target
from freewheel.resolve.protocol import Installed
from freewheel.resolve.resolver import ResolveOptions, Resolver
from freewheel.resolve.universe import Sources

TARGET = Target(
    implementation="cpython",
    python_version="3.12",
    full_version="3.12.1",
    abi="cp312",
    abi_flags="",
    platform="linux-x86_64",
    libc="glibc 2.36",
    tags=("cp312-cp312-linux_x86_64", "cp312-abi3-linux_x86_64", "py3-none-any"),
    markers={
        "implementation_name": "cpython",
        "implementation_version": "3.12.1",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "6",
        "platform_system": "Linux",
        "platform_version": "1",
        "python_full_version": "3.12.1",
        "python_version": "3.12",
        "sys_platform": "linux",
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What a world says of a release beside what it needs."""

    requires: Sequence[str] = ()
    extras: Sequence[str] = ()
    requires_python: str | None = None
    metadata_requires_python: str | None = None
    yanked: str | None = None
    tag: str = "py3-none-any"
    sdist_only: bool = False
    says: str | None = None
    """The name that the metadata gives, when it is not the project's own."""


World = Mapping[str, Mapping[str, Release | Sequence[str]]]


@dataclass(slots=True)
class FakeSources:
    """Artifacts, metadata and direct references from a table; counts what is asked."""

    world: World
    direct_world: Mapping[str, tuple[str, str, Release]] = field(default_factory=dict)
    held_back: dict[str, Mapping[str, Release | Sequence[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    tells_digests: bool = True
    doubtful: set[str] = field(default_factory=set)
    states_digests: bool = True
    unkept: set[str] = field(default_factory=set)
    root: str = "https://files.example"
    partly_read: set[str] = field(default_factory=set)
    claimed: World | None = None
    """What the digests are of, where that is not the world."""
    looks_ahead: bool = False
    """Whether it takes what it is to `expect`, and notes that as `read`, with a question mark."""

    def artifacts(self, project: NormalizedName) -> Sequence[Artifact]:
        self.asked.append(project)
        releases = next((value for name, value in self.world.items() if normalize(name) == project), {})
        digests = (sha256_of(repr(releases).encode()),) if self.states_digests else ()
        found = (_artifact(project, version, _release(release)) for version, release in releases.items())
        return [
            replace(
                artifact,
                digests=digests,
                url=f"{self.root}/{artifact.filename}",
            )
            for artifact in found
        ]

    def prefetch(self, projects: Sequence[NormalizedName]) -> None:
        return None

    def ask_ahead(self, projects: Sequence[NormalizedName]) -> None:
        return None

    def digests(self, project: NormalizedName) -> tuple[str, ...] | None:
        world = self.world if self.claimed is None else self.claimed
        releases = next((value for name, value in world.items() if normalize(name) == project), None)
        return (repr(releases),) if self.tells_digests and releases is not None else None

    def may_be_kept(self, what: NormalizedName | Artifact) -> bool:
        return (what if isinstance(what, str) else what.project) not in self.unkept

    def has_to_be_read(self, project: NormalizedName) -> bool:
        return project in self.doubtful

    def is_unconfirmed(self, artifact: Artifact) -> bool:
        return artifact.project in self.partly_read

    def look_again(self, project: NormalizedName) -> bool:
        """Publish what was held back; once."""
        held_back = self.held_back.pop(project, None)
        if held_back is not None:
            self.world = {**self.world, project: {**self.world.get(project, {}), **held_back}}
        return held_back is not None

    def consulted(self) -> tuple[str, ...]:
        return ("a table",)

    def expect(self, artifacts: Iterable[Artifact]) -> None:
        if self.looks_ahead:
            self.read += [f"{artifact.project}-{artifact.version}?" for artifact in artifacts]

    def metadata(self, artifact: Artifact) -> CoreMetadata:
        self.read.append(f"{artifact.project}-{artifact.version}")
        if artifact.url in self.direct_world:
            name, _, release = self.direct_world[artifact.url]
        else:
            name = next(name for name in self.world if normalize(name) == artifact.project)
            release = _release(self.world[name][str(artifact.version)])
        if release.says:
            raise InconsistentMetadata(
                subject=artifact.filename, field="name", expected=artifact.project, found=release.says
            )
        return CoreMetadata(
            name=name,
            version=str(artifact.version),
            requires_dist=tuple(release.requires),
            requires_python=release.metadata_requires_python or release.requires_python,
            provides_extra=tuple(release.extras),
        )

    def artifact(self, url: str, wanted: Requirement | SourceRequirement) -> Artifact:
        name, version, release = self.direct_world[urls.without_fragment(url)]
        if isinstance(wanted, Requirement) and normalize(name) != wanted.name:
            raise InconsistentMetadata(subject=url, field="name", expected=wanted.name, found=name)
        found = _artifact(normalize(name), version, release, url=urls.without_fragment(url))
        return replace(found, digests=urls.fragment_digests(url), subdirectory=urls.subdirectory(url))


def _release(value: Release | Sequence[str]) -> Release:
    return value if isinstance(value, Release) else Release(requires=value)


def _artifact(project: NormalizedName, version: str, release: Release, url: str | None = None) -> Artifact:
    stem = f"{project.replace('-', '_')}-{version}"
    filename = f"{stem}.tar.gz" if release.sdist_only else f"{stem}-{release.tag}.whl"
    return Artifact(
        kind=ArtifactKind.SDIST if release.sdist_only else ArtifactKind.WHEEL,
        project=project,
        version=Version(version),
        filename=filename,
        url=url or f"https://files.example/{filename}",
        requires_python=release.requires_python,
        yanked=release.yanked,
        is_direct=url is not None,
    )


def installed(name: str, version: str, *requires: str) -> Installed:
    """A project that the environment has."""
    metadata = CoreMetadata(name=name, version=version, requires_dist=requires)
    return Installed(
        project=normalize(name),
        name=name,
        version=version,
        location="/env/site-packages",
        read_metadata=lambda: metadata,
    )


def resolve(
    world: World | FakeSources,
    asked: Sequence[str | Requirement],
    *,
    constraints: Sequence[str] = (),
    present: Sequence[Installed] = (),
    options: ResolveOptions | None = None,
    recorder: Recorder | None = None,
) -> Resolution:
    """Resolve what is asked, as text, in a world."""
    sources = world if isinstance(world, FakeSources) else FakeSources(world)
    resolver = Resolver(
        sources=Sources(artifacts=sources, metadata=sources, direct=sources),
        target=TARGET,
        options=options or ResolveOptions(),
        reporter=recorder or Recorder(),
    )
    return resolver.resolve(
        [requirements.parse(one) if isinstance(one, str) else one for one in asked],
        constraints=[requirements.parse(one) for one in constraints],
        installed={one.project: one for one in present},
    )


def pins(resolution: Resolution) -> dict[str, str]:
    """Name to version."""
    return {pin.project: pin.version for pin in resolution.pins}

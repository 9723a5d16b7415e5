"""Requirements in, a resolution out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from packaging.version import InvalidVersion, Version

from freewheel.errors import MalformedRequirement, NoMatchingDistribution
from freewheel.events import Noted, Reporter, Warned
from freewheel.model import repository
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, ArtifactKind, NormalizedName
from freewheel.model.requirement import Requirement, applies, parse
from freewheel.model.resolution import Pin, Resolution
from freewheel.model.target import Target
from freewheel.resolve.candidates import Assessment, Selection
from freewheel.resolve.hash_checking import HashChecking
from freewheel.resolve.installation_order import installation_order
from freewheel.resolve.protocol import Installed
from freewheel.resolve.terms import (
    PYTHON,
    ArtifactCandidate,
    ExtrasCandidate,
    InstalledCandidate,
    Need,
    UpgradeStrategy,
)
from freewheel.resolve.universe import Sources, Universe

if TYPE_CHECKING:
    from freewheel.resolve.search import Found


class ResolveOptions(Struct, frozen=True, kw_only=True):
    """How to choose; `force_reinstall` makes the environment count for nothing until the choice is made.

    `only_dependencies` leaves out of what was chosen the projects that were asked for themselves.
    """

    selection: Selection = field(default_factory=Selection)
    upgrade_strategy: UpgradeStrategy = "to-satisfy-only"
    with_dependencies: bool = True
    only_dependencies: bool = False
    force_reinstall: bool = False


class Resolver(Struct, frozen=True, kw_only=True):
    """Finds a version of each project that everything agrees with; safe to use again, from one thread at a time.

    `on_assessment` hears what was to choose from of each project that was looked at, the last time as it counts.
    """

    sources: Sources
    target: Target
    options: ResolveOptions
    reporter: Reporter
    hash_checking: HashChecking = field(default_factory=HashChecking)
    on_assessment: Callable[[NormalizedName, Assessment], None] | None = None

    def resolve(
        self,
        requirements: Sequence[Requirement],
        *,
        constraints: Sequence[Requirement] = (),
        installed: Mapping[NormalizedName, Installed] | None = None,
    ) -> Resolution:
        """The pins for `requirements`, in the order to install them.

        Reads pages, metadata, and whatever builds those need. An exact version that a stored page lacks is looked for
        once more, on a validated one. Raises NoMatchingDistribution, ConflictingRequirements, UnsupportedPython,
        UnusableLockedArtifact, ResolutionTooDeep; HashesRequired; NetworkError, IndexPageError, ArtifactError and
        BuildError from the sources.
        """
        while True:
            try:
                return self._resolve(
                    requirements, constraints=constraints, present={} if installed is None else installed
                )
            except NoMatchingDistribution as error:
                project = _asked_exactly(error.requirement)
                if project is None or not self.sources.artifacts.look_again(project):
                    raise

    def _resolve(
        self,
        requirements: Sequence[Requirement],
        *,
        constraints: Sequence[Requirement],
        present: Mapping[NormalizedName, Installed],
    ) -> Resolution:
        universe = Universe(
            sources=self.sources,
            target=self.target,
            selection=self.options.selection,
            installed={} if self.options.force_reinstall else present,
            constraints=_by_project([one for one in constraints if self._applies(one)]),
            reporter=self.reporter,
            hash_checking=self.hash_checking,
            on_assessment=self.on_assessment,
        )
        wanted = [one for one in requirements if self._applies(one)]
        universe.prefetch([one.name for one in wanted if one.url is None and not one.is_locked], is_needed=True)
        universe.expect(wanted)
        roots: list[Need] = []
        order: dict[str, int] = {}
        for position, requirement in enumerate(wanted):
            needs = list(universe.needs(requirement))
            order.setdefault(needs[0].identifier, position)
            roots += needs
        roots.sort(key=lambda need: need.identifier != need.project)  # extras last: their bare project narrows them
        # Whoever has resolved the same before needs no search, and does without loading it.
        from freewheel.resolve.search import search

        found = search(
            universe,
            roots,
            order,
            upgrade_strategy=self.options.upgrade_strategy,
            with_dependencies=self.options.with_dependencies,
        )
        resolution = _settle(found, wanted=wanted, present=present, options=self.options, reporter=self.reporter)
        self.hash_checking.check(pin.artifact for pin in resolution.pins if pin.artifact is not None)
        if not self.options.only_dependencies:
            return resolution
        asked = {requirement.name for requirement in wanted}
        return Resolution(pins=tuple(pin for pin in resolution.pins if pin.project not in asked))

    def _applies(self, requirement: Requirement) -> bool:
        if applies(requirement, self.target.markers):
            return True
        message = f"Ignoring {requirement.name}: markers '{requirement.marker}' don't match your environment"
        self.reporter.emit(Noted(message=message, verbosity=0))
        return False


def _asked_exactly(text: str) -> NormalizedName | None:
    """The project of a requirement of one version, `==` or `===`; None for any other requirement.

    >>> _asked_exactly("Six[extra]==1.0"), _asked_exactly("six==1.*"), _asked_exactly("six>=1")
    ('six', None, None)
    """
    try:
        requirement = parse(text)
    except MalformedRequirement:
        return None
    is_exact = any(
        clause.operator in ("==", "===") and not clause.version.endswith(".*") for clause in requirement.specifier
    )
    return requirement.name if is_exact else None


def _by_project(constraints: Sequence[Requirement]) -> Mapping[NormalizedName, Sequence[Requirement]]:
    grouped: dict[NormalizedName, list[Requirement]] = {}
    for one in constraints:
        grouped.setdefault(one.name, []).append(one)
    return grouped


def _settle(
    found: Found,
    *,
    wanted: Sequence[Requirement],
    present: Mapping[NormalizedName, Installed],
    options: ResolveOptions,
    reporter: Reporter,
) -> Resolution:
    """Turn the search's mapping into pins, and let stay what need not change."""
    extras: dict[NormalizedName, frozenset[NormalizedName]] = {}
    reached = _reachable(_edges(found))
    for name, candidate in found.mapping.items():
        if name in reached and isinstance(candidate, ExtrasCandidate):
            extras[candidate.project] = extras.get(candidate.project, frozenset()) | candidate.extras
    requested = {one.name for one in wanted if one.origin.is_user}
    pins = []
    for name in _in_installation_order(found):
        candidate = found.mapping[name]
        if not isinstance(candidate, ArtifactCandidate | InstalledCandidate):
            continue
        artifact = _change(candidate, present.get(candidate.project), options, reporter)
        pins.append(
            Pin(
                project=candidate.project,
                name=candidate.template.given_name,
                version=str(candidate.version),
                artifact=artifact,
                metadata=candidate.metadata,
                requested_extras=extras.get(candidate.project, frozenset()),
                is_requested=candidate.project in requested,
            )
        )
    return Resolution(pins=tuple(pins))


def _change(
    candidate: ArtifactCandidate | InstalledCandidate,
    present: Installed | None,
    options: ResolveOptions,
    reporter: Reporter,
) -> Artifact | None:
    """The artifact to install, or None where the installed distribution stays, by pip's rules."""
    if isinstance(candidate, InstalledCandidate):
        return None
    artifact = candidate.artifact
    if present is not None and not options.force_reinstall and _is_version(present.version, candidate.version):
        is_link = artifact.is_editable or present.is_editable
        if not is_link and not urls.is_local(artifact.url):
            if artifact.is_direct and _source(artifact) != present.source:
                reporter.emit(Noted(message=_stays(present, artifact), verbosity=0))
            return None
        if not is_link and artifact.kind is ArtifactKind.WHEEL:
            message = (
                f"{candidate.metadata.name} is already installed with the same version as the provided wheel. "
                "Use --force-reinstall to force an installation of the wheel."
            )
            reporter.emit(Noted(message=message, verbosity=0))
            return None
    if artifact.yanked is not None:
        reporter.emit(Warned(message=_yanked(artifact)))
    return artifact


def _source(artifact: Artifact) -> str:
    """Where somebody's artifact is from, in the form of `Installed.source`."""
    if artifact.kind is ArtifactKind.REPOSITORY:
        return f"{repository.recorded(repository.parse(artifact.url).url)}@{artifact.commit}"
    return urls.redacted(artifact.url)


def _stays(present: Installed, artifact: Artifact) -> str:
    """pip is silent here, and nobody would know that what was asked for is not what is there."""
    there = urls.redacted(present.source) or "an index"
    return (
        f"{present.name} {present.version} stays as it is installed, from {there}. "
        f"Use --force-reinstall to install the same version from {_source(artifact)}."
    )


def _yanked(artifact: Artifact) -> str:
    """In pip's words."""
    listed = f" (from {artifact.listed_at})" if artifact.listed_at else ""
    if listed and artifact.requires_python:
        listed += f" (requires-python:{artifact.requires_python})"
    return (
        "The candidate selected for download or install is a yanked version: "
        f"{artifact.project!r} candidate (version {artifact.version} at {urls.redacted(artifact.url)}{listed})\n"
        f"Reason for being yanked: {artifact.yanked or '<none given>'}"
    )


def _is_version(text: str, version: Version) -> bool:
    try:
        return Version(text) == version
    except InvalidVersion:
        return False


def _edges(found: Found) -> dict[str | None, list[str]]:
    """Which nodes each node asked for; None asked for what a person wants."""
    edges: dict[str | None, list[str]] = {}
    for name, criterion in found.criteria.items():
        for information in criterion.information:
            parent = information.parent
            if parent is None:
                edges.setdefault(None, []).append(name)
            elif found.mapping.get(parent.identifier) == parent:
                edges.setdefault(parent.identifier, []).append(name)
    return edges


def _reachable(edges: Mapping[str | None, Sequence[str]]) -> set[str]:
    """The nodes that what a person asked for leads to; backtracking leaves others behind."""
    reached: set[str] = set()
    waiting = list(edges.get(None, ()))
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += edges.get(name, ())
    return reached


def _in_installation_order(found: Found) -> list[str]:
    """The projects of the result, whatever extras of them were wanted."""
    edges = _edges(found)
    nodes = [name for name in _reachable(edges) if name in found.mapping]
    needed: dict[str | None, set[str]] = {node: set(edges.get(node, ())) & set(nodes) for node in (None, *nodes)}
    projects = {str(found.mapping[name].project) for name in nodes} - {PYTHON}
    return installation_order(needed, projects)

"""Everything there is to choose from, looked up when it is needed and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from freewheel.errors import FileGone, FreewheelError, InconsistentMetadata, UnsupportedWheel, UnusableLockedArtifact
from freewheel.events import AlreadySatisfied, Collecting, Noted, PassedOver, Reporter, Warned
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, Identity, NormalizedName
from freewheel.model.requirement import COMMAND_LINE, Requirement
from freewheel.model.target import Target
from freewheel.resolve.candidates import Assessment, Assessor, Rejection, Selection, Usable, is_pinned, order
from freewheel.resolve.hash_checking import HashChecking
from freewheel.resolve.protocol import ArtifactSource, DirectSource, Installed, MetadataSource
from freewheel.resolve.terms import (
    ArtifactCandidate,
    BaseCandidate,
    ExactNeed,
    ExtrasCandidate,
    InstalledCandidate,
    Need,
    PythonCandidate,
    SpecifierNeed,
    malformed_dependency,
)


class Sources(Struct, frozen=True, kw_only=True):
    """Where artifacts and their metadata come from."""

    artifacts: ArtifactSource
    metadata: MetadataSource
    direct: DirectSource


class Universe(Struct, kw_only=True):
    """Candidates by project, with their metadata; `installed` is empty where nothing installed counts.

    Lives for one resolution, in one thread.
    """

    sources: Sources
    target: Target
    selection: Selection
    installed: Mapping[NormalizedName, Installed]
    constraints: Mapping[NormalizedName, Sequence[Requirement]]
    reporter: Reporter
    hash_checking: HashChecking = field(default_factory=HashChecking)
    on_assessment: Callable[[NormalizedName, Assessment], None] | None = None
    _assessments: dict[NormalizedName, Assessment] = field(default_factory=dict)
    _orders: dict[tuple[NormalizedName, SpecifierSet], tuple[Usable, ...]] = field(default_factory=dict)
    _candidates: dict[Identity, ArtifactCandidate | None] = field(default_factory=dict)
    _discarded: list[Rejection] = field(default_factory=list)
    _announced: set[str] = field(default_factory=set)
    _assessor: Assessor | None = None

    @property
    def python(self) -> PythonCandidate:
        """The target interpreter."""
        return PythonCandidate(version=Version(self.target.python_release))

    @property
    def markers(self) -> Mapping[str, str]:
        """The target's marker environment."""
        return self.target.markers

    def assessment(self, project: NormalizedName) -> Assessment:
        """What the indexes have of a project, held against the target; reads pages when first asked."""
        known = self._assessments.get(project)
        if known is None:
            known = self._assess(self.sources.artifacts.artifacts(project))
            self._assessments[project] = known
            if self.on_assessment is not None:
                self.on_assessment(project, known)
            self._say_passed_over(known.rejected)
        return known

    def _say_passed_over(self, rejected: Sequence[Rejection]) -> None:
        """As in pip, one -v is enough for what another Python would take."""
        for verbosity in (1, 2):
            files = tuple(
                (one.artifact.url, one.reason) for one in rejected if (one.kind == "python") is (verbosity == 1)
            )
            if files:
                self.reporter.emit(PassedOver(files=files, verbosity=verbosity))

    def account(self, project: NormalizedName) -> Assessment:
        """The assessment as it stands after the search: what its metadata spoke against is rejected."""
        assessment = self.assessment(project)
        discarded = tuple(one for one in self._discarded if one.artifact.project == project)
        places = {one.artifact.place for one in discarded}
        usable = tuple(one for one in assessment.usable if one.artifact.place not in places)
        return Assessment(usable=usable, rejected=(*assessment.rejected, *discarded))

    def _assess(self, artifacts: Sequence[Artifact]) -> Assessment:
        if self._assessor is None:
            self._assessor = Assessor.create(target=self.target, selection=self.selection)
        return self._assessor.assess(artifacts)

    def constraint(self, project: NormalizedName) -> SpecifierSet:
        """What constraints allow of a project."""
        specifier = SpecifierSet()
        for one in self.constraints.get(project, ()):
            specifier &= one.specifier
        return specifier

    def allows(self, candidate: BaseCandidate | ExtrasCandidate) -> bool:
        """Whether a project's constraints let it be this candidate: those with a URL name one file alone."""
        base = candidate.base if isinstance(candidate, ExtrasCandidate) else candidate
        return self.constraint(base.project).contains(base.version, prereleases=True) and all(
            isinstance(base, ArtifactCandidate) and _is_at(base.artifact, one.url)
            for one in self.constraints.get(base.project, ())
            if one.url is not None
        )

    def is_bound_to_files(self, project: NormalizedName) -> bool:
        """Whether constraints name the files of a project by URL."""
        return any(one.url is not None for one in self.constraints.get(project, ()))

    def constrained_to(
        self, project: NormalizedName, extras: frozenset[NormalizedName], *, template: Requirement
    ) -> list[BaseCandidate | ExtrasCandidate]:
        """The candidates that constraints with a URL name."""
        found: list[BaseCandidate | ExtrasCandidate] = []
        for constraint in self.constraints.get(project, ()):
            if constraint.url is not None:
                try:
                    base = self._direct(template, constraint.url)
                except UnsupportedWheel:
                    continue
                if base is not None:
                    found.append(self.with_extras(base, extras) if extras else base)
        return found

    def matches(
        self,
        project: NormalizedName,
        specifier: SpecifierSet,
        *,
        template: Requirement,
        prefer_installed: bool,
    ) -> Iterator[BaseCandidate]:
        """Candidates within `specifier`, one for each version, the best first.

        The installed one comes first when it is preferred, else before the first that is not newer.
        """
        installed = self._installed(project, specifier, template)
        if installed is not None and prefer_installed:
            yield installed
        seen: set[Version] = {installed.version} if installed is not None and prefer_installed else set()
        pending = None if prefer_installed else installed
        for one in self._ordered(project, specifier):
            version = one.artifact.version
            if version in seen:
                continue
            if pending is not None and pending.version >= version:
                yield pending
                seen.add(pending.version)
                pending = None
                if version in seen:
                    continue
            candidate = self._candidate(one.artifact, template, is_pinned=is_pinned(specifier))
            if candidate is not None:
                seen.add(version)
                yield candidate
        if pending is not None:
            yield pending

    def _ordered(self, project: NormalizedName, specifier: SpecifierSet) -> tuple[Usable, ...]:
        """A project's usable artifacts within `specifier`; remembered, since backtracking asks again and again."""
        key = project, specifier
        known = self._orders.get(key)
        if known is None:
            usable = self.assessment(project).usable
            demands = self.hash_checking.demands(project)
            ordered = order(usable, specifier, selection=self.selection, demands=demands)
            known = self._orders[key] = tuple(ordered)
        return known

    def _installed(
        self, project: NormalizedName, specifier: SpecifierSet, template: Requirement
    ) -> InstalledCandidate | None:
        installed = self.installed.get(project)
        if installed is None:
            return None
        try:
            version = Version(installed.version)
        except InvalidVersion:
            return None
        if not specifier.contains(version, prereleases=True):
            return None
        if project not in self._announced:
            self._announced.add(project)
            self.reporter.emit(
                AlreadySatisfied(
                    requirement=str(template),
                    location=installed.location,
                    version=installed.version,
                    wanted_by=_wanted_by(template),
                )
            )
        return InstalledCandidate(installed=installed, version=version, template=template)

    def _candidate(
        self, artifact: Artifact, template: Requirement, *, is_pinned: bool = True
    ) -> ArtifactCandidate | None:
        key = artifact.identity
        if key in self._candidates:
            return self._candidates[key]
        self._announce(artifact, template)
        artifact = self.hash_checking.admit(artifact, template, is_pinned=is_pinned)
        candidate: ArtifactCandidate | None = None
        try:
            metadata = self.sources.metadata.metadata(artifact)
        except InconsistentMetadata as error:
            reason = f"its metadata's {error.field} is {error.found} and not {error.expected}"
            self._discarded.append(Rejection(artifact=artifact, kind="invalid", reason=reason))
            url = urls.redacted(artifact.url)
            message = (
                f"Discarding {url}: Requested {template.given_name} from {url} has inconsistent {error.field}:"
                f" expected {error.expected!r}, but metadata has {error.found!r}"
            )
            self.reporter.emit(Noted(message=message, verbosity=0))
        except FileGone as error:
            error.named_by = tuple(dict.fromkeys((str(template.origin), *error.named_by)))
            raise
        else:
            malformed = malformed_dependency(metadata, self.markers)
            if malformed is None:
                candidate = ArtifactCandidate(artifact=artifact, metadata=metadata, template=template)
            else:
                reason = f"invalid dependency {malformed}"
                self._discarded.append(Rejection(artifact=artifact, kind="invalid", reason=reason))
                message = f"Ignoring version {artifact.version} of {artifact.project}: {reason}"
                self.reporter.emit(Warned(message=message))
        self._candidates[key] = candidate
        return candidate

    def _announce(self, artifact: Artifact, template: Requirement) -> None:
        if artifact.is_direct:
            return  # announced by whoever named it
        is_path = urls.is_local(artifact.url)
        self.reporter.emit(
            Collecting(
                requirement=artifact.url if is_path else str(template),
                wanted_by=_wanted_by(template),
                is_path=is_path,
            )
        )

    def with_extras(
        self, base: BaseCandidate | ExtrasCandidate, extras: frozenset[NormalizedName]
    ) -> ExtrasCandidate:
        """A candidate with extras."""
        if isinstance(base, ExtrasCandidate):
            base = base.base
        # Whoever wants extras beside a lock file wants what they need.
        template = replace(base.template, extras=base.template.extras | extras, is_locked=False)
        return ExtrasCandidate(base=base, extras=extras, template=template)

    def needs(self, requirement: Requirement) -> Iterator[Need]:
        """A requirement in the resolver's terms: with extras it is two, so that the bare project is one node."""
        if requirement.artifact is not None:
            yield ExactNeed(candidate=self._locked(requirement, requirement.artifact))
            return
        if requirement.url is None:
            if requirement.extras and requirement.specifier:
                yield SpecifierNeed(requirement=requirement.without_extras())
            yield SpecifierNeed(requirement=requirement)
            return
        base = self._direct(requirement, requirement.url)
        if base is None:
            # Nothing can fulfil it: a specifier that excludes every version.
            yield SpecifierNeed(requirement=replace(requirement, url=None, specifier=SpecifierSet("<0.dev0")))
            return
        yield ExactNeed(candidate=base)
        if requirement.extras:
            yield ExactNeed(candidate=self.with_extras(base, requirement.extras))

    def _locked(self, requirement: Requirement, artifact: Artifact) -> BaseCandidate:
        """The artifact that a lock file has of a project, or the same version where it is installed."""
        if not urls.is_local(artifact.url):
            installed = self._installed(artifact.project, SpecifierSet(f"=={artifact.version}"), requirement)
            if installed is not None:
                return installed
        rejected = self._assess([artifact]).rejected
        candidate = None if rejected else self._candidate(artifact, requirement)
        if candidate is None:
            last = [one for one in (*rejected, *self._discarded) if one.artifact.place == artifact.place][-1]
            raise UnusableLockedArtifact(
                project=artifact.project,
                origin=str(requirement.origin),
                filename=artifact.filename,
                reason=last.reason,
            )
        return candidate

    def _direct(self, requirement: Requirement, url: str) -> ArtifactCandidate | None:
        try:
            artifact = self.sources.direct.artifact(url, requirement)
        except InconsistentMetadata:
            if requirement.origin.is_user:
                raise
            return None
        for rejection in self._assess([artifact]).rejected:
            if rejection.kind == "tags":
                tags = tuple(artifact.filename.removesuffix(".whl").split("-")[-3:])
                described = f"{self.target.implementation} {self.target.full_version} on {self.target.platform}"
                raise UnsupportedWheel(subject=artifact.filename, wheel_tags=tags, target=described)
        return self._candidate(artifact, requirement.without_extras())

    def requires_python(self, text: str) -> SpecifierSet | None:
        """A Requires-Python as it counts; None where it says nothing, is ignored or cannot be read."""
        if self.selection.ignore_requires_python:
            return None
        try:
            specifier = SpecifierSet(text)
        except InvalidSpecifier:
            return None
        return specifier if len(specifier) else None

    def warn_of_missing_extra(self, base: BaseCandidate, extra: NormalizedName) -> None:
        """Say once that a project does not have an extra."""
        key = f"{base.project}[{extra}]"
        if key not in self._announced:
            self._announced.add(key)
            message = f"{base.project} {base.version} does not provide the extra '{extra}'"
            self.reporter.emit(Warned(message=message))

    def prefetch(self, projects: Sequence[NormalizedName], *, is_needed: bool) -> None:
        """Begin to read the pages that will be asked for; nothing for what an installed project needs."""
        if is_needed:
            unknown = [one for one in dict.fromkeys(projects) if one not in self._assessments]
            self.sources.artifacts.prefetch([one for one in unknown if one not in self.installed])

    def expect(self, requirements: Sequence[Requirement]) -> None:
        """Begin to look for the metadata of what each requirement by itself would choose: each look may take a while.

        Reads the pages that are to be read anyway.
        """
        self.sources.metadata.expect(self._likely(requirements))

    def _likely(self, wanted: Sequence[Requirement]) -> Iterator[Artifact]:
        for one in wanted:
            if one.name in self.installed or one.url is not None or self.is_bound_to_files(one.name):
                continue
            if one.artifact is not None:
                yield one.artifact
                continue
            try:
                found = self._ordered(one.name, self.constraint(one.name) & one.specifier)
            except FreewheelError:  # which shows when it is chosen from, if it ever is
                continue
            if found:
                yield found[0].artifact


def _is_at(artifact: Artifact, url: str) -> bool:
    """Whether a URL names an artifact, with no digest that nobody would check."""
    place = urls.without_fragment(url), urls.subdirectory(url)
    is_checked = bool(artifact.demands) or set(urls.fragment_digests(url)) <= set(artifact.digests)
    return (artifact.url, artifact.subdirectory) == place and is_checked


def _wanted_by(requirement: Requirement) -> str | None:
    return None if requirement.origin == COMMAND_LINE else str(requirement.origin)

"""The resolver's two kinds of values: what is needed, and what could fulfil it.

Needs are told apart by identity: resolvelib never compares them, and hashing their contents took most of a search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from freewheel.errors import MalformedRequirement
from freewheel.model import requirement as requirements
from freewheel.model.artifact import Artifact, CoreMetadata, NormalizedName
from freewheel.model.requirement import COMMAND_LINE, Origin, Requirement
from freewheel.resolve.protocol import Installed

PYTHON = "<Python from Requires-Python>"
"""The identifier of the interpreter, which Requires-Python makes a requirement like others."""

UpgradeStrategy = Literal["eager", "only-if-needed", "to-satisfy-only"]
"""What may change of what is installed, in pip's words."""


def identifier(project: NormalizedName, extras: frozenset[NormalizedName]) -> str:
    """What the resolver calls a project with extras: a node of its own, tied to the bare project's version.

    >>> identifier(NormalizedName("foo"), frozenset({NormalizedName("b"), NormalizedName("a")}))
    'foo[a,b]'
    """
    return f"{project}[{','.join(sorted(extras))}]" if extras else project


class ArtifactCandidate(Struct, frozen=True, kw_only=True):
    """A release as one of its artifacts; equal when the artifact is. `template` is the requirement that led to it."""

    artifact: Artifact
    metadata: CoreMetadata
    template: Requirement

    @property
    def project(self) -> NormalizedName:
        """The normalized project name."""
        return self.artifact.project

    @property
    def identifier(self) -> str:
        """The resolver's name for it."""
        return self.artifact.project

    @property
    def version(self) -> Version:
        """The release's version."""
        return self.artifact.version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ArtifactCandidate) and self.artifact.identity == other.artifact.identity

    def __hash__(self) -> int:
        return hash(self.artifact.place)


class InstalledCandidate(Struct, frozen=True, kw_only=True):
    """What the environment has already."""

    installed: Installed
    version: Version
    template: Requirement

    @property
    def project(self) -> NormalizedName:
        """The normalized project name."""
        return self.installed.project

    @property
    def identifier(self) -> str:
        """The resolver's name for it."""
        return self.installed.project

    @property
    def metadata(self) -> CoreMetadata:
        """The installed metadata."""
        return self.installed.metadata

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InstalledCandidate) and self.installed.project == other.installed.project

    def __hash__(self) -> int:
        return hash(self.installed.project)


BaseCandidate = ArtifactCandidate | InstalledCandidate


class ExtrasCandidate(Struct, frozen=True, kw_only=True):
    """A candidate with extras: it needs the bare one, and what the extras add."""

    base: BaseCandidate
    extras: frozenset[NormalizedName]
    template: Requirement

    @property
    def project(self) -> NormalizedName:
        """The normalized project name."""
        return self.base.project

    @property
    def identifier(self) -> str:
        """The resolver's name for it."""
        return identifier(self.base.project, self.extras)

    @property
    def version(self) -> Version:
        """The bare candidate's version."""
        return self.base.version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExtrasCandidate) and (self.base, self.extras) == (other.base, other.extras)

    def __hash__(self) -> int:
        return hash((self.base, self.extras))


class PythonCandidate(Struct, frozen=True, kw_only=True):
    """The target interpreter; there is one in a resolution."""

    version: Version

    @property
    def project(self) -> NormalizedName:
        """The interpreter's identifier."""
        return NormalizedName(PYTHON)

    @property
    def identifier(self) -> str:
        """The interpreter's identifier."""
        return PYTHON


Candidate = ArtifactCandidate | InstalledCandidate | ExtrasCandidate | PythonCandidate


class SpecifierNeed(Struct, frozen=True, kw_only=True, eq=False):
    """Any version within a specifier."""

    requirement: Requirement

    @property
    def project(self) -> NormalizedName:
        """The normalized project name."""
        return self.requirement.name

    @property
    def identifier(self) -> str:
        """The resolver's name for what is needed."""
        return identifier(self.requirement.name, self.requirement.extras)

    def is_satisfied_by(self, candidate: Candidate) -> bool:
        """By any version inside; whether pre-releases count was decided when candidates were ordered."""
        return self.requirement.specifier.contains(candidate.version, prereleases=True)

    def __str__(self) -> str:
        return str(self.requirement)


class ExactNeed(Struct, frozen=True, kw_only=True, eq=False):
    """This candidate and no other: a direct reference, or the bare project below its extras.

    Of a file with the digests that are demanded here more may be demanded elsewhere.
    """

    candidate: BaseCandidate | ExtrasCandidate

    @property
    def project(self) -> NormalizedName:
        """The normalized project name."""
        return self.candidate.project

    @property
    def identifier(self) -> str:
        """The resolver's name for what is needed."""
        return self.candidate.identifier

    def is_satisfied_by(self, candidate: Candidate) -> bool:
        """By the very candidate, or the same file with more digests stated."""
        if isinstance(candidate, PythonCandidate):
            return False
        (found, found_extras), (wanted, extras) = _parts(candidate), _parts(self.candidate)
        return found_extras == extras and (found == wanted or _is_file(found, wanted))

    def __str__(self) -> str:
        base = self.candidate.base if isinstance(self.candidate, ExtrasCandidate) else self.candidate
        if isinstance(base, InstalledCandidate):
            return f"{self.candidate.identifier} {base.version} (Installed)"
        if base.artifact.is_direct:
            editable = "editable " if base.artifact.is_editable else ""
            return f"{self.candidate.identifier} {base.version} (from {editable}{base.artifact.url})"
        return f"{self.candidate.identifier} {base.version}"


def _parts(
    candidate: BaseCandidate | ExtrasCandidate,
) -> tuple[BaseCandidate, frozenset[NormalizedName]]:
    return (candidate.base, candidate.extras) if isinstance(candidate, ExtrasCandidate) else (candidate, frozenset())


def _is_file(found: BaseCandidate, wanted: BaseCandidate) -> bool:
    """Whether a candidate is the file wanted, and would be refused with other digests than those wanted."""
    return (
        isinstance(found, ArtifactCandidate)
        and isinstance(wanted, ArtifactCandidate)
        and found.artifact.place == wanted.artifact.place
        and set(wanted.artifact.digests) <= set(found.artifact.digests)
    )


class PythonNeed(Struct, frozen=True, kw_only=True, eq=False):
    """A Requires-Python."""

    specifier: SpecifierSet

    @property
    def project(self) -> NormalizedName:
        """The interpreter's identifier."""
        return NormalizedName(PYTHON)

    @property
    def identifier(self) -> str:
        """The interpreter's identifier."""
        return PYTHON

    def is_satisfied_by(self, candidate: Candidate) -> bool:
        """By an interpreter inside the specifier; its pre-releases count."""
        return self.specifier.contains(candidate.version, prereleases=True)

    def __str__(self) -> str:
        return f"Python {self.specifier}"


Need = SpecifierNeed | ExactNeed | PythonNeed


def dependency_origin(parent: Requirement) -> Origin:
    """The origin of what a project needs: the chain of requirements up to what a person asked for."""
    chain = str(parent)
    if parent.origin != COMMAND_LINE:
        chain += f"->{parent.origin}"
    return Origin(text=chain)


def dependencies(
    metadata: CoreMetadata,
    *,
    extras: frozenset[NormalizedName],
    markers: Mapping[str, str],
    template: Requirement,
) -> Sequence[Requirement]:
    """What a distribution needs in an environment, with `extras` that it provides; raises MalformedRequirement."""
    origin = dependency_origin(template)
    parsed = (requirements.parse(text, origin=origin) for text in metadata.requires_dist)
    return [needed for needed in parsed if requirements.applies(needed, markers, extras=extras)]


def malformed_dependency(metadata: CoreMetadata, markers: Mapping[str, str]) -> str | None:
    """Why the dependencies of a distribution cannot be read; None when they can."""
    for text in metadata.requires_dist:
        try:
            requirements.applies(requirements.parse(text), markers)
        except MalformedRequirement as error:
            return f"{error.text!r}: {error.reason}"
    return None

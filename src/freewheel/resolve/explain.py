"""A failed search in the user's terms: who asks for what."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from freewheel.errors import (
    ConflictingRequirements,
    NoMatchingDistribution,
    ResolutionError,
    UnsupportedPython,
)
from freewheel.model import url as urls
from freewheel.model.artifact import Artifact, NormalizedName
from freewheel.model.releases import ReleaseControl
from freewheel.model.requirement import COMMAND_LINE, parse
from freewheel.resolve.candidates import Assessment, Rejection
from freewheel.resolve.terms import (
    ArtifactCandidate,
    Candidate,
    ExactNeed,
    ExtrasCandidate,
    InstalledCandidate,
    Need,
    PythonCandidate,
    PythonNeed,
    SpecifierNeed,
)

if TYPE_CHECKING:
    from resolvelib.structs import RequirementInformation

    Cause = RequirementInformation[Need, Candidate]


def explain(
    causes: Sequence[Cause],
    *,
    python: PythonCandidate,
    constraint: Callable[[NormalizedName], str | None],
    assess: Callable[[NormalizedName], Assessment],
    consulted: tuple[str, ...],
    releases: ReleaseControl,
) -> ResolutionError:
    """The error for the causes of a failed resolution.

    What does not run on this Python comes first; a single need that nothing fulfils is `NoMatchingDistribution`;
    the rest is a conflict. `constraint` says what constrains a project, as it may be shown.
    """
    misfits = {
        (cause.parent.identifier, _release(cause.parent), str(cause.requirement.specifier)): None
        for cause in causes
        if isinstance(cause.requirement, PythonNeed)
        and cause.parent is not None
        and not cause.requirement.is_satisfied_by(python)
    }
    if misfits:
        return UnsupportedPython(python=str(python.version), requirers=tuple(misfits))
    named = dict.fromkeys(cause.requirement.project for cause in causes)
    relevant = [text for text in map(constraint, named) if text is not None]
    if len(causes) == 1 and not relevant:
        return _no_match(causes[0], assess, consulted, releases)
    projects = dict.fromkeys(cause.requirement.project for cause in causes if _is_open(cause.requirement))
    return ConflictingRequirements(
        triggers=tuple(sorted({_trigger(cause) for cause in causes})),
        causes=tuple(dict.fromkeys((_told(cause.requirement), _parent(cause)) for cause in causes)),
        constraints=tuple(relevant),
        unavailable=tuple(sorted(name for name in projects if not assess(name).usable)),
    )


def _no_match(
    cause: Cause,
    assess: Callable[[NormalizedName], Assessment],
    consulted: tuple[str, ...],
    releases: ReleaseControl,
) -> NoMatchingDistribution:
    need = cause.requirement
    assessment = assess(need.project) if _is_open(need) else Assessment(usable=(), rejected=())
    others = [one for one in assessment.rejected if one.kind == "python"]
    versions = {(str(one.artifact.version), _as_pip_writes(one.artifact.requires_python or "")) for one in others}
    return NoMatchingDistribution(
        requirement=str(need),
        wanted_by=cause.parent.identifier if cause.parent else None,
        available=assessment.versions,
        rejected=tuple((one.artifact.filename, one.reason) for one in _telling(need, assessment)),
        consulted=consulted,
        yanked=assessment.yanked_versions,
        for_other_pythons=tuple(sorted(versions)),
        is_final_only=releases.takes_prereleases(need.project) is False,
    )


def _telling(need: Need, assessment: Assessment) -> list[Rejection]:
    """What might have been chosen: where other versions can be had, only what is inside the specifier."""
    return [
        one
        for one in assessment.rejected
        if one.kind != "python"
        and (
            not assessment.versions
            or not isinstance(need, SpecifierNeed)
            or need.requirement.specifier.contains(one.artifact.version, prereleases=True)
        )
    ]


def _as_pip_writes(requires_python: str) -> str:
    """A Requires-Python with its clauses in pip's order: by those parts of the version that are digits alone.

    >>> _as_pip_writes("<4,!=3.9.1, >=3.8")
    '<4,>=3.8,!=3.9.1'
    """
    clauses = sorted(clause.strip() for clause in requires_python.split(","))
    return ",".join(sorted(clauses, key=lambda clause: [int(part) for part in clause.split(".") if part.isdigit()]))


def _is_open(need: Need) -> bool:
    return isinstance(need, SpecifierNeed)


def _parent(cause: Cause) -> str | None:
    return None if cause.parent is None else f"{cause.parent.identifier} {cause.parent.version}"


def _trigger(cause: Cause) -> str:
    """What a person asked for that led here, as pip names it.

    The need itself; or the release that fulfilled a word on the command line; or the line of a file that asked for
    it; or the project that depends on it.
    """
    parent = cause.parent
    if parent is None or isinstance(parent, PythonCandidate):
        return _told(cause.requirement)
    if isinstance(parent, ArtifactCandidate) and parent.template.origin != COMMAND_LINE:
        origin = parent.template.origin
        return origin.text if origin.is_user else parse(origin.text.partition("->")[0]).given_name
    return f"{parent.identifier}=={parent.version}"


def _told(need: Need) -> str:
    """A need as pip tells it in a conflict.

    The markers of what a person asked for have been left behind when it applied.
    """
    if isinstance(need, ExactNeed):
        return _release(need.candidate)
    if not isinstance(need, SpecifierNeed):
        return str(need)
    wanted = need.requirement
    *first, last = str(wanted.specifier).split(",")
    versions = f"{', '.join(first)} and {last}" if first else last
    marker = "" if wanted.marker is None or wanted.origin.is_user else f"; {wanted.marker}"
    return f"{wanted.without_versions()}{versions}{marker}"


def _release(candidate: Candidate) -> str:
    """A candidate with the place that it comes from."""
    if isinstance(candidate, ExtrasCandidate):
        return f"{_release(candidate.base)} [{', '.join(sorted(candidate.extras))}]"
    if isinstance(candidate, InstalledCandidate):
        return f"{candidate.project} {candidate.version} (Installed)"
    if isinstance(candidate, ArtifactCandidate):
        return f"{candidate.project} {candidate.version} (from {_place(candidate.artifact)})"
    return f"Python {candidate.version}"


def _place(artifact: Artifact) -> str:
    editable = "editable " if artifact.is_editable else ""
    if urls.is_local(artifact.url):
        return editable + urls.to_path(artifact.url, windows=os.name == "nt")
    listed = f" (from {artifact.listed_at})" if artifact.listed_at else ""
    if listed and artifact.requires_python:
        listed += f" (requires-python:{artifact.requires_python})"
    return f"{editable}{urls.redacted(artifact.url)}{listed}"

"""A failed search in the user's terms: who asks for what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from freewheel.errors import (
    ConflictingRequirements,
    NoMatchingDistribution,
    ResolutionError,
    UnsupportedPython,
)
from freewheel.model.artifact import NormalizedName
from freewheel.model.releases import ReleaseControl
from freewheel.model.requirement import COMMAND_LINE
from freewheel.resolve.candidates import Assessment, Rejection
from freewheel.resolve.terms import (
    Candidate,
    ExtrasCandidate,
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
    constraints: Callable[[NormalizedName], Sequence[str]],
    assess: Callable[[NormalizedName], Assessment],
    consulted: tuple[str, ...],
    releases: ReleaseControl,
) -> ResolutionError:
    """The error for the causes of a failed resolution.

    What does not run on this Python comes first; a single need that nothing fulfils is `NoMatchingDistribution`;
    the rest is a conflict. `constraints` says what constrains a project, as it may be shown.
    """
    misfits = {
        (cause.parent.project, str(cause.requirement.specifier)): None
        for cause in causes
        if isinstance(cause.requirement, PythonNeed)
        and cause.parent is not None
        and not cause.requirement.is_satisfied_by(python)
    }
    if misfits:
        return UnsupportedPython(python=str(python.version), requirers=tuple(misfits))
    relevant = [text for name in dict.fromkeys(c.requirement.project for c in causes) for text in constraints(name)]
    if len(causes) == 1 and not relevant:
        return _no_match(causes[0], assess, consulted, releases)
    projects = dict.fromkeys(cause.requirement.project for cause in causes if _is_open(cause.requirement))
    return ConflictingRequirements(
        triggers=tuple(sorted({_trigger(cause) for cause in causes})),
        causes=tuple(dict.fromkeys((str(cause.requirement), _parent(cause)) for cause in causes)),
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
    """What a person asked for that led here: the need itself, or the requirement that its parent came in by."""
    parent = cause.parent
    if parent is None or isinstance(parent, PythonCandidate):
        return str(cause.requirement)
    template = parent.base.template if isinstance(parent, ExtrasCandidate) else parent.template
    if template.origin == COMMAND_LINE or template.origin.is_user:
        return f"{parent.identifier}=={parent.version}"
    return template.origin.text.partition("->")[0]

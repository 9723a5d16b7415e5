"""No set of versions fits."""

from __future__ import annotations

from freewheel.errors.root import FreewheelError


class ResolutionError(FreewheelError):
    """No set of versions fits what was asked for."""


class NoMatchingDistribution(ResolutionError):
    """No candidate fits; `available` are the versions that fit the target, `rejected` holds (what, why) of others.

    `yanked` are versions that only a pin would take, `for_other_pythons` holds (version, Requires-Python).
    `is_final_only` says that pre-releases were out of the question.
    """

    requirement: str
    wanted_by: str | None
    available: tuple[str, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    consulted: tuple[str, ...] = ()
    yanked: tuple[str, ...] = ()
    for_other_pythons: tuple[tuple[str, str], ...] = ()
    is_final_only: bool = False


class NoVersions(ResolutionError):
    """No index has a version of a project that may be chosen; `rejected` holds (what, why) of those that may not.

    `exists` tells whether an index has any file of it.
    """

    name: str
    exists: bool = False
    rejected: tuple[tuple[str, str], ...] = ()
    consulted: tuple[str, ...] = ()


class UploadTimeUnknown(ResolutionError):
    """The time of upload decides, and the page that lists a file does not state it."""

    filename: str
    page: str


class ConflictingRequirements(ResolutionError):
    """Requirements exclude one another.

    `triggers` are what a person asked for, or the line of a file; `causes` holds (requirement, who asks for it: None
    for a person); `constraints` those that take part, one for each project; `unavailable` the projects among them
    that have no fitting version at all.
    """

    triggers: tuple[str, ...]
    causes: tuple[tuple[str, str | None], ...]
    constraints: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()


class UnusableLockedArtifact(ResolutionError):
    """What the lock file `origin` has of a project cannot be used here."""

    project: str
    origin: str
    filename: str
    reason: str


class UnsupportedPython(ResolutionError):
    """What is needed does not run on this Python; `requirers` holds (project, release, its Requires-Python)."""

    python: str
    requirers: tuple[tuple[str, str, str], ...]


class ResolutionTooDeep(ResolutionError):
    """The search ended without an answer after `rounds` rounds."""

    rounds: int

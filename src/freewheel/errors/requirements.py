"""What was asked for cannot be understood."""

from __future__ import annotations

from dataclasses import dataclass

from freewheel.errors.root import FreewheelError


@dataclass(kw_only=True, eq=False)
class RequirementError(FreewheelError):
    """What was asked for cannot be understood; `origin` says where it stands."""

    origin: str


@dataclass(kw_only=True, eq=False)
class MalformedRequirement(RequirementError):
    """A requirement that does not follow the dependency specifier grammar."""

    text: str
    reason: str
    hint: str | None = None


@dataclass(kw_only=True, eq=False)
class RequirementsFileError(RequirementError):
    """A requirements or constraints file is missing or unreadable."""

    path: str
    reason: str


@dataclass(kw_only=True, eq=False)
class UnusablePath(RequirementError):
    """A path is no wheel, no sdist and no project folder."""

    path: str
    reason: str

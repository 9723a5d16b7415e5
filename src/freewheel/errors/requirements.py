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
    """A file that names requirements is missing or unreadable; `kind` is such as `requirements` or `constraint`."""

    path: str
    reason: str
    kind: str = "requirements"


@dataclass(kw_only=True, eq=False)
class MalformedToml(RequirementError):
    """A file is no TOML; `line` and `column` from 1, None where no place is; `origin` is who asks for it."""

    path: str
    reason: str
    line: int | None = None
    column: int | None = None

    @property
    def place(self) -> str:
        """The file and, where that is known, the place in it."""
        return self.path if self.line is None else f"{self.path}, line {self.line}, column {self.column}"


@dataclass(kw_only=True, eq=False)
class LockFileError(RequirementError):
    """A lock file (PEP 751) cannot be understood, or is not for this environment."""

    path: str
    reason: str


@dataclass(kw_only=True, eq=False)
class DependencyGroupError(RequirementError):
    """A dependency group (PEP 735) is not there, or cannot be understood."""

    path: str
    group: str
    reason: str


@dataclass(kw_only=True, eq=False)
class ScriptMetadataError(RequirementError):
    """A script has no metadata (PEP 723), or none that can be understood or is for this Python."""

    path: str
    reason: str


@dataclass(kw_only=True, eq=False)
class UnusablePath(RequirementError):
    """A path is no wheel, no sdist and no project folder."""

    path: str
    reason: str

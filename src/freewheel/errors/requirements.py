"""What was asked for cannot be understood."""

from __future__ import annotations

from typing import Literal, TypeAlias

from freewheel.errors.root import FreewheelError

Wanted: TypeAlias = Literal["requirement", "options", "constraint", "digest", "editable"]
"""What has its place where something malformed stands."""


class RequirementError(FreewheelError):
    """What was asked for cannot be understood; `origin` says where it stands."""

    origin: str


class MalformedRequirement(RequirementError):
    """A requirement that does not follow the grammar of dependency specifiers, or is not what is `wanted` there."""

    text: str
    reason: str
    hint: str | None = None
    wanted: Wanted = "requirement"


class RequirementsFileError(RequirementError):
    """A file that names requirements is missing or unreadable; `kind` is such as `requirements` or `constraint`."""

    path: str
    reason: str
    kind: str = "requirements"
    hint: str | None = None


class RequirementsFileLoop(RequirementError):
    """A requirements file is named by itself, in the file `within`; `first_in` is where it was named before."""

    path: str
    within: str
    first_in: str | None = None


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


class LockFileError(RequirementError):
    """A lock file (PEP 751) cannot be understood, or is not for this environment."""

    path: str
    reason: str
    hint: str | None = None


class DependencyGroupError(RequirementError):
    """A dependency group (PEP 735) is not there, or cannot be understood."""

    path: str
    group: str
    reason: str


class ScriptMetadataError(RequirementError):
    """A script has no metadata (PEP 723), or none that can be understood; `detail` is what a parser says of it."""

    path: str
    reason: str
    detail: str | None = None


class ScriptForOtherPython(RequirementError):
    """A script requires another version of Python than it is to be run with."""

    path: str
    python: str
    required: str


class UnusablePath(RequirementError):
    """A path is not what is expected, a wheel, an sdist or a project folder for most uses, or there is nothing."""

    path: str
    reason: str
    hint: str | None = None
    expected: str = "a wheel, an sdist, or a folder with a pyproject.toml or setup.py"

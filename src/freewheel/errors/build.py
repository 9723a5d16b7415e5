"""A source tree did not become a wheel."""

from __future__ import annotations

from freewheel.errors.root import FreewheelError


class BuildError(FreewheelError):
    """A source tree did not become a wheel."""

    project: str


class BackendFailed(BuildError):
    """A hook of the build backend failed; `output` is the end of what it printed, `log_path` has all of it."""

    hook: str
    output: str
    log_path: str | None = None


class BackendUnusable(BuildError):
    """`pyproject.toml` is invalid, or its backend cannot be loaded; `is_absent` where nobody has installed it."""

    reason: str
    is_absent: bool = False


class ProjectFolderMissing(BuildError):
    """A source has not the folder `subdirectory` that its URL says the project is in; `place` is such as a commit."""

    subdirectory: str
    place: str


class BuildRequirementsUnavailable(BuildError):
    """What the build needs cannot be had; the cause is chained."""

    requirements: tuple[str, ...]


class BuildRequirementsUnmet(BuildError):
    """Without isolation: the environment has not what the build needs.

    `conflicting` has what is there (`name==version`) and the need, `missing` needs alone.
    """

    conflicting: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


class EditableUnsupported(BuildError):
    """The build backend has no `build_editable` hook (PEP 660)."""

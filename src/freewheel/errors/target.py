"""The environment cannot be changed, or not found."""

from __future__ import annotations

from freewheel.errors.root import FreewheelError


class TargetError(FreewheelError):
    """The environment cannot be changed, or not found."""

    path: str


class UnusableInterpreter(TargetError):
    """What was named as interpreter does not run, or is too old; `named_by` is where, None where nobody did."""

    reason: str
    named_by: str | None = None


class ExternallyManaged(TargetError):
    """PEP 668: the distributor manages this environment and says so in `explanation`."""

    explanation: str


class NotWritable(TargetError):
    """A folder or file cannot be written; `is_as_before` says that a change was taken back as a whole."""

    reason: str
    is_as_before: bool = False


class NotReadable(TargetError):
    """A folder that says what is installed cannot be read."""

    reason: str


class CannotUninstall(TargetError):
    """It is not known which files belong to an installed project."""

    project: str
    version: str


class RecordMissing(CannotUninstall):
    """There is no RECORD; `installer` is what the project was installed with, empty where that is not said."""

    installer: str


class DistutilsInstalled(CannotUninstall):
    """distutils installed it, which notes nothing."""


class NoUserSite(TargetError):
    """The user's own site-packages do not count here; `problem` is pip's sentence."""

    problem: str


class NotVirtual(TargetError):
    """A virtual environment is required, and this is none."""

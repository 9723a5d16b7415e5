"""The environment cannot be changed, or not found."""

from __future__ import annotations

from dataclasses import dataclass

from freewheel.errors.root import FreewheelError


@dataclass(kw_only=True, eq=False)
class TargetError(FreewheelError):
    """The environment cannot be changed, or not found."""

    path: str


@dataclass(kw_only=True, eq=False)
class UnusableInterpreter(TargetError):
    """What was named as interpreter does not run, or is too old."""

    reason: str


@dataclass(kw_only=True, eq=False)
class ExternallyManaged(TargetError):
    """PEP 668: the distributor manages this environment and says so in `explanation`."""

    explanation: str


@dataclass(kw_only=True, eq=False)
class NotWritable(TargetError):
    """A folder or file cannot be written; `is_as_before` says that a change was taken back as a whole."""

    reason: str
    is_as_before: bool = False


@dataclass(kw_only=True, eq=False)
class CannotUninstall(TargetError):
    """An installed project has no record of its files."""

    project: str
    reason: str

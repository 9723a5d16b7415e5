"""Every exception, drawn as a tree.

    FreewheelError
    ├── UsageError                  the command line, or an option given elsewhere      exit 2
    │   ├── InvalidOptionValue
    │   └── OptionNotSupported
    ├── UnknownCommand              there is no such command                            exit 1
    ├── ConfigurationFileError      a configuration file cannot be understood
    ├── NothingAsked                a command that needs requirements was given none
    ├── CacheDisabled               a cache command without a cache
    ├── CacheCommandError           a cache command called wrongly
    ├── RequirementError            what was asked for cannot be understood
    │   ├── MalformedRequirement
    │   ├── RequirementsFileError
    │   └── UnusablePath
    ├── NetworkError                a URL could not be read
    │   ├── Unreachable
    │   ├── UntrustedCertificate
    │   ├── InsecureOrigin
    │   ├── AccessDenied
    │   ├── UnexpectedStatus
    │   ├── TooManyRedirects
    │   └── IncompleteBody
    ├── IndexPageError              an index answered with something that is no project page
    ├── ArtifactError               the bytes are not what they should be
    │   ├── DigestMismatch
    │   ├── BrokenArchive
    │   ├── InvalidWheel
    │   ├── UnsupportedWheel
    │   └── InconsistentMetadata
    ├── ResolutionError             no set of versions fits
    │   ├── NoMatchingDistribution
    │   ├── ConflictingRequirements
    │   ├── UnsupportedPython
    │   └── ResolutionTooDeep
    ├── BuildError                  a source tree did not become a wheel
    │   ├── BackendFailed
    │   ├── BackendUnusable
    │   └── BuildRequirementsUnavailable
    ├── TargetError                 the environment cannot be changed, or not found
    │   ├── UnusableInterpreter
    │   ├── ExternallyManaged
    │   ├── NotWritable
    │   └── CannotUninstall
    └── StoreError                  the cache cannot keep something (callers go on without it)
        ├── NoSpace
        └── ReadOnlyStore

A class for each thing that a caller can do something about. The data lies in attributes; the text that a person
reads is made in `freewheel.cli.errors_as_text` alone. URLs in attributes never carry credentials.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(kw_only=True, eq=False)
class FreewheelError(Exception):
    """What freewheel raises on purpose; anything else is a defect."""

    def __str__(self) -> str:
        return ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))


@dataclass(kw_only=True, eq=False)
class UsageError(FreewheelError):
    """The words on the command line do not make a command; `command` is the one they were read for."""

    problem: str
    hint: str | None = None
    command: str | None = None


@dataclass(kw_only=True, eq=False)
class InvalidOptionValue(UsageError):
    """An option has a value that it cannot have; `source` says where it was set."""

    option: str
    value: str
    source: str


@dataclass(kw_only=True, eq=False)
class OptionNotSupported(UsageError):
    """An option of pip's that freewheel does not have."""

    option: str


@dataclass(kw_only=True, eq=False)
class UnknownCommand(FreewheelError):
    """There is no such command; `suggestion` is one with a similar name. `is_of_pip`: pip has it."""

    command: str
    suggestion: str | None = None
    is_of_pip: bool = False


@dataclass(kw_only=True, eq=False)
class ConfigurationFileError(FreewheelError):
    """A configuration file cannot be read or parsed."""

    path: str
    reason: str


@dataclass(kw_only=True, eq=False)
class NothingAsked(FreewheelError):
    """A command that needs requirements was given none."""

    command: str


class CacheDisabled(FreewheelError):
    """The command works on the cache, which is switched off or unusable."""


@dataclass(kw_only=True, eq=False)
class CacheCommandError(FreewheelError):
    """A cache command was called wrongly; `problem` is a sentence of pip's."""

    problem: str


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


@dataclass(kw_only=True, eq=False)
class NetworkError(FreewheelError):
    """A URL could not be read."""

    url: str


@dataclass(kw_only=True, eq=False)
class Unreachable(NetworkError):
    """No answer: name resolution, connection, proxy or time limit."""

    reason: str
    attempts: int = 1


@dataclass(kw_only=True, eq=False)
class UntrustedCertificate(NetworkError):
    """The server's certificate is not trusted."""

    reason: str


@dataclass(kw_only=True, eq=False)
class InsecureOrigin(NetworkError):
    """Plain HTTP to a host that is neither loopback nor trusted."""

    host: str


@dataclass(kw_only=True, eq=False)
class AccessDenied(NetworkError):
    """401, 403 or 407; `had_credentials` tells whether any were sent."""

    status: int
    had_credentials: bool


@dataclass(kw_only=True, eq=False)
class UnexpectedStatus(NetworkError):
    """A final status that is no success."""

    status: int
    reason: str


@dataclass(kw_only=True, eq=False)
class TooManyRedirects(NetworkError):
    """More redirects than `limit`, or one that leads nowhere."""

    limit: int


@dataclass(kw_only=True, eq=False)
class IncompleteBody(NetworkError):
    """The connection ended before the body did; sizes in bytes."""

    expected: int | None
    received: int


@dataclass(kw_only=True, eq=False)
class IndexPageError(FreewheelError):
    """An index answered with something that is no project page."""

    url: str
    content_type: str
    reason: str


@dataclass(kw_only=True, eq=False)
class ArtifactError(FreewheelError):
    """The bytes of a distribution archive are not what they should be."""

    subject: str


@dataclass(kw_only=True, eq=False)
class DigestMismatch(ArtifactError):
    """A file has another digest than the one stated for it; hexadecimal."""

    url: str
    algorithm: str
    expected: str
    found: str


@dataclass(kw_only=True, eq=False)
class BrokenArchive(ArtifactError):
    """A zip or tar file cannot be read, or holds a path that leads out of it."""

    reason: str


@dataclass(kw_only=True, eq=False)
class InvalidWheel(ArtifactError):
    """A wheel breaks the binary distribution format; every problem found is listed."""

    problems: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class UnsupportedWheel(ArtifactError):
    """A wheel is for another interpreter or platform."""

    wheel_tags: tuple[str, ...]
    target: str


@dataclass(kw_only=True, eq=False)
class InconsistentMetadata(ArtifactError):
    """The metadata names another project or version than the file name."""

    field: str
    expected: str
    found: str


class ResolutionError(FreewheelError):
    """No set of versions fits what was asked for."""


@dataclass(kw_only=True, eq=False)
class NoMatchingDistribution(ResolutionError):
    """No candidate fits; `available` are the versions that fit the target, `rejected` holds (what, why) of others."""

    requirement: str
    wanted_by: str | None
    available: tuple[str, ...]
    rejected: tuple[tuple[str, str], ...] = ()
    consulted: tuple[str, ...] = ()


@dataclass(kw_only=True, eq=False)
class ConflictingRequirements(ResolutionError):
    """Requirements exclude one another.

    `triggers` are what a person asked for; `causes` holds (requirement, who asks for it: None for a person);
    `constraints` those that take part; `unavailable` the projects among them that have no fitting version at all.
    """

    triggers: tuple[str, ...]
    causes: tuple[tuple[str, str | None], ...]
    constraints: tuple[str, ...] = ()
    unavailable: tuple[str, ...] = ()


@dataclass(kw_only=True, eq=False)
class UnsupportedPython(ResolutionError):
    """What is needed does not run on this Python; `requirers` holds (project, its Requires-Python)."""

    python: str
    requirers: tuple[tuple[str, str], ...]


@dataclass(kw_only=True, eq=False)
class ResolutionTooDeep(ResolutionError):
    """The search ended without an answer after `rounds` rounds."""

    rounds: int


@dataclass(kw_only=True, eq=False)
class BuildError(FreewheelError):
    """A source tree did not become a wheel."""

    project: str


@dataclass(kw_only=True, eq=False)
class BackendFailed(BuildError):
    """A hook of the build backend failed; `output` is the end of what it printed, `log_path` has all of it."""

    hook: str
    output: str
    log_path: str | None = None


@dataclass(kw_only=True, eq=False)
class BackendUnusable(BuildError):
    """`pyproject.toml` is invalid, or its backend cannot be loaded."""

    reason: str


@dataclass(kw_only=True, eq=False)
class BuildRequirementsUnavailable(BuildError):
    """What the build needs cannot be had; the cause is chained."""

    requirements: tuple[str, ...]


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


@dataclass(kw_only=True, eq=False)
class StoreError(FreewheelError):
    """The cache cannot keep something; callers go on without it."""

    path: str
    reason: str


class NoSpace(StoreError):
    """The disk is full."""


class ReadOnlyStore(StoreError):
    """The cache is one that is only read: nothing went wrong, and nobody need be told."""

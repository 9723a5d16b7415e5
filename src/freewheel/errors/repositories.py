"""A repository could not be read or checked out."""

from __future__ import annotations

from freewheel.errors.root import FreewheelError


class RepositoryError(FreewheelError):
    """A repository could not be read or checked out; `submodule_of` is the repository that has it below itself."""

    url: str
    submodule_of: str | None = None


class GitUnavailable(RepositoryError):
    """There is no git that can be run, or it is too old."""

    reason: str


class RepositoryUnreadable(RepositoryError):
    """git cannot read the repository: no network, no such place, or no right to; `reason` is what git said."""

    reason: str


class RepositoryNotStored(RepositoryUnreadable):
    """No connection may be opened, and the cache does not have what is wanted of the repository, or must not tell."""


class UnknownRevision(RepositoryError):
    """The repository has no such branch, tag, commit or reference; None is its default branch."""

    revision: str | None


class CheckoutFailed(RepositoryError):
    """A commit, or one of its submodules, cannot be checked out; `reason` is what git said."""

    commit: str
    reason: str


class InTheWay(FreewheelError):
    """Something lies where a file or checkout belongs, and nobody said what to do with it.

    `choices` are the letters of `--exists-action` that would; empty where the choice was to abort.
    """

    path: str
    found: str
    choices: tuple[str, ...]

"""Texts for repositories that could not be read or checked out."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts, joined
from freewheel.model.url import redacted

_ACTIONS = {"s": "switch it", "i": "leave it as it is", "w": "delete it", "b": "rename it", "a": "stop"}


def _above(error: errors.RepositoryError) -> str | None:
    return None if error.submodule_of is None else redacted(error.submodule_of)


@describe.register
def _(error: errors.GitUnavailable) -> Message:
    return Message(
        what=(f"{redacted(error.url)} needs git, which cannot be used.",),
        facts=facts(("found", error.reason), ("expected", "a git command on PATH")),
        hint="Install git, or name an archive of the project instead of its repository.",
    )


@describe.register
def _(error: errors.RepositoryUnreadable) -> Message:
    return Message(
        what=(f"The repository {redacted(error.url)} cannot be read.",),
        facts=facts(("submodule of", _above(error)), ("found", error.reason)),
        hint="Check the URL, the network and your rights: `git ls-remote` with this URL should list its branches.",
    )


@describe.register
def _(error: errors.RepositoryNotStored) -> Message:
    return Message(
        what=(f"The repository {redacted(error.url)} is not in the cache, and --offline forbids to ask for it.",),
        facts=facts(("submodule of", _above(error))),
        hint="Run once without --offline. What git reaches by keys of its own (ssh, netrc) its server is asked for"
        " each time.",
    )


@describe.register
def _(error: errors.UnknownRevision) -> Message:
    what = "has no default branch" if error.revision is None else f"has no revision {error.revision!r}"
    return Message(
        what=(f"The repository {redacted(error.url)} {what}.",),
        facts=facts(
            ("submodule of", _above(error)),
            ("expected", "a branch, a tag, a commit, or a reference such as refs/pull/1/head"),
        ),
        hint="Check the part after the last @ of the URL; `git ls-remote` lists branches and tags.",
    )


@describe.register
def _(error: errors.CheckoutFailed) -> Message:
    return Message(
        what=(f"Commit {error.commit} of {redacted(error.url)} cannot be checked out.",),
        facts=facts(("submodule of", _above(error)), ("found", error.reason)),
        hint="Submodules and large files (LFS) come from servers of their own, which git has to reach as well.",
    )


@describe.register
def _(error: errors.InTheWay) -> Message:
    choices = [f"{letter} to {_ACTIONS.get(letter, letter)}" for letter in error.choices]
    return Message(
        what=(f"{error.path} is in the way: {error.found}.",),
        hint=f"Use --exists-action: {joined(choices)}." if choices else "Nothing was changed there, as you chose.",
    )

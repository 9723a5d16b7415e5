"""Texts for disks and caches that cannot keep something."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts


@describe.register
def _(error: errors.NoSpace) -> Message:
    return no_room(error.path, error.reason, " Everything is as it was before.")


def no_room(path: str, reason: str, taken_back: str) -> Message:
    """The message for a full disk; `taken_back` is a sentence about what was begun, or empty."""
    return Message(
        what=("No space left on the disk.",),
        facts=facts(("where", path), ("found", reason)),
        hint=f"Free some space; `freewheel cache purge` empties the cache.{taken_back}",
    )


@describe.register
def _(error: errors.StoreError) -> Message:
    return Message(
        what=("The cache could not be changed.",), facts=facts(("where", error.path), ("found", error.reason))
    )


@describe.register
def _(error: errors.ReadOnlyStore) -> Message:
    return Message(
        what=("The cache can only be read, and stays as it is.",),
        facts=facts(("where", error.path), ("found", error.reason)),
        hint="Whoever owns it can change it, on a file system that is not mounted read-only.",
    )


@describe.register
def _(error: errors.StoreUnavailable) -> Message:
    return Message(
        what=("The shared cache cannot be used.",),
        facts=facts(("where", error.path), ("found", error.reason)),
        hint="Check its address (--shared-cache), the credentials in the environment, and what they allow.",
    )


@describe.register
def _(error: errors.InvalidCacheArchive) -> Message:
    return Message(
        what=("The archive cannot be imported into the cache.",),
        facts=facts(("where", error.path), ("found", error.problem)),
        hint="Export it anew, with `freewheel cache export`. What was read of it before that is sound, and stays.",
    )


_OF_BUILDS = (
    "`--rebuild-package` keeps the new one. Where both are right, the build depends on something outside of it: the"
    " versions of what it needs, the time, a file elsewhere."
)
_OF_RESOLUTIONS = "`--refresh` asks the indexes anew. If that gives the same, please report it: this should never be."


@describe.register
def _(error: errors.CacheDiffers) -> Message:
    return Message(
        what=(f"What the cache has of {error.subject} is not what is made of it now.",),
        facts=facts(("kept", error.kept), ("differs", "\n".join(error.differences))),
        hint=_OF_RESOLUTIONS if error.kind == "resolution" else _OF_BUILDS,
    )


@describe.register
def _(error: OSError) -> Message:
    where = str(error.filename) if error.filename else None
    return Message(
        what=(f"Could not finish because of an operating system error: {error.strerror or error}.",),
        facts=facts(("where", where)),
        hint="Check the path, its permissions and the free space.",
    )

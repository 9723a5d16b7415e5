"""Texts for environments that cannot be changed."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.errors_as_text.store import NO_ROOM, no_room
from freewheel.cli.messages import Message, facts


@describe.register
def _(error: errors.UnusableInterpreter) -> Message:
    return Message(
        what=(f"{error.path} cannot be used as Python interpreter.",),
        facts=facts(("found", error.reason), ("expected", "Python 3.9 or newer, or a virtual environment with one")),
    )


@describe.register
def _(error: errors.ExternallyManaged) -> Message:
    return Message(
        what=("externally-managed-environment: this environment is managed by its distributor.",),
        facts=facts(("where", error.path), ("it says", error.explanation)),
        hint="Create a virtual environment; --break-system-packages goes on at your own risk.",
    )


@describe.register
def _(error: errors.NotWritable) -> Message:
    taken_back = " Everything is as it was before." if error.is_as_before else ""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in NO_ROOM:
        return no_room(error.path, error.reason, taken_back)
    return Message(
        what=(f"Could not write {error.path}: {error.reason}.",),
        hint=f"Check the path, its permissions and the free space there.{taken_back}",
    )


@describe.register
def _(error: errors.CannotUninstall) -> Message:
    return Message(
        what=(f"Cannot uninstall {error.project}: {error.reason}.",),
        facts=facts(("where", error.path)),
        hint="What another tool installed, that tool can take out.",
    )

"""Texts for environments that cannot be changed."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.errors_as_text.store import no_room
from freewheel.cli.messages import Message, facts
from freewheel.config.values import ACTIVATED
from freewheel.errors.store import NO_ROOM

_LEAVE = "Leave that environment with `deactivate`, or `unset VIRTUAL_ENV`; or name another one with --python."


@describe.register
def _(error: errors.UnusableInterpreter) -> Message:
    return Message(
        what=(f"{error.path} cannot be used as Python interpreter.",),
        facts=facts(
            ("named by", error.named_by),
            ("found", error.reason),
            ("expected", "Python 3.9 or newer, or a virtual environment with one"),
        ),
        hint=_LEAVE if error.named_by == ACTIVATED else None,
    )


@describe.register
def _(error: errors.ExternallyManaged) -> Message:
    return Message(
        what=("externally-managed-environment: This environment is externally managed",),
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
def _(error: errors.NotReadable) -> Message:
    return Message(
        what=(f"Could not read {error.path}: {error.reason}.",),
        hint="What is installed there is not known. Check its permissions, and those of the folders above it.",
    )


@describe.register
def _(error: errors.RecordMissing) -> Message:
    if error.installer in ("", "pip", "freewheel"):
        again = f"freewheel install --ignore-installed --no-deps {error.project}=={error.version}"
        hint = f"You might be able to recover from this via: {again}"
    else:
        hint = f"The package was installed by {error.installer}. You should check if it can uninstall the package."
    unknown = f"The package's contents are unknown: no RECORD file was found for {error.project}."
    return Message(
        what=(f"Cannot uninstall {error.project} {error.version}",),
        facts=facts(("where", error.path), ("found", unknown)),
        hint=hint,
    )


@describe.register
def _(error: errors.DistutilsInstalled) -> Message:
    unknown = (
        "It is a distutils installed project and thus we cannot accurately determine which files belong to it which "
        "would lead to only a partial uninstall."
    )
    return Message(
        what=(f"Cannot uninstall {error.project} {error.version}",),
        facts=facts(("where", error.path), ("found", unknown)),
        hint="What another tool installed, that tool can take out; --ignore-installed installs over it.",
    )


@describe.register
def _(error: errors.NoUserSite) -> Message:
    return Message(what=(error.problem,), facts=facts(("where", error.path)))


@describe.register
def _(error: errors.NotVirtual) -> Message:
    return Message(
        what=("Could not find an activated virtualenv (required).",),
        facts=facts(("found", error.path)),
        hint="Activate a virtual environment, or name one with --python.",
        exit_status=3,  # pip's VIRTUALENV_NOT_FOUND
    )

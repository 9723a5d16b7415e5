"""Texts for wrong usage of the command line, of options and of configuration files."""

from __future__ import annotations

from freewheel import errors
from freewheel.cli.errors_as_text.dispatch import describe
from freewheel.cli.messages import Message, facts


@describe.register
def _(error: errors.UsageError) -> Message:
    return Message(what=(error.problem,), hint=error.hint, exit_status=2)


@describe.register
def _(error: errors.UnknownCommand) -> Message:
    if error.refusal is not None:
        return Message(what=(f'command "{error.command}" is not supported: {error.refusal}.',))
    maybe = f' - maybe you meant "{error.suggestion}"' if error.suggestion else ""
    return Message(what=(f'unknown command "{error.command}"{maybe}',))


@describe.register
def _(error: errors.InvalidOptionValue) -> Message:
    told = facts(("option", error.option), ("value", error.value), ("set in", error.source))
    return Message(what=(error.problem,), facts=told, hint=error.hint, exit_status=2)


@describe.register
def _(error: errors.ConfigurationFileError) -> Message:
    return Message(
        what=("Configuration file could not be loaded.",),
        facts=facts(("where", error.path), ("found", error.reason)),
        hint="Mend the file (`freewheel config edit`), or set PIP_CONFIG_FILE to another one.",
        exit_status=2,
    )


@describe.register
def _(error: errors.NothingAsked) -> Message:
    return Message(
        what=(f'You must give at least one requirement to {error.command} (see "freewheel help {error.command}")',),
    )


@describe.register
def _(error: errors.NobodyToAsk) -> Message:
    return Message(what=(f"{error.refusal}: there is nobody to ask.",), hint=error.hint, exit_status=2)


@describe.register
def _(_error: errors.CacheDisabled) -> Message:
    return Message(what=("freewheel cache commands can not function since cache is disabled.",))


@describe.register
def _(error: errors.CommandMisused) -> Message:
    return Message(what=(error.problem,), facts=facts(("where", error.origin)), hint=error.hint)

"""The words on the command line, options given elsewhere, and configuration files."""

from __future__ import annotations

from freewheel.errors.root import FreewheelError


class UsageError(FreewheelError):
    """A word, an option or the value of an option cannot be read, whatever the others are.

    `command` is the one they were read for, empty before there is one; None where usage would not help.
    """

    problem: str
    hint: str | None = None
    command: str | None = None


class InvalidOptionValue(UsageError):
    """An option has a value that it cannot have; `source` says where it was set."""

    option: str
    value: str
    source: str


class OptionNotSupported(UsageError):
    """An option of pip's that freewheel does not have."""

    option: str


class UnknownCommand(FreewheelError):
    """There is no such command; `suggestion` is a similar name. `refusal` is why freewheel lacks one of pip's."""

    command: str
    suggestion: str | None = None
    refusal: str | None = None


class ConfigurationFileError(FreewheelError):
    """A configuration file cannot be read or parsed."""

    path: str
    reason: str


class NothingAsked(FreewheelError):
    """A command that needs requirements was given none."""

    command: str


class CacheDisabled(FreewheelError):
    """The command works on the cache, which is switched off or unusable."""


class CommandMisused(FreewheelError):
    """Each word and option can be read, and the command cannot do what they ask for together, or here.

    `problem` is pip's sentence where pip has one. `origin` is where the second of them stands, if that is not the
    command line.
    """

    problem: str
    origin: str | None = None
    hint: str | None = None


class NobodyToAsk(FreewheelError):
    """Something has to be confirmed, and nobody answers, or may be asked; `refusal` says what was left undone."""

    refusal: str
    hint: str

"""What an option is, and what a person's words come to."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """How an option takes its value.

    A flag takes none; a count takes none and adds up; of a value the last one counts; a list keeps every one, and
    splits at white space outside the command line; accumulating values change one another in the order given.
    """

    FLAG = "flag"
    COUNT = "count"
    VALUE = "value"
    LIST = "list"
    ACCUMULATING = "accumulating"


class Group(StrEnum):
    """Under which heading an option stands in the help of a command."""

    COMMAND = "command"
    INDEX = "index"
    GENERAL = "general"


class Option(Struct, frozen=True, kw_only=True):
    """One option: `name` is the long one without dashes, which is also the key in files and environment.

    `commands` are those that take it. `inverted` marks those negative flags of which pip reads the value in
    environment and files the wrong way round, so that a true `no-compile` compiles. `is_ours` tells an option that
    pip does not have: it never makes an abbreviation ambiguous that pip understands. `without_effect` is why a value
    changes nothing; `refusal` is why the option is not supported.
    """

    name: str
    kind: Kind
    commands: frozenset[str] = frozenset()
    help: str = ""
    short: str | None = None
    aliases: tuple[str, ...] = ()
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    group: Group = Group.COMMAND
    inverted: bool = False
    is_ours: bool = False
    without_effect: str | None = None
    refusal: str | None = None

    @property
    def takes_value(self) -> bool:
        """Whether the next word is this option's value."""
        return self.kind not in (Kind.FLAG, Kind.COUNT)

    @property
    def long_names(self) -> tuple[str, ...]:
        """The name and its aliases, without dashes."""
        return (self.name, *self.aliases)

    @property
    def words(self) -> tuple[str, ...]:
        """Everything that stands for this option on the command line, the short form first."""
        short = () if self.short is None else (f"-{self.short}",)
        return (*short, *(f"--{name}" for name in self.long_names))


class Given(Struct, frozen=True, kw_only=True):
    """An option as it was given in words; `value` is None for one that takes none."""

    name: str
    value: str | None = None


class ParsedArguments(Struct, frozen=True, kw_only=True):
    """The command line taken apart: a command, its arguments, and the options in the order given."""

    command: str
    words: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()

"""The command line taken apart, and the help that explains it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from freewheel import __version__
from freewheel.errors import UnknownCommand
from freewheel.options.caching import ACTIONS as CACHE_ACTIONS
from freewheel.options.option import Given, Group, Option, ParsedArguments
from freewheel.options.refused import REFUSED_COMMANDS
from freewheel.options.table import BEFORE_COMMAND, COMMANDS, of_command
from freewheel.options.words import WordParser

VERSION_COMMAND = "version"
"""The command of a `ParsedArguments` that asks for the version; help is asked for as the command `help`."""

_FETCHING = ("[options] <requirement> ...", "[options] -r <requirements file> ...", "[options] <path or url> ...")
_USAGES: Mapping[str, tuple[str, ...]] = {
    "install": (*_FETCHING, "[options] -e <path or url> ..."),
    "download": _FETCHING,
    "wheel": (*_FETCHING, "[options] -e <path or url> ..."),
    "lock": (*_FETCHING, "[options] -e <path or url> ..."),
    "uninstall": ("[options] <project> ...", "[options] -r <requirements file> ..."),
    "list": ("[options]",),
    "freeze": ("[options]",),
    "show": ("[options] <project> ...",),
    "check": ("[options]",),
    "inspect": ("[options]",),
    "index": ("versions <project>",),
    "hash": ("[options] <file> ...",),
    "cache": tuple(f"{action} {arguments}".rstrip() for action, (arguments, _) in CACHE_ACTIONS.items()),
    "config": (
        "[<file option>] list",
        "[<file option>] [--editor <editor>] edit",
        "[<file option>] get <command>.<option>",
        "[<file option>] set <command>.<option> <value>",
        "[<file option>] unset <command>.<option>",
        "[<file option>] debug",
    ),
    "debug": ("[options]",),
    "completion": ("--bash|--zsh|--fish|--powershell",),
    "help": ("<command>",),
}
_DETAILS: Mapping[str, str] = {
    "config": (
        "A key is the name of a command and of an option: install.no-compile, for one. `global` stands for every "
        "command, and so does `freewheel`, which pip does not read. Without a file option, `get`, `set`, `unset` and "
        "`edit` take the environment's file where there is one, else the user's; `list` and `debug` show all files "
        "and what the environment sets, with passwords masked."
    ),
    "completion": (
        "`freewheel completion --bash >> ~/.bashrc`, and the like for other shells, completes commands, options and "
        "their values, files, and the names of installed projects."
    ),
    "debug": "Passwords are masked. The form may change with any release.",
}
ACTIONS: Mapping[str, tuple[str, ...]] = {
    command: tuple(next(word for word in call.split() if word.isalpha()) for call in _USAGES[command])
    for command in ("cache", "config", "index")
}
"""The first argument of the commands that do several things."""

_INDENT = 28
_NARROWEST, _WIDEST = 50, 100


def parse(words: Sequence[str]) -> ParsedArguments:
    """Take apart the words after the program's name.

    General options may stand before the command or after it. Whoever asks for help gets the command `help` with the
    name of the command that it is about. Raises UsageError, UnknownCommand.
    """
    before, rest = WordParser(BEFORE_COMMAND, interspersed=False).split(words)
    if _has(before, "version"):
        return ParsedArguments(command=VERSION_COMMAND)
    if _has(before, "help") or not rest:
        return ParsedArguments(command="help")
    command = _known(rest[0])
    after, others = WordParser(of_command(command), command=command).split(rest[1:])
    if _has(after, "help"):
        return ParsedArguments(command="help", words=(command,))
    if command == "help":
        return ParsedArguments(command="help", words=tuple(map(_known, others[:1])))
    return ParsedArguments(command=command, words=others, given=(*before, *after))


def version_text() -> str:
    """What `--version` says."""
    python = ".".join(map(str, sys.version_info[:2]))
    return f"freewheel {__version__} from {Path(__file__).parents[1]} (python {python})"


def usage(command: str | None) -> str:
    """How a command is called; without one, how the program is."""
    calls = ("<command> [options]",) if command is None else tuple(f"{command} {call}" for call in _USAGES[command])
    return "\n".join(("Usage:", *(f"  freewheel {call}" for call in calls)))


def help_text(command: str | None, *, width: int = 80) -> str:
    """The help of one command, or of the whole program, in lines of at most `width` characters where that is wide."""
    width = max(_NARROWEST, min(width, _WIDEST))
    if command is None:
        indent = max(map(len, COMMANDS)) + 4
        listed = (line for name, text in COMMANDS.items() for line in _beside(f"  {name}", text, indent, width))
        commands = "\n".join(("Commands:", *listed))
        more = "`freewheel help <command>` shows the options of a command."
        return "\n\n".join((usage(None), commands, more, _group("General", BEFORE_COMMAND, width)))
    rows = of_command(command)
    titles = {Group.COMMAND: command.capitalize(), Group.INDEX: "Package index", Group.GENERAL: "General"}
    groups = (_group(title, (row for row in rows if row.group is group), width) for group, title in titles.items())
    details = _actions(width) if command == "cache" else _filled(_DETAILS.get(command, ""), width)
    return "\n\n".join(filter(None, (usage(command), COMMANDS[command], details, *groups)))


def _actions(width: int) -> str:
    """What `cache` does, a line for each action."""
    indent = max(map(len, CACHE_ACTIONS)) + 4
    lines = (line for name, (_, text) in CACHE_ACTIONS.items() for line in _beside(f"  {name}", text, indent, width))
    return "\n".join(("Actions:", *lines))


def _filled(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_on_hyphens=False)


def _group(title: str, rows: Iterable[Option], width: int) -> str:
    """The options under one heading; empty if none of them does anything."""
    lines = [line for row in rows if row.help for line in _beside(_words(row), row.help, _INDENT, width)]
    return "\n".join((f"{title} options:", *lines)) if lines else ""


def _words(row: Option) -> str:
    value = row.metavar or ("|".join(row.choices) if row.choices else "value")
    return "  " + ", ".join(row.words[: 2 if row.short else 1]) + (f" <{value}>" if row.takes_value else "")


def _beside(left: str, text: str, indent: int, width: int) -> Iterable[str]:
    """A text in its column, beside what it explains or below it."""
    right = textwrap.wrap(text, width - indent, break_on_hyphens=False)
    if len(left) > indent - 2:
        return (left, *(" " * indent + line for line in right))
    return (f"{left:<{indent}}{right[0]}", *(" " * indent + line for line in right[1:]))


def _known(command: str) -> str:
    if command in COMMANDS:
        return command
    if command in REFUSED_COMMANDS:
        raise UnknownCommand(command=command, refusal=REFUSED_COMMANDS[command])
    import difflib  # 6 ms, for mistakes only

    raise UnknownCommand(
        command=command, suggestion=next(iter(difflib.get_close_matches(command.lower(), COMMANDS)), None)
    )


def _has(given: Iterable[Given], name: str) -> bool:
    return any(one.name == name for one in given)

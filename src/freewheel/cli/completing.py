"""What a word on the command line may become: the answers that the shells' completion scripts ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct

from freewheel.cli.arguments import ACTIONS
from freewheel.options.option import Kind, Option
from freewheel.options.table import BEFORE_COMMAND, COMMANDS, TABLE, of_command

VARIABLE = "FREEWHEEL_AUTO_COMPLETE"
"""Set by completion scripts, with COMP_WORDS (a line for each word) and COMP_CWORD (which of them is completed)."""

_SEVERAL = (Kind.LIST, Kind.COUNT, Kind.ACCUMULATING)
_PATHS = ("file", "dir", "path", "path/url", "url", "python", "[path:]group")
_SECTIONS = ("global", "freewheel", *COMMANDS)
_TAKING_PATHS = frozenset({"install", "download", "wheel", "lock", "hash"})
_TAKING_INSTALLED = frozenset({"show", "uninstall"})


class World(Struct, frozen=True, kw_only=True):
    """What there is to choose from, each asked when it is needed.

    `paths` gives files and folders that begin with a text (folders end in a slash), or folders alone; `installed`
    projects of the environment, `kept` those that the cache has built wheels of, `set_keys` what files set.
    """

    paths: Callable[[str, bool], Iterable[str]]
    installed: Callable[[], Iterable[str]]
    kept: Callable[[], Iterable[str]] = tuple
    set_keys: Callable[[], Iterable[str]] = tuple


def question(environ: Mapping[str, str]) -> tuple[tuple[str, ...], int] | None:
    """The words of the command line and which of them is completed; None where nobody asks that."""
    if VARIABLE not in environ:
        return None
    text, number = environ.get("COMP_WORDS", ""), environ.get("COMP_CWORD", "")
    words = text.split("\n") if "\n" in text else text.split()
    return (tuple(words), int(number)) if number.isascii() and number.isdigit() else ((), 0)


def completions(words: Sequence[str], number: int, world: World) -> list[str]:
    """What the word of that number may become, the program's own name being word 0."""
    before, current = list(words[1:number]), words[number] if number < len(words) else ""
    before, current = _with_equals(before, current)
    command, given, awaiting = _read(before)
    rows = BEFORE_COMMAND if command is None else of_command(command)
    if awaiting is not None:
        return _values(awaiting, current, world, before)
    option, equals, value = current.partition("=")
    if option.startswith("--") and equals:
        row = _row(option, rows)
        found = [] if row is None else _values(row, value, world, before)
        return [f"{option}={one}" for one in found]
    if current.startswith("-"):
        return _options(rows, current, given)
    return _arguments(command, current, before, world) or (_options(rows, current, given) if not current else [])


def _with_equals(before: list[str], current: str) -> tuple[list[str], str]:
    """bash makes three words of `--option=value`: back to an option and the beginning of its value."""
    if current == "=" and before:
        return before, ""
    if before and before[-1] == "=":
        return before[:-1], current
    return before, current


def _read(words: Sequence[str]) -> tuple[str | None, set[str], Option | None]:
    """The command, the names of the options given so far, and the option whose value is still to come."""
    command, given, awaiting = None, set[str](), None
    for word in words:
        rows = BEFORE_COMMAND if command is None else of_command(command)
        if awaiting is not None:
            awaiting = None
        elif word.startswith("-"):
            row = _row(word.partition("=")[0], rows)
            if row is not None:
                given.add(row.name)
                awaiting = row if row.takes_value and "=" not in word else None
        elif command is None and word in COMMANDS:
            command = word
    return command, given, awaiting


def _row(word: str, rows: Iterable[Option]) -> Option | None:
    return next((row for row in rows if word in row.words), None)


def _options(rows: Iterable[Option], current: str, given: set[str]) -> list[str]:
    """Those that help shows, without those that need not be given again; the short ones where a dash is typed."""
    found = []
    for row in rows:
        if row.help and (row.name not in given or row.kind in _SEVERAL):
            names = [f"--{row.name}{'=' if row.takes_value else ''}"]
            if row.short is not None and current:
                names.append(f"-{row.short}")
            found += [name for name in names if name.startswith(current)]
    return found


def _values(row: Option, current: str, world: World, before: Sequence[str]) -> list[str]:
    if row.choices:
        return [choice for choice in row.choices if choice.startswith(current)]
    if row.metavar in _PATHS:
        return list(world.paths(current, row.metavar == "dir"))
    if row.metavar == "project":
        return _projects(world.installed(), current, before)
    return []


def _arguments(command: str | None, current: str, before: Sequence[str], world: World) -> list[str]:
    if command is None:
        return [name for name in COMMANDS if name.startswith(current)]
    if command == "help":
        return [name for name in COMMANDS if name.startswith(current) and name not in before[1:]]
    if command in ACTIONS and not set(ACTIONS[command]) & set(before):
        return [action for action in ACTIONS[command] if action.startswith(current)]
    if command in _TAKING_INSTALLED:
        return _projects(world.installed(), current, before)
    action = next((word for word in before if word in ACTIONS.get(command, ())), None)
    if command == "cache" and action in ("list", "remove"):
        return _projects(world.kept(), current, before)
    if command == "config" and action in ("get", "set", "unset") and before[-1] == action:
        return _keys(current) if action == "set" else _beginning(sorted(world.set_keys()), current)
    if command in _TAKING_PATHS:
        return list(world.paths(current, False))
    return []


def _projects(names: Iterable[str], current: str, before: Sequence[str]) -> list[str]:
    return [name for name in _beginning(sorted(set(names)), current.lower()) if name not in before]


def _keys(current: str) -> list[str]:
    """Sections, and once one is typed the options that it may set."""
    section, dot, _ = current.partition(".")
    if not dot:
        return _beginning([f"{name}." for name in _SECTIONS], current)
    rows = TABLE if section in ("global", "freewheel") else of_command(section)
    return _beginning(sorted({f"{section}.{row.name}" for row in rows if row.help}), current)


def _beginning(words: Iterable[str], current: str) -> list[str]:
    return [word for word in words if word.startswith(current)]

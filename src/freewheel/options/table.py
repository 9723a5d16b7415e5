"""The table: every command, every option that it takes, and what the option is."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from freewheel.options.caching import CACHING, LIMITS
from freewheel.options.fetching import BUILDING, COLLECTING, FETCHING, INSTALLING, REQUESTING, TARGETING
from freewheel.options.general import GENERAL
from freewheel.options.index import INDEX
from freewheel.options.looking import LOOKING, REMOVING
from freewheel.options.option import Group, Kind, Option
from freewheel.options.refused import REFUSED
from freewheel.options.sharing import SHARING

COMMANDS: Mapping[str, str] = {
    "install": "Install projects and what they need.",
    "download": "Download projects and what they need.",
    "wheel": "Build or collect wheels of projects and of what they need.",
    "lock": "Write a lock file (pylock.toml) of projects and what they need.",
    "uninstall": "Remove installed projects.",
    "list": "List what is installed.",
    "freeze": "List what is installed as requirements.",
    "show": "Show facts about installed projects.",
    "check": "Say what does not fit together among what is installed.",
    "inspect": "Describe an environment as JSON.",
    "index": "Show which versions an index has.",
    "hash": "Compute digests of archives, for requirements files.",
    "cache": "Look into the cache, and shrink it.",
    "config": "Look at configuration files, and change them.",
    "debug": "Show facts that help with a report of a defect.",
    "completion": "Print a script that completes words in a shell.",
    "help": "Show help for a command.",
}
"""Every command with its summary."""

NEEDING_VIRTUALENV = FETCHING | {"uninstall"}
"""The commands that `--require-virtualenv` is about, as in pip; what only looks, looks anywhere."""

_ALL = frozenset(COMMANDS)
_SELECTING = FETCHING | {"list", "index"}

VERSION = Option(name="version", short="V", kind=Kind.FLAG, help="Show the version.")
"""The one option that stands before a command only."""

TABLE = (
    *REQUESTING,
    *INSTALLING,
    *COLLECTING,
    *TARGETING,
    *BUILDING,
    *LOOKING,
    *CACHING,
    *REMOVING,
    *(replace(row, commands=_SELECTING, group=Group.INDEX) for row in INDEX),
    *(replace(row, commands=_ALL, group=Group.GENERAL) for row in (*GENERAL, *LIMITS, *SHARING, *REFUSED)),
)
"""Every option; a name has one row for each command at most."""

BEFORE_COMMAND = (VERSION, *(row for row in TABLE if row.commands == _ALL))
"""The options that may stand before the command."""


def of_command(command: str) -> tuple[Option, ...]:
    """The options that a command takes or refuses, in the order of the table."""
    return tuple(row for row in TABLE if command in row.commands)


def by_key(command: str) -> Mapping[str, Option]:
    """The options of a command by each of their long names, as environment and files have them."""
    return {name: row for row in of_command(command) for name in row.long_names}


def known_keys() -> frozenset[str]:
    """The long names of every option of every command, refused ones aside."""
    return frozenset(name for row in TABLE if row.refusal is None for name in row.long_names)

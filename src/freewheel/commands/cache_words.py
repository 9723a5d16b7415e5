"""The words of `cache`: which action, with which arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from freewheel.errors import CacheDisabled, CommandMisused
from freewheel.options.caching import ACTIONS, ACTIONS_OF

_NAMES: Final = tuple(sorted(ACTIONS))
_NARROWING: Final = frozenset({"kind", "older-than", "index"})
"""Options that say what to remove where no pattern does."""


_IN_JSON: Final = ("info", "list", "verify")
_IS_NAME: Final = re.compile(r"[A-Za-z0-9_-]+").fullmatch
"""What is a project's name rather than a file's."""


def checked_action(
    words: Sequence[str], *, is_enabled: bool, given: Sequence[str] = (), form: str | None = None
) -> tuple[str, tuple[str, ...]]:
    """The action and its arguments, checked in pip's order; `given` are options on the command line, by name.

    `form` is how it shall be printed. Raises CacheDisabled whatever the action, then CommandMisused.
    """
    if not is_enabled:
        raise CacheDisabled
    if not words or words[0] not in ACTIONS:
        raise CommandMisused(
            problem=f"Need an action ({', '.join(_NAMES)}) to perform.", hint=_hint(words[0] if words else "")
        )
    action, arguments = words[0], tuple(words[1:])
    _check_options(action, given)
    if form == "json" and "format" in given and action not in _IN_JSON:
        raise CommandMisused(
            problem=f"`cache {action}` has no --format json.",
            hint=f"These have: {', '.join(f'`cache {one}`' for one in _IN_JSON)}.",
        )
    if arguments and not ACTIONS[action][0]:
        raise CommandMisused(problem="Too many arguments")
    if action == "remove" and not arguments and _NARROWING.isdisjoint(given):
        raise CommandMisused(problem="Please provide a pattern")
    if action in ("export", "import", "keygen") and not arguments:
        raise CommandMisused(problem="Please provide a file")
    if action == "export" and len(arguments) == 1 and _IS_NAME(arguments[0]):
        raise CommandMisused(
            problem=f"Please provide a file to export {arguments[0]} to.",
            hint=f"The file comes first: `cache export FILE {arguments[0]}`."
            f" If a file of that name is meant, write `./{arguments[0]}`.",
        )
    if action in ("import", "keygen") and len(arguments) > 1:
        raise CommandMisused(problem="Too many arguments")
    if action == "why" and not arguments:
        raise CommandMisused(problem="Please provide a project or requirement")
    return action, arguments


def _hint(word: str) -> str | None:
    import difflib  # 6 ms, for mistakes only

    near = {"clear": "purge", "clean": "purge", "size": "info"}.get(word) or next(
        iter(difflib.get_close_matches(word.lower(), _NAMES)), None
    )
    return None if near is None else f"There is no `cache {word}`. Did you mean `cache {near}`?"


def _check_options(action: str, given: Sequence[str]) -> None:
    for name in given:
        if action not in ACTIONS_OF.get(name, ACTIONS):
            takers = ", ".join(f"`cache {taker}`" for taker in ACTIONS_OF[name])
            raise CommandMisused(problem=f"--{name} means nothing to `cache {action}`.", hint=f"It is for {takers}.")

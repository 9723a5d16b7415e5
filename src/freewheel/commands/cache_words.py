"""The words of `cache`: which action, with which arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from freewheel.errors import CacheDisabled, CommandMisused
from freewheel.options.caching import ACTIONS

_NAMES: Final = tuple(sorted(ACTIONS))


def checked_action(words: Sequence[str], *, is_enabled: bool, narrows: bool = False) -> tuple[str, tuple[str, ...]]:
    """The action and its arguments, checked in pip's order; `narrows` says that options say what to remove.

    Raises CacheDisabled whatever the action, then CommandMisused.
    """
    if not is_enabled:
        raise CacheDisabled
    if not words or words[0] not in ACTIONS:
        raise CommandMisused(problem=f"Need an action ({', '.join(_NAMES)}) to perform.")
    action, arguments = words[0], tuple(words[1:])
    if arguments and not ACTIONS[action][0]:
        raise CommandMisused(problem="Too many arguments")
    if action == "remove" and not arguments and not narrows:
        raise CommandMisused(problem="Please provide a pattern")
    if action in ("export", "import") and not arguments:
        raise CommandMisused(problem="Please provide a file")
    if action == "import" and len(arguments) > 1:
        raise CommandMisused(problem="Too many arguments")
    if action == "why" and not arguments:
        raise CommandMisused(problem="Please provide a project or requirement")
    return action, arguments

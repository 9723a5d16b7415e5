"""`cache`: what it holds, and less of it."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch, fnmatchcase

from freewheel.errors import CacheDisabled, CommandMisused
from freewheel.model.artifact import normalize
from freewheel.store.contents import Contents, KeptWheel
from freewheel.store.removal import Removed

ACTIONS = ("dir", "info", "list", "purge", "remove", "verify", "why")
EVERYTHING = "*"


def checked_action(words: Sequence[str], *, is_enabled: bool) -> tuple[str, tuple[str, ...]]:
    """The action and its arguments, checked in pip's order.

    Raises CacheDisabled whatever the action, then CommandMisused.
    """
    if not is_enabled:
        raise CacheDisabled
    if not words or words[0] not in ACTIONS:
        raise CommandMisused(problem=f"Need an action ({', '.join(ACTIONS)}) to perform.")
    action, arguments = words[0], tuple(words[1:])
    if arguments and action in ("dir", "info", "purge", "verify"):
        raise CommandMisused(problem="Too many arguments")
    if action == "remove" and not arguments:
        raise CommandMisused(problem="Please provide a pattern")
    if action == "why" and not arguments:
        raise CommandMisused(problem="Please provide a project or requirement")
    return action, arguments


def matches(pattern: str, wheel: KeptWheel) -> bool:
    """Whether a pattern means a wheel: pip's glob over file names, or the project's name in any spelling."""
    glob = f"{pattern}*.whl" if "-" in pattern else f"{pattern}-*.whl"
    return fnmatch(wheel.path.name, glob) or _is_name(pattern, wheel.project)


def _is_name(pattern: str, project: str) -> bool:
    return bool(pattern) and normalize(pattern) == normalize(project)


def listed(contents: Contents, patterns: Sequence[str]) -> list[KeptWheel]:
    """The built wheels that any pattern means (all without one), by file name."""
    found = [
        wheel
        for wheel in contents.built_wheels()
        if not patterns or any(matches(pattern, wheel) for pattern in patterns)
    ]
    return sorted(found, key=lambda wheel: (wheel.path.name, str(wheel.path)))


def remove(contents: Contents, patterns: Sequence[str]) -> tuple[Removed, tuple[str, ...]]:
    """Remove what the patterns mean; what was removed, and the patterns that meant nothing.

    `*` is everything. A pattern for whole projects takes their downloads, pages and trees too; one with a version
    takes built wheels alone. Nothing here raises for what cannot be removed: that is in the removal's failures.
    """
    total, unmatched = Removed(), []
    for pattern in patterns:
        removal = contents.purge() if pattern == EVERYTHING else _remove_one(contents, pattern)
        total = total.plus(removal)
        if not (removal.files or removal.directories or removal.failures):
            unmatched.append(pattern)
    return total, tuple(unmatched)


def _remove_one(contents: Contents, pattern: str) -> Removed:
    wheels = [wheel for wheel in contents.built_wheels() if matches(pattern, wheel)]
    removal = contents.remove_wheels(wheels)
    for project in sorted(contents.projects()):
        if _is_name(pattern, project) or ("-" not in pattern and fnmatchcase(project, pattern.lower())):
            removal = removal.plus(contents.remove_project(project))
    return removal

"""A message to a person: what, where, expected, found, and what to do."""

from __future__ import annotations

import os
from collections.abc import Iterable

from msgspec import Struct

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
"""Lengths of time in seconds, the longest first."""


class Message(Struct, frozen=True, kw_only=True):
    """One or more sentences, facts with their labels, and a hint; a sentence may have lines below it."""

    what: tuple[str, ...]
    facts: tuple[tuple[str, str], ...] = ()
    hint: str | None = None
    exit_status: int = 1


def lines(message: Message) -> list[str]:
    """The lines of a message as they are printed, each sentence after `ERROR: `."""
    shown = [line for sentence in message.what for line in f"ERROR: {sentence}".split("\n")]
    width = max((len(label) for label, _ in message.facts), default=0) + 1
    for label, text in message.facts:
        first, *rest = text.splitlines() or [""]
        shown.append(f"  {label + ':':<{width}} {first}")
        shown += [f"  {'':<{width}} {line}" for line in rest]
    if message.hint:
        shown.append(f"  hint: {message.hint}")
    return shown


def facts(*pairs: tuple[str, str | None]) -> tuple[tuple[str, str], ...]:
    """Labels with their texts, without those that have none."""
    return tuple((label, text) for label, text in pairs if text)


def joined(words: Iterable[str]) -> str:
    """Words as a sentence lists them."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def shown_path(path: str, folder: str) -> str:
    """A path as pip shows it: from the current `folder` on, if it lies there.

    >>> shown_path("/srv/env/lib", "/srv"), shown_path("/srv", "/srv"), shown_path("/srvs", "/srv")
    ('./env/lib', '.', '/srvs')
    """
    if path == folder:
        return "."
    start = folder.rstrip(os.sep) + os.sep
    return f".{os.sep}{path.removeprefix(start)}" if path.startswith(start) else path


def size_in_bytes(size: int | None) -> str:
    """A size exactly, as it stands in Content-Length."""
    return "unknown" if size is None else f"{size} bytes"


def age_text(seconds: float) -> str:
    """How long ago something was, in the largest unit that it fills.

    >>> age_text(20), age_text(125), age_text(86_400)
    ('less than a minute', '2 minutes', '1 day')
    """
    for length, unit in _UNITS:
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"

"""Sizes and durations as people write them."""

from __future__ import annotations

import re

_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)\s*(?:([kmgt])(i?)b?|b)", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([smhdw])", re.IGNORECASE)


def size(text: str) -> int | None:
    """A size in bytes; None for a text that is none, such as a number without a unit.

    >>> size("5GB"), size("1.5 kB"), size("2KiB"), size("100b"), size("0"), size("5"), size("5 apples")
    (5000000000, 1500, 2048, 100, 0, None, None)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        return 0 if text.strip() == "0" else None
    power = 0 if found[2] is None else _POWERS[found[2].lower()]
    return int(float(found[1]) * (1024 if found[3] else 1000) ** power)


def duration(text: str) -> float | None:
    """A duration in seconds; None for a text that is none, such as a number without a unit.

    >>> duration("30d"), duration("1.5h"), duration("2w"), duration("30")
    (2592000.0, 5400.0, 1209600.0, None)
    """
    found = _DURATION.fullmatch(text.strip())
    return None if found is None else float(found[1]) * _SECONDS[found[2].lower()]

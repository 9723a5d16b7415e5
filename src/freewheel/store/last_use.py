"""When something was last used: its file's modification time, noted at most once an hour."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

INTERVAL = 3600.0
"""Seconds. A hit costs no write within it, and trimming needs no finer answer."""


def is_due(last_use: float, now: float) -> bool:
    """Whether a use at `now` is to be noted; also when the noted one lies in the future.

    >>> is_due(0.0, 3600.0), is_due(0.0, 3601.0), is_due(7201.0, 0.0)
    (False, True, True)
    """
    return abs(now - last_use) > INTERVAL


def note(path: Path, last_use: float, now: float) -> None:
    """Note a use at `now` (seconds since the epoch) if that is due; what cannot be noted is not."""
    if not is_due(last_use, now):
        return
    with suppress(OSError):
        try:
            os.utime(path, (now, now))
        except PermissionError:
            # Another user's file in a shared cache takes the present time only.
            os.utime(path)

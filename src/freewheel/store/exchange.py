"""Two files change places, so that the one is replaced by the other without a wait for the disk.

ext4, XFS and Btrfs write a file to the disk before they rename it over another (ext4(5), `auto_da_alloc`). For a
record that took ten times as long as all the rest, for 100 MB a quarter of the time to fetch them; what a power cut
tears is a miss (decision 6).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

_HERE = -100
"""AT_FDCWD: paths are seen from the current folder."""

_EXCHANGE = 2
"""RENAME_EXCHANGE (renameat2(2))."""


def exchanged(one: Path, other: Path) -> bool:
    """Have two paths change places in one step; False, and nothing is done, where one is missing or it cannot be."""
    rename = _renameat2()
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


@cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """The system's own call, for which Python has no name."""
    if sys.platform != "linux":
        return None
    # 6 ms, which only who stores something pays; there are Pythons without ctypes, and programs without libraries.
    try:
        import ctypes

        return getattr(ctypes.CDLL(None), "renameat2", None)
    except (ImportError, OSError):
        return None

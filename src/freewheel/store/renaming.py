"""Renames for which Python has no name (renameat2(2)).

Two files change places, so that the one is replaced by the other without a wait for the disk: ext4, XFS and Btrfs
write a file to the disk before they rename it over another (ext4(5), `auto_da_alloc`). For a record that took ten
times as long as all the rest, for 100 MB a quarter of the time to fetch them; what a power cut tears is a miss
(decision 6). And a file is moved only where nothing is, which spares a look at what is there.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

from freewheel.store.atomic import rename_file

_HERE = -100
"""AT_FDCWD: paths are seen from the current folder."""

_NOREPLACE = 1
"""RENAME_NOREPLACE."""

_EXCHANGE = 2
"""RENAME_EXCHANGE."""

_UNSUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM})
"""Numbers of errors with which file systems, kernels and sandboxes refuse what they do not know."""


def exchanged(one: Path, other: Path) -> bool:
    """Have two paths change places in one step; False, and nothing is done, where one is missing or it cannot be."""
    return _rename(one, other, _EXCHANGE) == 0


def moved(source: Path, target: Path) -> bool:
    """Move a file to where nothing is; False, and nothing is done, where something is. Raises OSError."""
    number = _rename(source, target, _NOREPLACE)
    if number in _UNSUPPORTED:
        return _linked(source, target)
    if number not in (0, errno.EEXIST):
        raise OSError(number, os.strerror(number), str(target))
    return number == 0


def _linked(source: Path, target: Path) -> bool:
    """The same by a hard link; where there are none, what another puts there in between is replaced."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        return False
    except FileNotFoundError:
        raise
    except OSError:
        if os.path.lexists(target):
            return False
        rename_file(source, target)
    else:
        source.unlink()
    return True


def _rename(source: Path, target: Path, flag: int) -> int:
    """The number of the error, 0 for none; ENOSYS where there is no such call."""
    call = _renameat2()
    return errno.ENOSYS if call is None else call(os.fsencode(source), os.fsencode(target), flag)


@cache
def _renameat2() -> Callable[[bytes, bytes, int], int] | None:
    """The system's own call."""
    if sys.platform != "linux":
        return None
    # 6 ms, which only who stores something pays; there are Pythons without ctypes, and programs without libraries.
    try:
        import ctypes

        call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    except (ImportError, OSError):
        return None
    if call is None:
        return None
    return lambda source, target, flag: 0 if call(_HERE, source, _HERE, target, flag) == 0 else ctypes.get_errno()

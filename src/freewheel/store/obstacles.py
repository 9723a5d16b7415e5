"""What lies where a folder of the cache belongs and is none, or one that nobody can look into."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import Literal, TypeAlias

from freewheel.store.atomic import read
from freewheel.store.layout import TAG
from freewheel.store.removal import is_link, opened_up

SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""How the file begins that marks a folder as a cache (https://bford.info/cachedir/)."""


Done: TypeAlias = Literal["removed", "opened"]


def is_marked(root: Path) -> bool:
    """Whether a folder is marked as a cache, so that whatever is in it may go."""
    try:
        return read(root / TAG)[0].startswith(SIGNATURE)
    except OSError:
        return False


def cleared(place: Path, root: Path) -> Done | None:
    """Take away what is in the way of a folder in the cache at `root`; what was done, None where nothing was.

    A file or a link goes, and what the link leads to stays. A folder of this user's that its owner may not look into
    is opened: that protects nobody from anything. Raises OSError, also for a root that is not marked as a cache.
    """
    try:
        status = place.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISDIR(status.st_mode) and not is_link(status):
        return "opened" if opened_up(place, status) else None
    if not is_marked(root):
        reason = f"{place} is no folder, and lies in one that is not marked as a cache"
        raise NotADirectoryError(errno.ENOTDIR, reason, str(place))
    try:
        place.unlink()
    except (FileNotFoundError, IsADirectoryError):
        return None  # somebody else was quicker
    return "removed"

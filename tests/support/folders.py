"""What a folder holds, in a form that can be compared before and after."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path


def snapshot(folder: Path, *, with_times: bool = False) -> dict[str, str]:
    """Each path below `folder`, with forward slashes, and what it is: kind, mode and content (or where a link leads).

    `with_times` adds the modification time of files in nanoseconds. Empty where there is no such folder.
    """
    return {
        path.relative_to(folder).as_posix(): _described(path, with_times=with_times)
        for path in sorted(folder.rglob("*"))
    }


def _described(path: Path, *, with_times: bool) -> str:
    status = path.lstat()
    mode = stat.filemode(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return f"{mode} -> {path.readlink()}"
    if not stat.S_ISREG(status.st_mode):
        return mode
    time = f" {status.st_mtime_ns}" if with_times else ""
    return f"{mode}{time} {hashlib.sha256(path.read_bytes()).hexdigest()}"

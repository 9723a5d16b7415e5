"""Another program's cache on this machine: admitted by the rule for our own, read, and never anything else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from freewheel.store.admission import Unusable, examine
from freewheel.store.atomic import children, miss_of, open_file
from freewheel.store.protocol import Miss

LARGEST_RECORD = 1 << 20
"""Bytes. Whatever describes a response or a source is far smaller."""


class ForeignFile(Struct, frozen=True, kw_only=True):
    """An open file, which the caller closes; `size` in bytes, `modified` in seconds since the epoch.

    `identity` is another one once something else lies at its `path`, or it was written to.
    """

    path: tuple[str, ...]
    stream: BinaryIO
    size: int
    modified: float
    identity: tuple[int, int, int, int]


class ForeignFolder(Struct, frozen=True, kw_only=True):
    """A folder that another program fills, perhaps at this moment; paths are relative to it, in pieces."""

    root: Path

    def open(self, *path: str) -> ForeignFile | Miss:
        """A regular file, open for reading. One `open` and one `fstat`; a pipe makes nobody wait."""
        try:
            descriptor, status = open_file(self.root.joinpath(*path))
        except OSError as error:
            return miss_of(error, "it is not there")
        except ValueError:
            return Miss(reason="no file can have such a name")
        return ForeignFile(
            path=path,
            stream=os.fdopen(descriptor, "rb"),
            size=status.st_size,
            modified=status.st_mtime,
            identity=_identity(status),
        )

    def read(self, *path: str) -> tuple[bytes, ForeignFile] | Miss:
        """The bytes of a small file, and the file, closed."""
        found = self.open(*path)
        if isinstance(found, Miss):
            return found
        with found.stream as stream:
            if found.size > LARGEST_RECORD:
                return Miss(reason=f"it has {found.size} bytes, more than any record", is_damage=True)
            try:
                return stream.read(LARGEST_RECORD), found
            except OSError as error:
                return miss_of(error, "it is not there")

    def is_still(self, found: ForeignFile) -> bool:
        """Whether a file is the one that was read, and as it was."""
        try:
            return _identity(self.root.joinpath(*found.path).stat()) == found.identity
        except OSError:
            return False

    def names(self, *path: str) -> tuple[str, ...]:
        """What a folder holds, sorted; nothing where there is none."""
        return tuple(child.name for child in children(self.root.joinpath(*path)))


def admit(root: Path, parts: tuple[str, ...], *, uid: int | None) -> ForeignFolder | Unusable | None:
    """A folder to be read, if it and these parts of it are safe by the rule for our own; None where there is none.

    `uid` is as in `examine`. Nothing is made.
    """
    if not root.is_dir():
        return None
    for place in (root, *(root / part for part in parts)):
        if not os.path.lexists(place):
            continue
        found = examine(place, uid=uid)
        if isinstance(found, Unusable):
            return Unusable(reason=f"{place}: {found.reason}", trouble=found.trouble)
    return ForeignFolder(root=root)


def _identity(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

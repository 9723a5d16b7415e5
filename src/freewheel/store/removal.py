"""Take files and folders away, follow no link, and go on past what cannot be removed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedFile:
    """A file that is gone; `size` in bytes, 0 for a symbolic link."""

    path: Path
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed, and what could not be: (path, reason) each."""

    files: tuple[RemovedFile, ...] = ()
    directories: tuple[Path, ...] = ()
    failures: tuple[tuple[Path, str], ...] = ()

    @property
    def size(self) -> int:
        """The size of the removed files, in bytes."""
        return sum(file.size for file in self.files)

    def plus(self, other: Removal) -> Removal:
        """Both together."""
        return Removal(
            files=self.files + other.files,
            directories=self.directories + other.directories,
            failures=self.failures + other.failures,
        )


def remove(paths: Iterable[Path]) -> Removal:
    """Remove files, and folders with all that is in them; a symbolic link goes, and what it leads to stays.

    Never raises OSError: what is gone already is passed over, what cannot be removed is in `failures`.
    """
    sweep = _Sweep()
    for path in paths:
        sweep.remove(path)
    return sweep.outcome()


def remove_empty(folders: Iterable[Path]) -> Removal:
    """Remove those of the folders that are empty, deepest first."""
    sweep = _Sweep()
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        if _is_empty(folder):
            sweep.remove_folder(folder)
    return sweep.outcome()


@dataclass(slots=True)
class _Sweep:
    files: list[RemovedFile] = field(default_factory=list)
    directories: list[Path] = field(default_factory=list)
    failures: list[tuple[Path, str]] = field(default_factory=list)

    def outcome(self) -> Removal:
        return Removal(files=tuple(self.files), directories=tuple(self.directories), failures=tuple(self.failures))

    def remove(self, path: Path) -> None:
        try:
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and not _is_junction(path):
                for child in sorted(path.iterdir()):
                    self.remove(child)
            else:
                path.unlink()
                size = 0 if stat.S_ISLNK(status.st_mode) else status.st_size
                self.files.append(RemovedFile(path=path, size=size))
                return
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self.failures.append((path, error.strerror or str(error)))
            return
        self.remove_folder(path)

    def remove_folder(self, path: Path) -> None:
        try:
            path.rmdir()
            self.directories.append(path)
        except OSError as error:
            # Not empty: what is left in it was reported, or somebody has just written it and needs it.
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                self.failures.append((path, error.strerror or str(error)))


def _is_empty(folder: Path) -> bool:
    try:
        return not folder.is_symlink() and next(folder.iterdir(), None) is None
    except OSError:
        return False


def _is_junction(path: Path) -> bool:
    # Windows' other kind of link, which lstat calls a folder.
    reparse_tag = getattr(path.lstat(), "st_reparse_tag", 0)
    return os.name == "nt" and reparse_tag == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)

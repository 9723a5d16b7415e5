"""Take files and folders away, follow no link, and go on past what cannot be removed."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct, field

_LOOKING = stat.S_IRUSR | stat.S_IXUSR


class RemovedFile(Struct, frozen=True, kw_only=True):
    """A file that is gone; `size` in bytes, 0 for what is no regular file."""

    path: Path
    size: int


class Removed(Struct, frozen=True, kw_only=True):
    """What was removed, and what could not be: (path, reason) each."""

    files: tuple[RemovedFile, ...] = ()
    directories: tuple[Path, ...] = ()
    failures: tuple[tuple[Path, str], ...] = ()

    @property
    def size(self) -> int:
        """The size of the removed files, in bytes."""
        return sum(file.size for file in self.files)

    def plus(self, other: Removed) -> Removed:
        """Both together."""
        return Removed(
            files=self.files + other.files,
            directories=self.directories + other.directories,
            failures=self.failures + other.failures,
        )


def remove(paths: Iterable[Path]) -> Removed:
    """Remove files, and folders with all that is in them; a symbolic link goes, and what it leads to stays.

    Never raises OSError: what is gone already is passed over, what cannot be removed is in `failures`.
    """
    sweep = _Sweep()
    for path in paths:
        sweep.remove(path)
    return sweep.outcome()


def remove_empty(folders: Iterable[Path]) -> Removed:
    """Remove those of the folders that are empty, deepest first."""
    sweep = _Sweep()
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        if _is_empty(folder):
            sweep.remove_folder(folder)
    return sweep.outcome()


class _Sweep(Struct):
    files: list[RemovedFile] = field(default_factory=list)
    directories: list[Path] = field(default_factory=list)
    failures: list[tuple[Path, str]] = field(default_factory=list)

    def outcome(self) -> Removed:
        return Removed(files=tuple(self.files), directories=tuple(self.directories), failures=tuple(self.failures))

    def remove(self, path: Path) -> None:
        waiting = [(path, False)]
        while waiting:
            path, is_emptied = waiting.pop()
            if is_emptied:
                self.remove_folder(path)
            elif (children := self._enter_or_remove(path)) is not None:
                waiting.append((path, True))
                waiting.extend((child, False) for child in reversed(children))

    def _enter_or_remove(self, path: Path) -> list[Path] | None:
        try:
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and not is_link(status):
                with suppress(OSError):
                    opened_up(path, status)
                return sorted(path.iterdir())
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self.failures.append((path, error.strerror or str(error)))
            return None
        self.files.append(RemovedFile(path=path, size=status.st_size if stat.S_ISREG(status.st_mode) else 0))
        return None

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


def is_link(status: os.stat_result) -> bool:
    """Whether what `lstat` says is a link's: also of Windows' other kind, which it calls a folder."""
    tag = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
    return stat.S_ISLNK(status.st_mode) or (tag is not None and getattr(status, "st_reparse_tag", 0) == tag)


def opened_up(folder: Path, status: os.stat_result) -> bool:
    """Let its owner into a folder that not even they can look into; whether that was so. Raises OSError.

    One that can be looked into and not be written is meant so, and stays.
    """
    mode = stat.S_IMODE(status.st_mode)
    if os.name == "nt" or mode & _LOOKING == _LOOKING:
        return False
    folder.chmod(mode | stat.S_IRWXU)
    return True

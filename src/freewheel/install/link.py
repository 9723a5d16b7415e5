"""From the store into an environment: a hard link where that works and may be, else a clone or a copy."""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH108, PTH116, PTH120, PTH123

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import suppress
from enum import StrEnum
from typing import BinaryIO

from msgspec import Struct

from freewheel.install.plan import PlaceFile
from freewheel.store.protocol import Miss

try:
    import fcntl
except ImportError:  # Windows
    _ioctl = None
else:
    _ioctl = fcntl.ioctl

_FICLONE = 0x40049409  # linux/fs.h: the destination shares the source's blocks until one of them is written
_EVERY_FILE = frozenset(
    {
        errno.EXDEV,
        errno.EPERM,
        errno.EACCES,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
        errno.ENOSYS,
        errno.ENOTTY,
        errno.EINVAL,
    }
)
_ONE_FILE = frozenset({errno.EMLINK})  # ext4 allows 65,000 links to an inode
_READABLE_FILE = stat.S_IFREG | stat.S_IRUSR
_KIND_AND_READABLE = 0o170000 | stat.S_IRUSR
_GONE = (FileNotFoundError, NotADirectoryError)


class LinkMode(StrEnum):
    """How files get from the store into an environment (`--link-mode`)."""

    AUTO = "auto"
    HARDLINK = "hardlink"
    CLONE = "clone"
    COPY = "copy"


class Guard(Struct, frozen=True, kw_only=True):
    """Folders whose files must not be changed through an environment, and the user who could do so.

    `folders` end in a separator; `user` is None where the system has no numbers of users.
    """

    folders: tuple[str, ...]
    user: int | None

    def forbids_links(self, source: str, status: os.stat_result) -> bool:
        """Whether an environment must not share a file's inode.

        Its owner can make it writable, whatever its mode is (chmod(2)), and root needs not even that.
        """
        is_safe = self.user not in (None, 0, status.st_uid) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        return not is_safe and source.startswith(self.folders)


class Linker:
    """Puts files of the store where they are wanted; remembers for a run what cannot be linked.

    With `guard` files of some folders are cloned or copied where a hard link would let somebody change them. May be
    used from several threads.
    """

    def __init__(self, mode: LinkMode = LinkMode.AUTO, *, guard: Guard | None = None) -> None:
        self._mode = LinkMode.HARDLINK if mode is LinkMode.AUTO else mode
        self._guard = guard
        self._impossible: set[tuple[LinkMode, int, int, int]] = set()
        self._devices: dict[str, int] = {}

    def place(self, file: PlaceFile) -> Miss | None:
        """Create `file.destination`, whose folder exists; None when that is done.

        A `Miss`, and nothing created, when the source is gone or is not as it was stored. Raises OSError for what is
        wrong with the destination: FileExistsError, no space, no permission.
        """
        try:
            status = os.lstat(file.source)
        except OSError:
            return Miss(reason=f"{file.source} is gone from the store", is_damage=True)
        is_readable = status.st_mode & _KIND_AND_READABLE == _READABLE_FILE
        if not is_readable or status.st_size != file.size or int(status.st_mtime) != file.mtime:
            return Miss(reason=f"{file.source} was changed in the store", is_damage=True)
        if file.may_share and self._mode is not LinkMode.COPY and self._share(file, status):
            return None
        try:
            source = open(file.source, "rb")  # noqa: SIM115 - closed below
        except OSError:
            return Miss(reason=f"{file.source} cannot be read", is_damage=True)
        with source:
            _copy(source, file)
        return None

    def _share(self, file: PlaceFile, status: os.stat_result) -> bool:
        """Link or clone; False where a copy is needed."""
        mode = self._mode
        if self._guard is not None and self._guard.forbids_links(file.source, status):
            mode = LinkMode.CLONE
        if self._impossible and self._kind_of(file, status, mode) in self._impossible:
            return False
        try:
            if mode is LinkMode.CLONE:
                return _clone(file)
            os.link(file.source, file.destination)
        except OSError as error:
            if error.errno in _EVERY_FILE:
                self._impossible.add(self._kind_of(file, status, mode))
            elif error.errno not in _ONE_FILE and not isinstance(error, _GONE):
                raise
            return False  # a vanished source or folder shows itself in the copy
        return True

    def _kind_of(self, file: PlaceFile, status: os.stat_result, mode: LinkMode) -> tuple[LinkMode, int, int, int]:
        """What decides whether a file can be linked: both devices, and with protected_hardlinks whose it is."""
        folder = os.path.dirname(file.destination)
        target = self._devices.get(folder)
        if target is None:
            target = self._devices[folder] = os.stat(folder).st_dev
        return mode, status.st_dev, status.st_uid, target


def _clone(file: PlaceFile) -> bool:
    if _ioctl is None:
        return False
    with open(file.source, "rb") as source, _create(file) as target:
        try:
            _ioctl(target.fileno(), _FICLONE, source.fileno())
        except OSError:
            with suppress(OSError):
                os.unlink(file.destination)
            raise
    os.utime(file.destination, (file.mtime, file.mtime))
    return True


def _copy(source: BinaryIO, file: PlaceFile) -> None:
    with _create(file) as target:
        shutil.copyfileobj(source, target, 1 << 20)
    os.utime(file.destination, (file.mtime, file.mtime))  # bytecode knows its source by size and time


def _create(file: PlaceFile) -> BinaryIO:
    return create(file.destination, is_executable=file.is_executable)


def create(path: str, *, is_executable: bool) -> BinaryIO:
    """A new file, open for writing, with the mode that the process's umask leaves; raises OSError."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    mode = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH
    if is_executable:
        mode |= stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
    return os.fdopen(os.open(path, flags, mode), "wb")

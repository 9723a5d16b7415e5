"""Files and folders looked at without following a link, and with as few calls of the system as that takes."""

# Paths are strings here, as they come in hundreds of thousands and most are used once.

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from freewheel.store.atomic import LARGEST_READ
from freewheel.store.removal import is_link
from freewheel.store.verification.findings import Fault

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | _NO_LINKS

_CHUNK = 1 << 20
"""Bytes that are read and digested at a time: other threads go on meanwhile."""

GONE = (FileNotFoundError, NotADirectoryError)
"""What is raised of something that vanished since it was listed, which is nobody's fault."""


class NotAFile(OSError):
    """Something else than a regular file lies there; the text says what."""


def entries(folder: str) -> Iterator[os.DirEntry[str]]:
    """What lies in a folder, in no particular order; nothing where it is gone. Raises OSError."""
    try:
        with os.scandir(folder) as found:
            yield from found
    except GONE:
        return


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder and no link to one."""
    return entry.is_dir(follow_symlinks=False) and (os.name != "nt" or not is_link(entry.stat(follow_symlinks=False)))


def kind_of(status: os.stat_result) -> str:
    """What a status is of, in a word."""
    if is_link(status):
        return "a link"
    if stat.S_ISDIR(status.st_mode):
        return "a folder"
    return "a file" if stat.S_ISREG(status.st_mode) else "something else"


def opened(path: str) -> tuple[int, os.stat_result]:
    """A descriptor of a regular file, and its status; raises NotAFile or another OSError."""
    if not _NO_LINKS and is_link(status := os.lstat(path)):  # Windows
        raise NotAFile(kind_of(status))
    try:
        descriptor = os.open(path, _READING)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR):
            raise NotAFile(kind_of(os.lstat(path))) from error
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise NotAFile(kind_of(status))
    return descriptor, status


def read(path: str) -> tuple[bytes, os.stat_result]:
    """The bytes of a small file, and its status; raises as `opened`. Costs 6 us."""
    descriptor, status = opened(path)
    try:
        if status.st_size > LARGEST_READ:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), path)
        data = os.read(descriptor, status.st_size)
        while len(data) < status.st_size and (more := os.read(descriptor, status.st_size - len(data))):
            data += more
        return data, status
    finally:
        os.close(descriptor)


def digested(path: str, advance: Callable[[int], None]) -> tuple[bytes, os.stat_result]:
    """The SHA-256 digest of a file, and its status; raises as `opened`.

    `advance` hears how many bytes were read. A small file costs 12 us and its bytes 0.6 us for each kilobyte.
    """
    descriptor, status = opened(path)
    try:
        if status.st_size <= _CHUNK:
            data = os.read(descriptor, _CHUNK)
            advance(len(data))
            if len(data) == status.st_size:
                return hashlib.sha256(data).digest(), status
            os.lseek(descriptor, 0, os.SEEK_SET)
        found = hashlib.sha256()
        while data := os.read(descriptor, _CHUNK):
            found.update(data)
            advance(len(data))
        return found.digest(), status
    finally:
        os.close(descriptor)


def fault_of(error: OSError, *, expected: str = "a file that can be read", file: str | None = None) -> Fault:
    """What is wrong with something that cannot be read."""
    if isinstance(error, NotAFile):
        return Fault(trouble="type", expected="a file", found=str(error), file=file)
    return Fault(trouble="unreadable", expected=expected, found=error.strerror or str(error), file=file)


def folder_fault(path: str, file: str | None = None) -> Fault | None:
    """What keeps one from looking into a folder: it is none, a link, or not there."""
    try:
        status = os.lstat(path)
    except GONE:
        return Fault(trouble="missing", expected="a folder", found="nothing", file=file)
    except OSError as error:
        return fault_of(error, expected="a folder that can be looked into", file=file)
    kind = kind_of(status)
    return None if kind == "a folder" else Fault(trouble="type", expected="a folder", found=kind, file=file)


def listing_fault(path: str, file: str | None = None) -> Fault | None:
    """What keeps one from listing a folder that may be missing."""
    fault = folder_fault(path, file)
    if fault is not None:
        return None if fault.trouble == "missing" else fault
    try:
        os.scandir(path).close()
    except GONE:
        return None
    except OSError as error:
        return fault_of(error, expected="a folder that can be looked into", file=file)
    return None


def changes(path: str, files: Iterable[str]) -> tuple[int, ...]:
    """When a thing, `files` below it, and the folders that these lie in were last changed: nanoseconds each."""
    places = {path}
    for file in files:
        names = file.split("/")
        places.update("/".join((path, *names[:number])) for number in range(1, len(names) + 1))
    found = []
    for place in sorted(places):
        try:
            found.append(os.lstat(place).st_mtime_ns)
        except OSError:
            found.append(0)
    return tuple(found)

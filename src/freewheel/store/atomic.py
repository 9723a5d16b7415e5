"""Whole files: written aside, flushed where said, renamed; read in one go."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from freewheel.errors import NoSpace, ReadOnlyStore, StoreError
from freewheel.errors.store import NO_ROOM
from freewheel.store.protocol import Miss

LARGEST_READ = 1 << 28
"""Bytes. Records and manifests are far smaller (24,000 files take 3 MB): whatever is bigger is none."""

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})
_REFUSED = frozenset({errno.EACCES, errno.EPERM})

_READING = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""How a file is opened to be read: a pipe in its place must not make the reader wait."""

# Windows refuses to rename what a virus scanner or a reader holds open, which is over in a moment.
_WINDOWS_DELAYS = (0.01, 0.05, 0.2, 0.5)


class Storing:
    """Turns an OSError into StoreError, or NoSpace; `path` is what should have been kept.

    So does a ValueError: for names that the system cannot take, and values that no format can hold. `on_failure`
    hears of it, and of a StoreError that comes from within, but for a ReadOnlyStore. A class, because what is kept
    passes through six of these: as generators each took 4 us.
    """

    __slots__ = ("_on_failure", "_path")

    def __init__(self, path: Path, on_failure: Callable[[StoreError], None] | None = None) -> None:
        self._path = path
        self._on_failure = on_failure

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Raise what becomes of the error."""
        if error is None:
            return
        failure = _failure(self._path, error)
        told = failure or error
        if self._on_failure is not None and isinstance(told, StoreError) and not isinstance(told, ReadOnlyStore):
            self._on_failure(told)
        if failure is not None:
            raise failure from error


def _failure(path: Path, error: BaseException) -> StoreError | None:
    if isinstance(error, ValueError):
        return StoreError(path=str(path), reason=str(error))
    if isinstance(error, OSError):
        kind = NoSpace if error.errno in NO_ROOM else StoreError
        return kind(path=str(path), reason=error.strerror or str(error))
    return None


def miss_of(error: OSError, absent: str) -> Miss:
    """The miss that a failed read is; `absent` is the reason where nothing is there."""
    if error.errno in _ABSENT:
        return Miss(reason=absent)
    reason = f"it cannot be read ({error.strerror or error})"
    return Miss(reason=reason, is_damage=error.errno not in _REFUSED)


def open_file(path: Path) -> tuple[int, os.stat_result]:
    """A descriptor of a regular file, open for reading, and its status; raises OSError for anything else."""
    descriptor = os.open(path, _READING)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        is_folder = stat.S_ISDIR(status.st_mode)
        number = errno.EISDIR if is_folder else errno.EINVAL
        raise OSError(number, "Is a directory" if is_folder else "Is not a regular file", str(path))
    return descriptor, status


def read(path: Path) -> tuple[bytes, float]:
    """A file's bytes, and its modification time in seconds; raises OSError. One `open`, `fstat` and `read`."""
    descriptor, status = open_file(path)
    try:
        if status.st_size > LARGEST_READ:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(path))
        return read_all(descriptor, status.st_size), status.st_mtime
    finally:
        os.close(descriptor)


def read_all(descriptor: int, size: int) -> bytes:
    """`size` bytes, or as many as there are: a file system may give less at once. Raises OSError."""
    data = os.read(descriptor, size)
    while len(data) < size and (more := os.read(descriptor, size - len(data))):
        data += more
    return data


def children(folder: Path) -> list[Path]:
    """What a folder holds, in order; nothing where it cannot be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_new(path: Path, data: bytes, *, is_durable: bool = False) -> None:
    """Write a file that is not there yet, and have it on the disk if it is to be durable; raises OSError."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), 0o600)
    try:
        write_all(descriptor, data)
        if is_durable:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def rename_file(source: Path, target: Path) -> None:
    """Replace `target` by `source` in one step; raises OSError."""
    retrying(lambda: source.replace(target), _WINDOWS_DELAYS if os.name == "nt" else (), time.sleep)


def rename_folder(source: Path, target: Path) -> bool:
    """Move a folder; False, and nothing moved, where a file or a folder with something in it was; raises OSError."""
    try:
        retrying(lambda: source.rename(target), _WINDOWS_DELAYS if os.name == "nt" else (), time.sleep)
    except OSError as error:
        is_taken = error.errno in (errno.ENOTEMPTY, errno.EEXIST)
        if is_taken or (error.errno == errno.ENOTDIR and os.path.lexists(target)):
            return False
        raise
    return True


def retrying(action: Callable[[], object], delays: Sequence[float], pause: Callable[[float], None]) -> None:
    """Act, and again after each of the delays (seconds) for as long as the answer is PermissionError."""
    for delay in delays:
        try:
            action()
        except PermissionError:
            pause(delay)
        else:
            return
    action()

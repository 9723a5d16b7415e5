"""A person's file replaced in one step: whoever reads it finds the old one or the new one, and never half of it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from freewheel.errors import NotWritable
from freewheel.store.atomic import rename_file, write_all

_NOTHING_BESIDE = frozenset({errno.EACCES, errno.EPERM, errno.EBUSY, errno.EROFS})
"""No other file may be made in the folder, or the file is itself a mount, as containers have them."""

_FLAGS = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside `target`; what is written there takes its place when the `with` ends, and is gone if that fails.

    Raises OSError.
    """
    aside = target.with_name(f".freewheel-{uuid4().hex}")
    try:
        yield aside
        rename_file(aside, target)
    except BaseException:
        with suppress(OSError):
            aside.unlink()
        raise


def write_text(path: str, text: str) -> None:
    """Write a file in UTF-8, line ends as they are, and have it on the disk; raises NotWritable.

    It keeps the old one's mode and owner. A link stays, and what it leads to is replaced. What is no regular file,
    such as a pipe, is written into; so is a file that nothing may be put beside.
    """
    try:
        _write(path, text.encode("utf-8"))
    except OSError as error:
        raise NotWritable(path=path, reason=error.strerror or type(error).__name__) from error


def _write(path: str, data: bytes) -> None:
    try:
        old = os.stat(path)  # noqa: PTH116 - resolving /dev/stdout would lead nowhere
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        _write_into(path, data)
        return
    try:
        with replacing(Path(os.path.realpath(path))) as aside:
            # It may hold passwords: nobody else reads it before it has its mode.
            descriptor = os.open(aside, _FLAGS, 0o666 if old is None else 0o600)
            try:
                write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if old is not None:
                _adopt(aside, old)
    except OSError as error:
        if old is None or error.errno not in _NOTHING_BESIDE:
            raise
        _write_into(path, data)


def _write_into(path: str, data: bytes) -> None:
    with open(path, "wb") as file:  # noqa: PTH123
        file.write(data)


def _adopt(new: Path, old: os.stat_result) -> None:
    now = new.stat()
    if hasattr(os, "chown") and (old.st_uid, old.st_gid) != (now.st_uid, now.st_gid):
        with suppress(OSError):
            os.chown(new, old.st_uid, old.st_gid)
    new.chmod(stat.S_IMODE(old.st_mode))

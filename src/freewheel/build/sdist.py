"""Source archives: unpacked safely, and asked for the metadata that they state."""

from __future__ import annotations

import lzma
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from freewheel.errors import BrokenArchive, NotWritable

PROJECT_FILES: Final = ("pyproject.toml", "setup.py")
"""What makes a folder a project; one of them is enough."""

_ZIP_STARTS: Final = (b"PK\3\4", b"PK\5\6")
_GZIP_START: Final = b"\x1f\x8b"

_BROKEN: Final = (
    *(tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError, struct.error),
    *(ValueError, OverflowError, LookupError),  # names, numbers and links that make no sense
    RuntimeError,  # an encrypted zip, or an unknown compression
)


def unpack(stream: BinaryIO, *, filename: str, folder: Path) -> Path:
    """Unpack an sdist into `folder`, which is made; the folder that holds what is in it.

    That is the archive's one top-level folder (PEP 625 requires it), or `folder` where there is no such thing. Raises
    BrokenArchive, also where a member would lie outside `folder`, and NotWritable.
    """
    with _readable(filename, writing_to=folder):
        folder.mkdir(exist_ok=True)
        if _is_zip(stream, filename):
            _unpack_zip(stream, filename=filename, folder=folder)
        else:
            _unpack_tar(stream, filename=filename, folder=folder)
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def pkg_info(stream: BinaryIO, *, filename: str, subdirectory: str = "") -> bytes | None:
    """The bytes of `PKG-INFO` in the project's folder, without unpacking the rest; None where there is none.

    Reads a compressed tar up to that file, and to its end where there is none. Raises BrokenArchive.
    """
    below = PurePosixPath(subdirectory).parts
    with _readable(filename):
        if _is_zip(stream, filename):
            with zipfile.ZipFile(stream) as archive:
                wanted = (name for name in archive.namelist() if _is_pkg_info(name, below))
                name = next(wanted, None)
                return None if name is None else archive.read(name)
        with tarfile.open(fileobj=stream) as tar:
            for member in tar:
                if member.isfile() and _is_pkg_info(member.name, below):
                    content = tar.extractfile(member)
                    return None if content is None else content.read()
    return None


def project_root(folder: Path, subdirectory: str) -> Path | None:
    """The folder of the project within an unpacked source; None where it does not exist or leads out of that."""
    root = folder.joinpath(*PurePosixPath(subdirectory).parts)
    return root if root.is_dir() and root.resolve().is_relative_to(folder.resolve()) else None


def is_project(folder: Path) -> bool:
    """Whether a folder has a build configuration."""
    return any((folder / name).is_file() for name in PROJECT_FILES)


def _is_zip(stream: BinaryIO, filename: str) -> bool:
    """By the first bytes: a URL need not end in a file's name, and servers name archives as they like."""
    start = stream.read(4)
    stream.seek(0)
    return start in _ZIP_STARTS or (not start.startswith(_GZIP_START) and filename.lower().endswith(".zip"))


def _is_pkg_info(name: str, below: tuple[str, ...]) -> bool:
    parts = PurePosixPath(name).parts
    return len(parts) == len(below) + 2 and parts[1:] == (*below, "PKG-INFO")


@contextmanager
def _readable(filename: str, *, writing_to: Path | None = None) -> Iterator[None]:
    """Errors of the decoders become BrokenArchive; gzip and bz2 raise OSError without errno for broken data."""
    try:
        yield
    except _BROKEN as error:
        raise BrokenArchive(subject=filename, reason=_first_line(error)) from error
    except OSError as error:
        if error.errno is None or writing_to is None:
            raise BrokenArchive(subject=filename, reason=_first_line(error)) from error
        raise NotWritable(path=str(writing_to), reason=error.strerror or str(error)) from error


def _first_line(error: Exception) -> str:
    first, more, _ = str(error).partition("\n")
    if more and isinstance(error, tarfile.ReadError):  # one line for each compression that it is not
        return "it is neither a zip file nor a tar file, or it is broken from the start"
    return first or type(error).__name__


def _unpack_tar(stream: BinaryIO, *, filename: str, folder: Path) -> None:
    with tarfile.open(fileobj=stream) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
            return
        members = list(tar)
        for member in members:
            refuse_unsafe(member, filename=filename)
        tar.extractall(folder, members)  # noqa: S202 - every member has just been looked at


def refuse_unsafe(member: tarfile.TarInfo, *, filename: str) -> None:
    """Stands in for the standard library's `data` filter (PEP 706) before Python 3.11.4; raises BrokenArchive.

    It refuses links altogether: a chain of them can lead out of the folder though each one seems to stay within.
    """
    if not (member.isfile() or member.isdir()):
        raise BrokenArchive(subject=filename, reason=f"{member.name} is neither a file nor a folder")
    if _leads_out(member.name):
        raise BrokenArchive(subject=filename, reason=f"{member.name} lies outside the archive")


def _unpack_zip(stream: BinaryIO, *, filename: str, folder: Path) -> None:
    with zipfile.ZipFile(stream) as archive:
        for member in archive.infolist():
            if _leads_out(member.filename):
                raise BrokenArchive(subject=filename, reason=f"{member.filename} lies outside the archive")
            target = folder.joinpath(*PurePosixPath(member.filename).parts)
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as content, target.open("wb") as written:
                shutil.copyfileobj(content, written)
            if (member.external_attr >> 16) & stat.S_IXUSR:
                target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _leads_out(name: str) -> bool:
    """Whether a member's name is empty, absolute, has a drive in it (which on Windows begins anew), or climbs."""
    parts = name.replace("\\", "/").split("/")
    return not parts[0] or ".." in parts or any(part[1:2] == ":" for part in parts)

"""A wheel's archive into a folder: read, held against its RECORD, sorted into install schemes (PEP 427)."""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH103, PTH123

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zipfile
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from freewheel.errors import BrokenArchive, InvalidWheel, NoSpace, StoreError
from freewheel.errors.store import NO_ROOM
from freewheel.install.wheel import Contents, Member, examine
from freewheel.model.digest import Digest
from freewheel.store.protocol import Manifest, TreeFile
from freewheel.store.trees import tree_mtime

try:
    from lzma import LZMAError
except ImportError:  # a Python without it cannot come across its errors
    LZMAError = zlib.error  # type: ignore[misc, assignment]

_UNREADABLE = (
    zipfile.BadZipFile,
    LZMAError,
    struct.error,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    KeyError,
    OSError,
)
_CHUNK = 1 << 20


class Extract(Protocol):
    """Writes the files of a wheel below `root`, a folder for each scheme, and says what it wrote."""

    def __call__(self, stream: BinaryIO, filename: str, digest: Digest, root: Path) -> Manifest:
        """Raises BrokenArchive, InvalidWheel with every problem, StoreError."""


def extract(stream: BinaryIO, filename: str, digest: Digest, root: Path) -> Manifest:
    """As `Extract`, in this process and thread."""
    with archive_errors(filename):
        archive = zipfile.ZipFile(stream)
    with archive:
        contents = examine(filename, archive.namelist(), lambda name: _read(archive, filename, name))
        return Manifest(
            project=contents.project,
            version=contents.version,
            dist_info=contents.dist_info,
            root_scheme=contents.root_scheme,
            files=_extract(archive, contents, filename, tree_mtime(digest), root),
            entry_points=contents.entry_points,
        )


def _extract(
    archive: zipfile.ZipFile, contents: Contents, filename: str, mtime: int, root: Path
) -> tuple[TreeFile, ...]:
    files, problems = [], []
    folders: set[str] = set()
    for member in contents.members:
        target = f"{root}/{member.scheme}/{member.path}"
        folder = target.rpartition("/")[0]
        with archive_errors(filename):
            information = archive.getinfo(member.name)
        mode = information.external_attr >> 16
        with _storing(target):
            if folder not in folders:
                os.makedirs(folder, exist_ok=True)
                folders.add(folder)
            size, digest, is_right = _write(archive, information, member, filename, target)
        if not is_right:
            problems.append(f"{member.name} does not have the digest that RECORD states")
        files.append(
            TreeFile(
                scheme=member.scheme,
                path=member.path,
                size=size,
                digest=digest,
                mtime=mtime,
                is_executable=stat.S_ISREG(mode) and bool(mode & 0o111),
            )
        )
    if problems:
        raise InvalidWheel(subject=filename, problems=tuple(problems))
    return tuple(files)


def _write(
    archive: zipfile.ZipFile, information: zipfile.ZipInfo, member: Member, filename: str, target: str
) -> tuple[int, str, bool]:
    """Write one file; its size, its SHA-256 digest as in RECORD, and whether its digest is the stated one."""
    sha256 = hashlib.sha256()
    stated = sha256 if member.algorithm in ("", "sha256") else hashlib.new(member.algorithm)
    size = 0
    with open(target, "wb") as output:
        for chunk in _chunks(archive, information, filename):
            output.write(chunk)
            size += len(chunk)
            sha256.update(chunk)
            if stated is not sha256:
                stated.update(chunk)
    is_right = not member.algorithm or _encoded(stated.digest()) == member.digest
    return size, _encoded(sha256.digest()), is_right


def _chunks(archive: zipfile.ZipFile, information: zipfile.ZipInfo, filename: str) -> Iterator[bytes]:
    with archive_errors(filename), archive.open(information) as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def _read(archive: zipfile.ZipFile, filename: str, name: str) -> bytes:
    with archive_errors(filename):
        return archive.read(name)


@contextmanager
def archive_errors(filename: str) -> Iterator[None]:
    """Within it, whatever a damaged archive makes of its reader is a BrokenArchive."""
    try:
        yield
    except _UNREADABLE as error:
        raise BrokenArchive(subject=filename, reason=str(error) or type(error).__name__) from error


@contextmanager
def _storing(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = NoSpace if error.errno in NO_ROOM else StoreError
        raise kind(path=path, reason=error.strerror or str(error)) from error


def _encoded(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()

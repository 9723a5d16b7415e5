"""A wheel becomes a tree, once: read, held against its RECORD, sorted into install schemes (PEP 427)."""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH103, PTH123

from __future__ import annotations

import hashlib
import os
import stat
import struct
import time
import zipfile
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from freewheel.errors import BrokenArchive, DigestMismatch, InvalidWheel, NoSpace, StoreError
from freewheel.errors.store import NO_ROOM
from freewheel.events import Healed, Missed, Reporter, Reused
from freewheel.install.wheel import Contents, Member, examine
from freewheel.model.digest import Digest
from freewheel.store.protocol import Locks, Manifest, Miss, Tree, TreeFile, Trees
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


class WheelFile(Struct, frozen=True, kw_only=True):
    """A wheel to be installed: its file name, the SHA-256 digest of its bytes, and how to read them.

    `open` gives a seekable stream, which is closed after use; it is only called where there is no tree yet. `renew`
    does the same from where the wheel came from, for bytes that turn out to be damaged where they were kept. `url` is
    that place, as it may be shown. Without `may_be_kept` its tree is for this run alone.
    """

    filename: str
    digest: Digest
    open: Callable[[], BinaryIO]
    renew: Callable[[], BinaryIO] | None = None
    url: str = ""
    may_be_kept: bool = True


class Unpacker:
    """Gives trees of wheels. `scratch` is for what the store cannot keep: its trees last for this run.

    Safe from many threads.
    """

    def __init__(
        self,
        *,
        trees: Trees,
        scratch: Callable[[], Trees],
        locks: Locks,
        reporter: Reporter,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trees = trees
        self._scratch = scratch
        self._locks = locks
        self._reporter = reporter
        self._clock = clock

    def kept(self, wheel: WheelFile) -> Tree | None:
        """The wheel's tree, if the store has it."""
        found = self._trees.get(wheel.digest)
        return self._reused(wheel, found) if isinstance(found, Tree) else None

    def tree(self, wheel: WheelFile) -> Tree:
        """The wheel's tree, from the store or unpacked now.

        Raises DigestMismatch, BrokenArchive, InvalidWheel (with every problem), StoreError when it can be written
        nowhere.
        """
        found = self._trees.get(wheel.digest)
        if isinstance(found, Tree):
            return self._reused(wheel, found)
        if found.is_damage:
            self._reporter.emit(Healed(kind="tree", subject=wheel.filename, reason=found.reason))
        with self._locks.hold(f"tree-{wheel.digest.value}"):
            again = self._trees.get(wheel.digest)
            if isinstance(again, Tree):
                return self._reused(wheel, again)
            return self._unpack(wheel, found)

    def again(self, wheel: WheelFile, reason: str) -> Tree:
        """The tree made anew, because the one in the store is not what it was; else as `tree`."""
        self._reporter.emit(Healed(kind="tree", subject=wheel.filename, reason=reason))
        self._trees.remove(wheel.digest)
        return self._unpack(wheel, Miss(reason=reason, is_damage=True))

    def aside(self, wheel: WheelFile, reason: str) -> Tree:
        """A tree of this run alone, because the store does not keep a sound one."""
        self._reporter.emit(Missed(kind="tree", subject=wheel.filename, reason=reason))
        with self._stream(wheel) as stream:
            return unpack(stream, wheel, self._scratch())

    def _unpack(self, wheel: WheelFile, miss: Miss) -> Tree:
        started = self._clock()
        with self._stream(wheel) as stream:
            try:
                tree = unpack(stream, wheel, self._trees if wheel.may_be_kept else self._scratch())
            except StoreError:
                tree = unpack(stream, wheel, self._scratch())
        self._reporter.emit(
            Missed(
                kind="tree",
                subject=wheel.filename,
                reason=miss.reason,
                size=_size(tree),
                seconds=self._clock() - started,
            )
        )
        return tree

    def _stream(self, wheel: WheelFile) -> BinaryIO:
        """The wheel's bytes, which are those that its digest names; raises DigestMismatch."""
        stream = wheel.open()
        found = _sha256(stream, wheel.filename)
        if found != wheel.digest.value and wheel.renew is not None:
            stream.close()
            reason = f"its SHA-256 digest is {found}"
            self._reporter.emit(Healed(kind="download", subject=wheel.filename, reason=reason))
            stream = wheel.renew()
            found = _sha256(stream, wheel.filename)
        if found == wheel.digest.value:
            return stream
        stream.close()
        raise DigestMismatch(
            subject=wheel.filename,
            url=wheel.url or wheel.filename,
            algorithm="sha256",
            expected=wheel.digest.value,
            found=found,
        )

    def _reused(self, wheel: WheelFile, tree: Tree) -> Tree:
        self._reporter.emit(Reused(kind="tree", subject=wheel.filename, size=_size(tree)))
        return tree


def unpack(stream: BinaryIO, wheel: WheelFile, trees: Trees) -> Tree:
    """Read a wheel into `trees`. Raises BrokenArchive, InvalidWheel with every problem, StoreError."""
    with _archive_errors(wheel.filename):
        archive = zipfile.ZipFile(stream)
    with archive:
        contents = examine(wheel.filename, archive.namelist(), lambda name: _read(archive, wheel.filename, name))
        new = trees.create(wheel.digest)
        try:
            files = _extract(archive, contents, wheel, new.root)
            return new.commit(
                Manifest(
                    project=contents.project,
                    version=contents.version,
                    dist_info=contents.dist_info,
                    root_scheme=contents.root_scheme,
                    files=files,
                    entry_points=contents.entry_points,
                )
            )
        finally:
            new.discard()


def _extract(archive: zipfile.ZipFile, contents: Contents, wheel: WheelFile, root: Path) -> tuple[TreeFile, ...]:
    mtime = tree_mtime(wheel.digest)
    files, problems = [], []
    folders: set[str] = set()
    for member in contents.members:
        target = f"{root}/{member.scheme}/{member.path}"
        folder = target.rpartition("/")[0]
        with _archive_errors(wheel.filename):
            information = archive.getinfo(member.name)
        mode = information.external_attr >> 16
        with _storing(target):
            if folder not in folders:
                os.makedirs(folder, exist_ok=True)
                folders.add(folder)
            size, digest, is_right = _write(archive, information, member, wheel.filename, target)
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
        raise InvalidWheel(subject=wheel.filename, problems=tuple(problems))
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
    with _archive_errors(filename), archive.open(information) as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def _read(archive: zipfile.ZipFile, filename: str, name: str) -> bytes:
    with _archive_errors(filename):
        return archive.read(name)


@contextmanager
def _archive_errors(filename: str) -> Iterator[None]:
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


def _sha256(stream: BinaryIO, filename: str) -> str:
    found = hashlib.sha256()
    with _archive_errors(filename):
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
        stream.seek(0)
    return found.hexdigest()


def _encoded(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _size(tree: Tree) -> int:
    return sum(file.size for file in tree.manifest.files)

"""A wheel becomes a tree, once, whoever asks for it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import BinaryIO

from msgspec import Struct

from freewheel.errors import DigestMismatch, StoreError
from freewheel.events import Healed, Missed, Reporter, Reused
from freewheel.install.extraction import Extract, archive_errors, extract
from freewheel.model.digest import Digest
from freewheel.store.protocol import Locks, Miss, Tree, Trees

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

    def tree(self, wheel: WheelFile, extract: Extract = extract) -> Tree:
        """The wheel's tree, from the store or unpacked now by `extract`.

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
            return self._unpack(wheel, found, extract)

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

    def _unpack(self, wheel: WheelFile, miss: Miss, extract: Extract = extract) -> Tree:
        started = self._clock()
        with self._stream(wheel) as stream:
            try:
                tree = unpack(stream, wheel, self._trees if wheel.may_be_kept else self._scratch(), extract)
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


def unpack(stream: BinaryIO, wheel: WheelFile, trees: Trees, extract: Extract = extract) -> Tree:
    """Read a wheel into `trees`. Raises BrokenArchive, InvalidWheel with every problem, StoreError."""
    new = trees.create(wheel.digest)
    try:
        return new.commit(extract(stream, wheel.filename, wheel.digest, new.root))
    finally:
        new.discard()


def _sha256(stream: BinaryIO, filename: str) -> str:
    found = hashlib.sha256()
    with archive_errors(filename):
        while chunk := stream.read(_CHUNK):
            found.update(chunk)
        stream.seek(0)
    return found.hexdigest()


def _size(tree: Tree) -> int:
    return sum(file.size for file in tree.manifest.files)

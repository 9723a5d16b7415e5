"""A body on its way to the reader that is kept in passing: if it arrives whole, or what of it did."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct

from freewheel import errors
from freewheel.model import url as urls
from freewheel.model.digest import Digest
from freewheel.net.checksums import Checksums, check
from freewheel.net.protocol import Body
from freewheel.store.protocol import BlobWriter

Kept = Digest | bytes
"""Where a body is: in a blob, or here, when it is small enough to lie in the record."""

NEVER_INLINE = -1
"""The limit with which even an empty body becomes a blob."""


_UNWANTED_LIMIT = 1 << 16
"""Bytes of a body that are worth reading for the sake of the response alone."""


class Keeper:
    """Collects a body: up to `inline_limit` bytes in memory, all of a longer one in a blob.

    After a StoreError it keeps nothing. `size` is what was written, in bytes; `was_there` tells at the end whether
    the store had the same blob before.
    """

    def __init__(
        self,
        *,
        create: Callable[[], BlobWriter],
        inline_limit: int,
    ) -> None:
        self._create = create
        self._inline_limit = inline_limit
        self._small = bytearray()
        self._writer: BlobWriter | None = None
        self._failed = False
        self.size = 0
        self.was_there = False
        self.needs_blob = inline_limit == NEVER_INLINE

    def start(self) -> bool:
        """Find out at once whether the store can take a blob, where one is needed for sure."""
        if self.needs_blob:
            self._attempt(self._spill)
        return not self._failed

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        if not self._failed:
            self._attempt(lambda: self._append(data))

    def finish(self) -> Kept | None:
        """Make what was written permanent; None where the store failed."""
        kept: Kept | None = None

        def commit() -> None:
            nonlocal kept
            if self._writer is None:
                kept = bytes(self._small)
            else:
                kept, self.was_there = self._writer.commit(), self._writer.was_there

        if not self._failed:
            self._attempt(commit)
        return kept

    def discard(self) -> None:
        """Leave nothing behind; harmless after `finish`."""
        self._small.clear()
        if self._writer is not None:
            self._writer.discard()

    def _append(self, data: bytes) -> None:
        if self._writer is None and len(self._small) + len(data) > self._inline_limit:
            self._spill()
        if self._writer is None:
            self._small += data
        else:
            self._writer.write(data)
        self.size += len(data)

    def _spill(self) -> None:
        self._writer = self._create()
        self._writer.write(bytes(self._small))
        self._small.clear()

    def _attempt(self, action: Callable[[], None]) -> None:
        try:
            action()
        except errors.StoreError:
            self._failed = True
            self.discard()


class End(Struct, frozen=True, kw_only=True):
    """How a body ended: after so many bytes (`received`), `kept` there, or nowhere; and whether that is all of it.

    `was_there` says that the blob had been kept before.
    """

    received: int
    kept: Kept | None = None
    is_whole: bool = False
    was_there: bool = False


class PassingBody:
    """A body that is counted, checked and, with a `keeper`, kept while somebody reads it.

    The end raises DigestMismatch for a body with another digest than `stated`, and IncompleteBody for one that is
    not as long as `length` (bytes) said. Nothing is kept of these, nor of one that was not read to its end: except,
    with `is_resumable`, the beginning of a body that broke off or was closed early. `on_end` is called once.
    """

    def __init__(
        self,
        *,
        inner: Body,
        url: str,
        length: int | None,
        stated: Digest | None,
        keeper: Keeper | None,
        on_end: Callable[[End], None],
        is_resumable: bool = False,
    ) -> None:
        self._inner = inner
        self._url = url
        self._length = length
        self._stated = stated
        self._checksums = Checksums(() if stated is None else (stated.algorithm,))
        self._keeper = keeper
        self._on_end = on_end
        self._is_resumable = is_resumable
        self._has_ended = False
        self.blob: Digest | None = None
        self.will_be_kept = keeper is not None and keeper.needs_blob

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        if self._has_ended:
            return b""
        try:
            data = self._inner.read(size)
            if not data:
                self._check()
        except errors.FreewheelError:
            self._give_up()
            raise
        self._checksums.update(data)
        if not data:
            keeper = self._keeper
            kept = None if keeper is None else keeper.finish()
            was_there = keeper is not None and keeper.was_there
            self._end(End(received=self._checksums.size, kept=kept, is_whole=True, was_there=was_there))
        elif self._keeper is not None:
            self._keeper.write(data)
        return data

    def close(self) -> None:
        """Close the body below; keeps nothing of what was not read to the end."""
        if not self._has_ended and self._keeper is not None and not self._checksums.size:
            self._read_unwanted()
        self._inner.close()
        if not self._has_ended:
            self._give_up()

    def _read_unwanted(self) -> None:
        """Read a short body that nobody began to read, such as a redirect's, so that the response is kept."""
        left = _UNWANTED_LIMIT if self._length is None else self._length
        if left > _UNWANTED_LIMIT:
            return
        with suppress(errors.FreewheelError):
            while left >= 0 and (data := self.read(left + 1)):
                left -= len(data)

    def _check(self) -> None:
        received = self._checksums.size
        if self._length is not None and received != self._length:
            raise errors.IncompleteBody(url=self._url, expected=self._length, received=received)
        if self._stated is not None:
            check((self._stated,), self._checksums.digest, url=self._url, subject=urls.filename(self._url))

    def _give_up(self) -> None:
        received, kept = self._checksums.size, None
        if self._keeper is not None:
            # What is as long as it should be was found to be wrong; of what is longer nobody knows what it is.
            is_beginning = self._length is not None and 0 < received < self._length
            if self._is_resumable and is_beginning and self._keeper.size:
                received, kept = self._keeper.size, self._keeper.finish()
            self._keeper.discard()
        self._end(End(received=received, kept=kept))

    def _end(self, end: End) -> None:
        self._has_ended = True
        self.will_be_kept = False
        self.blob = end.kept if end.is_whole and isinstance(end.kept, Digest) else None
        self._on_end(end)

"""The digest of bytes that pass by, worked out beside their way to the disk where they are many."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_LARGE = 1 << 20
"""Bytes from which on a thread is worth its 100 us; and how many it is given at a time."""


class PassingDigest:
    """SHA-256 of everything that `update` is given, in order; one thread uses it.

    Digesting takes a third of the time in which 100 MB come from the same machine: a second thread does it while the
    first one reads on. At most 2 MB wait for it.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._size = 0
        self._waiting: list[bytes] = []
        self._pool: ThreadPoolExecutor | None = None
        self._at_work: Future[None] | None = None

    def update(self, data: bytes) -> None:
        """More bytes, which nobody changes any more."""
        self._size += len(data)
        if self._pool is None and self._size <= _LARGE:
            self._digest.update(data)
            return
        self._waiting.append(data)
        if sum(map(len, self._waiting)) >= _LARGE:
            self._hand_over()

    def hexdigest(self) -> str:
        """The digest of all of it, in hexadecimal; nothing may come after this."""
        self.close()
        _update(self._digest, self._waiting)
        self._waiting = []
        return self._digest.hexdigest()

    def close(self) -> None:
        """End the thread; harmless again."""
        if self._at_work is not None:
            self._at_work.result()
            self._at_work = None
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def _hand_over(self) -> None:
        if self._at_work is not None:
            self._at_work.result()
            self._at_work = None
        try:
            if self._pool is None:
                # 8 ms, which whoever only reads small things does not pay.
                from concurrent.futures import ThreadPoolExecutor

                self._pool = ThreadPoolExecutor(1, thread_name_prefix="digest")
            self._at_work = self._pool.submit(_update, self._digest, self._waiting)
        except RuntimeError:  # the main thread has ended, and no new one may begin
            _update(self._digest, self._waiting)
        self._waiting = []


def _update(digest: hashlib._Hash, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        digest.update(piece)

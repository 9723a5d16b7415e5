"""Digests of bytes as they pass, compared with what was stated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from freewheel import errors
from freewheel.model.digest import Digest


class Checksums:
    """Digests of the same bytes, computed as they pass."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._sums = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        self.size = 0

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        for checksum in self._sums.values():
            checksum.update(data)

    def digest(self, algorithm: str) -> Digest:
        """The digest of what passed, by an algorithm named at the start."""
        return Digest(algorithm=algorithm, value=self._sums[algorithm].hexdigest())


def check(stated: Iterable[Digest], found: Callable[[str], Digest], *, url: str, subject: str) -> None:
    """Compare digests with what was `found` by their algorithms; raises DigestMismatch for the first that differs."""
    for digest in stated:
        actual = found(digest.algorithm)
        if actual != digest:
            raise errors.DigestMismatch(
                subject=subject,
                url=url,
                algorithm=digest.algorithm,
                expected=digest.value,
                found=actual.value,
            )

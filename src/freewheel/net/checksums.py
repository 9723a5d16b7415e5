"""Digests of bytes as they pass, compared with what was stated."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from freewheel import errors
from freewheel.model.demand import Demand
from freewheel.model.digest import Digest


class Checksums:
    """Digests of the same bytes, computed as they pass."""

    def __init__(self, algorithms: Iterable[str]) -> None:
        self._sums = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        self.size = 0

    @property
    def algorithms(self) -> frozenset[str]:
        """What is computed."""
        return frozenset(self._sums)

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


def check_demands(demands: Iterable[Demand], found: Callable[[str], Digest], *, url: str, subject: str) -> None:
    """Hold bytes against what people demand; raises DigestNotAllowed for the first demand that is not met."""
    for demand in demands:
        algorithms = sorted({digest.algorithm for digest in demand.allowed})
        actual = tuple(found(algorithm) for algorithm in algorithms)
        if not demand.is_met_by(actual):
            raise errors.DigestNotAllowed(
                subject=subject,
                url=url,
                wanted_by=demand.origin,
                allowed=tuple(sorted(map(str, demand.allowed))),
                found=tuple(map(str, actual)),
            )


def as_demanded(
    mismatch: errors.DigestMismatch, demands: Iterable[Demand]
) -> errors.DigestMismatch | errors.DigestNotAllowed:
    """The same error, or where the digest that was expected is one that a person demands, the error for that."""
    expected = Digest(algorithm=mismatch.algorithm, value=mismatch.expected)
    found = Digest(algorithm=mismatch.algorithm, value=mismatch.found)
    for demand in demands:
        if expected in demand.allowed and found not in demand.allowed:
            return errors.DigestNotAllowed(
                subject=mismatch.subject,
                url=mismatch.url,
                wanted_by=demand.origin,
                allowed=tuple(sorted(map(str, demand.allowed))),
                found=(str(found),),
            )
    return mismatch

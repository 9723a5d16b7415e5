"""Digests that a person demands of an artifact's bytes, and which of those stated for it may be believed."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from freewheel.model.digest import Digest


class Demand(Struct, frozen=True, kw_only=True):
    """The bytes shall have one of these digests; `origin` says where that stands."""

    allowed: frozenset[Digest]
    origin: str = ""

    def is_met_by(self, digests: Sequence[Digest]) -> bool:
        """Whether bytes with these digests are what is demanded."""
        return not self.allowed.isdisjoint(digests)


def are_met(demands: Sequence[Demand], stated: Sequence[Digest]) -> bool:
    """Whether bytes with the stated digests meet every demand."""
    return all(demand.is_met_by(stated) for demand in demands)


def expected(demands: Sequence[Demand], stated: Sequence[Digest]) -> tuple[Digest, ...]:
    """The digests by which an artifact may be looked up: never one that is stated and not demanded.

    An index that names a demanded SHA-512 digest may name any SHA-256 digest beside it. Without demands everything
    that is stated counts. Where nothing stated meets the demands, one digest that is demanded alone is expected.

    >>> one, other = Digest(algorithm="sha256", value="1"), Digest(algorithm="sha256", value="2")
    >>> expected([Demand(allowed=frozenset({one}))], [other]) == (one,)
    True
    """
    if not demands:
        return tuple(stated)
    if are_met(demands, stated):
        return tuple(digest for digest in stated if any(digest in demand.allowed for demand in demands))
    alone = [digest for demand in demands if len(demand.allowed) == 1 for digest in demand.allowed]
    return tuple(dict.fromkeys(alone)) if len({digest.algorithm for digest in alone}) == len(set(alone)) else ()

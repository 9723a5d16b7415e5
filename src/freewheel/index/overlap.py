"""Whether indexes that offer the same project are related, or have a name in common by chance or malice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal

from msgspec import Struct

from freewheel.model.artifact import Artifact
from freewheel.model.digest import Digest


class Doubt(Struct, frozen=True, kw_only=True):
    """Two indexes whose files may not be one project's: they contradict one another, or share no file."""

    first: str
    second: str
    kind: Literal["contradiction", "nothing in common"]


def first_doubt(offers: Sequence[tuple[str, Sequence[Artifact]]]) -> Doubt | None:
    """What speaks against taking offers (index, artifacts) for one project's; empty offers do not count.

    A mirror, a cache and a folder with a part of an index share files with it, of equal names and digests; two of
    them may share nothing but what they have in common with a third. Two projects of equal name, of which one may
    be there to be mistaken for the other, share nothing.
    """
    some = [(index, _digests_by_name(artifacts)) for index, artifacts in offers if artifacts]
    for (one, ours), (other, theirs) in combinations(some, 2):
        if any(_contradict(ours[filename], theirs[filename]) for filename in ours.keys() & theirs.keys()):
            return Doubt(first=one, second=other, kind="contradiction")
    unrelated = _unrelated_to_first([files.keys() for _, files in some])
    if unrelated is None:
        return None
    return Doubt(first=some[0][0], second=some[unrelated][0], kind="nothing in common")


def _unrelated_to_first(offers: Sequence[Iterable[str]]) -> int | None:
    """Which offer no chain of shared file names leads to from the first one; None when there is none."""
    related: set[str] = set().union(*offers[:1])
    others = {number: set(offer) for number, offer in enumerate(offers) if number > 0}
    while True:
        reached = [number for number, offer in others.items() if offer & related]
        if not reached:
            return min(others, default=None)
        for number in reached:
            related |= others.pop(number)


def _digests_by_name(artifacts: Iterable[Artifact]) -> Mapping[str, tuple[Digest, ...]]:
    return {artifact.filename: artifact.digests for artifact in artifacts}


def _contradict(ours: Iterable[Digest], theirs: Iterable[Digest]) -> bool:
    values = {digest.algorithm: digest.value for digest in ours}
    return any(values.get(digest.algorithm, digest.value) != digest.value for digest in theirs)

"""Whether two indexes offer the same project by chance, or because one mirrors the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Literal

from freewheel.model.artifact import Artifact
from freewheel.model.digest import Digest

Doubt = Literal["contradiction", "nothing in common"]
"""Equal file names with different digests; or no equal file name at all."""


def doubt_between(first: Iterable[Artifact], second: Iterable[Artifact]) -> Doubt | None:
    """Why two indexes' files may not be one project's; None where what they share agrees.

    A mirror, a cache and a folder with a part of an index share files with it, under equal names and with equal
    digests. Two projects of equal name, of which one may be there to be mistaken for the other, do not.
    """
    ours, theirs = _digests_by_name(first), _digests_by_name(second)
    shared = ours.keys() & theirs.keys()
    if not shared:
        return "nothing in common"
    if any(_contradict(ours[filename], theirs[filename]) for filename in shared):
        return "contradiction"
    return None


def first_doubt(offers: Sequence[tuple[str, Sequence[Artifact]]]) -> tuple[str, str, Doubt] | None:
    """The first two offers (index, artifacts) that may not be one project's, and why; empty offers do not count."""
    some = [(index, artifacts) for index, artifacts in offers if artifacts]
    for (one, ours), (other, theirs) in combinations(some, 2):
        doubt = doubt_between(ours, theirs)
        if doubt is not None:
            return one, other, doubt
    return None


def _digests_by_name(artifacts: Iterable[Artifact]) -> Mapping[str, tuple[Digest, ...]]:
    return {artifact.filename: artifact.digests for artifact in artifacts}


def _contradict(ours: Iterable[Digest], theirs: Iterable[Digest]) -> bool:
    values = {digest.algorithm: digest.value for digest in ours}
    return any(values.get(digest.algorithm, digest.value) != digest.value for digest in theirs)

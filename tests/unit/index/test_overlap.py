from __future__ import annotations

from itertools import permutations

import pytest
from packaging.version import Version

from freewheel.index.overlap import Doubt, first_doubt
from freewheel.model import digest
from freewheel.model.artifact import Artifact, ArtifactKind, normalize


def artifact(filename: str, *digests: str) -> Artifact:
    return Artifact(
        kind=ArtifactKind.SDIST,
        project=normalize("six"),
        version=Version("1.0"),
        filename=filename,
        url=f"https://files.example/{filename}",
        digests=tuple(map(digest.parse, digests)),
    )


A, B, C = artifact("a", "sha256:aa"), artifact("b", "sha256:bb"), artifact("c", "sha256:cc")


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ([A, B], [A], None),
        ([A], [A, B], None),
        ([A], [artifact("a")], None),
        ([A], [artifact("a", "md5:11")], None),
        ([A], [artifact("a", "md5:11", "sha256:cc")], "contradiction"),
        ([A, B], [A, artifact("b", "sha256:cc")], "contradiction"),
        ([A], [B], "nothing in common"),
        ([A], [], None),
        ([], [], None),
    ],
)
def test_what_two_indexes_share_tells_whether_they_are_related(
    first: list[Artifact], second: list[Artifact], kind: str | None
):
    for offers in ([("one", first), ("two", second)], [("two", second), ("one", first)]):
        doubt = first_doubt(offers)
        assert (doubt and doubt.kind) == kind


def test_two_that_each_share_a_file_with_a_third_are_related():
    for order in permutations([("one", [A]), ("all", [A, B]), ("two", [B])]):
        assert first_doubt(order) is None


def test_the_one_that_shares_nothing_is_named():
    offers = [("one", [A]), ("empty", []), ("both", [A, B]), ("other", [C])]
    assert first_doubt(offers) == Doubt(first="one", second="other", kind="nothing in common")

from __future__ import annotations

import pytest
from packaging.version import Version

from freewheel.index.overlap import doubt_between, first_doubt
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


A, B = artifact("a", "sha256:aa"), artifact("b", "sha256:bb")


@pytest.mark.parametrize(
    ("first", "second", "doubt"),
    [
        ([A, B], [A], None),
        ([A], [A, B], None),
        ([A], [artifact("a")], None),
        ([A], [artifact("a", "md5:11")], None),
        ([A], [artifact("a", "md5:11", "sha256:cc")], "contradiction"),
        ([A, B], [A, artifact("b", "sha256:cc")], "contradiction"),
        ([A], [B], "nothing in common"),
    ],
)
def test_what_two_indexes_share_tells_whether_they_are_related(
    first: list[Artifact], second: list[Artifact], doubt: str | None
):
    assert doubt_between(first, second) == doubt
    assert doubt_between(second, first) == doubt


def test_the_first_pair_in_doubt_is_named_and_indexes_without_the_project_do_not_count():
    offers = [("one", [A]), ("two", []), ("three", [A, B]), ("four", [B])]
    assert first_doubt(offers) == ("one", "four", "nothing in common")
    assert first_doubt(offers[:3]) is None

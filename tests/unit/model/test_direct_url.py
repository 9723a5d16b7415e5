"""Direct URL records (PEP 610): made, written and read."""

from __future__ import annotations

import json

import pytest
from packaging.version import Version

from freewheel.model import direct_url
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import Digest

ONE, OTHER = Digest(algorithm="sha256", value="11"), Digest(algorithm="sha512", value="22")


def artifact(kind: ArtifactKind, url: str, **more: object) -> Artifact:
    made = Artifact(kind=kind, project=normalize("six"), version=Version("1.0"), filename="six", url=url)
    return type(made)(**{name: getattr(made, name) for name in made.__slots__} | more)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            artifact(ArtifactKind.SDIST, "https://x.example/six.zip"),
            '{"archive_info": {}, "url": "https://x.example/six.zip"}',
        ),
        (
            artifact(ArtifactKind.WHEEL, "https://x.example/six.whl", digests=(OTHER, ONE)),
            '{"archive_info": {"hash": "sha512=22", "hashes": {"sha512": "22"}}, "url": "https://x.example/six.whl"}',
        ),
        (
            artifact(ArtifactKind.DIRECTORY, "file:///srv/six", subdirectory="a/b"),
            '{"dir_info": {}, "subdirectory": "a/b", "url": "file:///srv/six"}',
        ),
        (
            artifact(ArtifactKind.DIRECTORY, "file:///srv/six", subdirectory="a/b", is_editable=True),
            '{"dir_info": {"editable": true}, "url": "file:///srv/six/a/b"}',
        ),
        (
            artifact(ArtifactKind.REPOSITORY, "git+ssh://me@x.example/s@v1", commit="12"),
            '{"url": "ssh://x.example/s", "vcs_info": {"commit_id": "12", "requested_revision": "v1", "vcs": "git"}}',
        ),
        (
            artifact(ArtifactKind.REPOSITORY, "git+file:////srv/six", commit="12"),
            '{"url": "file:////srv/six", "vcs_info": {"commit_id": "12", "vcs": "git"}}',
        ),
        (
            artifact(ArtifactKind.REPOSITORY, "git+ssh://git@x.example/six", commit="12", subdirectory="a"),
            '{"subdirectory": "a", "url": "ssh://git@x.example/six", "vcs_info": {"commit_id": "12", "vcs": "git"}}',
        ),
    ],
)
def test_records_are_made_as_pip_makes_them(source: Artifact, text: str) -> None:
    """A changed byte would be another `origin.json` in the cache."""
    made = direct_url.of_artifact(source, None)
    assert direct_url.as_text(made) == text
    assert direct_url.parse(text) == made
    assert json.loads(text) == direct_url.as_object(made)


def test_a_digest_that_was_found_counts_where_none_was_stated() -> None:
    stated = artifact(ArtifactKind.SDIST, "https://x.example/six.zip", digests=(OTHER,))
    bare = artifact(ArtifactKind.SDIST, "https://x.example/six.zip")
    hashes = [
        made.archive_info.hashes
        for made in (
            direct_url.of_artifact(stated, ONE),
            direct_url.of_artifact(bare, ONE),
            direct_url.of_source(stated, ONE),
        )
        if made.archive_info is not None
    ]
    assert hashes == [{"sha512": OTHER.value}, {"sha256": ONE.value}, {"sha256": ONE.value}]


def test_a_password_that_somebody_else_recorded_is_not_shown() -> None:
    found = direct_url.parse('{"url": "https://me:s3cret@x.example/six.zip", "archive_info": {}}')
    assert found is not None
    assert direct_url.as_object(found)["url"] == "https://x.example/six.zip"


@pytest.mark.parametrize(
    "record",
    [
        b"\xff",
        "{",
        "[1]",
        "[" * 100_000,
        '{"url": 1, "dir_info": {}}',
        '{"dir_info": {}}',
        '{"url": "https://x.example/six"}',
        '{"url": "https://x.example/six", "dir_info": {}}',
        '{"url": "https://[x.example/six", "dir_info": {}}',
        '{"url": "file:///six", "dir_info": {"editable": "yes"}}',
        '{"url": "file:///six", "dir_info": {}, "archive_info": {}}',
        '{"url": "https://x.example/six", "vcs_info": {"vcs": "git"}}',
        '{"url": "https://x.example/six", "archive_info": {"hash": "sha256"}}',
    ],
)
def test_what_breaks_the_standard_is_no_record(record: str | bytes) -> None:
    assert direct_url.parse(record) is None


@pytest.mark.parametrize(
    ("record", "reference"),
    [
        ('{"url": "file:///srv/six", "dir_info": {}}', "file:///srv/six"),
        (
            '{"url": "https://x.example/six.zip", "archive_info": {"hashes": {"sha256": "ab"}}, "subdirectory": "a"}',
            "https://x.example/six.zip#sha256=ab&subdirectory=a",
        ),
        (
            '{"url": "https://x.example/six.zip", "archive_info": {"hash": "md5=ab"}}',
            "https://x.example/six.zip#md5=ab",
        ),
        (
            '{"url": "https://x.example/s", "vcs_info": {"vcs": "hg", "commit_id": "12"}, "subdirectory": "a"}',
            "hg+https://x.example/s@12#subdirectory=a",
        ),
    ],
)
def test_a_record_as_a_direct_reference(record: str, reference: str) -> None:
    """What other installers recorded is read, too: with `hashes` alone, or with the older `hash` alone."""
    found = direct_url.parse(record)
    assert found is not None
    assert direct_url.reference(found) == reference

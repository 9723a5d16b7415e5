"""Work that is done once for each source."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace
from packaging.version import Version

from freewheel.build.lineage import OncePerSource
from freewheel.errors import BackendUnusable
from freewheel.model.artifact import Artifact, ArtifactKind, normalize
from freewheel.model.digest import sha256_of

SIX = Artifact(
    kind=ArtifactKind.SDIST,
    project=normalize("six"),
    version=Version("1"),
    filename="six-1.tar.gz",
    url="https://example.org/six-1.tar.gz",
)


def test_a_source_is_told_by_url_subdirectory_and_digest_not_by_name() -> None:
    once: OncePerSource[int] = OncePerSource()
    numbers = iter(range(9))
    others = [
        replace(SIX, url="https://example.org/other.tar.gz"),
        replace(SIX, subdirectory="inner"),
        replace(SIX, digests=(sha256_of(b""),)),
    ]
    assert [once.get(artifact, lambda: next(numbers)) for artifact in (SIX, *others)] == [0, 1, 2, 3]
    assert once.get(replace(SIX, project=normalize("seven")), lambda: next(numbers)) == 0


def test_a_source_that_needs_itself_is_an_error() -> None:
    once: OncePerSource[int] = OncePerSource()
    with pytest.raises(BackendUnusable):
        once.get(SIX, lambda: once.get(SIX, lambda: 1))


def test_another_thread_waits_for_the_one_at_work() -> None:
    once: OncePerSource[int] = OncePerSource()
    has_begun, may_end = threading.Event(), threading.Event()
    answers: list[int] = []

    def work() -> int:
        has_begun.set()
        may_end.wait(30)
        return 7

    first = threading.Thread(target=lambda: answers.append(once.get(SIX, work)))
    first.start()
    assert has_begun.wait(30)
    second = threading.Thread(target=lambda: answers.append(once.get(SIX, lambda: 8)))
    second.start()
    may_end.set()
    first.join(30)
    second.join(30)
    assert answers == [7, 7]

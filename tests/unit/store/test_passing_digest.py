"""The digest of what passes by, whoever works it out."""

from __future__ import annotations

import hashlib
import threading

import pytest

from freewheel.store.passing_digest import PassingDigest

MEGABYTE = 1 << 20


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("digest")]


@pytest.mark.parametrize(
    "sizes", [[], [1], [MEGABYTE], [MEGABYTE, 1], [1 << 17] * 40, [3 * MEGABYTE, 5, 2 * MEGABYTE]]
)
def test_it_is_that_of_all_the_bytes_in_their_order(sizes: list[int]) -> None:
    pieces = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    passing = PassingDigest()
    for piece in pieces:
        passing.update(piece)
    assert passing.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()
    assert threads() == []


def test_a_small_body_needs_no_thread_and_a_large_one_leaves_none() -> None:
    passing = PassingDigest()
    passing.update(b"x" * MEGABYTE)
    assert threads() == []
    for _ in range(20):
        passing.update(b"x" * (1 << 17))
    assert len(threads()) == 1
    passing.close()
    passing.close()
    assert threads() == []


def test_where_no_thread_may_begin_it_goes_on_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """The main thread has ended, and this one still reads."""

    def refuse(*_: object) -> None:
        raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor.submit", refuse)
    passing = PassingDigest()
    for _ in range(3):
        passing.update(b"x" * MEGABYTE)
    assert passing.hexdigest() == hashlib.sha256(b"x" * 3 * MEGABYTE).hexdigest()

"""A body is kept if, and only if, all of it passed and is what it was said to be."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from freewheel import errors
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.bodies import chunks, read_all
from freewheel.net.keeping import NEVER_INLINE, Keeper, Kept, PassingBody
from freewheel.store.memory import MemoryBlobs, MemoryBlobWriter
from freewheel.store.protocol import Miss
from tests.unit.net.doubles import FakeBody

URL = "https://files.example/six-1.0.tar.gz"
FULL = errors.NoSpace(path="cache", reason="full")


@dataclass(slots=True)
class FullAfter:
    """Blobs on a disk that takes `room` bytes; counts what was thrown away."""

    room: int
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    discarded: int = 0
    fails_at_commit: bool = False

    def create(self) -> Writer:
        if self.room < 0:
            raise FULL
        return Writer(store=self, inner=self.blobs.create())


@dataclass(slots=True)
class Writer:
    store: FullAfter
    inner: MemoryBlobWriter

    @property
    def was_there(self) -> bool:
        return self.inner.was_there

    def write(self, data: bytes) -> None:
        self.store.room -= len(data)
        if self.store.room < 0:
            raise FULL
        self.inner.write(data)

    def commit(self) -> Digest:
        if self.store.fails_at_commit:
            raise FULL
        return self.inner.commit()

    def discard(self) -> None:
        self.store.discarded += 1
        self.inner.discard()


@dataclass(slots=True)
class Passage:
    """A body passing by a store; `ended` holds what `on_end` was told."""

    pieces: list[bytes]
    store: FullAfter = field(default_factory=lambda: FullAfter(room=10**9))
    inline_limit: int = NEVER_INLINE
    length: int | None = None
    stated: Digest | None = None
    failure: errors.FreewheelError | None = None
    is_resumable: bool = False
    ended: list[tuple[int, Kept | None]] = field(default_factory=list)

    def body(self) -> PassingBody:
        keeper = Keeper(create=self.store.create, inline_limit=self.inline_limit)
        return PassingBody(
            inner=FakeBody(pieces=list(self.pieces), failure=self.failure),
            url=URL,
            length=self.length,
            stated=self.stated,
            keeper=keeper if keeper.start() else None,
            on_end=lambda end: self.ended.append((end.received, end.kept)),
            is_resumable=self.is_resumable,
        )


@pytest.mark.parametrize("pieces", [[], [b"abc"], [b"abc", b"def" * 5000]])
def test_a_whole_body_becomes_a_blob(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    passage = Passage(pieces, length=len(content), stated=sha256_of(content))
    body = passage.body()
    assert (body.will_be_kept, body.blob) == (True, None)
    assert b"".join(chunks(body)) == content
    assert (body.will_be_kept, body.blob) == (False, sha256_of(content))
    assert passage.ended == [(len(content), sha256_of(content))]
    found = passage.store.blobs.open(sha256_of(content))
    assert not isinstance(found, Miss)
    assert found.read() == content
    body.close()
    assert len(passage.ended) == 1


def test_a_small_body_lies_in_the_record_and_a_longer_one_does_not() -> None:
    small = Passage([b"ab", b"cd"], inline_limit=4)
    body = small.body()
    assert not body.will_be_kept
    assert read_all(body) == b"abcd"
    assert small.ended == [(4, b"abcd")]
    long = Passage([b"ab", b"cd", b"e"], inline_limit=4)
    body = long.body()
    assert read_all(body) == b"abcde"
    assert body.blob == sha256_of(b"abcde")
    assert long.ended == [(5, sha256_of(b"abcde"))]


@pytest.mark.parametrize("length", [2, 4])
def test_a_body_of_another_length_is_incomplete_and_not_kept(length: int) -> None:
    """Behaviour 44."""
    passage = Passage([b"abc"], length=length)
    with pytest.raises(errors.IncompleteBody) as caught:
        read_all(passage.body())
    assert (caught.value.expected, caught.value.received) == (length, 3)
    assert passage.ended == [(3, None)]
    assert passage.store.discarded == 1


def test_a_body_that_breaks_off_is_not_kept() -> None:
    """Behaviour 45."""
    passage = Passage([b"abc"], failure=errors.IncompleteBody(url=URL, expected=9, received=3))
    with pytest.raises(errors.IncompleteBody):
        read_all(passage.body())
    assert passage.ended == [(3, None)]
    assert passage.store.discarded == 1


def test_a_body_that_nobody_reads_to_the_end_is_not_kept() -> None:
    passage = Passage([b"abc", b"def"])
    body = passage.body()
    body.read(10)
    body.close()
    body.close()
    assert body.read(10) == b""
    assert passage.ended == [(3, None)]
    assert passage.store.discarded == 1
    assert isinstance(passage.store.blobs.open(sha256_of(b"abc")), Miss)


@pytest.mark.parametrize(("length", "size", "kept"), [(9, 9, True), (None, 9, True), (0, 0, True), (8, 9, False)])
def test_a_short_body_that_nobody_began_to_read_is_kept_all_the_same(
    length: int | None, size: int, kept: bool
) -> None:
    content = b"x" * size
    passage = Passage([content] if content else [], length=length)
    passage.body().close()
    assert passage.ended == [(size, sha256_of(content) if kept else None)]


@pytest.mark.parametrize("length", [None, 100_000])
def test_a_long_body_that_nobody_began_to_read_is_not_kept(length: int | None) -> None:
    passage = Passage([b"x" * 20_000] * 5, length=length)
    passage.body().close()
    assert passage.store.discarded == 1
    assert [kept for _, kept in passage.ended] == [None]


@pytest.mark.parametrize("algorithm", ["sha256", "md5", "sha512"])
def test_a_body_with_another_digest_is_refused_at_its_end_and_not_kept(algorithm: str) -> None:
    passage = Passage([b"abc"], stated=Digest(algorithm=algorithm, value="00"))
    body = passage.body()
    assert body.read(10) == b"abc"
    with pytest.raises(errors.DigestMismatch) as caught:
        body.read(10)
    assert (caught.value.algorithm, caught.value.subject) == (algorithm, "six-1.0.tar.gz")
    assert passage.ended == [(3, None)]
    assert isinstance(passage.store.blobs.open(sha256_of(b"abc")), Miss)


@pytest.mark.parametrize("store", [FullAfter(room=-1), FullAfter(room=4), FullAfter(room=99, fails_at_commit=True)])
def test_a_store_that_cannot_keep_it_does_not_disturb_the_reader(store: FullAfter) -> None:
    """Behaviour 70."""
    passage = Passage([b"abc", b"def", b"ghi"], store=store)
    body = passage.body()
    assert read_all(body) == b"abcdefghi"
    assert (body.blob, body.will_be_kept) == (None, False)
    assert passage.ended == [(9, None)]


def test_the_beginning_of_a_body_that_breaks_off_is_kept_where_it_can_be_carried_on() -> None:
    """Behaviour 46."""
    failure = errors.IncompleteBody(url=URL, expected=9, received=3)
    passage = Passage([b"abc"], failure=failure, length=9, is_resumable=True)
    body = passage.body()
    with pytest.raises(errors.IncompleteBody):
        read_all(body)
    assert passage.ended == [(3, sha256_of(b"abc"))]
    # It is not the body: nobody may take it for that.
    assert body.blob is None


def test_the_beginning_of_a_body_that_is_closed_early_is_kept_too() -> None:
    passage = Passage([b"abc", b"def"], length=6, is_resumable=True)
    body = passage.body()
    body.read(3)
    body.close()
    assert passage.ended == [(3, sha256_of(b"abc"))]


@pytest.mark.parametrize("length", [2, 3])
def test_what_is_wrong_or_too_long_is_no_beginning(length: int) -> None:
    stated = Digest(algorithm="sha256", value="00")
    passage = Passage([b"abc"], length=length, is_resumable=True, stated=stated)
    with pytest.raises((errors.IncompleteBody, errors.DigestMismatch)):
        read_all(passage.body())
    assert passage.ended == [(3, None)]

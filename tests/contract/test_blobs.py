"""What `Blobs` promise, on every implementation."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from freewheel.model.digest import Digest, sha256_of
from freewheel.store.local import LocalBlobs
from freewheel.store.memory import MemoryBlobs
from freewheel.store.object_storage import ObjectBlobs
from freewheel.store.protocol import Blobs, Miss
from freewheel.store.root import CacheRoot
from freewheel.store.tiered import TieredBlobs
from freewheel.store.verify import check
from tests.support.clock import FakeClock
from tests.support.object_stores import REAL_AZURE, in_bucket, in_container, in_folder, in_memory, shared
from tests.support.stores import with_empty_layers


def local(folder: Path) -> Blobs:
    return LocalBlobs(root=CacheRoot(path=folder / "cache"))


STORES: dict[str, Callable[[Path], Blobs]] = {
    "local": local,
    "memory": lambda _: MemoryBlobs(),
    "layered": lambda folder: with_empty_layers(folder, FakeClock()).blobs,
    "tiered": lambda folder: TieredBlobs(near=local(folder), shared=shared(in_memory())),
    "objects in memory": lambda _: ObjectBlobs(storage=in_memory()),
    "objects in a folder": lambda folder: ObjectBlobs(storage=in_folder(folder / "objects")),
}
if REAL_AZURE is not None:
    STORES["objects on Azure"] = lambda _: ObjectBlobs(storage=in_container(REAL_AZURE))


@pytest.fixture(params=[*STORES, "objects on S3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    if request.param in STORES:
        return STORES[request.param](tmp_path)
    return ObjectBlobs(storage=in_bucket(request.getfixturevalue("s3")))


def keep(blobs: Blobs, *parts: bytes) -> Digest:
    writer = blobs.create()
    for part in parts:
        writer.write(part)
    return writer.commit()


def content(blobs: Blobs, digest: Digest) -> bytes | Miss:
    stream = blobs.open(digest)
    if isinstance(stream, Miss):
        return stream
    with stream:
        return stream.read()


def test_bytes_come_back_under_their_digest(blobs: Blobs) -> None:
    digest = keep(blobs, b"one ", b"", b"two")
    assert digest == sha256_of(b"one two")
    assert content(blobs, digest) == b"one two"


def test_no_bytes_are_a_blob_too(blobs: Blobs) -> None:
    assert content(blobs, keep(blobs)) == b""


def test_a_stream_can_be_read_again_from_anywhere(blobs: Blobs) -> None:
    stream = blobs.open(keep(blobs, b"0123456789"))
    assert not isinstance(stream, Miss)
    with stream:
        stream.seek(4)
        assert stream.read(2) == b"45"
        stream.seek(0)
        assert stream.read() == b"0123456789"


def test_what_was_never_kept_is_a_miss_without_damage(blobs: Blobs) -> None:
    found = content(blobs, sha256_of(b"never"))
    assert isinstance(found, Miss)
    assert not found.is_damage
    assert found.reason


def test_nothing_is_visible_before_the_commit(blobs: Blobs) -> None:
    writer = blobs.create()
    writer.write(b"unfinished")
    assert isinstance(content(blobs, sha256_of(b"unfinished")), Miss)
    writer.discard()
    assert isinstance(content(blobs, sha256_of(b"unfinished")), Miss)


def test_a_discard_after_the_commit_takes_nothing_away(blobs: Blobs) -> None:
    writer = blobs.create()
    writer.write(b"kept")
    digest = writer.commit()
    writer.discard()
    assert content(blobs, digest) == b"kept"


def test_the_same_bytes_twice_are_one_blob(blobs: Blobs) -> None:
    assert keep(blobs, b"same") == keep(blobs, b"sa", b"me")
    assert content(blobs, sha256_of(b"same")) == b"same"


def test_a_stream_outlives_the_replacement_of_its_blob(blobs: Blobs) -> None:
    stream = blobs.open(keep(blobs, b"same"))
    assert not isinstance(stream, Miss)
    with stream:
        keep(blobs, b"same")
        assert stream.read() == b"same"


def test_removing_says_whether_there_was_anything(blobs: Blobs) -> None:
    digest = keep(blobs, b"gone")
    assert blobs.remove(digest)
    assert not blobs.remove(digest)
    assert isinstance(content(blobs, digest), Miss)


@pytest.mark.parametrize(
    "digest",
    [
        Digest(algorithm="sha256", value="../../../../etc/passwd"),
        Digest(algorithm="sha256", value=""),
        Digest(algorithm="md5", value="d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_what_is_no_sha256_digest_is_a_miss(blobs: Blobs, digest: Digest) -> None:
    assert isinstance(content(blobs, digest), Miss)
    assert not blobs.remove(digest)


def test_checking_compares_bytes_with_the_digest(blobs: Blobs) -> None:
    assert check(blobs, keep(blobs, b"sound" * 500_000)) is None
    missing = check(blobs, sha256_of(b"never"))
    assert missing is not None
    assert not missing.is_damage


def test_several_writers_do_not_mix(blobs: Blobs) -> None:
    first, second = blobs.create(), blobs.create()
    for number in range(10):
        first.write(b"a%d" % number)
        second.write(b"b%d" % number)
    digests = first.commit(), second.commit()
    kept: list[bytes] = []
    for digest in digests:
        stream: BinaryIO | Miss = blobs.open(digest)
        assert not isinstance(stream, Miss)
        with stream:
            kept.append(stream.read())
    assert [hashlib.sha256(data).hexdigest() for data in kept] == [digest.value for digest in digests]

"""What object stores must do, on each real one that is named: `make test-ceph` and `make test-azure` name one."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from freewheel.errors import StoreUnavailable
from freewheel.model.digest import Digest
from freewheel.store.object_storage import ObjectBlobs, ObjectEntries, Storage
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from tests.support.object_stores import REAL_AZURE, REAL_S3, in_bucket, in_container

Opening = Callable[[str | None], Storage]

REAL: Mapping[str, Opening] = {
    **({} if REAL_S3 is None else {"S3": lambda name: in_bucket(REAL_S3, name)}),
    **({} if REAL_AZURE is None else {"Azure": lambda name: in_container(REAL_AZURE, name)}),
}

if not REAL:
    pytest.skip("no real object store is named: make test-ceph and make test-azure do", allow_module_level=True)


@pytest.fixture(params=REAL)
def opening(request: pytest.FixtureRequest) -> Opening:
    return REAL[request.param]


@pytest.fixture
def storage(opening: Opening) -> Storage:
    return opening(None)


def at_once(times: int, make: Callable[[int], bool]) -> list[bool]:
    """What comes of so many calls that begin at the same moment."""
    start = threading.Barrier(times)

    def wait_and_make(number: int) -> bool:
        start.wait()
        return make(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(wait_and_make, range(times)))


def test_of_64_writers_at_once_one_creates(storage: Storage) -> None:
    for name in ("first", "second", "third"):
        was_made = at_once(64, lambda number, name=name: storage.create(name, b"%d" % number))
        assert was_made.count(True) == 1
        assert storage.data(name) == b"%d" % was_made.index(True)


def test_of_64_writers_at_once_one_adds_a_record(storage: Storage) -> None:
    entries = ObjectEntries(storage=storage)
    was_added = at_once(64, lambda number: entries.add("wheel", "six", "key", Record(fields={"n": number})))
    assert was_added.count(True) == 1
    assert entries.get("wheel", "six", "key") == Record(fields={"n": was_added.index(True)})


def test_it_is_found_fit_for_several_writers(storage: Storage) -> None:
    storage.check_writing()
    storage.check_writing()


def test_what_goes_in_parts_comes_back_whole(storage: Storage) -> None:
    content = random.Random(40).randbytes(40 << 20)
    blobs = ObjectBlobs(storage=storage)
    writer = blobs.create()
    for start in range(0, len(content), 1 << 20):
        writer.write(content[start : start + (1 << 20)])
    digest = writer.commit()
    assert not writer.was_there
    stream = blobs.open(digest)
    assert not isinstance(stream, Miss)
    with stream:
        assert stream.read() == content


def test_a_list_of_more_than_a_page_is_complete(storage: Storage) -> None:
    """S3 gives 1,000 names at a time, Azure 5,000."""
    names = [f"entries-v1/wheel/six/{number:064x}" for number in range(1_100)]
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda name: storage.create(name, b"x"), names))
    assert sorted(found["path"] for found in storage.listed("entries-v1/wheel")) == names


def test_what_is_not_there_is_told_from_a_bucket_that_is_not(opening: Opening, storage: Storage) -> None:
    assert isinstance(storage.data("absent"), Miss)
    with pytest.raises(StoreUnavailable, match="no such bucket") as raised:
        opening("no-such-bucket").data("absent")
    assert raised.value.is_final


@pytest.mark.parametrize(
    "ask",
    [
        lambda storage: storage.create("x", b"x"),
        lambda storage: storage.replace("x", b"x"),
        lambda storage: ObjectBlobs(storage=storage).create().commit(),
        lambda storage: storage.check_writing(),
        lambda storage: list(storage.listed("x")),
        lambda storage: ObjectBlobs(storage=storage).open(Digest(algorithm="sha256", value="0" * 64)),
    ],
    ids=["create", "replace", "upload", "check", "list", "fetch"],
)
def test_nothing_works_in_a_bucket_that_is_not_there(opening: Opening, ask: Callable[[Storage], object]) -> None:
    with pytest.raises(StoreUnavailable, match="no such bucket") as raised:
        ask(opening("no-such-bucket"))
    assert raised.value.is_final

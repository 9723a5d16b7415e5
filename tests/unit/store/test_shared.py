"""The store that many machines share, as one run uses it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO

import pytest

from freewheel.errors import StoreUnavailable
from freewheel.model.digest import Digest, sha256_of
from freewheel.store.memory import Memory, MemoryBlobs, MemoryEntries
from freewheel.store.object_storage import MARK, ObjectBlobs, ObjectEntries, Storage
from freewheel.store.protocol import Entries, EntryInfo, Miss
from freewheel.store.record import Record
from freewheel.store.shared import SharedStore
from freewheel.store.tiered import TieredBlobs, TieredEntries
from tests.support.clock import FakeClock
from tests.support.object_stores import in_bucket, in_memory, shared

WHERE = ("wheel", "six", "a build key")
DATA = b"a wheel"
DIGEST = sha256_of(DATA)
RECORD = Record(fields={"filename": "six-1.0-py3-none-any.whl"}, blobs=(DIGEST,))


def source(data: bytes = DATA) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(data)


def offer(store: SharedStore, *, replaces: bool = False, record: Record = RECORD) -> None:
    store.offer(WHERE, record, {DIGEST: source()}, replaces=replaces)
    store.finish()


def content(found: BinaryIO | Miss) -> bytes | Miss:
    if isinstance(found, Miss):
        return found
    with found:
        return found.read()


class Counted:
    """Entries that count what is asked; they may fail, and wait for others at a `barrier`."""

    def __init__(self, inner: Entries) -> None:
        self.inner = inner
        self.asked: list[str] = []
        self.barrier: threading.Barrier | None = None
        self.fault: StoreUnavailable | None = None
        self.write_fault: StoreUnavailable | None = None

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        self.asked.append(key)
        if self.barrier is not None:
            self.barrier.wait(60)
        if self.fault is not None:
            raise self.fault
        return self.inner.get(kind, partition, key)

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        self.inner.put(kind, partition, key, record)

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        if self.write_fault is not None:
            raise self.write_fault
        return self.inner.add(kind, partition, key, record)

    def remove(self, kind: str, partition: str, key: str) -> bool:
        return self.inner.remove(kind, partition, key)

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        return self.inner.scan(kind, partition)


@pytest.fixture
def storage() -> Storage:
    return in_memory()


@pytest.fixture
def counted(storage: Storage) -> Counted:
    return Counted(ObjectEntries(storage=storage))


def test_what_one_offers_another_has(storage: Storage) -> None:
    first, second = shared(storage), shared(storage)
    offer(first)
    assert second.record(WHERE) == RECORD
    assert content(second.blob(DIGEST, within=60)) == DATA
    assert (first.tally.written, first.tally.sent) == (1, len(DATA))
    assert (second.tally.hits, second.tally.misses, second.tally.received) == (1, 0, len(DATA))


def test_whatever_the_answer_was_it_is_for_the_run(storage: Storage, counted: Counted) -> None:
    store = shared(storage, entries=counted)
    assert isinstance(store.record(WHERE), Miss)
    offer(shared(storage))
    assert isinstance(store.record(WHERE), Miss)
    assert counted.asked == [WHERE[2]]
    assert (store.tally.hits, store.tally.misses) == (0, 1)


def test_what_is_expected_is_asked_for_side_by_side(storage: Storage, counted: Counted) -> None:
    counted.barrier = threading.Barrier(4)  # one alone would wait for ever
    store = shared(storage, entries=counted)
    addresses = [("wheel", "six", str(number)) for number in range(16)]
    store.expect(addresses)
    store.expect(addresses)
    assert all(store.record(one) == Miss(reason="nothing is shared of it") for one in addresses)
    assert sorted(counted.asked, key=int) == [key for _, _, key in addresses]


def test_who_may_not_write_does_not(storage: Storage) -> None:
    store = shared(storage, may_write=False)
    offer(store)
    assert list(storage.listed("")) == []
    assert store.tally.written == 0


def test_what_is_there_stays_unless_it_is_replaced(storage: Storage) -> None:
    other = Record(fields={"filename": "other"}, blobs=(DIGEST,))
    offer(shared(storage))
    second = shared(storage)
    offer(second, record=other)
    assert second.tally.written == 0
    assert shared(storage).record(WHERE) == RECORD
    offer(shared(storage), record=other, replaces=True)
    assert shared(storage).record(WHERE) == other


def test_bytes_that_were_found_wrong_are_replaced_too(storage: Storage) -> None:
    offer(shared(storage))
    storage.replace(f"blobs-v1/{DIGEST.value[:2]}/{DIGEST.value}", b"another")
    store = shared(storage)
    assert isinstance(found := store.blob(DIGEST, within=60), Miss)
    assert found.is_damage
    offer(store, replaces=True)
    assert content(shared(storage).blob(DIGEST, within=60)) == DATA


def test_a_record_never_comes_before_its_bytes(storage: Storage) -> None:
    seen: list[bool] = []

    class Watched(Counted):
        def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
            seen.append(
                all(isinstance(content(ObjectBlobs(storage=storage).open(one)), bytes) for one in record.blobs)
            )
            return super().add(kind, partition, key, record)

    offer(shared(storage, entries=Watched(ObjectEntries(storage=storage))))
    assert seen == [True]


def test_a_source_that_cannot_be_opened_leaves_no_record(storage: Storage) -> None:
    store = shared(storage)

    def gone() -> BinaryIO:
        raise FileNotFoundError

    store.offer(WHERE, RECORD, {DIGEST: gone})
    store.finish()
    assert store.tally.unfinished == 1
    assert isinstance(shared(storage).record(WHERE), Miss)


def test_what_does_not_get_there_in_time_is_counted_and_not_waited_for(storage: Storage) -> None:
    store, goes_on = shared(storage), threading.Event()

    def slow() -> BinaryIO:
        assert goes_on.wait(60)
        return io.BytesIO(DATA)

    store.offer(WHERE, RECORD, {DIGEST: slow})
    store.finish(within=0.1)
    assert store.tally.unfinished == 1
    goes_on.set()


def test_files_on_their_way_hold_up_nothing_that_is_asked_for(storage: Storage) -> None:
    offer(shared(storage))
    store, goes_on = shared(storage), threading.Event()

    def slow() -> BinaryIO:
        assert goes_on.wait(60)
        return io.BytesIO(DATA)

    for number in range(40):  # more than there are threads
        store.offer(("wheel", "six", str(number)), RECORD, {DIGEST: slow})
    assert store.record(WHERE) == RECORD
    goes_on.set()
    store.finish()
    assert store.tally.written == 40


def test_where_no_thread_can_be_started_calls_are_made_at_once(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    store = shared(storage)
    offer(store)
    assert store.tally.written == 1
    assert store.record(WHERE) == RECORD


def test_a_store_that_refuses_is_written_to_no_more_and_still_read(storage: Storage, counted: Counted) -> None:
    offer(shared(storage))
    told: list[str] = []
    counted.write_fault = StoreUnavailable(path="s3://b", reason="it refuses", is_final=True)
    store = shared(storage, entries=counted, told=told)
    for number in range(3):
        store.offer(("wheel", "six", str(number)), RECORD, {})
        store.finish()
    assert told == ["it refuses"]
    assert store.tally.unfinished == 3
    assert store.record(WHERE) == RECORD


def test_what_cannot_be_given_to_a_store_that_rests_is_counted(storage: Storage, counted: Counted) -> None:
    counted.fault = StoreUnavailable(path="s3://b", reason="it refuses", is_final=True)
    store = shared(storage, entries=counted)
    store.record(WHERE)
    offer(store)
    assert store.tally.unfinished == 1


def test_writing_is_tried_out_once_a_run(storage: Storage) -> None:
    checked: list[None] = []
    store = shared(storage, check_writing=lambda: checked.append(None))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.offer(("wheel", "six", str(number)), RECORD, {}), range(8)))
    store.finish()
    assert len(checked) == 1


def test_a_mark_says_what_the_bucket_is(storage: Storage) -> None:
    offer(shared(storage))
    assert storage.data(MARK) == b"This is a cache of freewheel. What is removed here is only made again.\n"


def test_hundreds_of_writers_of_one_key_end_with_one_whole_entry(s3: str) -> None:
    storage = in_bucket(s3)
    entries, blobs = ObjectEntries(storage=storage), ObjectBlobs(storage=storage)

    def write(number: int) -> bool:
        data = b"wheel %d" % number
        digest = sha256_of(data)
        blobs.add(digest, io.BytesIO(data))
        return entries.add(*WHERE, Record(fields={"number": number}, blobs=(digest,)))

    def read(_: int) -> bool:
        """Whether what is there, if anything is, is whole."""
        found = entries.get(*WHERE)
        return isinstance(found, Miss) or isinstance(content(blobs.open(found.blobs[0])), bytes)

    with ThreadPoolExecutor(32) as pool:
        readings = pool.map(read, range(100))
        assert list(pool.map(write, range(300))).count(True) == 1
        assert all(readings)
    ((_, record),) = entries.scan("wheel")
    assert isinstance(record, Record)
    number = record.fields["number"]
    assert record.blobs == (sha256_of(b"wheel %d" % number),)


# The near store in front of it


@pytest.fixture
def near() -> MemoryEntries:
    return MemoryEntries(clock=FakeClock())


def test_what_came_is_near_from_then_on(storage: Storage, near: MemoryEntries, counted: Counted) -> None:
    offer(shared(storage))
    tiered = TieredEntries(near=near, shared=shared(storage, entries=counted))
    assert tiered.get(*WHERE) == RECORD
    assert near.get(*WHERE) == RECORD
    assert TieredEntries(near=near, shared=shared(storage, entries=counted)).get(*WHERE) == RECORD
    assert counted.asked == [WHERE[2]]


def test_what_is_kept_near_is_offered(storage: Storage, near: MemoryEntries) -> None:
    store = shared(storage)
    TieredEntries(near=near, shared=store).put(*WHERE, RECORD)
    store.finish()
    assert shared(storage).record(WHERE) == RECORD


def test_what_was_of_no_use_is_hidden_and_replaced(storage: Storage, near: MemoryEntries) -> None:
    offer(shared(storage))
    store = shared(storage)
    tiered = TieredEntries(near=near, shared=store)
    assert tiered.get(*WHERE) == RECORD
    tiered.remove(*WHERE)
    assert isinstance(tiered.get(*WHERE), Miss)
    better = Record(fields={"filename": "better"})
    tiered.put(*WHERE, better)
    store.finish()
    assert shared(storage).record(WHERE) == better


def test_a_store_that_fails_is_a_miss_of_the_near_one(
    storage: Storage, near: MemoryEntries, counted: Counted
) -> None:
    counted.fault = StoreUnavailable(path="s3://b", reason="a server error")
    tiered = TieredEntries(near=near, shared=shared(storage, entries=counted))
    found = tiered.get(*WHERE)
    assert isinstance(found, Miss)
    assert found.reason == "the shared cache did not answer: a server error"
    tiered.put(*WHERE, RECORD)
    assert tiered.get(*WHERE) == RECORD


def test_shared_bytes_are_near_from_then_on(storage: Storage) -> None:
    offer(shared(storage))
    near = MemoryBlobs()
    tiered = TieredBlobs(near=near, shared=shared(storage))
    assert content(tiered.open(DIGEST)) == DATA
    assert content(near.open(DIGEST)) == DATA
    tiered.remove(DIGEST)
    assert isinstance(tiered.open(DIGEST), Miss)


def test_bytes_that_no_longer_fit_near_are_read_all_the_same(storage: Storage) -> None:
    offer(shared(storage))
    tiered = TieredBlobs(near=MemoryBlobs(memory=Memory(limit=2)), shared=shared(storage))
    assert content(tiered.open(DIGEST)) == DATA


def test_nothing_to_share_is_a_miss(storage: Storage) -> None:
    found = TieredBlobs(near=MemoryBlobs(), shared=shared(storage)).open(Digest(algorithm="sha256", value="00" * 32))
    assert isinstance(found, Miss)

"""What `Entries` promise, on every implementation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freewheel.errors import StoreError
from freewheel.model.digest import sha256_of
from freewheel.store.local import LocalEntries
from freewheel.store.memory import MemoryEntries
from freewheel.store.object_storage import ObjectEntries
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.store.tiered import TieredEntries
from tests.support.clock import FakeClock
from tests.support.object_stores import REAL_AZURE, in_bucket, in_container, in_folder, in_memory, shared, signed
from tests.support.stores import with_empty_layers

RECORD = Record(
    fields={"status": 200, "headers": [["ETag", '"a"']], "body": b"\x00\xff", "nothing": None},
    blobs=(sha256_of(b"body"),),
)
URL = "https://index.example/simple/six/"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def local(folder: Path, clock: FakeClock) -> Entries:
    return LocalEntries(root=CacheRoot(path=folder / "cache"), clock=clock)


NEAR: Mapping[str, Callable[[Path, FakeClock], Entries]] = {
    "local": local,
    "memory": lambda _, clock: MemoryEntries(clock=clock),
    "layered": lambda folder, clock: with_empty_layers(folder, clock).entries,
    "tiered": lambda folder, clock: TieredEntries(near=local(folder, clock), shared=shared(in_memory())),
}
REMOTE: dict[str, Callable[[Path, str], Entries]] = {
    "objects in memory": lambda _, __: ObjectEntries(storage=in_memory()),
    "objects in a folder": lambda folder, _: ObjectEntries(storage=in_folder(folder / "objects")),
    "objects on S3": lambda _, endpoint: ObjectEntries(storage=in_bucket(endpoint)),
    "signed objects": lambda _, __: signed(ObjectEntries(storage=in_memory())),
}
if REAL_AZURE is not None:
    REMOTE["objects on Azure"] = lambda _, __: ObjectEntries(storage=in_container(REAL_AZURE))


@pytest.fixture(params=[*NEAR, *REMOTE])
def entries(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Entries:
    if request.param in REMOTE:
        return REMOTE[request.param](tmp_path, request.getfixturevalue("s3"))
    return NEAR[request.param](tmp_path, clock)


@pytest.fixture(params=NEAR)
def noting(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Entries:
    """Those that note when something was last used: who reads an object store may not write to it."""
    return NEAR[request.param](tmp_path, clock)


def last_use(entries: Entries) -> float:
    ((info, _),) = entries.scan("http")
    return info.last_use


def test_a_record_comes_back_as_it_was(entries: Entries) -> None:
    entries.put("http", "six", URL, RECORD)
    assert entries.get("http", "six", URL) == RECORD


def test_sequences_come_back_as_lists_and_mappings_as_dictionaries(entries: Entries) -> None:
    entries.put("http", "six", URL, Record(fields={"pairs": (("a", "b"), ("c", "d")), "map": {"x": {"y": 1}}}))
    found = entries.get("http", "six", URL)
    assert found == Record(fields={"pairs": [["a", "b"], ["c", "d"]], "map": {"x": {"y": 1}}})


def test_what_was_never_kept_is_a_miss_without_damage(entries: Entries) -> None:
    found = entries.get("http", "six", URL)
    assert isinstance(found, Miss)
    assert not found.is_damage
    assert found.reason


def test_the_later_record_replaces_the_earlier(entries: Entries) -> None:
    entries.put("http", "six", URL, RECORD)
    entries.put("http", "six", URL, Record(fields={"status": 404}))
    assert entries.get("http", "six", URL) == Record(fields={"status": 404})
    assert len(list(entries.scan("http"))) == 1


def test_only_the_first_record_is_added(entries: Entries) -> None:
    assert entries.add("http", "six", URL, RECORD)
    assert not entries.add("http", "six", URL, Record(fields={"status": 404}))
    assert entries.get("http", "six", URL) == RECORD
    assert entries.remove("http", "six", URL)
    assert entries.add("http", "six", URL, Record(fields={"status": 404}))
    assert entries.get("http", "six", URL) == Record(fields={"status": 404})


def test_of_many_writers_one_adds(entries: Entries) -> None:
    with ThreadPoolExecutor(8) as pool:
        was_added = list(pool.map(lambda n: entries.add("http", "six", URL, Record(fields={"n": n})), range(24)))
    assert was_added.count(True) == 1
    assert entries.get("http", "six", URL) == Record(fields={"n": was_added.index(True)})


@pytest.mark.parametrize(
    ("kind", "partition", "key"),
    [("metadata", "six", URL), ("http", "attrs", URL), ("http", "six", URL + "?"), ("http", "six", URL.upper())],
)
def test_kind_partition_and_key_all_count(entries: Entries, kind: str, partition: str, key: str) -> None:
    entries.put("http", "six", URL, RECORD)
    assert isinstance(entries.get(kind, partition, key), Miss)


@pytest.mark.parametrize("key", ["", ".", "../../x", "a" * 10_000, "nul", "ü\n\0", "\ud800", "C:\\x"])
def test_any_text_is_a_key(entries: Entries, key: str) -> None:
    assert isinstance(entries.get("http", "_", key), Miss)
    if key == "\ud800":
        with pytest.raises(StoreError):
            entries.put("http", "_", key, RECORD)
    else:
        entries.put("http", "_", key, RECORD)
        assert entries.get("http", "_", key) == RECORD


@pytest.mark.parametrize("partition", ["..", ".", "", "con", "a/b", "a" * 300, "Six", "six.", "-"])
def test_partitions_that_no_file_system_takes_work_all_the_same(entries: Entries, partition: str) -> None:
    entries.put("http", partition, URL, RECORD)
    assert entries.get("http", partition, URL) == RECORD
    ((info, record),) = entries.scan("http", partition)
    assert (info.partition, record) == (partition, RECORD)


@pytest.mark.parametrize("value", [2**64, -(2**63) - 1, object(), "\ud800"])
def test_what_no_record_can_hold_is_refused(entries: Entries, value: object) -> None:
    with pytest.raises(StoreError):
        entries.put("http", "six", URL, Record(fields={"value": value}))  # type: ignore[dict-item]
    assert isinstance(entries.get("http", "six", URL), Miss)


def test_removing_says_whether_there_was_anything(entries: Entries) -> None:
    entries.put("http", "six", URL, RECORD)
    assert entries.remove("http", "six", URL)
    assert not entries.remove("http", "six", URL)
    assert isinstance(entries.get("http", "six", URL), Miss)


def test_a_scan_gives_every_entry_of_a_kind_with_its_key(entries: Entries) -> None:
    entries.put("http", "six", "k1", RECORD)
    entries.put("http", "six", "k2", RECORD)
    entries.put("http", "attrs", "k1", RECORD)
    entries.put("metadata", "six", "k1", RECORD)
    found = {(info.kind, info.partition, info.key) for info, record in entries.scan("http") if record == RECORD}
    assert found == {("http", "six", "k1"), ("http", "six", "k2"), ("http", "attrs", "k1")}
    assert {info.key for info, _ in entries.scan("http", "six")} == {"k1", "k2"}
    assert all(info.size > 0 for info, _ in entries.scan("http"))
    assert list(entries.scan("tree")) == []
    assert list(entries.scan("http", "flit")) == []


def test_use_is_noted_at_most_once_an_hour(noting: Entries, clock: FakeClock) -> None:
    entries = noting
    entries.put("http", "six", URL, RECORD)
    clock.advance(1_000_000_000)
    entries.get("http", "six", URL)
    first = last_use(entries)
    assert first == clock.now
    clock.advance(3600)
    entries.get("http", "six", URL)
    assert last_use(entries) == first
    clock.advance(1)
    entries.get("http", "six", URL)
    assert last_use(entries) == clock.now


def test_a_scan_is_no_use(entries: Entries, clock: FakeClock) -> None:
    entries.put("http", "six", URL, RECORD)
    before = last_use(entries)
    clock.advance(1_000_000_000)
    list(entries.scan("http"))
    assert last_use(entries) == before

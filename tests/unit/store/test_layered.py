"""Stores above layers that have something: what is found where, and what becomes of what is forgotten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.errors import StoreError
from freewheel.model.digest import Digest, sha256_of
from freewheel.store.layered import first_found
from freewheel.store.local import LocalEntries
from freewheel.store.protocol import BuiltWheel, Bytecode, Clone, Miss, Tree
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.wiring.layers import above
from freewheel.wiring.stores import OwnStores, Stores
from tests.support.clock import FakeClock
from tests.support.folders import snapshot
from tests.support.stores import WHEEL, keep_bytecode, keep_tree, layered, writing

ADDRESS = ("http", "six", "https://index.example/simple/six/")
OWN, FIRST, SECOND = (Record(fields={"from": name}) for name in ("own", "first", "second"))
VARIANT = "cpython-311-3495-timestamp"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def own(tmp_path: Path, clock: FakeClock) -> OwnStores:
    return writing(tmp_path / "own", clock)


@pytest.fixture
def first(tmp_path: Path, clock: FakeClock) -> OwnStores:
    return writing(tmp_path / "first", clock)


@pytest.fixture
def second(tmp_path: Path, clock: FakeClock) -> OwnStores:
    return writing(tmp_path / "second", clock)


@pytest.fixture
def stores(tmp_path: Path, clock: FakeClock) -> Stores:
    """The own stores above the first and the second."""
    return layered(tmp_path / "own", tmp_path / "first", tmp_path / "second", clock=clock)


def blob(stores: Stores, data: bytes = b"content") -> Digest:
    writer = stores.blobs.create()
    writer.write(data)
    return writer.commit()


def built(stores: Stores, folder: Path, *, build: bytes = b"{}", key: str = "key") -> BuiltWheel:
    wheel = folder / "six-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    return stores.built_wheels.put("six", key, wheel, origin=b"{}", build=build, log=b"")


def cloned(stores: Stores) -> Clone:
    new = stores.repositories.create("six", "key")
    new.path.mkdir()
    (new.path / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    return new.commit(is_open=True)


def reason(found: object) -> str:
    assert isinstance(found, Miss)
    return found.reason


# Which answer counts


def test_the_first_answer_counts_and_nobody_is_asked_after_it() -> None:
    asked: list[str] = []

    def answers() -> list[tuple[str, object]]:
        return [("a", Miss(reason="nothing")), ("b", "found"), ("c", "never")]

    def below() -> object:
        for name, found in answers():
            asked.append(name)
            yield name, found

    assert first_found(Miss(reason="nothing"), below()) == "found"  # type: ignore[arg-type]
    assert asked == ["a", "b"]


@pytest.mark.parametrize(
    ("own", "below", "expected"),
    [
        (Miss(reason="nothing"), [], Miss(reason="nothing")),
        (Miss(reason="nothing"), [("a", Miss(reason="nothing"))], Miss(reason="nothing")),
        (
            Miss(reason="nothing"),
            [("a", Miss(reason="nothing")), ("b", Miss(reason="torn", is_damage=True)), ("c", Miss(reason="closed"))],
            Miss(reason="torn (in the cache layer b)", is_damage=True),
        ),
        (Miss(reason="nothing"), [("a", Miss(reason="closed"))], Miss(reason="closed (in the cache layer a)")),
        (
            Miss(reason="torn", is_damage=True),
            [("a", Miss(reason="closed"))],
            Miss(reason="torn", is_damage=True),
        ),
    ],
)
def test_of_misses_the_first_that_tells_something_counts(
    own: Miss, below: list[tuple[str, Miss]], expected: Miss
) -> None:
    assert first_found(own, below) == expected


# Records


def test_records_come_from_the_own_store_and_then_from_layers_in_order(
    stores: Stores, own: OwnStores, first: OwnStores, second: OwnStores
) -> None:
    second.entries.put(*ADDRESS, SECOND)
    assert stores.entries.get(*ADDRESS) == SECOND
    first.entries.put(*ADDRESS, FIRST)
    assert stores.entries.get(*ADDRESS) == FIRST
    stores.entries.put(*ADDRESS, OWN)
    assert stores.entries.get(*ADDRESS) == OWN
    assert own.entries.get(*ADDRESS) == OWN
    assert first.entries.get(*ADDRESS) == FIRST


def test_a_record_is_added_where_no_layer_has_one(stores: Stores, first: OwnStores) -> None:
    first.entries.put(*ADDRESS, FIRST)
    assert not stores.entries.add(*ADDRESS, OWN)
    assert stores.entries.get(*ADDRESS) == FIRST
    stores.entries.remove(*ADDRESS)
    assert stores.entries.add(*ADDRESS, OWN)
    assert stores.entries.get(*ADDRESS) == OWN


def test_a_record_that_was_forgotten_is_found_in_no_layer(
    stores: Stores, first: OwnStores, second: OwnStores, tmp_path: Path
) -> None:
    for store in (first, second):
        store.entries.put(*ADDRESS, FIRST)
    before = snapshot(tmp_path, with_times=True)
    assert stores.entries.remove(*ADDRESS)
    assert not stores.entries.remove(*ADDRESS)
    assert isinstance(stores.entries.get(*ADDRESS), Miss)
    assert snapshot(tmp_path, with_times=True) == before
    stores.entries.put(*ADDRESS, OWN)
    assert stores.entries.get(*ADDRESS) == OWN


def test_what_one_run_forgets_the_next_finds(
    stores: Stores, first: OwnStores, tmp_path: Path, clock: FakeClock
) -> None:
    first.entries.put(*ADDRESS, FIRST)
    stores.entries.remove(*ADDRESS)
    again = layered(tmp_path / "own", tmp_path / "first", clock=clock)
    assert again.entries.get(*ADDRESS) == FIRST


def test_removing_an_own_record_hides_the_one_below(stores: Stores, own: OwnStores, first: OwnStores) -> None:
    """What is wrong is wrong wherever it lies: an outdated record must not come back from below."""
    first.entries.put(*ADDRESS, FIRST)
    own.entries.put(*ADDRESS, OWN)
    assert stores.entries.remove(*ADDRESS)
    assert isinstance(stores.entries.get(*ADDRESS), Miss)


def test_an_own_record_that_cannot_be_removed_is_not_forgotten(
    tmp_path: Path, first: OwnStores, own: OwnStores, clock: FakeClock
) -> None:
    own.entries.put(*ADDRESS, OWN)
    first.entries.put(*ADDRESS, FIRST)
    frozen = LocalEntries(root=CacheRoot(path=tmp_path / "own", is_writable=False), clock=clock)
    stores = above(replace(own, entries=frozen), [tmp_path / "first"], clock=clock)
    assert not stores.entries.remove(*ADDRESS)
    assert stores.entries.get(*ADDRESS) == OWN


def test_no_use_is_noted_in_a_layer(stores: Stores, first: OwnStores, tmp_path: Path, clock: FakeClock) -> None:
    first.entries.put(*ADDRESS, FIRST)
    keep_bytecode(first.trees, keep_tree(first.trees), VARIANT)
    built(first, tmp_path)
    cloned(first)
    clock.advance(1_000_000_000)
    before = snapshot(tmp_path / "first", with_times=True)
    tree = stores.trees.get(WHEEL)
    assert isinstance(tree, Tree)
    assert isinstance(stores.trees.bytecode(tree, VARIANT), Bytecode)
    assert isinstance(stores.entries.get(*ADDRESS), Record)
    assert isinstance(stores.built_wheels.get("six", "key"), BuiltWheel)
    assert isinstance(stores.repositories.get("six", "key"), Clone)
    assert snapshot(tmp_path / "first", with_times=True) == before
    assert not (tmp_path / "own").exists()


@pytest.mark.parametrize("is_below", [True, False])
def test_a_damaged_record_of_a_layer_is_passed_over_for_the_next(
    stores: Stores, first: OwnStores, second: OwnStores, is_below: bool
) -> None:
    first.entries.put(*ADDRESS, FIRST)
    path = first.root.layout.entry(*ADDRESS)
    path.write_bytes(b"torn")
    if is_below:
        second.entries.put(*ADDRESS, SECOND)
        assert stores.entries.get(*ADDRESS) == SECOND
    else:
        found = stores.entries.get(*ADDRESS)
        assert isinstance(found, Miss)
        assert found.is_damage
        assert f"(in the cache layer {first.root.path})" in found.reason
    assert path.read_bytes() == b"torn"


def test_a_damaged_own_record_makes_way_for_a_sound_one_below(
    stores: Stores, own: OwnStores, first: OwnStores
) -> None:
    own.entries.put(*ADDRESS, OWN)
    own.root.layout.entry(*ADDRESS).write_bytes(b"torn")
    assert "damaged" in reason(stores.entries.get(*ADDRESS))
    first.entries.put(*ADDRESS, FIRST)
    assert stores.entries.get(*ADDRESS) == FIRST
    assert not own.root.layout.entry(*ADDRESS).exists()


def test_a_scan_shows_what_would_be_found(
    stores: Stores, own: OwnStores, first: OwnStores, second: OwnStores
) -> None:
    own.entries.put(*ADDRESS, OWN)
    first.entries.put(*ADDRESS, FIRST)
    for store, record in ((first, FIRST), (second, SECOND)):
        store.entries.put("http", "attrs", "both", record)
    second.entries.put("http", "attrs", "gone", SECOND)
    stores.entries.remove("http", "attrs", "gone")
    assert [record for _, record in stores.entries.scan("http")] == [OWN, FIRST]
    assert [record for _, record in stores.entries.scan("http", "attrs")] == [FIRST]


# Bytes


def test_blobs_come_from_layers_and_new_ones_are_the_own_stores(
    stores: Stores, own: OwnStores, second: OwnStores
) -> None:
    digest = blob(second)
    stream = stores.blobs.open(digest)
    assert not isinstance(stream, Miss)
    with stream:
        assert stream.read() == b"content"
    assert isinstance(own.blobs.open(digest), Miss)
    writer = stores.blobs.create()
    writer.write(b"content")
    writer.commit()
    assert not writer.was_there  # in the own store, which is what may be trimmed
    assert own.blobs.remove(digest)


def test_a_blob_that_was_forgotten_is_found_in_no_layer(stores: Stores, first: OwnStores) -> None:
    digest = blob(first)
    assert stores.blobs.remove(digest)
    assert not stores.blobs.remove(digest)
    assert isinstance(stores.blobs.open(digest), Miss)
    assert first.root.layout.blob(digest).exists()
    assert blob(stores) == digest
    assert isinstance(stores.blobs.open(sha256_of(b"other")), Miss)
    stream = stores.blobs.open(digest)
    assert not isinstance(stream, Miss)
    stream.close()


# Trees


def test_a_tree_of_a_layer_is_used_where_it_lies(stores: Stores, first: OwnStores, own: OwnStores) -> None:
    kept = keep_tree(first.trees)
    assert stores.trees.get(WHEEL) == kept
    assert keep_tree(stores.trees).root.is_relative_to(own.root.path)
    found = stores.trees.get(WHEEL)
    assert isinstance(found, Tree)
    assert found.root.is_relative_to(own.root.path)


def test_bytecode_of_a_layers_tree_is_kept_in_the_own_store(
    stores: Stores, first: OwnStores, own: OwnStores, tmp_path: Path
) -> None:
    tree = keep_tree(first.trees)
    before = snapshot(tmp_path / "first", with_times=True)
    assert isinstance(stores.trees.bytecode(tree, VARIANT), Miss)
    kept = keep_bytecode(stores.trees, tree, VARIANT)
    assert kept.root.is_relative_to(own.root.path)
    assert stores.trees.bytecode(tree, VARIANT) == kept
    assert stores.trees.get(WHEEL) == tree
    assert snapshot(tmp_path / "first", with_times=True) == before


def test_a_tree_that_is_unpacked_after_all_takes_the_place_of_bytecode_alone(
    stores: Stores, first: OwnStores, own: OwnStores
) -> None:
    keep_bytecode(stores.trees, keep_tree(first.trees), VARIANT)
    tree = keep_tree(stores.trees)
    assert own.trees.get(WHEEL) == tree
    assert isinstance(own.trees.bytecode(tree, VARIANT), Miss)


def test_an_own_tree_is_served_by_a_layers_bytecode(stores: Stores, first: OwnStores) -> None:
    kept = keep_bytecode(first.trees, keep_tree(first.trees), VARIANT)
    assert stores.trees.bytecode(keep_tree(stores.trees), VARIANT) == kept


def test_a_tree_that_was_forgotten_is_found_in_no_layer_and_nor_is_its_bytecode(
    stores: Stores, first: OwnStores, own: OwnStores
) -> None:
    """Behaviour 132: whoever finds a tree edited forgets it, and unpacks the wheel again."""
    tree = keep_tree(first.trees)
    keep_bytecode(first.trees, tree, VARIANT)
    assert stores.trees.remove(WHEEL)
    assert not stores.trees.remove(WHEEL)
    assert isinstance(stores.trees.get(WHEEL), Miss)
    assert isinstance(stores.trees.bytecode(tree, VARIANT), Miss)
    assert first.trees.get(WHEEL) == tree
    assert keep_tree(stores.trees).root.is_relative_to(own.root.path)


def test_bytecode_of_a_tree_that_vanished_is_refused(stores: Stores, first: OwnStores) -> None:
    tree = keep_tree(first.trees)
    first.trees.remove(WHEEL)
    with pytest.raises(StoreError):
        keep_bytecode(stores.trees, tree, VARIANT)


def test_a_tree_with_a_damaged_manifest_is_one_of_the_next_layer(
    stores: Stores, own: OwnStores, first: OwnStores, second: OwnStores
) -> None:
    for store in (own, first):
        (keep_tree(store.trees).root.parent / "manifest").write_bytes(b"torn")
    found = stores.trees.get(WHEEL)
    assert isinstance(found, Miss)
    assert found.is_damage
    kept = keep_tree(second.trees)
    assert stores.trees.get(WHEEL) == kept
    assert isinstance(own.trees.get(WHEEL), Miss)
    assert not own.root.layout.tree(WHEEL).folder.exists()


# Built wheels


def test_built_wheels_come_from_layers_and_new_ones_lie_in_front(
    stores: Stores, first: OwnStores, second: OwnStores, tmp_path: Path
) -> None:
    lower = built(first, tmp_path)
    other = built(second, tmp_path, key="other")
    assert stores.built_wheels.get("six", "key") == lower
    assert list(stores.built_wheels.scan("six")) == [lower, other]
    new = built(stores, tmp_path, build=b'{"new": 1}')
    assert stores.built_wheels.get("six", "key") == new
    assert list(stores.built_wheels.scan()) == [new, other]
    assert first.built_wheels.get("six", "key") == lower


def test_a_built_wheel_that_was_forgotten_is_found_in_no_layer(
    stores: Stores, first: OwnStores, tmp_path: Path
) -> None:
    kept = built(first, tmp_path)
    assert stores.built_wheels.remove("six", "key")
    assert not stores.built_wheels.remove("six", "key")
    assert isinstance(stores.built_wheels.get("six", "key"), Miss)
    assert list(stores.built_wheels.scan()) == []
    assert kept.path.exists()


def test_a_damaged_built_wheel_is_that_of_the_next_layer(
    stores: Stores, own: OwnStores, first: OwnStores, second: OwnStores, tmp_path: Path
) -> None:
    for store in (own, first):
        kept = built(store, tmp_path)
        kept.path.with_name("attrs-1.0-py3-none-any.whl").write_bytes(b"foreign")
    assert reason(stores.built_wheels.get("six", "key")) == "its folder holds 2 wheels"
    sound = built(second, tmp_path)
    assert stores.built_wheels.get("six", "key") == sound
    assert isinstance(own.built_wheels.get("six", "key"), Miss)


# Clones


def test_a_layers_clone_may_not_change_and_the_next_is_the_own_stores(
    stores: Stores, first: OwnStores, own: OwnStores
) -> None:
    kept = cloned(first)
    found = stores.repositories.get("six", "key")
    assert found == Clone(path=kept.path, is_open=True, may_change=False)
    new = cloned(stores)
    assert new.path.is_relative_to(own.root.path)
    assert stores.repositories.get("six", "key") == new


def test_a_clone_that_was_forgotten_is_found_in_no_layer(stores: Stores, first: OwnStores) -> None:
    kept = cloned(first)
    assert stores.repositories.remove("six", "key")
    assert not stores.repositories.remove("six", "key")
    assert isinstance(stores.repositories.get("six", "key"), Miss)
    assert kept.path.exists()


# Layers that go


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps what somebody has open")
def test_a_layer_that_vanishes_has_nothing(stores: Stores, first: OwnStores, tmp_path: Path) -> None:
    first.entries.put(*ADDRESS, FIRST)
    keep_tree(first.trees)
    built(first, tmp_path)
    cloned(first)
    digest = blob(first)
    (tmp_path / "first").rename(tmp_path / "elsewhere")
    (tmp_path / "first").write_bytes(b"a file in its place")
    for found in (
        stores.entries.get(*ADDRESS),
        stores.trees.get(WHEEL),
        stores.built_wheels.get("six", "key"),
        stores.repositories.get("six", "key"),
        stores.blobs.open(digest),
    ):
        assert isinstance(found, Miss)
        assert not found.is_damage
    assert list(stores.entries.scan("http")) == []
    assert list(stores.built_wheels.scan()) == []

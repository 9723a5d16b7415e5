"""Laws of the store: what goes in comes out, and no bytes on the disk are an exception."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from freewheel.commands.cache import remove
from freewheel.commands.cache_selection import Selection, pattern
from freewheel.model.digest import Digest, sha256_of
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.checksum import seal, unseal
from freewheel.store.contents import Contents
from freewheel.store.layout import Layout, file_name, lock_number
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.manifest import tree_from_bytes, tree_to_bytes
from freewheel.store.protocol import Manifest, Miss, TreeFile
from freewheel.store.record import Envelope, Record, from_bytes, to_bytes
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees, tree_mtime
from freewheel.store.verify import check
from tests.support.clock import FakeClock
from tests.support.stores import WHEEL, keep_bytecode, keep_tree

scalars = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
sha256 = st.binary(max_size=8).map(sha256_of)
records = st.builds(Record, fields=st.dictionaries(st.text(), values), blobs=st.lists(sha256, max_size=3).map(tuple))
envelopes = st.builds(Envelope, kind=st.text(), partition=st.text(), key=st.text(), record=records)
tree_files = st.builds(
    TreeFile,
    scheme=st.sampled_from(["purelib", "platlib", "scripts", "data", "headers"]),
    path=st.text(min_size=1),
    size=st.integers(min_value=0, max_value=2**40),
    digest=st.text(alphabet=string.ascii_letters + "-_", min_size=43, max_size=43),
    mtime=st.integers(min_value=0, max_value=2**31),
    is_executable=st.booleans(),
)
manifests = st.builds(
    Manifest,
    project=st.text(),
    version=st.text(),
    dist_info=st.text(),
    root_scheme=st.sampled_from(["purelib", "platlib"]),
    files=st.lists(tree_files, max_size=4).map(tuple),
    entry_points=st.lists(st.tuples(st.text(), st.text(), st.text()), max_size=2).map(tuple),
)
any_text = st.text(alphabet=st.characters())


@given(envelopes)
def test_a_record_survives_the_way_to_bytes_and_back(envelope: Envelope) -> None:
    assert from_bytes(to_bytes(envelope)) == envelope


@given(manifests, sha256)
def test_a_manifest_survives_the_way_to_bytes_and_back(manifest: Manifest, wheel: Digest) -> None:
    assert tree_from_bytes(tree_to_bytes(wheel, manifest), wheel) == manifest


@given(st.binary(), st.binary(min_size=1), st.integers(min_value=0))
def test_a_seal_notices_every_change(payload: bytes, changes: bytes, where: int) -> None:
    sealed = seal(payload)
    start = where % len(sealed)
    changed = sealed[:start] + changes + sealed[start + len(changes) :]
    try:
        assert unseal(changed) == payload
        assert changed == sealed
    except ValueError:
        assert changed != sealed


@given(any_text)
@example("\ud800")
@example("com7.txt")
def test_every_text_has_a_name_that_is_one_safe_step(text: str) -> None:
    name = file_name(text)
    assert 0 < len(name) <= 100
    assert set(name) <= set(string.ascii_lowercase + string.digits + "._-=")
    assert name[0] not in ".-"
    assert name[-1] != "."
    assert file_name(name) == name or name.startswith("=")


@given(any_text, any_text, any_text)
def test_no_key_leads_out_of_the_root(kind: str, partition: str, key: str) -> None:
    layout = Layout(root=Path("root"))
    for path in (layout.entry(kind, partition, key), layout.built_wheel(partition, key), layout.lock(key)):
        assert path.parts[0] == "root"
        assert not {".", ".."} & set(path.parts)


@given(any_text, any_text)
def test_different_keys_are_different_files(one: str, other: str) -> None:
    layout = Layout(root=Path("root"))
    assert (layout.entry("http", "six", one) == layout.entry("http", "six", other)) is (one == other)
    assert (lock_number(one) == lock_number(other)) is (one == other)


@given(st.lists(st.binary(), max_size=8))
@settings(max_examples=30)
def test_a_blob_is_its_parts_together(parts: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        blobs = LocalBlobs(root=CacheRoot(path=Path(folder) / "cache"))
        writer = blobs.create()
        for part in parts:
            writer.write(part)
        digest = writer.commit()
        assert digest == sha256_of(b"".join(parts))
        assert check(blobs, digest) is None


@given(sha256)
def test_a_trees_time_depends_on_27_bits_of_its_wheel_and_is_even(wheel: Digest) -> None:
    assert tree_mtime(wheel) - (1 << 30) == int(wheel.value, 16) >> 229 << 1


def _fill(root: CacheRoot, clock: FakeClock) -> None:
    blob = LocalBlobs(root=root).create()
    blob.write(b"body")
    digest = blob.commit()
    LocalEntries(root=root, clock=clock).put("http", "six", "k", Record(fields={"a": 1}, blobs=(digest,)))
    trees = LocalTrees(root=root, clock=clock)
    keep_bytecode(trees, keep_tree(trees), "cpython-311")
    wheel = root.path.parent / "six-1.0-py3-none-any.whl"
    wheel.write_bytes(b"wheel")
    LocalBuiltWheels(root=root, clock=clock).put("six", "key", wheel, origin=b"{}", build=b"{}", log=b"")


def _use_everything(root: CacheRoot, clock: FakeClock) -> None:
    entries, blobs = LocalEntries(root=root, clock=clock), LocalBlobs(root=root)
    found = entries.get("http", "six", "k")
    assert found == Record(fields={"a": 1}, blobs=(sha256_of(b"body"),)) or isinstance(found, Miss)
    assert list(entries.scan("http"))
    check(blobs, sha256_of(b"body"))
    trees = LocalTrees(root=root, clock=clock)
    tree = trees.get(WHEEL)
    if not isinstance(tree, Miss):
        trees.bytecode(tree, "cpython-311")
    wheels = LocalBuiltWheels(root=root, clock=clock)
    wheels.get("six", "key")
    list(wheels.scan())
    contents = Contents(root=root, clock=clock)
    list(contents.catalog.records())
    list(contents.catalog.wheels())


@given(data=st.data(), damage=st.binary(max_size=200), is_sealed=st.booleans(), is_whole=st.booleans())
@settings(max_examples=150)
def test_arbitrary_bytes_in_any_file_are_a_miss_and_heal(
    data: st.DataObject, damage: bytes, is_sealed: bool, is_whole: bool
) -> None:
    """Behaviour 66."""
    clock = FakeClock()
    with tempfile.TemporaryDirectory() as folder:
        root = CacheRoot(path=Path(folder) / "cache")
        _fill(root, clock)
        files = sorted(path for path in root.path.rglob("*") if path.is_file())
        path = data.draw(st.sampled_from(files))
        kept = path.read_bytes()
        start = 0 if is_whole else data.draw(st.integers(min_value=0, max_value=len(kept)))
        changed = damage if is_whole else kept[:start] + damage + kept[start + len(damage) :]
        path.chmod(0o600)
        path.write_bytes(seal(damage) if is_sealed else changed)
        _use_everything(root, clock)
        _fill(root, clock)
        entry = LocalEntries(root=root, clock=clock).get("http", "six", "k")
        assert isinstance(entry, Record)
        assert check(LocalBlobs(root=root), entry.blobs[0]) is None
        assert not isinstance(LocalTrees(root=root, clock=clock).get(WHEEL), Miss)
        contents = Contents(root=root, clock=clock)
        assert remove(contents, ["six"], Selection(patterns=(pattern("six"),))).removed.failures == ()
        assert contents.purge().failures == ()

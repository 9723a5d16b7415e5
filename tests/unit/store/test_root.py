"""The cache root: when it is made, and with which modes."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freewheel.errors import ReadOnlyStore, StoreError
from freewheel.model.digest import sha256_of
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.contents import Contents
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.locks import LocalLocks
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.removal import remove
from freewheel.store.renaming import _renameat2, exchanged
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from freewheel.store.verify import check
from tests.support.clock import FakeClock
from tests.support.folders import snapshot
from tests.support.stores import WHEEL, keep_bytecode, keep_tree
from tests.support.unprivileged import Person

posix_modes = pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")


def fill(root: CacheRoot, wheel: Path) -> None:
    """Write something of each kind."""
    clock = FakeClock()
    LocalEntries(root=root, clock=clock).put("http", "six", "k", Record(fields={}))
    blob = LocalBlobs(root=root).create()
    blob.write(b"x")
    blob.commit()
    trees = LocalTrees(root=root, clock=clock)
    keep_bytecode(trees, keep_tree(trees), "cpython-311")
    wheel.write_bytes(b"wheel")
    LocalBuiltWheels(root=root, clock=clock).put("six", "key", wheel, origin=b"{}", build=b"{}", log=b"")
    with LocalLocks(root=root).hold("x"):
        pass


def modes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def test_making_and_reading_a_store_touches_nothing(tmp_path: Path) -> None:
    """Behaviours 1 and 20."""
    root, clock = CacheRoot(path=tmp_path / "a" / "cache"), FakeClock()
    assert isinstance(LocalEntries(root=root, clock=clock).get("http", "six", "k"), Miss)
    assert list(LocalEntries(root=root, clock=clock).scan("http")) == []
    assert isinstance(LocalBlobs(root=root).open(sha256_of(b"")), Miss)
    assert isinstance(LocalTrees(root=root, clock=clock).get(WHEEL), Miss)
    assert isinstance(LocalBuiltWheels(root=root, clock=clock).get("six", "k"), Miss)
    assert not LocalBlobs(root=root).remove(sha256_of(b""))
    assert not LocalTrees(root=root, clock=clock).remove(WHEEL)
    assert not LocalBuiltWheels(root=root, clock=clock).remove("six", "k")
    assert list(Contents(root=root, clock=clock).catalog.trees()) == []
    assert list(tmp_path.iterdir()) == []


def test_the_first_write_makes_the_root_and_says_what_it_is(tmp_path: Path) -> None:
    root = CacheRoot(path=tmp_path / "a" / "cache")
    LocalEntries(root=root, clock=FakeClock()).put("http", "six", "k", Record(fields={}))
    tag = (root.path / "CACHEDIR.TAG").read_bytes()
    assert tag.startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    assert b"freewheel cache purge" in (root.path / "README").read_bytes()


def test_an_empty_folder_that_is_there_already_is_marked_too(tmp_path: Path) -> None:
    LocalEntries(root=CacheRoot(path=tmp_path), clock=FakeClock()).put("http", "six", "k", Record(fields={}))
    assert (tmp_path / "CACHEDIR.TAG").exists()


def test_a_folder_with_other_files_is_not_declared_a_cache(tmp_path: Path) -> None:
    (tmp_path / "README").write_bytes(b"mine")
    LocalEntries(root=CacheRoot(path=tmp_path), clock=FakeClock()).put("http", "six", "k", Record(fields={}))
    assert not (tmp_path / "CACHEDIR.TAG").exists()
    assert (tmp_path / "README").read_bytes() == b"mine"


@posix_modes
def test_a_private_root_is_for_its_user_alone(tmp_path: Path) -> None:
    root = CacheRoot(path=tmp_path / "cache")
    fill(root, tmp_path / "six-1.0-py3-none-any.whl")
    assert stat.S_IMODE(root.path.stat().st_mode) == 0o700
    found = modes(root.path)
    assert {found[f"{table}-v1"] for table in ("entries", "blobs", "wheels", "trees")} == {0o700}
    assert {
        mode for path, mode in found.items() if path.startswith(("entries-v1/http/six/", "wheels-v1/six/key/"))
    } == {0o600}


@posix_modes
@pytest.mark.parametrize(
    ("root_mode", "folder_mode", "file_mode"), [(0o2775, 0o2775, 0o664), (0o750, 0o750, 0o640), (0o777, 0o777, 0o666)]
)
def test_in_a_shared_root_all_have_the_roots_bits(
    tmp_path: Path, root_mode: int, folder_mode: int, file_mode: int
) -> None:
    """Behaviour 73."""
    path = tmp_path / "cache"
    path.mkdir()
    path.chmod(root_mode)
    fill(CacheRoot(path=path, is_shared=True), tmp_path / "six-1.0-py3-none-any.whl")
    found = {name: mode for name, mode in modes(path).items() if name not in ("CACHEDIR.TAG", "README")}
    trees = {name for name in found if "/files/" in name and (path / name).is_file()}
    folders = {name for name in found if (path / name).is_dir()}
    assert {found[name] for name in folders} == {folder_mode}
    assert {found[name] for name in found.keys() - folders - trees} == {file_mode}
    assert {found[name] for name in trees} == {0o444}


def test_a_read_only_root_is_read_and_every_write_is_refused_at_once(tmp_path: Path) -> None:
    """Behaviour 18."""
    fill(CacheRoot(path=tmp_path / "cache"), tmp_path / "six-1.0-py3-none-any.whl")
    clock = FakeClock(4_000_000_000.0)
    root = CacheRoot(path=tmp_path / "cache", is_writable=False)
    entries, blobs = LocalEntries(root=root, clock=clock), LocalBlobs(root=root)
    trees, wheels = LocalTrees(root=root, clock=clock), LocalBuiltWheels(root=root, clock=clock)
    before = {path: path.stat().st_mtime_ns for path in root.path.rglob("*")}
    assert entries.get("http", "six", "k") == Record(fields={})
    found = trees.get(WHEEL)
    assert not isinstance(found, Miss)
    assert not isinstance(trees.bytecode(found, "cpython-311"), Miss)
    assert not isinstance(wheels.get("six", "key"), Miss)
    writes = (
        lambda: entries.put("http", "six", "k", Record(fields={"new": 1})),
        blobs.create,
        lambda: trees.create(WHEEL),
        lambda: trees.create_bytecode(found, "cpython-312"),
        lambda: wheels.put("six", "key", tmp_path / "x.whl", origin=b"", build=b"", log=b""),
    )
    for write in writes:
        with pytest.raises(ReadOnlyStore):
            write()
    assert not entries.remove("http", "six", "k")
    assert not blobs.remove(sha256_of(b"x"))
    assert not trees.remove(WHEEL)
    assert not wheels.remove("six", "key")
    with LocalLocks(root=root).hold("x") as is_held:
        assert not is_held
    assert {path: path.stat().st_mtime_ns for path in root.path.rglob("*")} == before


def test_a_root_that_is_a_file_refuses_writes_and_misses_reads(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"")
    entries = LocalEntries(root=CacheRoot(path=tmp_path / "cache"), clock=FakeClock())
    with pytest.raises(StoreError):
        entries.put("http", "six", "k", Record(fields={}))
    found = entries.get("http", "six", "k")
    assert isinstance(found, Miss)
    assert not found.is_damage


def test_writing_goes_on_after_everything_was_taken_away(tmp_path: Path) -> None:
    """Behaviour 71."""
    root, clock = CacheRoot(path=tmp_path / "cache"), FakeClock()
    entries = LocalEntries(root=root, clock=clock)
    entries.put("http", "six", "k", Record(fields={}))
    Contents(root=root, clock=clock).purge()
    entries.put("http", "six", "k", Record(fields={}))
    assert entries.get("http", "six", "k") == Record(fields={})


def test_nothing_unfinished_stays_after_writes_that_fail(tmp_path: Path) -> None:
    root = CacheRoot(path=tmp_path / "cache")
    entries = LocalEntries(root=root, clock=FakeClock())
    entries.put("http", "six", "k", Record(fields={}))
    (root.path / "CACHEDIR.TAG").unlink()
    shutil.rmtree(root.layout.entries)
    root.layout.entries.touch()
    with pytest.raises(StoreError):
        entries.put("http", "six", "k", Record(fields={}))
    with pytest.raises(StoreError):
        LocalBuiltWheels(root=root, clock=FakeClock()).put(
            "six", "key", tmp_path / "missing.whl", origin=b"", build=b"", log=b""
        )
    assert list(root.layout.tmp.iterdir()) == []


def a_file(place: Path) -> None:
    place.write_bytes(b"not a folder")


def a_link_to_nothing(place: Path) -> None:
    place.symlink_to("nowhere")


def a_link_to_a_folder(place: Path) -> None:
    elsewhere = place.parent.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").write_bytes(b"mine")
    place.symlink_to(elsewhere)


PLACES = (
    *("entries-v1", "entries-v1/http", "entries-v1/http/six", "blobs-v1", f"blobs-v1/{sha256_of(b'x').value[:2]}"),
    *("trees-v1", f"trees-v1/{WHEEL.value[:2]}", f"trees-v1/{WHEEL.value[:2]}/{WHEEL.value}"),
    *("wheels-v1", "wheels-v1/six", "wheels-v1/six/key", "locks", "tmp"),
)


@pytest.mark.parametrize("put", [a_file, a_link_to_nothing])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_in_the_way_of_a_folder_goes_when_something_is_to_be_kept_there(
    tmp_path: Path, place: str, put: Callable[[Path], None]
) -> None:
    told: list[StoreError] = []
    root = CacheRoot(path=tmp_path / "cache", on_failure=told.append)
    fill(root, tmp_path / "six-1.0-py3-none-any.whl")
    before = snapshot(root.path)
    remove([root.path / place])
    put(root.path / place)
    fill(root, tmp_path / "six-1.0-py3-none-any.whl")
    assert (snapshot(root.path), told) == (before, [])


@pytest.mark.parametrize("place", PLACES)
def test_what_a_link_in_the_place_of_a_folder_leads_to_is_as_it_was(tmp_path: Path, place: str) -> None:
    """Behaviour 123."""
    root = CacheRoot(path=tmp_path / "cache")
    fill(root, tmp_path / "six-1.0-py3-none-any.whl")
    before = snapshot(root.path)
    remove([root.path / place])
    a_link_to_a_folder(root.path / place)
    elsewhere = (root.path / place).parent.parent / "elsewhere"
    assert root.clear_way(root.path / place) == "removed"
    fill(root, tmp_path / "six-1.0-py3-none-any.whl")
    assert [path.name for path in elsewhere.iterdir()] == ["precious"]
    shutil.rmtree(elsewhere)
    assert snapshot(root.path) == before


def test_many_threads_find_the_same_thing_in_their_way(tmp_path: Path) -> None:
    told: list[StoreError] = []
    root = CacheRoot(path=tmp_path / "cache", on_failure=told.append)
    entries = LocalEntries(root=root, clock=FakeClock())
    with ThreadPoolExecutor(max_workers=8) as pool:
        for number in range(20):
            remove([root.layout.kind("http")])
            root.make_parent(root.layout.kind("http"))
            root.layout.kind("http").symlink_to("http")
            names = [f"{number}-{writer}" for writer in range(8)]
            list(pool.map(lambda name: entries.put("http", "six", name, Record(fields={})), names))
            assert all(isinstance(entries.get("http", "six", name), Record) for name in names)
    assert told == []


def test_a_folder_in_the_place_of_a_file_goes_when_the_file_is_to_be_kept(tmp_path: Path) -> None:
    root = CacheRoot(path=tmp_path / "cache")
    entries, blobs = LocalEntries(root=root, clock=FakeClock()), LocalBlobs(root=root)
    for place in (root.layout.entry("http", "six", "k"), root.layout.blob(sha256_of(b"x"))):
        (place / "with" / "something").mkdir(parents=True)
    found = entries.get("http", "six", "k")
    assert isinstance(found, Miss)
    assert found.is_damage
    assert isinstance(blobs.open(sha256_of(b"x")), Miss)
    entries.put("http", "six", "k", Record(fields={}))
    writer = blobs.create()
    writer.write(b"x")
    assert check(blobs, writer.commit()) is None
    assert entries.get("http", "six", "k") == Record(fields={})


def test_a_folder_in_the_place_of_a_file_is_forgotten_too(tmp_path: Path) -> None:
    root = CacheRoot(path=tmp_path / "cache")
    place = root.layout.blob(sha256_of(b"x"))
    (place / "with" / "something").mkdir(parents=True)
    assert LocalBlobs(root=root).remove(sha256_of(b"x"))
    assert not place.exists()


def test_a_file_in_a_folder_that_is_not_marked_as_a_cache_stays(tmp_path: Path) -> None:
    told: list[StoreError] = []
    root = CacheRoot(path=tmp_path / "mine", on_failure=told.append)
    root.path.mkdir()
    (root.path / "blobs-v1").write_bytes(b"mine")
    writer = LocalBlobs(root=root).create()
    writer.write(b"x")
    with pytest.raises(StoreError, match="not marked as a cache"):
        writer.commit()
    assert len(told) == 1
    assert (root.path / "blobs-v1").read_bytes() == b"mine"


@posix_modes
def test_a_folder_that_its_owner_may_not_look_into_is_opened(unprivileged: Person) -> None:
    folder = unprivileged.new_folder()
    program = (unprivileged.python, "-c", OF_A_PERSON, folder / "cache")
    unprivileged.run(*program)
    before = snapshot(folder / "cache")
    for place in [path for path in (folder / "cache").rglob("*") if path.is_dir()]:
        mode = place.stat().st_mode
        place.chmod(0o000)
        unprivileged.run(*program)
        place.chmod(mode)
        assert snapshot(folder / "cache").keys() == before.keys(), place


OF_A_PERSON = """\
import sys
from pathlib import Path
from freewheel.store.renaming import _renameat2, exchanged
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot

root = CacheRoot(path=Path(sys.argv[1]))
LocalEntries(root=root, clock=lambda: 0.0).put("http", "six", "k", Record(fields={}))
blob = LocalBlobs(root=root).create()
blob.write(b"x")
blob.commit()
wheel = root.path.parent / "six-1.0-py3-none-any.whl"
wheel.write_bytes(b"wheel")
LocalBuiltWheels(root=root, clock=lambda: 0.0).put("six", "key", wheel, origin=b"{}", build=b"{}", log=b"")
"""


BESIDE_A_SWEEPER = """\
import os, sys
from contextlib import suppress
from pathlib import Path
from freewheel.store.renaming import _renameat2, exchanged
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot

left = 0

def sweep(event, arguments):
    global left
    place = {"os.mkdir": 0, "os.rename": 1}.get(event)
    if place is not None and left and str(arguments[place]).startswith(sys.argv[1] + os.sep):
        with suppress(OSError):
            os.rmdir(os.path.dirname(arguments[place]))
            left -= 1

root = CacheRoot(path=Path(sys.argv[1]))
LocalEntries(root=root, clock=lambda: 0.0).put("http", "six", "k", Record(fields={}))
sys.addaudithook(sweep)
left = 3
root.new_folder()
assert not left
blob = LocalBlobs(root=root).create()
left = 3
blob.commit()
assert not left
"""


def test_who_writes_and_who_removes_empty_folders_do_not_hinder_one_another(tmp_path: Path) -> None:
    """Behaviour 71."""
    command = [sys.executable, "-c", BESIDE_A_SWEEPER, str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("knows_exchange", [True, False])
@pytest.mark.parametrize("before", ["nothing", "file", "folder", "link"])
def test_a_record_takes_the_place_of_whatever_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, knows_exchange: bool
) -> None:
    if not knows_exchange:
        monkeypatch.setattr("freewheel.store.renaming._renameat2", lambda: None)
    root = CacheRoot(path=tmp_path / "cache")
    target, elsewhere = root.path / "place" / "record", tmp_path / "elsewhere"
    elsewhere.write_bytes(b"another's")
    root.write(target.with_name("other"), b"")
    match before:
        case "file":
            target.write_bytes(b"old")
        case "folder":
            (target / "deep").mkdir(parents=True)
            (target / "deep" / "file").write_bytes(b"old")
        case "link":
            target.symlink_to(elsewhere)
    root.write(target, b"new")
    assert (target.read_bytes(), target.is_symlink(), elsewhere.read_bytes()) == (b"new", False, b"another's")
    assert list(root.layout.tmp.iterdir()) == []


def no_links(self: Path, _: Path) -> None:
    raise PermissionError(errno.EPERM, "Operation not permitted", str(self))


@pytest.mark.parametrize("knows", ["the call", "links", "neither"])
@pytest.mark.parametrize("before", ["nothing", "file", "folder", "link"])
def test_a_new_record_takes_the_place_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, knows: str
) -> None:
    if knows != "the call":
        monkeypatch.setattr("freewheel.store.renaming._renameat2", lambda: None)
    if knows == "neither":
        monkeypatch.setattr(Path, "hardlink_to", no_links)
    root = CacheRoot(path=tmp_path / "cache")
    target = root.path / "place" / "record"
    match before:
        case "file":
            root.write(target, b"old")
        case "folder":
            root.make_parent(target / "file")
        case "link":
            root.make_parent(target)
            target.symlink_to(tmp_path / "nowhere")
    assert root.write_new(target, b"new") == (before == "nothing")
    assert target.is_file() == (before in ("nothing", "file"))
    if target.is_file():
        assert target.read_bytes() == (b"new" if before == "nothing" else b"old")
    assert list(root.layout.tmp.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EPERM])
def test_where_the_call_is_refused_a_link_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """NFS and some FUSE file systems answer EINVAL, sandboxes EPERM."""
    monkeypatch.setattr("freewheel.store.renaming._renameat2", lambda: lambda *_: number)
    root = CacheRoot(path=tmp_path / "cache")
    target = root.path / "place" / "record"
    assert [root.write_new(target, content) for content in (b"one", b"two")] == [True, False]
    root.write(target, b"three")
    assert target.read_bytes() == b"three"


@pytest.mark.skipif(sys.platform != "linux", reason="others have no such call")
def test_files_change_places_only_where_there_are_two(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    assert not exchanged(one, other)
    assert one.read_bytes() == b"1"
    other.write_bytes(b"2")
    assert exchanged(one, other)
    assert (one.read_bytes(), other.read_bytes()) == (b"2", b"1")


def test_a_python_without_ctypes_renames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ctypes", None)
    _renameat2.cache_clear()
    try:
        root = CacheRoot(path=tmp_path / "cache")
        for content in (b"old", b"new"):
            root.write(root.path / "place" / "record", content)
        assert (root.path / "place" / "record").read_bytes() == b"new"
    finally:
        _renameat2.cache_clear()

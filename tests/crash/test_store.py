"""The store when processes die, race, run out of disk or may not write."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from freewheel.errors import NoSpace
from freewheel.model.digest import sha256_of
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from freewheel.store.verify import check
from tests.support.clock import FakeClock
from tests.support.disk import small_disk
from tests.support.process import run
from tests.support.stores import WHEEL, keep_tree, manifest_of
from tests.support.unprivileged import Person

PROJECT = Path(__file__).parents[2]

SCENARIO = """\
import os, sys, time
from pathlib import Path

from freewheel.commands.holdings_reading import holdings
from freewheel.errors import StoreError
from freewheel.model.digest import Digest, sha256_of
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.contents import Contents
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.protocol import Manifest, Miss, TreeFile
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees, tree_mtime
from freewheel.store.verify import check

WHEEL = Digest(algorithm="sha256", value="ab" * 32)
NAME = "six-1.0-py3-none-any.whl"


class Store:
    def __init__(self, folder):
        self.root = CacheRoot(path=folder)
        self.blobs = LocalBlobs(root=self.root)
        self.entries = LocalEntries(root=self.root, clock=time.time)
        self.trees = LocalTrees(root=self.root, clock=time.time)
        self.wheels = LocalBuiltWheels(root=self.root, clock=time.time)

    def write_page(self, text):
        body = text.encode() * 1000
        writer = self.blobs.create()
        for start in range(0, len(body), 1000):
            writer.write(body[start : start + 1000])
        blob = writer.commit()
        self.entries.put("http", "six", "page", Record(fields={"text": text}, blobs=(blob,)))

    def read_page(self):
        record = self.entries.get("http", "six", "page")
        if isinstance(record, Miss):
            assert not record.is_damage, record
            return None
        (blob,) = record.blobs
        assert check(self.blobs, blob) is None
        text = record.fields["text"]
        assert blob == sha256_of(text.encode() * 1000)
        return text

    def write_tree(self):
        new = self.trees.create(WHEEL)
        files = []
        for number in range(3):
            path = new.root / "purelib" / f"m{number}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"x" * number)
            files.append(
                TreeFile(
                    scheme="purelib", path=path.name, size=number, digest="-", mtime=tree_mtime(WHEEL)
                )
            )
        return new.commit(
            Manifest(
                project="six", version="1.0", dist_info="six-1.0.dist-info", root_scheme="purelib", files=tuple(files)
            )
        )

    def read_tree(self):
        tree = self.trees.get(WHEEL)
        if isinstance(tree, Miss):
            assert not tree.is_damage, tree
            return None
        for file in tree.manifest.files:
            status = (tree.root / file.scheme / file.path).stat()
            assert (status.st_size, status.st_mtime) == (file.size, file.mtime)
        return tree

    def write_wheel(self, text):
        source = self.root.path.parent / text / NAME
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(text.encode())
        self.wheels.put("six", "key", source, origin=text.encode(), build=text.encode(), log=b"")

    def read_wheel(self):
        wheel = self.wheels.get("six", "key")
        if isinstance(wheel, Miss):
            assert not wheel.is_damage, wheel
            return None
        assert wheel.origin == wheel.build
        return wheel.origin.decode()

    def write(self, text):
        self.write_page(text)
        self.write_tree()
        self.write_wheel(text)
"""

KILLED_AT_EACH_STEP = (
    SCENARIO
    + """
import shutil, signal

STEPS = {"open", "os.rename", "os.mkdir", "os.utime", "os.chmod", "os.remove", "os.rmdir", "os.truncate"}
folder, is_first = Path(sys.argv[1]), sys.argv[2] == "first"
seen, kills = set(), 0
while True:
    place = folder / str(kills) / "cache"
    store = Store(place)
    if not is_first:
        store.write("old")
    child = os.fork()
    if child == 0:
        left = [kills]

        def at_step(event, arguments):
            if event in STEPS:
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1

        sys.addaudithook(at_step)
        store.write("new")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = (store.read_page(), store.read_tree() is not None, store.read_wheel())
    seen.add(found)
    store.write("later")
    assert (store.read_page(), store.read_wheel()) == ("later", "later")
    assert store.read_tree() is not None
    assert Contents(root=store.root, clock=lambda: time.time() + 1e6).purge().failures == ()
    assert not (place / "tmp").exists()
    shutil.rmtree(folder / str(kills))
    if status == 0:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL
    kills += 1
print(kills, *sorted(map(str, seen)), sep="\\n")
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_writer_killed_at_any_step_leaves_the_old_or_nothing(tmp_path: Path) -> None:
    """Behaviour 68."""
    told = run([sys.executable, "-c", KILLED_AT_EACH_STEP, tmp_path, "again"], variables={}, cwd=PROJECT).lines
    kills, states = int(told[0]), set(told[1:])
    assert kills > 20
    assert states <= {str((page, True, wheel)) for page in ("old", "new") for wheel in ("old", "new", None)}
    assert {str(("old", True, "old")), str(("new", True, "new"))} <= states


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_the_first_writer_killed_at_any_step_leaves_nothing_unusable(tmp_path: Path) -> None:
    """Behaviour 68."""
    told = run([sys.executable, "-c", KILLED_AT_EACH_STEP, tmp_path, "first"], variables={}, cwd=PROJECT).lines
    kills, states = int(told[0]), told[1:]
    assert kills > 20
    assert set(states) == {
        str((None, False, None)),
        str(("new", False, None)),
        str(("new", True, None)),
        str(("new", True, "new")),
    }


WRITER = (
    SCENARIO
    + """
store = Store(Path(sys.argv[1]))
for number in range(40):
    text = f"{sys.argv[2]}-{number}"
    store.write_page(text)
    store.write_wheel(text)
    store.write_tree()
    if number % 10 == 5:
        store.trees.remove(WHEEL)
        store.wheels.remove("six", "key")
print("done")
"""
)

READER = (
    SCENARIO
    + """
store = Store(Path(sys.argv[1]))
read = 0
for number in range(400):
    read += store.read_page() is not None
    read += store.read_wheel() is not None
    tree = store.trees.get(WHEEL)
    assert isinstance(tree, Miss) is False or not tree.is_damage
print("done")
"""
)

PURGER = (
    SCENARIO
    + """
store = Store(Path(sys.argv[1]))
for number in range(20):
    contents = Contents(root=store.root, clock=time.time)
    assert contents.purge().failures == ()
    contents.clear(holdings(contents.catalog), contents.blobs().sizes)
print("done")
"""
)


def race(folder: Path, programs: list[tuple[str, str]]) -> list[tuple[int, str]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(folder / "cache"), name],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name, program in programs
    ]
    outputs = [process.communicate()[0] for process in processes]
    return [(process.returncode, output) for process, output in zip(processes, outputs, strict=True)]


def test_many_writers_and_readers_never_see_anything_mixed(tmp_path: Path) -> None:
    """Behaviours 67 to 69."""
    programs = [(f"writer{number}", WRITER) for number in range(3)] + [("reader", READER)] * 2
    assert race(tmp_path, programs) == [(0, "done\n")] * 5


TOLERANT_WRITER = WRITER.replace(
    "    store.write_page(text)\n    store.write_wheel(text)\n    store.write_tree()\n",
    """\
    for write in (lambda: store.write_page(text), lambda: store.write_wheel(text)):
        try:
            write()
        except StoreError:
            pass
""",
)


def test_a_purge_meanwhile_breaks_nobody(tmp_path: Path) -> None:
    """Behaviour 71."""
    programs = [("writer1", TOLERANT_WRITER), ("writer2", TOLERANT_WRITER), ("purge", PURGER)]
    assert race(tmp_path, programs) == [(0, "done\n")] * 3


def test_a_full_disk_is_told_and_leaves_no_part_of_anything(tmp_path: Path) -> None:
    """Behaviour 70."""
    clock = FakeClock()
    with small_disk(tmp_path / "disk", size=1 << 20) as disk:
        root = CacheRoot(path=disk / "cache")
        entries, blobs = LocalEntries(root=root, clock=clock), LocalBlobs(root=root)
        trees, wheels = LocalTrees(root=root, clock=clock), LocalBuiltWheels(root=root, clock=clock)
        entries.put("http", "six", "old", Record(fields={"a": 1}))
        big = tmp_path / "six-1.0-py3-none-any.whl"
        big.write_bytes(b"x" * (2 << 20))
        writer = blobs.create()
        writer.write(b"x" * (1 << 19))
        with pytest.raises(NoSpace):
            writer.write(b"x" * (1 << 20))
        writer.discard()
        with pytest.raises(NoSpace):
            entries.put("http", "six", "old", Record(fields={"a": b"x" * (2 << 20)}))
        with pytest.raises(NoSpace):
            wheels.put("six", "key", big, origin=b"{}", build=b"{}", log=b"")
        assert list(root.layout.tmp.iterdir()) == []
        tree = trees.create(WHEEL)
        (tree.root / "purelib").mkdir()
        (tree.root / "purelib" / "six.py").write_bytes(b"x")
        (disk / "filler").write_bytes(b"x" * disk_free(disk))
        with pytest.raises(NoSpace):
            tree.commit(manifest_of({"six.py": b"x"}))
        assert list(root.layout.tmp.iterdir()) == []
        assert isinstance(trees.get(WHEEL), Miss)
        assert isinstance(wheels.get("six", "key"), Miss)
        assert entries.get("http", "six", "old") == Record(fields={"a": 1})
        (disk / "filler").unlink()
        again = blobs.create()
        again.write(b"fits")
        assert check(blobs, again.commit()) is None


def disk_free(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


READS_AND_REFUSED_WRITES = """\
import os, sys, time
from pathlib import Path
from freewheel.errors import StoreError
from freewheel.model.digest import Digest
from freewheel.store.admission import examine
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.contents import Contents
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.locks import LocalLocks
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees

folder, wheel = Path(sys.argv[1]), Digest(algorithm="sha256", value=sys.argv[2])
print(type(examine(folder, uid=os.geteuid())).__name__)
for is_writable in (True, False):
    root, clock = CacheRoot(path=folder, is_writable=is_writable), lambda: time.time() + 1e6
    entries, trees = LocalEntries(root=root, clock=clock), LocalTrees(root=root, clock=clock)
    wheels, blobs = LocalBuiltWheels(root=root, clock=clock), LocalBlobs(root=root)
    record = entries.get("http", "six", "k")
    print("record", not isinstance(record, Miss), getattr(record, "is_damage", None))
    print("tree", not isinstance(trees.get(wheel), Miss), "wheel", not isinstance(wheels.get("six", "key"), Miss))
    source = Path("x-1.0-py3-none-any.whl")
    source.write_bytes(b"")
    refused = 0
    for write in (
        lambda: entries.put("http", "six", "k", Record(fields={})),
        blobs.create,
        lambda: trees.create(wheel),
        lambda: wheels.put("six", "other", source, origin=b"", build=b"", log=b""),
    ):
        try:
            write()
        except StoreError as error:
            refused += 1
    with LocalLocks(root=root).hold("x") as is_held:
        print("refused", refused, "held", is_held, "removed", trees.remove(wheel))
print(len(Contents(root=root, clock=clock).purge().failures) > 0)
"""


def filled(root: CacheRoot) -> CacheRoot:
    clock = FakeClock()
    LocalEntries(root=root, clock=clock).put("http", "six", "k", Record(fields={"a": 1}))
    keep_tree(LocalTrees(root=root, clock=clock))
    wheel = root.path.with_name("six-1.0-py3-none-any.whl")
    wheel.write_bytes(b"wheel")
    LocalBuiltWheels(root=root, clock=clock).put("six", "key", wheel, origin=b"{}", build=b"{}", log=b"")
    return root


def set_modes(folder: Path, *, folders: int) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.is_dir():
            path.chmod(folders)


def test_a_cache_that_its_user_may_not_write_is_read_and_nothing_fails(unprivileged: Person) -> None:
    """Behaviour 18."""
    folder = unprivileged.new_folder()
    root = filled(CacheRoot(path=folder / "cache"))
    unprivileged.give(folder)
    set_modes(root.path, folders=0o500)
    told = unprivileged.run(unprivileged.python, "-c", READS_AND_REFUSED_WRITES, root.path, WHEEL.value).lines
    set_modes(root.path, folders=0o700)
    served = ["record True None", "tree True wheel True", "refused 4 held False removed False"]
    assert told == ["ReadOnly", *served, *served, "True"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make what belongs to root")
def test_another_users_private_cache_is_a_miss_without_damage(unprivileged: Person) -> None:
    """Behaviours 16 and 73."""
    root = filled(CacheRoot(path=unprivileged.new_folder() / "cache"))
    told = unprivileged.run(unprivileged.python, "-c", READS_AND_REFUSED_WRITES, root.path, WHEEL.value).lines
    missed = ["record False False", "tree False wheel False", "refused 4 held False removed False"]
    assert told == ["Unusable", *missed, *missed, "False"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make what belongs to root")
def test_roots_readable_cache_serves_everyone(unprivileged: Person) -> None:
    """Behaviours 18 and 73."""
    path = unprivileged.new_folder() / "cache"
    path.mkdir()
    path.chmod(0o755)
    filled(CacheRoot(path=path, is_shared=True))
    os.chown(path.parent, 0, 0)
    path.parent.chmod(0o755)
    told = unprivileged.run(unprivileged.python, "-c", READS_AND_REFUSED_WRITES, path, WHEEL.value).lines
    served = ["record True None", "tree True wheel True", "refused 4 held False removed False"]
    assert told == ["ReadOnly", *served, *served, "True"]


def test_an_entry_that_vanishes_between_reads_is_a_plain_miss(tmp_path: Path) -> None:
    """Behaviour 71."""
    root = filled(CacheRoot(path=tmp_path / "cache"))
    blobs = LocalBlobs(root=root)
    writer = blobs.create()
    writer.write(b"body")
    digest = writer.commit()
    stream = blobs.open(digest)
    assert not isinstance(stream, Miss)
    with stream:
        blobs.remove(digest)
        assert sha256_of(stream.read()) == digest
    found = blobs.open(digest)
    assert isinstance(found, Miss)
    assert not found.is_damage

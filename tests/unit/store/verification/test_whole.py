"""A whole cache verified: empty, large, foreign in part, and while others change it."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.model.digest import sha256_of
from freewheel.store.contents import Contents
from freewheel.store.manifest import tree_to_bytes
from freewheel.store.verification.findings import ThingKind, Verdict
from freewheel.store.verification.whole import Part
from tests.support import kept
from tests.support.clock import FakeClock
from tests.support.folders import snapshot
from tests.support.kept import KeptThings
from tests.support.stores import keep_tree


@pytest.fixture
def things(tmp_path: Path) -> KeptThings:
    return KeptThings(tmp_path)


@pytest.fixture
def filled(things: KeptThings) -> KeptThings:
    things.fill()
    return things


def verified_while(things: KeptThings, at: tuple[ThingKind, str], act: Callable[[], object]) -> Verdict:
    """A verification during which something happens: when a part is listed (`begin`) or done (`end`)."""

    def watch(part: Part, done: int) -> None:
        if (part.kind, "begin" if done == 0 else "end" if done == part.total else "") == at:
            act()

    return things.verification(watch=watch).verify()


# Empty and large


def test_a_missing_cache_is_sound_and_stays_missing(things: KeptThings) -> None:
    assert things.verified() == Verdict(checked={}, size=0, findings=())
    assert not things.root.path.exists()


def test_an_empty_cache_is_sound(things: KeptThings) -> None:
    for folder in things.root.layout.tables:
        folder.mkdir(parents=True)
    assert things.verified() == Verdict(checked={}, size=0, findings=())


@pytest.mark.parametrize("threads", [1, 4])
def test_a_few_wrong_ones_are_found_among_thousands(things: KeptThings, threads: int) -> None:
    for number in range(2000):
        things.keep_record(f"project-{number % 40}", str(number), things.keep_blob(f"blob {number}".encode()))
    damaged = [things.root.layout.blob(sha256_of(f"blob {number}".encode())) for number in (3, 999, 1998)]
    projects = [(number, f"project-{number % 40}") for number in (77, 1234)]
    records = [
        things.root.layout.entry("http", project, f"GET https://a.example/{project}/{number}")
        for number, project in projects
    ]
    for path in (*damaged, *records):
        kept.flip(path)
    missing = things.root.layout.blob(sha256_of(b"blob 500"))
    missing.unlink()
    verdict = things.verification(threads=threads).verify()
    assert verdict.checked == {"blob": 1999, "record": 2000}
    (dangling,) = [finding for finding in verdict.findings if finding.faults[0].trouble == "blob missing"]
    found = {(finding.kind, finding.path) for finding in verdict.findings if finding is not dangling}
    assert found == {("blob", path) for path in damaged} | {("record", path) for path in records}
    assert dangling.name == "http GET https://a.example/project-20/500"
    assert missing.name in dangling.faults[0].expected


def test_a_large_blob_is_read_piece_by_piece(things: KeptThings) -> None:
    things.keep_blob(b"x" * 3_500_000)
    told: list[int] = []
    verification = things.verification(watch=lambda _, done: told.append(done))
    assert verification.verify().checked == {"blob": 1}
    assert told == [0, 1 << 20, 2 << 20, 3 << 20, 3_500_000]


def test_a_blob_is_told_with_who_needs_it_and_their_project(filled: KeptThings) -> None:
    digest = filled.keep_blob(b"shared")
    filled.keep_record("six", "shared", digest)
    filled.keep_record("attrs", "shared", digest)
    kept.flip(filled.root.layout.blob(digest))
    kept.flip(filled.root.layout.blob(sha256_of(b"page of six")))
    found = {finding.name: finding for finding in filled.verified().findings}
    both, one = found[digest.value], found[sha256_of(b"page of six").value]
    assert both.project is None
    assert [partition for _, partition, _ in both.needed_by] == ["attrs", "six"]
    assert one.project == "six"
    assert one.needed_by == (("http", "six", "GET https://a.example/six/page"),)


def test_a_tree_tells_everything_that_is_wrong_in_it(filled: KeptThings) -> None:
    files = filled.found("trees-v1/*/*") / "files" / "purelib"
    kept.flip(files / "six.py")
    kept.delete(files / "data" / "b.txt")
    (finding,) = filled.verified().findings
    assert {(fault.trouble, fault.file) for fault in finding.faults} == {
        ("digest", "files/purelib/six.py"),
        ("time", "files/purelib/six.py"),
        ("missing", "files/purelib/data/b.txt"),
    }
    assert finding.name in ("six 1.0", "attrs 1.0")
    assert finding.project == finding.name.split()[0]
    assert finding.wheel == finding.path.name


def test_bytecode_is_told_by_the_project_of_its_tree(filled: KeptThings) -> None:
    folder = filled.found(f"trees-v1/*/*/bytecode/{kept.VARIANT}")
    kept.delete(min(folder.glob("files/**/*.pyc")))
    (finding,) = filled.verified().findings
    assert finding.name in (f"{kept.VARIANT} of six 1.0", f"{kept.VARIANT} of attrs 1.0")
    assert finding.project == finding.name.split()[2]
    assert finding.wheel == folder.parents[1].name
    kept.flip(folder.parents[1] / "manifest")
    finding, _ = filled.verified().findings
    assert (finding.name, finding.project) == (f"{kept.VARIANT} of the wheel {finding.wheel}", None)


def test_wheels_from_which_trees_come_back_are_known(filled: KeptThings) -> None:
    wheel = filled.found("wheels-v1/six/*/*.whl")
    blob = filled.found("blobs-v1/*/*")
    kept.flip(blob)
    digests = filled.verified().kept_wheels
    assert sha256_of(wheel.read_bytes()).value in digests
    assert blob.name not in digests
    assert len(digests) == 5


# Others' files, links, and what is not looked at


def test_what_others_put_there_is_passed_over(filled: KeptThings) -> None:
    for folder in (
        ".",
        "blobs-v1",
        "blobs-v1/ab",
        "entries-v1",
        "entries-v1/http",
        "entries-v1/http/six",
        "wheels-v1",
    ):
        (filled.root.path / folder).mkdir(exist_ok=True)
        (filled.root.path / folder / "README.txt").write_text("mine")
    for folder in ("wheels-v1/six", "trees-v1", "repositories-v1", "blobs-v2/ab", "tmp", "locks"):
        (filled.root.path / folder / "mine").mkdir(parents=True)
        (filled.root.path / folder / "mine" / ("0" * 64)).write_text("mine")
    (filled.found("trees-v1/??/*") / "files" / "purelib" / "left.py").write_text("mine")
    (filled.root.path / "wheels-v1" / "six" / "failed.log").write_text("a log")
    assert filled.verified().findings == ()


def test_no_link_is_followed(filled: KeptThings, tmp_path: Path) -> None:
    """What lies behind is damaged, and nobody looks there."""
    other = KeptThings(tmp_path / "other" if (tmp_path / "other").mkdir() is None else tmp_path)
    other.fill()
    for pattern in ("entries-v1/http/*/*", "wheels-v1/*/*/*.whl"):
        kept.flip(other.found(pattern))
    for table in ("entries-v1", "wheels-v1", "repositories-v1"):
        (filled.root.path / table / "elsewhere").symlink_to(other.root.path / table)
    (filled.root.path / "wheels-v1" / "six" / "elsewhere").symlink_to(other.found("wheels-v1/*/*"))
    before = snapshot(other.root.path, with_times=True)
    assert filled.verified().findings == ()
    assert snapshot(other.root.path, with_times=True) == before


def test_a_root_that_is_a_link_is_the_folder_that_it_leads_to(filled: KeptThings, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    filled.root.path.rename(moved)
    filled.root.path.symlink_to(moved)
    kept.flip(filled.found("blobs-v1/*/*"))
    assert [finding.kind for finding in filled.verified().findings] == ["blob"]


def test_a_manifest_that_names_files_outside_of_its_tree_is_not_followed(things: KeptThings, tmp_path: Path) -> None:
    tree = keep_tree(things.trees, files={"six.py": b"1"})
    manifest = things.found("trees-v1/*/*/manifest")
    outside = replace(tree.manifest.files[0], path="../../../../../secret/x.py")
    manifest.write_bytes(tree_to_bytes(tree.wheel, replace(tree.manifest, files=(outside,))))
    secret = tmp_path / "cache" / "secret"
    secret.mkdir()
    os.mkfifo(secret / "x.py")
    (finding,) = things.verified().findings
    assert [fault.trouble for fault in finding.faults] == ["shape"]


# A cache that changes meanwhile


@pytest.mark.parametrize(
    ("at", "pattern"),
    [
        (("blob", "begin"), "blobs-v1/*/*"),
        (("record", "begin"), "entries-v1/http/six/*"),
        (("record", "begin"), "entries-v1/http/six"),
        (("wheel", "begin"), "wheels-v1/six/*"),
        (("wheel", "begin"), "wheels-v1"),
        (("tree", "begin"), "trees-v1/*/*"),
        (("tree", "begin"), "trees-v1/*"),
        (("repository", "begin"), "repositories-v1/six/*"),
        (("blob", "begin"), "."),
    ],
)
def test_what_vanishes_meanwhile_is_no_fault(filled: KeptThings, at: tuple[ThingKind, str], pattern: str) -> None:
    path = filled.root.path if pattern == "." else filled.found(pattern)

    def vanish() -> None:
        if "blobs" in pattern:  # the records that refer to it go too, as they do first when a project is removed
            shutil.rmtree(filled.root.layout.entries)
        kept.delete(path)

    assert verified_while(filled, at, vanish).findings == ()


def test_what_is_written_meanwhile_is_no_fault(filled: KeptThings) -> None:
    def write() -> None:
        filled.keep_blob(b"that nobody refers to")
        filled.keep_record("new", "page", filled.keep_blob(b"a new page"))
        filled.keep_record("six", "page", filled.keep_blob(b"a newer page of six"))
        filled.root.layout.blob(sha256_of(b"page of six")).unlink(missing_ok=True)

    for at in (("blob", "begin"), ("blob", "end"), ("record", "begin"), ("record", "end")):
        assert verified_while(filled, at, write).findings == ()  # type: ignore[arg-type]


@pytest.mark.parametrize("heal", ["again", "gone"])
def test_what_others_heal_meanwhile_is_no_fault(filled: KeptThings, heal: str) -> None:
    blob = filled.root.layout.blob(sha256_of(b"page of six"))
    record, tree = filled.found("entries-v1/http/attrs/*"), filled.found("trees-v1/*/*")
    for path in (blob, record, tree / "files/purelib/six.py"):
        kept.flip(path)

    def act() -> None:
        for path in (record, tree):
            kept.delete(path)
        if heal == "again":
            filled.keep_blob(b"page of six")
        else:
            kept.delete(blob)
            shutil.rmtree(filled.root.layout.entries / "http" / "six")

    assert len(filled.verified().findings) == 3
    assert verified_while(filled, ("repository", "end"), act).findings == ()


def test_what_is_taken_away_file_by_file_is_looked_at_until_it_is_gone(filled: KeptThings) -> None:
    tree = filled.found("trees-v1/*/*")
    victims = [*sorted(tree.glob("files/purelib/**/*.*")), tree]
    kept.delete(victims.pop(0))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        kept.delete(victims.pop(0))

    verification = replace(filled.verification(), pause=pause, clock=FakeClock(0.0))
    assert verification.verify().findings == ()
    assert len(pauses) == 3
    assert sum(pauses) < 1


def test_what_is_damaged_all_the_time_is_told_in_the_end(filled: KeptThings) -> None:
    blob = filled.found("blobs-v1/*/*")
    kept.flip(blob)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        kept.grow(blob)

    (finding,) = replace(filled.verification(), pause=pause).verify().findings
    assert f"({blob.stat().st_size} bytes)" in finding.faults[0].found
    assert sum(pauses) < 3


def test_others_at_work_are_never_told_as_faults(filled: KeptThings) -> None:
    """Everything is taken away and kept again, over and over, while it is verified."""
    contents = Contents(root=filled.root, clock=FakeClock())
    stop = threading.Event()
    faults: list[BaseException] = []

    def work() -> None:
        try:
            while not stop.is_set():
                filled.fill()
                contents.purge()
        except BaseException as error:  # noqa: BLE001 - told by the test
            faults.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        verification = replace(filled.verification(), clock=time.time, pause=time.sleep)
        found = [finding for _ in range(5) for finding in verification.verify().findings]
    finally:
        stop.set()
        worker.join()
    assert faults == []
    assert found == []


def test_an_error_ends_a_verification_and_its_threads(filled: KeptThings) -> None:
    def interrupt(_: Part, __: int) -> None:
        raise KeyboardInterrupt

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        filled.verification(watch=interrupt).verify()
    assert threading.active_count() == before

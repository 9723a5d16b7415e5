"""Every kind of damage to everything that is kept: found, told for what it is, and put right."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.commands.cache_verify import verify
from freewheel.events import Recorder
from freewheel.model import digest as digests
from freewheel.store.manifest import tree_of_any, tree_to_bytes
from freewheel.store.verification.findings import Repair
from tests.support import kept
from tests.support.clock import FakeClock
from tests.support.folders import snapshot
from tests.support.kept import KeptThings, keeping_time

BLOB = "blobs-v1/*/*"
RECORD = "entries-v1/http/six/*"
WHEEL = "wheels-v1/six/*"
WHEEL_FILE, BUILD, ORIGIN = f"{WHEEL}/*.whl", f"{WHEEL}/build.json", f"{WHEEL}/origin.json"
TREE = "trees-v1/*/*"
MANIFEST, MODULE, SCRIPT = f"{TREE}/manifest", f"{TREE}/files/purelib/six.py", f"{TREE}/files/purelib/bin/six"
BYTECODE = f"{TREE}/bytecode/*"
PYC = f"{BYTECODE}/files/purelib/__pycache__/six.pyc"
CLONE = "repositories-v1/six/*"
HEAD = f"{CLONE}/clone/HEAD"


def rename(wheel: Path) -> None:
    """Make it one of another version."""
    wheel.rename(wheel.with_name(wheel.name.replace("1.0", "1.1")))


DAMAGES: list[tuple[str, str, Callable[[Path], None], str, str]] = [
    # kind, what is damaged, how, the trouble that is told, what becomes of it
    ("blob", BLOB, kept.flip, "digest", "dropped"),
    ("blob", BLOB, keeping_time(kept.flip), "digest", "dropped"),
    ("blob", BLOB, kept.truncate, "digest", "dropped"),
    ("blob", BLOB, kept.empty, "digest", "dropped"),
    ("blob", BLOB, kept.grow, "digest", "dropped"),
    ("blob", BLOB, kept.link, "type", "dropped"),
    ("blob", BLOB, kept.folder_instead, "type", "dropped"),
    ("blob", BLOB, kept.pipe_instead, "type", "dropped"),
    ("record", RECORD, kept.flip, "checksum", "dropped"),
    ("record", RECORD, kept.flip_first, "checksum", "dropped"),
    ("record", RECORD, kept.truncate, "checksum", "dropped"),
    ("record", RECORD, kept.empty, "checksum", "dropped"),
    ("record", RECORD, kept.grow, "checksum", "dropped"),
    ("record", RECORD, kept.link, "type", "dropped"),
    ("record", RECORD, kept.folder_instead, "type", "dropped"),
    ("wheel", WHEEL_FILE, kept.flip, "digest", "dropped"),
    ("wheel", WHEEL_FILE, keeping_time(kept.flip), "digest", "dropped"),
    ("wheel", WHEEL_FILE, kept.truncate, "digest", "dropped"),
    ("wheel", WHEEL_FILE, kept.empty, "digest", "dropped"),
    ("wheel", WHEEL_FILE, kept.delete, "missing", "dropped"),
    ("wheel", WHEEL_FILE, kept.link, "type", "dropped"),
    ("wheel", WHEEL_FILE, lambda path: shutil.copy(path, path.with_name(f"x{path.name}")), "missing", "dropped"),
    (
        "wheel",
        WHEEL_FILE,
        rename,
        "address",
        "dropped",
    ),
    ("wheel", BUILD, kept.garbage, "provenance", "dropped"),
    ("wheel", BUILD, kept.empty, "provenance", "dropped"),
    ("wheel", BUILD, kept.truncate, "provenance", "dropped"),
    ("wheel", BUILD, kept.delete, "missing", "dropped"),
    ("wheel", BUILD, kept.link, "type", "dropped"),
    ("wheel", ORIGIN, kept.garbage, "provenance", "dropped"),
    ("wheel", ORIGIN, kept.truncate, "provenance", "dropped"),
    ("wheel", ORIGIN, kept.delete, "missing", "dropped"),
    ("wheel", ORIGIN, kept.folder_instead, "type", "dropped"),
    ("tree", MANIFEST, kept.flip, "checksum", "dropped"),
    ("tree", MANIFEST, kept.truncate, "checksum", "dropped"),
    ("tree", MANIFEST, kept.empty, "checksum", "dropped"),
    ("tree", MANIFEST, kept.delete, "missing", "dropped"),
    ("tree", MANIFEST, kept.link, "type", "dropped"),
    ("tree", MODULE, keeping_time(kept.flip), "digest", "dropped"),
    ("tree", MODULE, keeping_time(kept.truncate), "size", "dropped"),
    ("tree", MODULE, keeping_time(kept.grow), "size", "dropped"),
    ("tree", MODULE, kept.delete, "missing", "dropped"),
    ("tree", MODULE, kept.link, "type", "dropped"),
    ("tree", MODULE, kept.folder_instead, "type", "dropped"),
    ("tree", MODULE, kept.touch, "time", "put right"),
    ("tree", MODULE, lambda path: path.chmod(0o644), "mode", "put right"),
    ("tree", SCRIPT, lambda path: path.chmod(0o444), "mode", "put right"),
    ("tree", f"{TREE}/files/purelib/data", kept.link, "type", "dropped"),
    ("tree", f"{TREE}/files/purelib/data", kept.file_instead, "type", "dropped"),
    ("tree", f"{TREE}/files/purelib/data", kept.delete, "missing", "dropped"),
    ("tree", f"{TREE}/files", kept.delete, "missing", "dropped"),
    ("tree", f"{TREE}/files", kept.link, "type", "dropped"),
    ("tree", f"{TREE}/bytecode", kept.file_instead, "type", "dropped"),
    ("tree", TREE, kept.link, "type", "dropped"),
    ("bytecode", f"{BYTECODE}/manifest", kept.flip, "checksum", "dropped"),
    ("bytecode", f"{BYTECODE}/manifest", kept.truncate, "checksum", "dropped"),
    ("bytecode", f"{BYTECODE}/manifest", kept.delete, "missing", "dropped"),
    ("bytecode", PYC, keeping_time(kept.flip), "digest", "dropped"),
    ("bytecode", PYC, keeping_time(kept.truncate), "size", "dropped"),
    ("bytecode", PYC, kept.delete, "missing", "dropped"),
    ("bytecode", PYC, kept.link, "type", "dropped"),
    ("bytecode", PYC, kept.touch, "time", "put right"),
    ("bytecode", PYC, lambda path: path.chmod(0o600), "mode", "put right"),
    ("repository", HEAD, kept.delete, "missing", "dropped"),
    ("repository", HEAD, kept.garbage, "shape", "dropped"),
    ("repository", HEAD, kept.empty, "shape", "dropped"),
    ("repository", HEAD, kept.link, "type", "dropped"),
    ("repository", f"{CLONE}/clone/objects", kept.delete, "missing", "dropped"),
    ("repository", f"{CLONE}/clone/refs", kept.file_instead, "type", "dropped"),
    ("repository", f"{CLONE}/clone", kept.link, "type", "dropped"),
    ("repository", f"{CLONE}/clone", kept.delete, "missing", "dropped"),
    ("folder", "blobs-v1/??", kept.link, "type", "dropped"),
    ("folder", "trees-v1", kept.file_instead, "type", "dropped"),
    ("folder", "entries-v1", kept.link, "type", "dropped"),
]


FULL = {"blob": 4, "record": 4, "wheel": 2, "tree": 2, "bytecode": 4, "repository": 2}
GOES_WITH = {
    "blob": {"blob": 1, "record": 1},
    "record": {"record": 1},
    "wheel": {"wheel": 1},
    "tree": {"tree": 1, "bytecode": 2},
    "bytecode": {"bytecode": 1},
    "repository": {"repository": 1},
}


def repaired(things: KeptThings) -> tuple[Repair, ...]:
    """What becomes of what is wrong."""
    outcome = verify(things.root, threads=2, reporter=Recorder(), clock=FakeClock(4e9), pause=print, repairs=True)
    assert outcome.is_sound
    assert outcome.repairs is not None
    return outcome.repairs


@pytest.fixture
def things(tmp_path: Path) -> KeptThings:
    filled = KeptThings(tmp_path)
    filled.fill()
    return filled


def test_what_nobody_damaged_is_sound(things: KeptThings) -> None:
    verdict = things.verified()
    assert verdict.findings == ()
    assert verdict.checked == FULL
    names = ("*/*/*.whl", "blobs-v1/*/*", "entries-v1/*/*/*", "trees-v1/**/manifest", "trees-v1/**/*.*")
    paths = {path for name in names for path in things.root.path.rglob(name) if path.is_file()}
    paths |= set(things.root.path.glob("trees-v1/*/*/files/purelib/bin/six"))
    assert verdict.size == sum(path.stat().st_size for path in paths)


@pytest.mark.parametrize(("kind", "pattern", "damage", "trouble", "outcome"), DAMAGES)
def test_damage(
    things: KeptThings, kind: str, pattern: str, damage: Callable[[Path], None], trouble: str, outcome: str
) -> None:
    path = things.found(pattern)
    damage(path)
    before = snapshot(things.root.path, with_times=True)
    verdict = things.verified()
    assert snapshot(things.root.path, with_times=True) == before, "looking changes nothing"
    found = [finding for finding in verdict.findings if finding.kind == kind]
    assert [fault.trouble for finding in found for fault in finding.faults] == [trouble]
    (finding,) = found
    assert path.is_relative_to(finding.path) or finding.path.is_relative_to(path)
    (fault,) = finding.faults
    assert fault.expected
    assert fault.found
    assert fault.expected != fault.found

    done = repaired(things)
    assert {repair.outcome for repair in done if repair.finding.kind == kind} == {outcome}
    after = things.verified()
    assert after.findings == ()
    if kind != "folder":
        assert after.checked == Counter(FULL) - Counter(GOES_WITH[kind] if outcome == "dropped" else {})


@pytest.mark.parametrize("time", [-(2**40), 2**62, 0])
def test_a_manifest_with_a_time_that_nothing_has_is_told(things: KeptThings, time: int) -> None:
    path = things.found(MANIFEST)
    wheel, manifest = tree_of_any(path.read_bytes())
    files = tuple(replace(file, mtime=time) for file in manifest.files)
    kept.overwrite(path, tree_to_bytes(digests.parse(wheel), replace(manifest, files=files)))
    (finding,) = things.verified().findings
    assert {fault.trouble for fault in finding.faults} == {"time"}
    assert finding.faults[0].expected == (
        "modified 1970-01-01 00:00:00 UTC" if time == 0 else f"modified {time} s after 1970"
    )
    assert {repair.outcome for repair in repaired(things)} == {"put right" if time == 0 else "dropped"}
    assert things.verified().findings == ()


def test_a_copy_without_times_gets_them_back(things: KeptThings) -> None:
    aside = things.root.path.with_name("aside")
    things.root.path.rename(aside)
    shutil.copytree(aside, things.root.path, copy_function=shutil.copy)
    assert {repair.outcome for repair in repaired(things)} == {"put right"}
    after = things.verified()
    assert (after.findings, after.checked) == ((), FULL)
    for path in things.root.path.glob("trees-v1/*/*/files/**/*.*"):
        assert path.stat().st_mtime == (aside / path.relative_to(things.root.path)).stat().st_mtime


def test_a_wheel_without_readable_build_json_is_held_against_its_own_record(things: KeptThings) -> None:
    wheel, build = things.found(WHEEL_FILE), things.found(BUILD)
    kept.garbage(build)
    sound = wheel.read_bytes()
    for position in range(0, len(sound), 7):
        kept.overwrite(wheel, sound[:position] + bytes([sound[position] ^ 0xFF]) + sound[position + 1 :])
        (finding,) = things.verified().findings
        troubles = [fault.trouble for fault in finding.faults]
        assert troubles[0] == "provenance"
        assert set(troubles[1:]) <= {"archive"}
    kept.truncate(wheel)
    (finding,) = things.verified().findings
    assert {fault.trouble for fault in finding.faults} == {"provenance", "archive"}


SWAPS = [
    ("blob", "blobs-v1/*/*", "digest"),
    ("record", "entries-v1/http/*/*", "address"),
    ("wheel", "wheels-v1/*/*", "address"),
    ("wheel", "wheels-v1/*", "address"),
    ("wheel", "wheels-v1/*/*/build.json", "address"),
    ("wheel", "wheels-v1/*/*/*.whl", "digest"),
    ("tree", "trees-v1/*/*", "address"),
    ("tree", "trees-v1/*/*/manifest", "address"),
    ("bytecode", "trees-v1/*/*/bytecode/*", "address"),
]


@pytest.mark.parametrize(("kind", "pattern", "trouble"), SWAPS)
def test_what_is_swapped_is_found_in_both_places(things: KeptThings, kind: str, pattern: str, trouble: str) -> None:
    kept.swap(*things.two(pattern))
    verdict = things.verified()
    found = [finding for finding in verdict.findings if finding.kind == kind]
    assert len(found) == 2
    assert {finding.faults[0].trouble for finding in found} == {trouble}
    assert {repair.outcome for repair in repaired(things)} == {"dropped"}
    assert things.verified().findings == ()

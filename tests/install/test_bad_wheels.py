"""Wheels that are not what they should be: one error, every problem in it, nothing written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.errors import BrokenArchive, DigestMismatch, InvalidWheel
from freewheel.events import Healed
from tests.install.conftest import Bench
from tests.support.environments import Environment

MakeWheel = Callable[..., Path]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        ("wrong-digest", "bad.py does not have the digest that RECORD states"),
        ("not-in-record", "RECORD states no SHA-256 digest of stowaway.py"),
        ("no-record", "its RECORD is missing"),
        ("no-metadata", "METADATA names the project '', the file name 'bad'"),
        ("no-wheel-file", "its WHEEL file is missing"),
        ("newer-wheel-version", "its Wheel-Version is 2.0, not 1"),
        ("other-name", "METADATA names the project 'bad-other', the file name 'bad'"),
        ("other-version", "METADATA states the version '1.0.1', the file name '1.0'"),
    ],
)
def test_what_breaks_the_format_is_refused(bench: Bench, wheel: MakeWheel, damage: str, problem: str) -> None:
    with pytest.raises(InvalidWheel) as caught:
        bench.unpacker.tree(bench.wheel_file(wheel("bad", broken=damage)))
    assert problem in caught.value.problems
    assert caught.value.subject == "bad-1.0-py3-none-any.whl"
    assert not list(bench.root.path.rglob("bad.py"))


@pytest.mark.parametrize("damage", ["path-traversal", "absolute-path", "truncated", "not-a-zip"])
def test_what_is_no_sound_archive_is_refused(bench: Bench, wheel: MakeWheel, damage: str) -> None:
    with pytest.raises(BrokenArchive):
        bench.unpacker.tree(bench.wheel_file(wheel("bad", broken=damage)))
    assert not list(bench.folder.rglob("*escaped.py"))


def test_every_problem_is_told_at_once(bench: Bench, wheel: MakeWheel) -> None:
    path = wheel(
        "bad",
        files={"bad": "a file", "bad/inner.py": "and a folder"},
        data={"nowhere/x.txt": ""},
        entry_points={"console_scripts": {"bad": "bad", "../evil": "bad:main"}},
    )
    with pytest.raises(InvalidWheel) as caught:
        bench.unpacker.tree(bench.wheel_file(path))
    assert caught.value.problems == (
        "bad-1.0.data/nowhere/x.txt is in no install scheme",
        "bad/inner.py lies in a folder that is a file",
        "its entry point 'bad = bad' does not name a callable",
        "its entry point '../evil = bad:main' leads out of the scripts folder",
    )


def test_an_empty_record_states_no_digest(bench: Bench, wheel: MakeWheel) -> None:
    path = wheel("bad")
    _replace_member(path, "bad-1.0.dist-info/RECORD", lambda _: b"")
    with pytest.raises(InvalidWheel) as caught:
        bench.unpacker.tree(bench.wheel_file(path))
    assert "RECORD states no SHA-256 digest of bad.py" in caught.value.problems


def test_a_signature_of_record_may_have_any_digest_or_none(bench: Bench, wheel: MakeWheel) -> None:
    path = wheel("signed", dist_info={"RECORD.jws": "{}"})
    line = b"signed-1.0.dist-info/RECORD.jws,no-such-algorithm=ab,2"
    _replace_member(
        path,
        "signed-1.0.dist-info/RECORD",
        lambda text: b"\n".join(line if b"RECORD.jws" in one else one for one in text.splitlines()),
    )
    tree = bench.unpacker.tree(bench.wheel_file(path))
    assert "signed-1.0.dist-info/RECORD.jws" in {file.path for file in tree.manifest.files}


def _replace_member(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in members.items():
            archive.writestr(one, change(content) if one == name else content)


def test_a_damaged_member_is_a_broken_archive(bench: Bench, wheel: MakeWheel) -> None:
    path = wheel("bad", files={"bad.py": "x = 1\n" * 1000})
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("bad.py").header_offset + 30 + len("bad.py")
    content = bytearray(path.read_bytes())
    content[start + 4 : start + 12] = bytes(8)
    path.write_bytes(content)
    with pytest.raises(BrokenArchive):
        bench.unpacker.tree(bench.wheel_file(path))


def test_bytes_that_were_damaged_where_they_were_kept_are_renewed_once(bench: Bench, wheel: MakeWheel) -> None:
    """Behaviour 62, as far as it is the installer's."""
    path = wheel("one", files={"one.py": "x = 1\n"})
    sound = path.read_bytes()
    given = bench.wheel_file(path)
    path.write_bytes(sound[:40] + b"?" + sound[41:])
    with pytest.raises(DigestMismatch) as caught:
        bench.unpacker.tree(given)
    assert (caught.value.expected, caught.value.subject) == (given.digest.value, path.name)
    with pytest.raises(DigestMismatch):
        bench.unpacker.tree(replace(given, renew=given.open))
    bench.reporter.events.clear()
    tree = bench.unpacker.tree(replace(given, renew=lambda: io.BytesIO(sound)))
    assert (tree.root / "purelib/one.py").read_text() == "x = 1\n"
    healed = [event for event in bench.reporter.events if isinstance(event, Healed)]
    assert [(event.kind, event.subject) for event in healed] == [("download", path.name)]


def test_a_second_dist_info_folder_is_refused(bench: Bench, wheel: MakeWheel) -> None:
    path = wheel("bad", files={"bad.py": "", "other-1.0.dist-info/METADATA": ""})
    with pytest.raises(InvalidWheel) as caught:
        bench.unpacker.tree(bench.wheel_file(path))
    assert caught.value.problems == ("several .dist-info folders: bad-1.0.dist-info, other-1.0.dist-info",)


def test_what_a_wheel_brings_of_another_installation_is_left_out(
    bench: Bench, environment: Environment, wheel: MakeWheel
) -> None:
    path = wheel("odd", dist_info={"INSTALLER": "other\n", "REQUESTED": "", "direct_url.json": "{}"})
    bench.install(environment, path)
    found = bench.installed(environment, "odd")
    assert found.installer == "freewheel"
    assert not found.is_requested
    assert found.direct_url is None


def test_other_strong_digests_are_checked_too(bench: Bench, wheel: MakeWheel) -> None:
    path = wheel("strong")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    record = next(name for name in members if name.endswith("RECORD"))
    lines = members[record].decode().splitlines()
    members[record] = "\n".join([f"strong.py,sha512={'A' * 86},", *lines[1:]]).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InvalidWheel) as caught:
        bench.unpacker.tree(bench.wheel_file(path))
    assert caught.value.problems == ("strong.py does not have the digest that RECORD states",)

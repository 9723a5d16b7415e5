"""Faults of wheels."""

from __future__ import annotations

import sys
import time
import zipfile
from pathlib import Path

import pytest
from packaging.version import Version

from freewheel.build import inspection
from freewheel.errors import InvalidWheel
from freewheel.events import Recorder
from freewheel.install.environment import interrogate
from freewheel.model.artifact import NormalizedName
from freewheel.model.digest import sha256_of
from freewheel.model.target import Target
from freewheel.store.memory import MemoryEntries
from tests.support.archives import Damage, make_wheel

SIX = NormalizedName("six")


@pytest.fixture(scope="module")
def target() -> Target:
    entries = MemoryEntries(clock=time.time)
    return interrogate(sys.executable, entries=entries, reporter=Recorder()).target


def problems(path: Path, target: Target, version: str = "1.0") -> tuple[str, ...]:
    with pytest.raises(InvalidWheel) as caught:
        inspection.checked(path, project=SIX, version=Version(version), target=target)
    assert caught.value.subject == path.name
    return caught.value.problems


def test_a_sound_wheel_has_a_digest_and_a_size(tmp_path: Path, target: Target) -> None:
    path = make_wheel(tmp_path, "six", build="7", scripts={"run.sh": "#!/bin/sh\n"})
    sound = inspection.checked(path, project=SIX, version=Version("1"), target=target)
    content = path.read_bytes()
    assert (sound.path, sound.digest, sound.size) == (path, sha256_of(content), len(content))


def test_any_version_will_do_where_none_is_wanted(tmp_path: Path, target: Target) -> None:
    path = make_wheel(tmp_path, "six", "2.0")
    assert inspection.checked(path, project=SIX, version=None, target=target)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("wrong-digest", "didn't match RECORD"),
        ("not-in-record", "not mentioned in RECORD"),
        ("no-record", "RECORD"),
        ("no-metadata", "METADATA"),
        ("no-wheel-file", "WHEEL"),
        ("newer-wheel-version", "format version 2.0"),
        ("other-name", "its metadata is for the project"),
        ("other-version", "its metadata has the version"),
        ("truncated", "cannot be read"),
        ("not-a-zip", "cannot be read"),
    ],
)
def test_a_damaged_wheel_has_faults(tmp_path: Path, target: Target, broken: Damage, words: str) -> None:
    found = problems(make_wheel(tmp_path, "six", broken=broken), target)
    assert words in " ".join(found)
    assert str(tmp_path) not in " ".join(found)


def test_a_member_that_cannot_be_unpacked_is_a_fault(tmp_path: Path, target: Target) -> None:
    path = make_wheel(tmp_path, "six", files={"six.py": "x = 1\n" * 1000})
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo("six.py")
    data = bytearray(path.read_bytes())
    start = member.header_offset + 30 + len(member.filename)
    data[start : start + 8] = b"\xff" * 8
    path.write_bytes(data)
    assert "cannot be read" in " ".join(problems(path, target))


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("Metadata-Version: 3.0", "unknown"),
        ("Metadata-Version: x", "no version"),
        ("Version: x", "which is none"),
    ],
)
def test_metadata_that_nobody_can_read_is_a_fault(tmp_path: Path, target: Target, field: str, words: str) -> None:
    fields = {"Metadata-Version": "2.1", "Name": "six", "Version": "1.0"} | dict([field.split(": ")])
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    assert words in " ".join(problems(make_wheel(tmp_path, "six", dist_info={"METADATA": text}), target))


def test_all_faults_are_found_at_once(tmp_path: Path, target: Target) -> None:
    path = make_wheel(tmp_path, "seven", "2.0", tag="cp27-cp27mu-win32", broken="wrong-digest")
    found = " ".join(problems(path, target))
    assert all(words in found for words in ("project seven", "version 2.0", "do not fit", "RECORD"))


def test_a_wheel_that_is_not_there_or_has_no_wheels_name_is_a_fault(tmp_path: Path, target: Target) -> None:
    assert problems(tmp_path / "six-1.0-py3-none-any.whl", target)
    odd = make_wheel(tmp_path, "six").rename(tmp_path / "six.whl")
    assert "file name is invalid" in problems(odd, target)[0]


def test_the_metadata_of_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidWheel):
        inspection.read_metadata(tmp_path / "six-1.0-py3-none-any.whl", project=SIX)

"""Another program's cache: what is read of it, and when it is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freewheel.store.admission import Unusable
from freewheel.store.foreign import LARGEST_RECORD, ForeignFolder, admit
from freewheel.store.protocol import Miss
from tests.support.folders import snapshot

UID = os.geteuid() if hasattr(os, "geteuid") else None


@pytest.fixture
def folder(tmp_path: Path) -> ForeignFolder:
    (tmp_path / "pips" / "a").mkdir(parents=True)
    (tmp_path / "pips" / "a" / "record").write_bytes(b"bytes")
    return ForeignFolder(root=tmp_path / "pips")


def reason(found: object) -> str:
    assert isinstance(found, Miss)
    return found.reason


def test_a_file_is_read_and_nothing_is_changed(folder: ForeignFolder) -> None:
    before = snapshot(folder.root, with_times=True)
    read = folder.read("a", "record")
    assert not isinstance(read, Miss)
    data, found = read
    assert (data, found.size, found.stream.closed) == (b"bytes", 5, True)
    assert folder.names("a") == ("record",)
    assert snapshot(folder.root, with_times=True) == before


def test_a_file_that_is_replaced_or_written_to_is_another(folder: ForeignFolder) -> None:
    read = folder.read("a", "record")
    assert not isinstance(read, Miss)
    assert folder.is_still(read[1])
    (folder.root / "a" / "new").write_bytes(b"bytes")
    (folder.root / "a" / "new").replace(folder.root / "a" / "record")
    assert not folder.is_still(read[1])
    (folder.root / "a" / "record").unlink()
    assert not folder.is_still(read[1])


def test_what_is_no_file_is_a_miss(folder: ForeignFolder) -> None:
    os.mkfifo(folder.root / "pipe")
    (folder.root / "dangling").symlink_to("nowhere")
    assert reason(folder.open("none")) == "it is not there"
    assert reason(folder.open("a", "record", "below")) == "it is not there"
    assert reason(folder.open("dangling")) == "it is not there"
    assert "Is a directory" in reason(folder.read("a"))
    assert "Is not a regular file" in reason(folder.read("pipe"))
    assert reason(folder.open("a\0b")) == reason(folder.open("\ud800")) == "no file can have such a name"
    assert folder.names("none") == ()


def test_what_is_too_large_for_a_record_is_not_read(folder: ForeignFolder) -> None:
    with (folder.root / "large").open("wb") as stream:
        stream.truncate(LARGEST_RECORD + 1)
    assert "more than any record" in reason(folder.read("large"))


def test_a_folder_is_admitted_by_the_rule_for_ours(folder: ForeignFolder) -> None:
    assert admit(folder.root, ("a", "none"), uid=UID) == folder
    assert admit(folder.root / "none", ("a",), uid=UID) is None
    assert admit(folder.root / "a" / "record", (), uid=UID) is None


@pytest.mark.parametrize("place", [".", "a"])
def test_what_others_may_write_to_is_left_alone(folder: ForeignFolder, place: str) -> None:
    (folder.root / place).chmod(0o777)
    found = admit(folder.root, ("a",), uid=UID)
    assert isinstance(found, Unusable)
    assert "everybody may write to it" in found.reason


def test_what_belongs_to_somebody_else_is_left_alone_by_root(folder: ForeignFolder) -> None:
    if UID != 0:
        pytest.skip("only root can give a folder away")
    os.chown(folder.root / "a", 12345, 12345)
    found = admit(folder.root, ("a",), uid=0)
    assert isinstance(found, Unusable)
    assert "belongs to another user" in found.reason

"""Reading and renaming whole files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from freewheel.errors import NoSpace, StoreError
from freewheel.store.atomic import LARGEST_READ, Storing, miss_of, read, rename_folder, retrying


@pytest.mark.parametrize("code", [errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)])
def test_a_full_disk_has_an_error_of_its_own(code: int) -> None:
    with pytest.raises(NoSpace) as caught, Storing(Path("x")):
        raise OSError(code, os.strerror(code))
    assert caught.value.path == "x"


def test_any_other_failure_is_a_store_error_with_the_systems_reason() -> None:
    with pytest.raises(StoreError) as caught, Storing(Path("x")):
        raise OSError(errno.EIO, "Input/output error", "secret path")
    assert not isinstance(caught.value, NoSpace)
    assert caught.value.reason == "Input/output error"


@pytest.mark.parametrize(
    ("code", "is_damage"),
    [(errno.ENOENT, False), (errno.ENOTDIR, False), (errno.EACCES, False), (errno.EIO, True), (errno.EISDIR, True)],
)
def test_only_what_is_wrong_with_the_file_is_damage(code: int, is_damage: bool) -> None:
    assert miss_of(OSError(code, os.strerror(code)), "absent").is_damage is is_damage


def test_absence_has_the_readers_reason() -> None:
    assert miss_of(FileNotFoundError(errno.ENOENT, "No such file"), "nothing is stored for it").reason == (
        "nothing is stored for it"
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_in_a_files_place_does_not_make_the_reader_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="Is not a regular file"):
        read(tmp_path / "pipe")


def test_what_is_too_big_to_be_a_record_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(LARGEST_READ + 1)
    with pytest.raises(OSError, match="large"):
        read(tmp_path / "huge")


def test_a_folder_never_replaces_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").write_bytes(b"kept")
    (tmp_path / "plain").write_bytes(b"kept")
    assert not rename_folder(tmp_path / "new", tmp_path / "old")
    assert not rename_folder(tmp_path / "new", tmp_path / "plain")
    assert rename_folder(tmp_path / "new", tmp_path / "free")
    assert (tmp_path / "old" / "file").read_bytes() == (tmp_path / "plain").read_bytes() == b"kept"


def test_what_is_refused_is_tried_again_after_each_delay() -> None:
    pauses: list[float] = []

    def action() -> None:
        if len(pauses) < 2:
            raise PermissionError(errno.EACCES, "held open")

    retrying(action, (0.1, 0.2, 0.3), pauses.append)
    assert pauses == [0.1, 0.2]


def test_what_stays_refused_is_an_error_in_the_end() -> None:
    pauses: list[float] = []

    def action() -> None:
        raise PermissionError(errno.EACCES, "held open")

    with pytest.raises(PermissionError):
        retrying(action, (0.1, 0.2), pauses.append)
    assert pauses == [0.1, 0.2]

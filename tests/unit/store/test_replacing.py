"""Files of a person, replaced in one step."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from freewheel.errors import NotWritable
from freewheel.store.replacing import replacing, write_text
from tests.support.disk import bound, small_disk


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    write_text(str(tmp_path / "new"), "caf\u00e9\r\n")
    assert (tmp_path / "new").read_bytes() == b"caf\xc3\xa9\r\n"
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name == "nt", reason="modes and links")
def test_mode_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write_text(str(link), "new")
    assert (real.read_text(), stat.S_IMODE(real.stat().st_mode), link.is_symlink()) == ("new", 0o640, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_what_cannot_be_written_whole_leaves_the_old_one(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=1 << 16) as disk:
        path = disk / "report.json"
        path.write_text("old")
        with pytest.raises(NotWritable, match="No space left"):
            write_text(str(path), "x" * (1 << 17))
        assert (path.read_text(), [one.name for one in disk.iterdir()]) == ("old", ["report.json"])


def test_a_place_that_is_none_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent" / "file"):
        with pytest.raises(NotWritable) as caught:
            write_text(str(path), "")
        assert caught.value.path == str(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="pipes in the file system")
def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=write_text, args=(str(pipe), "told"))
    writer.start()
    assert pipe.read_text() == "told"
    writer.join()
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_file_that_is_a_mount_is_written_into(tmp_path: Path) -> None:
    """As containers have them: it cannot be replaced."""
    with small_disk(tmp_path / "disk", size=1 << 16) as disk:
        (disk / "report.json").write_text("old")
        mounted = tmp_path / "report.json"
        mounted.touch()
        with bound(disk / "report.json", mounted):
            write_text(str(mounted), "new")
            assert mounted.read_text() == "new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "report.json"]


def test_what_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_text("old")
    with suppress(KeyError), replacing(target) as aside:
        aside.write_text("half")
        raise KeyError
    with suppress(KeyError), replacing(target):
        raise KeyError
    assert (target.read_text(), list(tmp_path.iterdir())) == ("old", [target])

"""Room for one run, and nothing left of it."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from freewheel.errors import NotWritable
from freewheel.wiring.scratch import Scratch
from tests.support.unprivileged import Person

READ_ONLY = """
import os, sys, tempfile
from pathlib import Path
from freewheel.wiring.scratch import Scratch

outside = Path(sys.argv[1])
with Scratch() as scratch:
    locked = scratch("build") / "locked"
    (locked / "closed").mkdir(parents=True)
    (locked / "closed" / "file").touch()
    os.link(outside / "kept", locked / "linked")
    (locked / "link").symlink_to(outside, target_is_directory=True)
    (locked / "closed").chmod(0)
    locked.chmod(0o500)
print(os.listdir(tempfile.gettempdir()))
"""


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """Stands in for the system's folder for temporary files."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path)
    yield tmp_path
    tempfile.tempdir = before


def test_folders_are_new_and_gone_at_the_end(temporary: Path) -> None:
    with Scratch() as scratch:
        assert list(temporary.iterdir()) == []
        first, second = scratch("build"), scratch("build")
        assert first != second
        assert first.name.startswith("build-")
        (first / "a" / "b").mkdir(parents=True)
        (first / "a" / "b" / "file").write_text("x", encoding="utf-8")
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []


def test_an_error_leaves_nothing_either(temporary: Path) -> None:
    def build() -> None:
        with Scratch() as scratch:
            scratch("build")
            raise KeyError

    with pytest.raises(KeyError):
        build()
    assert list(temporary.iterdir()) == []


def test_where_nothing_can_be_written_it_is_said(temporary: Path) -> None:
    tempfile.tempdir = str(temporary / "absent")
    with Scratch() as scratch, pytest.raises(NotWritable) as caught:
        scratch("build")
    assert "absent" in caught.value.path


def test_folders_that_a_build_closed_go_too_and_what_they_lead_to_keeps_its_mode(unprivileged: Person) -> None:
    outside = unprivileged.new_folder()
    (outside / "kept").write_text("x", encoding="utf-8")
    (outside / "kept").chmod(0o644)
    outside.chmod(0o755)
    unprivileged.give(outside)
    done = unprivileged.run(unprivileged.python, "-c", READ_ONLY, outside)
    assert done.stdout == "[]\n"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (outside, outside / "kept")] == [0o755, 0o644]


def test_what_is_to_be_kept_stays_and_nothing_else(temporary: Path) -> None:
    with Scratch(keeps=("build",)) as scratch:
        scratch("downloads")
        assert scratch.left is None
        kept = scratch("build")
        (kept / "source").mkdir()
        scratch("build-env")
        assert scratch.left == kept.parent
    assert [path.name for path in temporary.rglob("*")] == [kept.parent.name, kept.name, "source"]


def test_a_scratch_that_could_keep_something_and_has_nothing_is_gone(temporary: Path) -> None:
    with Scratch(keeps=("build",)) as scratch:
        scratch("downloads")
    assert list(temporary.iterdir()) == []

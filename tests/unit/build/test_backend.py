"""The log of a build, and settings as hooks take them."""

from __future__ import annotations

from pathlib import Path

from freewheel.build.backend import TAIL_LINES, BuildLog, as_mapping
from freewheel.events import Noted, Recorder
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.root import CacheRoot
from tests.support.clock import FakeClock


def test_the_log_keeps_everything_and_its_tail_the_last_lines_of_a_step(tmp_path: Path) -> None:
    log = BuildLog(tmp_path / "build.log", project="six", reporter=Recorder())
    log.begin("first")
    log.add("before")
    log.begin("second")
    for number in range(TAIL_LINES + 1):
        log.add(f"line {number}")
    lines = log.content().decode().splitlines()
    assert lines[:4] == ["== first", "before", "== second", "line 0"]
    assert log.tail().splitlines() == lines[4:]


def test_credentials_in_output_are_neither_kept_nor_reported(tmp_path: Path) -> None:
    recorder = Recorder()
    log = BuildLog(tmp_path / "build.log", project="six", reporter=recorder)
    log.add("cloning https://me:s3cret@example.org/six.git")
    shown = "cloning https://example.org/six.git"
    assert log.content().decode() == f"{shown}\n"
    assert (log.tail(), recorder.events) == (shown, [Noted(message=shown)])


def test_a_log_that_cannot_be_written_is_empty(tmp_path: Path) -> None:
    log = BuildLog(tmp_path / "nowhere" / "build.log", project="six", reporter=Recorder())
    log.add("line")
    assert (log.content(), log.tail()) == (b"", "line")


def test_text_that_no_file_can_hold_is_written_in_another_form(tmp_path: Path) -> None:
    log = BuildLog(tmp_path / "build.log", project="six", reporter=Recorder())
    log.add("lone \udc80 surrogate")
    assert log.content() == b"lone \\udc80 surrogate\n"


def test_the_log_of_a_failure_stays_where_there_is_a_place_for_it(tmp_path: Path) -> None:
    wheels = LocalBuiltWheels(root=CacheRoot(path=tmp_path / "cache"), clock=FakeClock())
    log = BuildLog(tmp_path / "build.log", project="six", reporter=Recorder(), failures=wheels)
    log.add("line")
    kept = log.keep()
    assert kept is not None
    assert Path(kept).read_bytes() == b"line\n"
    assert BuildLog(tmp_path / "build.log", project="six", reporter=Recorder()).keep() is None


def test_where_the_log_of_a_failure_cannot_be_kept_nothing_else_fails(tmp_path: Path) -> None:
    wheels = LocalBuiltWheels(root=CacheRoot(path=tmp_path, is_writable=False), clock=FakeClock())
    log = BuildLog(tmp_path / "build.log", project="six", reporter=Recorder(), failures=wheels)
    assert log.keep() is None


def test_a_setting_given_twice_is_a_list() -> None:
    assert as_mapping((("a", "1"), ("b", ""), ("a", "2"))) == {"a": ["1", "2"], "b": ""}
    assert as_mapping(()) == {}

"""What runs did is noted, a line each, whoever notes something at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freewheel.store.history import DAYS, History, RunRecord
from freewheel.store.root import CacheRoot
from tests.support.clock import FakeClock

DAY = 86_400.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(20_000 * DAY)


@pytest.fixture
def history(tmp_path: Path, clock: FakeClock) -> History:
    return History(root=CacheRoot(path=tmp_path / "cache"), clock=clock)


def test_reading_no_history_makes_none(history: History) -> None:
    assert list(history.runs()) == []
    assert not history.root.path.exists()


def test_what_is_noted_is_read_again(history: History, clock: FakeClock) -> None:
    run = RunRecord(ended=clock.now, command="install", reused={"tree": 3}, saved_bytes=7, files=("a.whl",))
    history.add(run)
    assert list(history.runs()) == [run]


def test_earlier_days_are_forgotten(history: History, clock: FakeClock) -> None:
    for _ in range(2 * DAYS):
        history.add(RunRecord(ended=clock.now, command="install"))
        clock.advance(DAY)
    assert len(list(history.runs())) == DAYS
    assert len(list(history.root.layout.history.iterdir())) <= DAYS + 2


def test_damaged_lines_are_passed_over(history: History, clock: FakeClock) -> None:
    run = RunRecord(ended=clock.now, command="install")
    history.add(run)
    (path,) = history.root.layout.history.iterdir()
    path.write_bytes(b'{"ended": "never"}\n\xff\n' + path.read_bytes() + b'{"half')
    (path.parent / "link").symlink_to(path)
    assert run in list(history.runs())


def test_lines_of_many_do_not_mix(history: History, clock: FakeClock) -> None:
    runs = [RunRecord(ended=clock.now, command=f"run {number}", files=("x" * 500,) * 20) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(history.add, runs))
    assert sorted(run.command for run in history.runs()) == sorted(run.command for run in runs)


def test_a_cache_that_may_only_be_read_is_not_written(tmp_path: Path, clock: FakeClock) -> None:
    root = CacheRoot(path=tmp_path / "cache", is_writable=False)
    History(root=root, clock=clock).add(RunRecord(ended=clock.now, command="install"))
    assert not root.path.exists()


def test_what_is_in_the_way_fails_nothing(history: History, clock: FakeClock) -> None:
    history.root.layout.history.parent.mkdir(parents=True)
    history.root.layout.history.write_bytes(b"in the way")
    history.add(RunRecord(ended=clock.now, command="install"))

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from freewheel.install.link import Linker
from freewheel.install.placing import Placing, Stopped
from freewheel.install.plan import PlaceFile, WriteFile
from freewheel.store.protocol import Miss
from tests.support.clock import FakeClock


def written(folder: Path, *names: str) -> list[WriteFile]:
    return [WriteFile(destination=str(folder / name), content=name.encode()) for name in names]


def of_the_store(folder: Path, name: str) -> PlaceFile:
    return PlaceFile(
        source=str(folder / "gone"),
        destination=str(folder / name),
        size=1,
        mtime=1,
        is_executable=False,
        may_share=True,
    )


def test_operations_are_done_and_what_was_met_stops_them(tmp_path: Path) -> None:
    placing = Placing(Linker(), touch=lambda: None)
    (tmp_path / "met").write_text("mine")
    done = placing.begin(written(tmp_path, "a", "b"))
    met = placing.begin([*written(tmp_path, "c", "met", "d")])
    gone = placing.begin([*written(tmp_path, "e"), of_the_store(tmp_path, "f")])
    assert done.result() is None
    stopped = met.result()
    assert isinstance(stopped, Stopped)
    assert stopped.done == 1
    assert isinstance(stopped.reason, FileExistsError)
    missed = gone.result()
    assert isinstance(missed, Stopped)
    assert missed.done == 1
    assert isinstance(missed.reason, Miss)
    placing.stop()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        **{name: name for name in "abce"},
        "met": "mine",
    }


def test_an_error_of_the_disk_is_the_results(tmp_path: Path) -> None:
    placing = Placing(Linker(), touch=lambda: None)
    with pytest.raises(FileNotFoundError):
        placing.begin(written(tmp_path / "missing", "a")).result()
    placing.stop()


def test_nothing_is_begun_once_it_was_stopped(tmp_path: Path) -> None:
    has_begun, may_end = threading.Event(), threading.Event()

    class Slow(Linker):
        def place(self, _: PlaceFile) -> None:
            has_begun.set()
            may_end.wait(60)

    placing = Placing(Slow(), touch=lambda: None, threads=1)
    first = placing.begin([of_the_store(tmp_path, "a"), *written(tmp_path, "b")])
    second = placing.begin(written(tmp_path, "c"))
    has_begun.wait(60)
    threading.Timer(0.05, may_end.set).start()
    placing.stop()
    assert first.done()
    assert second.cancelled()
    assert list(tmp_path.iterdir()) == []


def test_it_says_twice_a_second_that_something_is_done(tmp_path: Path) -> None:
    clock = FakeClock()
    touched: list[float] = []

    class Slow(Linker):
        def place(self, _: PlaceFile) -> None:
            clock.advance(0.3)

    placing = Placing(Slow(), touch=lambda: touched.append(clock()), clock=clock)
    placing.carry_out([of_the_store(tmp_path, str(number)) for number in range(10)])
    assert 4 <= len(touched) <= 6
    placing.stop()

"""What is said of an environment that another run changes at the same moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from freewheel.events import Recorder, Warned
from freewheel.wiring.inventory import Inventory


@pytest.fixture
def info(tmp_path: Path) -> Path:
    """The metadata folder of a project whose METADATA is not there, as in the middle of a change."""
    folder = tmp_path / "site" / "six-1.0.dist-info"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize("is_completed", [True, False])
def test_a_fault_counts_once_nobody_changes_the_place(info: Path, is_completed: bool) -> None:
    held: list[str] = []

    @contextmanager
    def changing(folders: Iterable[str]) -> Iterator[None]:
        """The other run comes to its end before the lock is ours."""
        held.extend(folders)
        if is_completed:
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: six\nVersion: 1.0\n")
        yield

    reporter = Recorder()
    found = Inventory(reporter, changing=changing).of_folders([str(info.parent)])
    assert held == [str(info.parent)]
    assert [one.damage is None for one in found.values()] == [is_completed]
    assert [type(event) for event in reporter.events] == ([] if is_completed else [Warned])


def test_where_all_is_well_nobody_is_waited_for(info: Path) -> None:
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: six\nVersion: 1.0\n")

    def changing(folders: Iterable[str]) -> None:
        raise AssertionError(folders)

    assert Inventory(Recorder(), changing=changing).of_folders([str(info.parent)])  # type: ignore[arg-type]

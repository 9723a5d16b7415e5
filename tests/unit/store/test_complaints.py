"""What is told of what cannot be kept."""

from __future__ import annotations

from pathlib import Path

from freewheel.errors import StoreError
from freewheel.events import Recorder, Warned
from freewheel.store.complaints import Complaints


def told(root: Path) -> int:
    recorder = Recorder()
    complaints = Complaints(root=root, reporter=recorder)
    for _ in range(2):
        error = StoreError(path=str(root / "tmp" / "x"), reason="No such file or directory")
        error.__cause__ = FileNotFoundError(2, "No such file or directory")
        complaints.hear_of(error)
    return sum(isinstance(event, Warned) for event in recorder.events)


def test_that_somebody_is_removing_what_is_in_the_cache_is_no_trouble(tmp_path: Path) -> None:
    assert told(tmp_path) == 0


def test_that_the_cache_cannot_be_made_is_told_once(tmp_path: Path) -> None:
    """Such as below /proc, where the system says of every new folder that there is none."""
    assert told(tmp_path / "absent") == 1

"""Noting when something was used."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.store.last_use import is_due, note


@pytest.mark.parametrize(
    ("last_use", "now", "expected"),
    [(0, 3600, False), (0, 3601, True), (5000, 1400, False), (5000, 1399, True), (7, 7, False)],
)
def test_a_use_is_noted_once_an_hour_or_where_a_clock_ran_ahead(last_use: float, now: float, expected: bool) -> None:
    assert is_due(last_use, now) is expected


def test_what_is_noted_is_the_time_given(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    note(tmp_path / "file", 0.0, 12_345.0)
    assert (tmp_path / "file").stat().st_mtime == 12_345.0


def test_what_cannot_be_noted_is_not(tmp_path: Path) -> None:
    note(tmp_path / "gone", 0.0, 12_345.0)
    assert list(tmp_path.iterdir()) == []

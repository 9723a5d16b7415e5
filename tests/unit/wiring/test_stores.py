"""Which cache a run has."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from freewheel.config.values import CacheConfig
from freewheel.events import Noted, Recorder, Warned
from freewheel.wiring.stores import Stores, open_cache, temporary_cache
from tests.support.unprivileged import Person


def opened(folder: Path | None, reporter: Recorder) -> Stores | None:
    config = CacheConfig(folder=None if folder is None else str(folder), source="a test")
    return open_cache(config, clock=time.time, reporter=reporter)


def test_a_cache_that_is_switched_off_is_none() -> None:
    reporter = Recorder()
    assert opened(None, reporter) is None
    assert reporter.events == []


def test_opening_touches_nothing(tmp_path: Path) -> None:
    """Behaviour 1."""
    reporter = Recorder()
    stores = opened(tmp_path / "cache", reporter)
    assert stores is not None
    assert stores.root.path == tmp_path / "cache"
    assert list(tmp_path.iterdir()) == []
    assert reporter.events == []


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_cache_of_somebody_else_is_warned_of_and_not_used(tmp_path: Path, unprivileged: Person) -> None:
    """Behaviour 17."""
    reporter = Recorder()
    folder = tmp_path / "cache"
    folder.mkdir()
    unprivileged.give(folder)
    assert opened(folder, reporter) is None
    (warning,) = reporter.events
    assert isinstance(warning, Warned)
    assert str(folder) in warning.message
    assert "The cache has been disabled." in warning.message


def test_a_file_in_its_place_is_warned_of(tmp_path: Path) -> None:
    """Behaviour 16."""
    reporter = Recorder()
    (tmp_path / "cache").touch()
    assert opened(tmp_path / "cache", reporter) is None
    assert [type(event) for event in reporter.events] == [Warned]


def test_who_waits_for_another_process_hears_of_it(tmp_path: Path) -> None:
    reporter = Recorder()
    stores = temporary_cache(tmp_path, clock=time.time, reporter=reporter)
    assert stores.locks.on_wait is not None
    stores.locks.on_wait("build six")
    assert reporter.events == [Noted(message="Waiting for another process that does the same (build six).")]

"""Locks of places, taken within themselves and by others."""

from __future__ import annotations

import os
from pathlib import Path

from freewheel.events import Recorder, Warned
from freewheel.install.journal import Journal
from freewheel.install.plan import Destination
from freewheel.install.recovery import recover
from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot
from freewheel.wiring.place_locks import PlaceLocks


def impatient(folder: Path) -> tuple[LocalLocks, list[str]]:
    """Locks that do not wait, and the names of those that somebody else held."""
    busy: list[str] = []
    return LocalLocks(root=CacheRoot(path=folder / "cache"), patience=0, on_wait=busy.append), busy


def test_who_changes_a_place_takes_back_what_another_run_left_there(tmp_path: Path) -> None:
    locks, busy = impatient(tmp_path)
    places, site, reporter = PlaceLocks(locks), str(tmp_path / "site"), Recorder()
    schemes = dict.fromkeys(("purelib", "platlib", "headers", "scripts", "data"), site)
    destination = Destination(schemes=schemes, executable="python", python_version="3.11", platform="linux")
    with places.hold([site]):
        journal = Journal([site])
        journal.make_way([str(tmp_path / "site" / "six.py")])
        assert journal._log is not None
        journal._log.close()  # as a process does that dies
        recover(destination, changing=lambda: places.hold([site]), reporter=reporter)
    assert ([type(event) for event in reporter.events], busy) == ([Warned], [])


def test_others_wait_until_whoever_holds_it_is_done(tmp_path: Path) -> None:
    locks, busy = impatient(tmp_path)
    mine, others = PlaceLocks(locks), PlaceLocks(locks)
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    with mine.hold([here]):
        with mine.hold([here]):
            pass
        with others.hold([there]):
            pass
        assert busy == []
        with others.hold([here]):
            pass
    assert busy == [f"change {here}"]
    with others.hold([here]):
        pass
    assert busy == [f"change {here}"]


def test_a_place_has_one_lock_by_all_of_its_names(tmp_path: Path) -> None:
    locks, busy = impatient(tmp_path)
    mine, others = PlaceLocks(locks), PlaceLocks(locks)
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to("here")
    with mine.hold([str(tmp_path / "here" / "site")]):
        for name in ("link/site", "here/../here/site", "link/../here/site/"):
            with others.hold([os.path.join(tmp_path, name)]):  # noqa: PTH118 - as it is written
                pass
    assert busy == [f"change {tmp_path / 'here' / 'site'}"] * 3


def test_places_that_share_a_folder_wait_for_one_another(tmp_path: Path) -> None:
    """Each is asked for once, in an order that does not depend on who asks."""
    locks, busy = impatient(tmp_path)
    mine, others = PlaceLocks(locks), PlaceLocks(locks)
    names = [str(tmp_path / name) for name in ("bin", "one", "two")]
    with mine.hold([names[1], names[0]]):
        with mine.hold([names[0], names[2], names[0]]), others.hold([names[2], names[1]]):
            pass
        assert busy == [f"change {names[1]}", f"change {names[2]}"]
        with others.hold([names[2]]):
            pass
    assert len(busy) == 2


def test_who_holds_a_place_and_looks_at_anothers_goes_on_without_it(tmp_path: Path) -> None:
    """Two of them would wait for one another for as long as a change may take."""
    locks = LocalLocks(root=CacheRoot(path=tmp_path / "cache"), patience=600)
    mine, others = PlaceLocks(locks), PlaceLocks(locks)
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    with (
        mine.hold([here]),
        others.hold([there]),
        mine.hold([there], patience=0.01),
        others.hold([here], patience=0.01),
    ):
        pass

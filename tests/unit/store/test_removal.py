"""Taking files away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from freewheel.store.removal import Removed, Sweep, remove, remove_empty, remove_side_by_side
from tests.support.unprivileged import Person


def test_a_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"123")
    (tmp_path / "a" / "other").write_bytes(b"4")
    told: list[str] = []
    sweep = Sweep(counts=lambda path: not path.endswith("other"), tell=told.append)
    sweep.remove(str(tmp_path / "a"))
    assert told == [str(tmp_path / part) for part in ("a/b/file", "a/b", "a")]
    assert sweep.outcome() == Removed(files=1, directories=2, size=3)
    assert list(tmp_path.iterdir()) == []


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    """Behaviour 123."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"precious")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "to folder").symlink_to(outside, target_is_directory=True)
    (inside / "to file").symlink_to(outside / "file")
    (inside / "to nothing").symlink_to("nowhere")
    removal = remove([inside])
    assert not inside.exists()
    assert removal.size == 0
    assert (outside / "file").read_bytes() == b"precious"


def test_folders_in_folders_go_however_deep_they_are(tmp_path: Path) -> None:
    deepest = tmp_path / "d"
    for _ in range(1500):
        deepest /= "d"
    for folder in (*reversed([place for place in deepest.parents if tmp_path in place.parents]), deepest):
        folder.mkdir()
    removal = remove([tmp_path / "d"])
    assert removal.failures == ()
    assert removal.directories == 1501


def test_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert remove([tmp_path / "missing", tmp_path / "file" / "below"]) == Removed()


def test_only_empty_folders_go_deepest_first(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "full" / "x").mkdir(parents=True)
    assert remove_empty([tmp_path / "a", tmp_path / "a" / "b", tmp_path / "full", tmp_path / "gone"]) == Removed(
        directories=2
    )


PROGRAM = """\
import sys
from pathlib import Path

import pytest
from freewheel.store.removal import Sweep
told = []
sweep = Sweep(tell=told.append)
sweep.remove(sys.argv[1])
removal = sweep.outcome()
print([Path(path).name for path in told])
print(removal.files, removal.directories)
print([(path.name, reason) for path, reason in removal.failures])
"""


def test_what_cannot_be_removed_is_reported_and_the_rest_goes(unprivileged: Person) -> None:
    """Behaviour 122."""
    folder = unprivileged.new_folder()
    for name in ("a", "frozen", "z"):
        (folder / name).mkdir()
        (folder / name / f"{name} file").write_bytes(b"")
    unprivileged.give(folder)
    (folder / "frozen").chmod(0o500)
    told, counts, failures = unprivileged.run(unprivileged.python, "-c", PROGRAM, folder).lines
    assert told == "['a file', 'a', 'z file', 'z']"
    assert counts == "2 2"
    assert failures == f"[('frozen file', {os.strerror(13)!r})]"
    (folder / "frozen").chmod(0o700)


def many(folder: Path, count: int) -> list[Path]:
    """So many folders with a file of ten bytes in each."""
    made = [folder / f"{number:03}" for number in range(count)]
    for path in made:
        path.mkdir(parents=True)
        (path / "file").write_bytes(b"0123456789")
    return made


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 300])
def test_many_things_go_side_by_side_and_all_are_counted(tmp_path: Path, count: int) -> None:
    told: list[str] = []
    things = many(tmp_path / "all", count)
    removed = remove_side_by_side(
        lambda: Sweep(tell=told.append), things, lambda sweep, path: sweep.remove(str(path))
    )
    assert removed == Removed(files=count, directories=count, size=10 * count)
    assert sorted(told) == sorted(str(path) for one in things for path in (one, one / "file"))
    assert not any(path.exists() for path in things)


def test_what_goes_wrong_in_any_thread_ends_all_and_is_raised(tmp_path: Path) -> None:
    things = many(tmp_path / "all", 300)

    def remove(sweep: Sweep, path: Path) -> None:
        if path.name == "200":
            raise BrokenPipeError
        sweep.remove(str(path))

    with pytest.raises(BrokenPipeError):
        remove_side_by_side(Sweep, things, remove)
    assert things[200].exists()


def test_nothing_is_begun_by_any_thread_after_its_time(tmp_path: Path) -> None:
    things = many(tmp_path / "all", 300)
    removed = remove_side_by_side(lambda: Sweep(until=0.0), things, lambda sweep, path: sweep.remove(str(path)))
    assert removed == Removed()
    assert all(path.exists() for path in things)

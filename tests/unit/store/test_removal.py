"""Taking files away."""

from __future__ import annotations

import os
from pathlib import Path

from freewheel.store.removal import Removed, RemovedFile, remove, remove_empty
from tests.support.unprivileged import Person


def test_a_folder_goes_with_all_that_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"123")
    (tmp_path / "a" / "other").write_bytes(b"4")
    removal = remove([tmp_path / "a"])
    assert removal == Removed(
        files=(
            RemovedFile(path=str(tmp_path / "a" / "b" / "file"), size=3),
            RemovedFile(path=str(tmp_path / "a" / "other"), size=1),
        ),
        directories=(str(tmp_path / "a" / "b"), str(tmp_path / "a")),
    )
    assert removal.size == 4
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
    assert len(removal.directories) == 1501


def test_what_is_not_there_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert remove([tmp_path / "missing", tmp_path / "file" / "below"]) == Removed()


def test_only_empty_folders_go_deepest_first(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "full" / "x").mkdir(parents=True)
    assert remove_empty([tmp_path / "a", tmp_path / "a" / "b", tmp_path / "full", tmp_path / "gone"]) == Removed(
        directories=(str(tmp_path / "a" / "b"), str(tmp_path / "a"))
    )


PROGRAM = """\
import sys
from pathlib import Path
from freewheel.store.removal import remove
removal = remove([Path(sys.argv[1])])
print([Path(file.path).name for file in removal.files])
print([Path(path).name for path in removal.directories])
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
    files, directories, failures = unprivileged.run(unprivileged.python, "-c", PROGRAM, folder).lines
    assert files == "['a file', 'z file']"
    assert directories == "['a', 'z']"
    assert failures == f"[('frozen file', {os.strerror(13)!r})]"
    (folder / "frozen").chmod(0o700)

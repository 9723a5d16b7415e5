from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.install.journal import STASH_PREFIX, Journal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/b/file").write_text("old")
    (folder / "a/link").symlink_to("nowhere")
    return folder


@pytest.fixture
def journal(root: Path) -> Journal:
    return Journal([str(root)])


def state(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): path.read_text() if path.is_file() else str(path.is_symlink())
        for path in root.rglob("*")
    }


def write(journal: Journal, path: Path, text: str) -> None:
    journal.make_way([str(path)])
    path.write_text(text)


def test_everything_is_taken_back(journal: Journal, root: Path) -> None:
    before = state(root)
    write(journal, root / "a/b/file", "new")
    write(journal, root / "new/deep/file", "new")
    journal.set_aside(str(root / "a/link"))
    journal.set_aside(str(root / "a/b/file"))
    journal.remove_empty_folders([str(root / "a/b")], keep=frozenset([str(root)]))
    assert state(root).keys() >= {"new/deep/file"}
    assert not (root / "a").exists()
    assert journal.roll_back() == []
    assert state(root) == before


def test_a_commit_leaves_no_stash(journal: Journal, root: Path) -> None:
    write(journal, root / "a/b/file", "new")
    assert list(root.glob(f"{STASH_PREFIX}*"))
    journal.commit()
    assert state(root)["a/b/file"] == "new"
    assert not list(root.glob(f"{STASH_PREFIX}*"))
    assert journal.roll_back() == []
    assert state(root)["a/b/file"] == "new"


def test_what_came_into_a_new_folder_is_set_aside_and_comes_back(journal: Journal, root: Path) -> None:
    write(journal, root / "new/file", "1")
    journal.make_way([str(root / "new/mine"), str(root / "new/more")])
    (root / "new/mine").write_text("mine")
    journal.make_way_again(str(root / "new/mine"))
    (root / "new/mine").write_text("ours")
    journal.roll_back()
    assert {path: text for path, text in state(root).items() if "new" in path} == {"new": "False", "new/mine": "mine"}


def test_folders_that_are_kept_or_not_empty_stay(journal: Journal, root: Path) -> None:
    journal.set_aside(str(root / "a/b/file"))
    journal.remove_empty_folders([str(root / "a/b")], keep=frozenset([str(root / "a/b")]))
    assert (root / "a/b").is_dir()
    journal.remove_empty_folders([str(root / "a/b"), str(root / "missing/deep")], keep=frozenset([str(root)]))
    assert not (root / "a/b").exists()
    assert (root / "a/link").is_symlink()


def test_a_folder_is_not_set_aside(journal: Journal, root: Path) -> None:
    with pytest.raises(IsADirectoryError):
        journal.set_aside(str(root / "a"))
    assert not journal.set_aside(str(root / "missing"))
    assert not journal.set_aside(str(root / "a/b/file/below"))


def test_what_others_put_into_a_new_folder_stays(journal: Journal, root: Path) -> None:
    write(journal, root / "new/file", "1")
    (root / "new/mine").write_text("mine")
    assert journal.roll_back() == []
    assert state(root)["new/mine"] == "mine"
    assert "new/file" not in state(root)


def test_what_cannot_be_put_back_is_named_and_kept(journal: Journal, root: Path) -> None:
    journal.set_aside(str(root / "a/b/file"))
    (root / "a/b/file").mkdir()
    (stashed,) = journal.roll_back()
    assert Path(stashed).read_text() == "old"


def test_modes_of_removed_folders_come_back(journal: Journal, root: Path) -> None:
    (root / "a/b").chmod(0o750)
    journal.set_aside(str(root / "a/b/file"))
    journal.remove_empty_folders([str(root / "a/b")], keep=frozenset([str(root)]))
    journal.roll_back()
    assert (root / "a/b").stat().st_mode & 0o777 == 0o750


def test_a_folder_comes_back_into_what_others_made_in_its_place(journal: Journal, root: Path) -> None:
    assert journal.set_folder_aside(str(root / "a"))
    assert not (root / "a").exists()
    (root / "a/b").mkdir(parents=True)
    (root / "a/b/other").write_text("another program's")
    assert journal.roll_back() == []
    assert state(root) == {
        "a": "False",
        "a/b": "False",
        "a/b/file": "old",
        "a/b/other": "another program's",
        "a/link": "True",
    }


def test_a_folder_that_cannot_be_moved_stays(journal: Journal, root: Path) -> None:
    before = state(root)
    assert not journal.set_folder_aside(str(root / "missing"))
    assert journal.roll_back() == []
    assert state(root) == before


def test_a_folder_that_was_set_aside_is_gone_after_the_commit(journal: Journal, root: Path) -> None:
    journal.set_folder_aside(str(root / "a"))
    journal.commit()
    assert list(root.iterdir()) == []

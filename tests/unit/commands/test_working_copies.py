"""Editable repositories in a person's folder, and what is done with what lies there already."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freewheel.build.checkout import Checkouts
from freewheel.build.clones import Access, Clones
from freewheel.build.git import Git
from freewheel.commands.editable_lines import editable_lines
from freewheel.commands.existing import Existing, backup_of
from freewheel.commands.working_copies import WorkingCopies
from freewheel.errors import InTheWay
from freewheel.events import Recorder, Warned
from freewheel.model import repository as repositories
from freewheel.store.locks import LocalLocks
from freewheel.store.repositories import LocalRepositories
from freewheel.store.root import CacheRoot
from tests.support.repositories import VARIABLES, Repository


@dataclass(slots=True)
class Desk:
    """A person's folder and a cache; each `obtain` is a run of its own."""

    folder: Path
    recorder: Recorder = field(default_factory=Recorder)
    answers: Iterator[str] | None = None
    questions: list[str] = field(default_factory=list)

    @property
    def git(self) -> Git:
        return Git(
            environment={"PATH": os.environ["PATH"], "HOME": str(self.folder), **VARIABLES},
            credentials=lambda _: None,
            may_ask=False,
            timeout=15.0,
            reporter=self.recorder,
        )

    def ask(self, question: str, answers: Sequence[str]) -> str | None:
        self.questions.append(question)
        answer = next(self.answers or iter(()), None)
        assert answer is None or answer in answers
        return answer

    def obtain(self, url: str, *actions: str) -> Path:
        store = LocalRepositories(root=CacheRoot(path=self.folder / "cache"), clock=time.time)
        clones = Clones(
            git=self.git,
            repositories=store,
            scratch=lambda: store,
            locks=LocalLocks(root=store.root),
            access=Access(scope=lambda _: "", has_password=lambda _: False),
            reporter=self.recorder,
        )
        copies = WorkingCopies(
            folder=self.folder / "src",
            checkouts=Checkouts(git=self.git, clones=clones, reporter=self.recorder),
            git=self.git,
            existing=Existing(actions=actions, ask=None if self.answers is None else self.ask),
            reporter=self.recorder,
        )
        return copies.obtain(repositories.parse(url), "six")

    def warnings(self) -> list[str]:
        return [event.message for event in self.recorder.events if isinstance(event, Warned)]

    def frozen(self, folder: Path, name: str = "my-six") -> list[str]:
        return list(editable_lines(str(folder), name, f"{name}==1.0", git=self.git, reporter=self.recorder))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.create(tmp_path / "served" / "six.git")
    made.git("tag", "v1")
    return made


@pytest.fixture
def other(tmp_path: Path) -> Repository:
    """Another repository with a history of its own."""
    made = Repository.create(tmp_path / "served" / "other.git")
    made.commit("Elsewhere", {"elsewhere.txt": "elsewhere\n"})
    return made


def test_a_checkout_is_made_where_there_is_none(desk: Desk, repository: Repository) -> None:
    folder = desk.obtain(f"{repository.url}@v1")
    assert folder == desk.folder / "src" / "six"
    assert Repository(folder).head == repository.head
    assert desk.warnings() == []


def test_a_checkout_is_brought_up_to_date(desk: Desk, repository: Repository) -> None:
    desk.obtain(repository.url)
    commit = repository.commit("More", {"more.txt": "more\n"})
    repository.git("tag", "v2")
    folder = desk.obtain(repository.url)
    (folder / "more.txt").write_text("edited\n", encoding="utf-8")
    assert Repository(folder).head == commit
    assert Repository(desk.obtain(f"{repository.url}@v1")).git("tag", "--points-at", "HEAD") == "v1"
    assert Repository(desk.obtain(f"{repository.url}@v2")).head == commit
    assert (folder / "more.txt").read_text(encoding="utf-8") == "more\n"  # as `git reset --hard` has it, and pip
    assert desk.warnings() == []


def test_a_checkout_at_the_very_commit_is_left_alone(desk: Desk, repository: Repository) -> None:
    folder = desk.obtain(f"{repository.url}@{repository.head}")
    (folder / "src" / "six.py").write_text("edited\n", encoding="utf-8")
    desk.obtain(f"{repository.url}@{repository.head}")
    assert (folder / "src" / "six.py").read_text(encoding="utf-8") == "edited\n"


def test_a_reference_that_is_no_branch_is_followed(desk: Desk, repository: Repository) -> None:
    desk.obtain(repository.url)
    repository.git("switch", "--quiet", "--detach")
    hidden = repository.commit("A request to pull")
    repository.git("update-ref", "refs/pull/1/head", hidden)
    assert Repository(desk.obtain(f"{repository.url}@refs/pull/1/head")).head == hidden


def test_another_repository_is_in_the_way_until_somebody_decides(
    desk: Desk, repository: Repository, other: Repository
) -> None:
    folder = desk.obtain(repository.url)
    with pytest.raises(InTheWay) as caught:
        desk.obtain(other.url)
    assert caught.value.choices == ("s", "i", "w", "b", "a")
    assert desk.warnings() == [
        f"git clone in {folder} exists with URL {repository.folder.as_uri()}",
        f"The plan is to install the git repository {other.folder.as_uri()}",
    ]
    assert Repository(folder).head == repository.head


@pytest.mark.parametrize("action", ["s", "w", "b"])
def test_what_is_in_the_way_gives_way_as_was_said(
    desk: Desk, repository: Repository, other: Repository, action: str
) -> None:
    desk.obtain(repository.url)
    folder = desk.obtain(other.url, action)
    assert Repository(folder).head == other.head
    assert Repository(folder).git("remote", "get-url", "origin") == other.folder.as_uri()
    assert (folder / "elsewhere.txt").exists()
    backup = folder.with_name("six.bak")
    assert backup.exists() is (action == "b")
    if action == "b":
        assert Repository(backup).head == repository.head
        assert backup_of(folder).name == "six.bak2"


def test_a_clone_without_a_remote_can_be_switched(desk: Desk, repository: Repository, other: Repository) -> None:
    folder = desk.obtain(repository.url)
    Repository(folder).git("remote", "remove", "origin")
    assert Repository(desk.obtain(other.url, "s")).head == other.head
    assert Repository(folder).git("remote", "get-url", "origin") == other.folder.as_uri()


def test_what_is_in_the_way_stays_where_it_is_ignored(desk: Desk, repository: Repository, other: Repository) -> None:
    desk.obtain(repository.url)
    assert Repository(desk.obtain(other.url, "i")).head == repository.head


def test_a_folder_that_is_no_clone_can_be_ignored_deleted_or_renamed(desk: Desk, repository: Repository) -> None:
    folder = desk.folder / "src" / "six"
    folder.mkdir(parents=True)
    (folder / "mine.txt").touch()
    with pytest.raises(InTheWay) as caught:
        desk.obtain(repository.url, "s")
    assert caught.value.choices == ("i", "w", "b", "a")
    assert desk.warnings()[0] == f"Directory {folder} already exists, and is not a git clone."
    assert not (desk.obtain(repository.url, "s", "i") / ".git").exists()
    with pytest.raises(InTheWay) as aborted:
        desk.obtain(repository.url, "a")
    assert aborted.value.choices == ()
    assert Repository(desk.obtain(repository.url, "b")).head == repository.head
    assert (folder.with_name("six.bak") / "mine.txt").exists()


def test_a_person_is_asked(desk: Desk, repository: Repository, other: Repository) -> None:
    desk.obtain(repository.url)
    desk.answers = iter(["w"])
    assert Repository(desk.obtain(other.url)).head == other.head
    assert desk.questions == ["What to do?  (s)witch, (i)gnore, (w)ipe, (b)ackup, (a)bort "]
    with pytest.raises(InTheWay):
        desk.obtain(repository.url)  # nobody answers any more


def test_a_remote_may_be_written_in_other_ways(desk: Desk, repository: Repository) -> None:
    folder = desk.obtain(repository.url)
    for written in (f"{repository.folder.as_uri()}/", str(repository.folder)):
        Repository(folder).git("remote", "set-url", "origin", written)
        desk.obtain(repository.url)
    assert desk.warnings() == []


# What `freeze` says


def test_a_clone_with_a_remote_is_frozen_as_its_commit(desk: Desk, repository: Repository) -> None:
    folder = desk.obtain(repository.url)
    assert desk.frozen(folder) == [f"-e {repository.url}@{repository.head}#egg=my_six"]
    Repository(folder).git("remote", "set-url", "origin", "git@host.example:team/six.git")
    below = folder / "src"
    (below / "setup.py").touch()
    assert desk.frozen(below) == [
        f"-e git+ssh://git@host.example/team/six.git@{repository.head}#egg=my_six&subdirectory=src"
    ]


def test_a_remote_with_a_password_is_frozen_without_it(desk: Desk, repository: Repository) -> None:
    folder = desk.obtain(repository.url)
    Repository(folder).git("remote", "set-url", "origin", "https://me:s3cret@host.example/six")
    assert desk.frozen(folder) == [f"-e git+https://host.example/six@{repository.head}#egg=my_six"]


def test_a_clone_without_a_usable_remote_is_frozen_as_its_folder(desk: Desk, repository: Repository) -> None:
    assert desk.frozen(repository.folder) == [
        "# Editable Git install with no remote (my-six==1.0)",
        f"-e {repository.folder}",
    ]
    repository.git("remote", "add", "origin", "/no/such/folder")
    assert desk.frozen(repository.folder) == [
        "# Editable Git install (my-six==1.0) with either a deleted local remote or invalid URI:",
        "# '/no/such/folder'",
        f"-e {repository.folder}",
    ]


def test_a_folder_of_another_system_is_frozen_with_a_warning(desk: Desk) -> None:
    (desk.folder / "mercurial" / ".hg").mkdir(parents=True)
    assert desk.frozen(desk.folder / "mercurial") == [
        "## !! Could not determine repository location",
        f"-e {desk.folder / 'mercurial'}",
    ]
    assert len(desk.warnings()) == 1


def test_a_folder_without_version_control_is_frozen_as_it_is(desk: Desk, tmp_path: Path) -> None:
    assert desk.frozen(tmp_path) == [
        "# Editable install with no version control (my-six==1.0)",
        f"-e {tmp_path}",
    ]

"""Folders on a real disk, known by their content."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from freewheel.build.git import Git
from freewheel.build.local_folders import KIND, LocalFolders
from freewheel.events import Recorder
from freewheel.model.digest import Digest
from freewheel.store.memory import MemoryEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from tests.support.clock import FakeClock

LATER = 10**18
"""Nanoseconds since the epoch: far behind everything that a test writes."""


def a_git() -> Git:
    return Git(
        environment={"PATH": os.environ["PATH"]},
        credentials=lambda _: None,
        may_ask=False,
        timeout=60.0,
        reporter=Recorder(),
    )


@pytest.fixture
def entries() -> MemoryEntries:
    return MemoryEntries(clock=FakeClock())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[project]\n")
    (root / "pkg/__init__.py").write_text("x = 1\n")
    return root


@pytest.fixture
def identify(entries: MemoryEntries) -> Callable[[Path], Digest | Miss]:
    return LocalFolders(entries=entries, clock=lambda: 4 * LATER, git=a_git).identify


Identify = Callable[[Path], "Digest | Miss"]


def git(folder: Path, *words: str) -> None:
    variables = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, env=variables, check=True, capture_output=True)


def test_the_same_content_elsewhere_is_the_same(folder: Path, tmp_path: Path, identify: Identify) -> None:
    shutil.copytree(folder, tmp_path / "copy/project")
    os.utime(tmp_path / "copy/project/pyproject.toml", (1, 1))
    assert identify(folder) == identify(tmp_path / "copy/project")
    (tmp_path / "link").symlink_to(folder)
    assert identify(tmp_path / "link") == identify(folder)


def test_its_name_counts_of_which_backends_make_versions(folder: Path, identify: Identify) -> None:
    before = identify(folder)
    assert identify(folder.rename(folder.with_name("project-2.0"))) != before


def test_what_is_ignored_above_it_counts(folder: Path, tmp_path: Path, identify: Identify) -> None:
    before = identify(folder)
    (tmp_path / ".gitignore").write_text("pkg\n")
    assert identify(folder) != before


def test_links_within_it_are_known_unless_they_lead_to_what_is_left_out(folder: Path, identify: Identify) -> None:
    (folder / "module.py").symlink_to("pkg/__init__.py")
    before = identify(folder)
    (folder / "loop").symlink_to("loop")
    assert identify(folder) not in (before, None)
    (folder / "loop").unlink()
    assert identify(folder) == before
    (folder / ".cache").mkdir()
    (folder / ".cache/CACHEDIR.TAG").write_text("")
    (folder / "module.py").unlink()
    (folder / "module.py").symlink_to(".cache/module.py")
    found = identify(folder)
    assert isinstance(found, Miss)
    assert found.reason == "module.py is a link to what is left out (.cache/module.py)"


def test_a_folder_may_be_deep(folder: Path, identify: Identify) -> None:
    deep = folder
    for _ in range(700):
        deep = deep / "d"
        deep.mkdir()
    before = identify(folder)
    assert isinstance(before, Digest)
    (deep / "file").write_text("x")
    assert identify(folder) != before


def test_names_that_are_no_text_are_known_too(folder: Path, entries: MemoryEntries, identify: Identify) -> None:
    before = identify(folder)
    with open(os.fsencode(folder) + b"/\xff", "w") as file:  # noqa: PTH123 - a name that no path of text has
        file.write("x")
    assert identify(folder) != before
    assert len(list(entries.scan(KIND))) == 1


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda root: (root / "pkg/__init__.py").write_text("x = 2\n"),
    "a new file": lambda root: (root / "pkg/new.py").write_text(""),
    "a file less": lambda root: (root / "pkg/__init__.py").unlink(),
    "another name": lambda root: (root / "pkg/__init__.py").rename(root / "pkg/other.py"),
    "a mode": lambda root: (root / "pkg/__init__.py").chmod(0o755),
    "an empty folder": lambda root: (root / "empty").mkdir(),
    "a link": lambda root: (root / "link").symlink_to("pkg"),
    "what a build left": lambda root: (root / "build").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_changes_makes_it_another(folder: Path, identify: Identify, change: str) -> None:
    (folder / "pkg/__init__.py").chmod(0o644)
    before = identify(folder)
    CHANGES[change](folder)
    assert identify(folder) != before


def test_what_tools_leave_for_themselves_does_not_count(folder: Path, identify: Identify) -> None:
    before = identify(folder)
    for name, inside in (("pkg/__pycache__", "a.pyc"), (".cache", "CACHEDIR.TAG"), (".env", "pyvenv.cfg")):
        (folder / name).mkdir()
        (folder / name / inside).write_text("")
    assert identify(folder) == before
    (folder / "pkg/__pycache__/b.pyc").write_text("b")
    (folder / ".env/pyvenv.cfg").write_text("home = elsewhere")
    assert identify(folder) == before


def test_what_did_not_change_is_not_read_again(folder: Path, entries: MemoryEntries) -> None:
    later = LocalFolders(entries=entries, clock=lambda: 4 * LATER, git=a_git)
    before = later.identify(folder)
    status = (folder / "pkg/__init__.py").stat()
    ((info, record),) = entries.scan(KIND)
    assert isinstance(record, Record)
    files = dict(record.fields["files"])  # type: ignore[call-overload]
    files["pkg/__init__.py"] = [files["pkg/__init__.py"][0], "00"]
    entries.put(KIND, info.partition, info.key, Record(fields={**record.fields, "files": files}))
    assert later.identify(folder) != before  # the wrong digest is believed
    os.utime(folder / "pkg/__init__.py", ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert later.identify(folder) == before


def test_what_was_just_changed_is_read_again(folder: Path, entries: MemoryEntries) -> None:
    """Two changes in one tick of the clock look the same to `stat`."""
    file = folder / "pkg/__init__.py"
    now = LocalFolders(entries=entries, clock=lambda: file.stat().st_ctime_ns, git=a_git)
    before = now.identify(folder)
    status = file.stat()
    ((info, record),) = entries.scan(KIND)
    assert isinstance(record, Record)
    files = {path: [facts, "00"] for path, (facts, _) in record.fields["files"].items()}  # type: ignore[union-attr]
    entries.put(KIND, info.partition, info.key, Record(fields={**record.fields, "files": files}))
    assert file.stat() == status
    assert now.identify(folder) == before


@pytest.mark.parametrize("fields", [{}, {"noted": "x", "files": {}}, {"noted": 4 * LATER, "files": {"a": [1]}}])
def test_a_record_of_another_shape_is_none(folder: Path, entries: MemoryEntries, fields: dict[str, object]) -> None:
    folders = LocalFolders(entries=entries, clock=lambda: 4 * LATER, git=a_git)
    before = folders.identify(folder)
    ((info, _),) = entries.scan(KIND)
    entries.put(KIND, info.partition, info.key, Record(fields=fields))  # type: ignore[arg-type]
    assert folders.identify(folder) == before


def test_a_link_out_of_it_leads_to_what_nobody_sees(folder: Path, tmp_path: Path, identify: Identify) -> None:
    (folder / "pkg/data").symlink_to(tmp_path)
    found = identify(folder)
    assert isinstance(found, Miss)
    assert found.reason == "pkg/data is a link that leads out of it"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_cannot_be_known(folder: Path, identify: Identify) -> None:
    os.mkfifo(folder / "pipe")
    found = identify(folder)
    assert isinstance(found, Miss)
    assert found.reason == "pipe is no file, folder or link"


def test_a_folder_that_is_gone_is_a_miss(tmp_path: Path, identify: Identify) -> None:
    found = identify(tmp_path / "nowhere")
    assert isinstance(found, Miss)
    assert "cannot be read" in found.reason


def test_commits_tags_and_what_git_tracks_count(folder: Path, identify: Identify) -> None:
    """Backends make versions and lists of files of them."""
    seen = [identify(folder)]
    for words in (("init",), ("add", "pkg"), ("commit", "-m", "x"), ("tag", "v1"), ("add", "pyproject.toml")):
        git(folder, *words)
        seen.append(identify(folder))
    assert len(set(seen)) == len(seen)
    git(folder, "log")
    assert identify(folder) == seen[-1]


def test_a_repository_around_it_counts(tmp_path: Path, folder: Path, identify: Identify) -> None:
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    before = identify(folder)
    git(tmp_path, "commit", "-m", "x")
    assert identify(folder) != before


@pytest.mark.parametrize("name", [".hg", ".svn"])
def test_a_repository_of_which_nothing_is_known_is_said(
    tmp_path: Path, folder: Path, identify: Identify, name: str
) -> None:
    (tmp_path / name).mkdir()
    found = identify(folder)
    assert isinstance(found, Miss)
    assert str(tmp_path / name) in found.reason


def test_a_broken_repository_is_said(tmp_path: Path, folder: Path, identify: Identify) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    found = identify(folder)
    assert isinstance(found, Miss)
    assert "git cannot tell the state" in found.reason


def test_clones_and_worktrees_of_the_same_are_the_same(tmp_path: Path, folder: Path, identify: Identify) -> None:
    """Whatever git notes for itself: times of files, packed references, its own settings."""
    git(folder, "init", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "x")
    git(folder, "tag", "v1")
    for name in ("one", "two"):
        git(tmp_path, "clone", "-q", str(folder), f"{name}/x")
    one, two = identify(tmp_path / "one/x"), tmp_path / "two/x"
    os.utime(two / "pyproject.toml", (1, 1))
    git(two, "status")
    git(two, "gc", "-q")
    git(two, "config", "extra.token", "1")
    assert identify(two) == one
    (two / "pyproject.toml").write_text("[project] # changed\n")
    assert identify(two) != one

"""A cache in which something else lies where a folder or a file belongs, or that is open to everybody."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from freewheel.store.removal import remove
from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.server import IndexServer
from tests.support.unprivileged import Person

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows, and modes are POSIX")

PROJECTS = ("plain", "built")
STORES = ("entries-v1", "blobs-v1", "wheels-v1", "trees-v1", "locks", "tmp")
EVERYTHING = "Reused 2 index pages, 1 download, 1 built wheel, 2 unpacked wheels and 2 sets of bytecode"


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """A wheel and an sdist, on an index that lets both be kept."""
    server.add(make_wheel(archives, "plain"))
    server.add(make_sdist(archives, "built"))
    server.answer("*", etag=True, headers={"Cache-Control": "max-age=600"})
    freewheel.variables["PIP_INDEX_URL"] = server.index_url


def a_file(place: Path) -> None:
    place.write_bytes(b"not a folder")


def a_link_to_nothing(place: Path) -> None:
    place.symlink_to("nowhere")


def a_link_to_a_folder(place: Path) -> None:
    elsewhere = place.parent.parent / f"elsewhere-{place.name}"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "precious").write_bytes(b"mine")
    place.symlink_to(elsewhere)


def said_of(folder: Path, what: str) -> str:
    return f"WARNING: {folder} was not a folder that the cache can use. It has been {what}."


@pytest.mark.parametrize("put", [a_file, a_link_to_nothing, a_link_to_a_folder])
def test_what_lies_in_the_place_of_a_store_is_removed_with_one_warning(
    freewheel: Freewheel, put: Callable[[Path], None]
) -> None:
    """Behaviours 65 and 123: the run ends well, and the next has all that it can reuse."""
    freewheel.run("install", "--target", "first", *PROJECTS)
    for store in STORES:
        remove([freewheel.cache / store])
        put(freewheel.cache / store)
    done = freewheel.run("install", "--target", "second", *PROJECTS)
    assert sorted(done.stderr.splitlines()) == sorted(said_of(freewheel.cache / store, "removed") for store in STORES)
    assert (freewheel.cwd / "second" / "built.py").exists()
    after = freewheel.run("install", "--target", "third", *PROJECTS)
    assert after.stderr == ""
    assert EVERYTHING in " ".join(after.stdout.split())
    for elsewhere in freewheel.cache.parent.glob("elsewhere-*"):
        assert [path.name for path in elsewhere.iterdir()] == ["precious"]


@pytest.mark.parametrize("put", [a_file, a_link_to_nothing, a_link_to_a_folder])
def test_a_purge_takes_what_lies_in_the_place_of_a_store(freewheel: Freewheel, put: Callable[[Path], None]) -> None:
    """Behaviours 120 and 123."""
    freewheel.run("install", "--target", "first", *PROJECTS)
    for store in STORES:
        remove([freewheel.cache / store])
        put(freewheel.cache / store)
    done = freewheel.run("cache", "purge")
    assert done.stderr == ""
    assert sorted(path.name for path in freewheel.cache.iterdir()) == ["CACHEDIR.TAG", "README"]
    for elsewhere in freewheel.cache.parent.glob("elsewhere-*"):
        assert [path.name for path in elsewhere.iterdir()] == ["precious"]


def test_a_file_in_a_folder_that_is_no_marked_cache_stays_and_the_run_goes_on(freewheel: Freewheel) -> None:
    mine = freewheel.folder / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_bytes(b"mine")
    (mine / "trees-v1").write_bytes(b"mine")
    for number in range(2):
        done = freewheel.run("install", "--cache-dir", mine, "--target", f"here-{number}", *PROJECTS)
        [warning] = done.stderr.splitlines()
        assert warning.startswith(f"WARNING: The cache cannot keep something: {mine / 'trees-v1'}")
        assert warning.endswith(f" Going on without. If that stays so, remove {mine / 'trees-v1'}.")
        assert (freewheel.cwd / f"here-{number}" / "built.py").exists()
    freewheel.run("cache", "purge", "--cache-dir", mine)
    assert snapshot(mine).keys() == {"notes.txt", "trees-v1"}


def test_a_closed_folder_is_opened_and_what_was_in_it_counts(unprivileged: Person, server: IndexServer) -> None:
    """Behaviour 65."""
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    freewheel.run("install", "--target", "first", *PROJECTS)
    for store in STORES:
        (freewheel.cache / store).chmod(0o000)
    done = freewheel.run("install", "--target", "second", *PROJECTS)
    assert sorted(done.stderr.splitlines()) == sorted(said_of(freewheel.cache / store, "opened") for store in STORES)
    assert EVERYTHING in " ".join(done.stdout.split())


def test_closed_folders_deeper_down_are_replaced(unprivileged: Person, server: IndexServer) -> None:
    """Behaviour 65: nothing in them can be reused, nothing fails, and the next run is whole again."""
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    freewheel.run("install", "--target", "first", *PROJECTS)
    for level in ("*/*", "*/*/*"):
        for folder in freewheel.cache.glob(level):
            if folder.is_dir():
                folder.chmod(0o000)
        freewheel.run("install", "--target", f"closed-{level.count('/')}", *PROJECTS)
        done = freewheel.run("install", "--target", f"whole-{level.count('/')}", *PROJECTS)
        assert done.stderr == ""
        assert EVERYTHING in " ".join(done.stdout.split())
    assert list((freewheel.cache / "tmp").iterdir()) == []


def test_a_purge_takes_closed_folders(unprivileged: Person, server: IndexServer) -> None:
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    freewheel.run("install", "--target", "first", *PROJECTS)
    for folder in sorted(freewheel.cache.rglob("*"), reverse=True):
        if folder.is_dir():
            folder.chmod(0o000)
    assert freewheel.run("cache", "purge").stderr == ""
    assert sorted(path.name for path in freewheel.cache.iterdir()) == ["CACHEDIR.TAG", "README"]


def test_a_store_that_cannot_be_written_is_done_without_and_named_once(
    unprivileged: Person, server: IndexServer
) -> None:
    """Behaviour 18 for a part of the cache."""
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    freewheel.run("wheel", "--wheel-dir", "files", *PROJECTS)
    (freewheel.cache / "trees-v1").mkdir(mode=0o500)
    unprivileged.give(freewheel.cache / "trees-v1")
    done = freewheel.run("install", "--target", "here", *PROJECTS)
    (freewheel.cache / "trees-v1").chmod(0o700)
    [warning] = done.stderr.splitlines()
    assert warning.startswith(f"WARNING: The cache cannot keep something: {freewheel.cache / 'trees-v1'}/")
    remedy = f"Going on without. If that stays so, remove {freewheel.cache / 'trees-v1'}."
    assert warning.endswith(f": Permission denied. {remedy}")
    assert (freewheel.cwd / "here" / "built.py").exists()


def test_a_cache_that_everybody_may_write_to_is_not_used_unless_that_is_wanted(freewheel: Freewheel) -> None:
    """Behaviours 17 and 73: who can write there can have code installed."""
    for name, mode in {"open": 0o777, "sticky": 0o1777}.items():
        folder = freewheel.folder / name
        folder.mkdir()
        folder.chmod(mode)
        done = freewheel.run("install", "--cache-dir", folder, "--target", f"in-{name}", *PROJECTS)
        [warning] = done.stderr.splitlines()
        assert warning.startswith(f"WARNING: The directory '{folder}' is open to all users of this machine")
        assert "The cache has been disabled." in warning
        assert "--group-cache" in warning
        assert list(folder.iterdir()) == []
        shared = freewheel.run("install", "--group-cache", "--cache-dir", folder, "--target", name, *PROJECTS)
        assert shared.stderr == ""
        assert (folder / "trees-v1").is_dir()


def test_a_cache_that_a_group_may_write_to_is_used(freewheel: Freewheel) -> None:
    """Many systems give each user a group, and folders the right for it."""
    folder = freewheel.folder / "group"
    folder.mkdir()
    folder.chmod(0o775)
    for options in ((), ("--group-cache",)):
        command = ("install", *options, "--cache-dir", folder, "--target", f"in{len(options)}", *PROJECTS)
        assert freewheel.run(*command).stderr == ""

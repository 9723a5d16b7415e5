"""A cache that others damage, share and read: other interpreters, other users, nobody in particular."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import make_environment
from tests.support.interpreters import other_python
from tests.support.server import IndexServer
from tests.support.unprivileged import Person

THIS_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PROJECTS = {"plain": "1.0", "built": "1.0"}


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """A wheel and an sdist, on an index that lets both be kept."""
    server.add(make_wheel(archives, "plain", files={"plain/__init__.py": "__version__ = '1.0'\n"}))
    server.add(make_sdist(archives, "built"))
    server.answer("*", etag=True, headers={"Cache-Control": "max-age=600"})
    freewheel.variables["PIP_INDEX_URL"] = server.index_url


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def scribble(path: Path) -> None:
    path.write_bytes(b"\0scribbled" * 20)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def lose(path: Path) -> None:
    path.unlink()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES = (lose, cut, scribble, empty, *((pipe,) if hasattr(os, "mkfifo") else ()))
PARTS = {
    "records": "entries-v1/*/*/*",
    "bodies": "blobs-v1/*/*",
    "wheels": "wheels-v1/*/*/*",
    "manifests": "trees-v1/*/*/manifest",
    "unpacked files": "trees-v1/*/*/files/**/*",
    "bytecode": "trees-v1/*/*/bytecode/**/*",
}


@pytest.mark.parametrize("part", PARTS)
def test_whatever_is_damaged_or_missing_is_made_again(freewheel: Freewheel, part: str) -> None:
    """Behaviour 65 (and 64 for what was cut): exit 0, the right files, and a cache that is whole again."""
    freewheel.run("install", "--target", "undamaged", *PROJECTS)
    expected = contents(freewheel.cwd / "undamaged")
    for number, damage in enumerate(DAMAGES):
        damaged = [path for path in freewheel.cache.glob(PARTS[part]) if path.is_file()]
        if part == "bodies":  # which are read where nothing was made of them
            shutil.rmtree(freewheel.cache / "trees-v1")
            shutil.rmtree(freewheel.cache / "wheels-v1")
        assert damaged
        for path in damaged:
            if os.name != "nt":
                path.chmod(0o600)
            # What an environment has by a hard link is not what this is about.
            damage(unlinked(path))
        freewheel.run("install", "--target", f"after-{number}", *PROJECTS)
        assert contents(freewheel.cwd / f"after-{number}") == expected, damage.__name__
    done = freewheel.run("install", "--target", "whole", *PROJECTS)
    assert done.stderr == ""
    assert contents(freewheel.cwd / "whole") == expected
    assert list((freewheel.cache / "tmp").glob("*")) == []


SINGLE_DAMAGES = {
    "body": ("blobs-v1/*/{plain}", "download"),
    "wheel": ("wheels-v1/built/*/*.whl", "wheel"),
    "provenance": ("wheels-v1/built/*/build.json", "wheel"),
    "manifest": ("trees-v1/*/{plain}/manifest", "tree"),
    "unpacked file": ("trees-v1/*/{plain}/files/purelib/plain/__init__.py", "tree"),
    "bytecode": ("trees-v1/*/{plain}/bytecode/*/files/purelib/plain/__pycache__/*", "tree"),
    "page": ("entries-v1/http/plain/*", "page"),
    "metadata": ("entries-v1/metadata/plain/*", "metadata"),
    "resolution": ("entries-v1/resolution/_/*", "resolution"),
}


@pytest.mark.parametrize("part", SINGLE_DAMAGES)
def test_one_damaged_thing_is_one_warning_and_counts_once(freewheel: Freewheel, archives: Path, part: str) -> None:
    """Behaviours 62, 84 and 134: the warning names the file; the last line counts each thing once."""
    pattern, kind = SINGLE_DAMAGES[part]
    [wheel] = archives.glob("plain-*.whl")
    plain = hashlib.sha256(wheel.read_bytes()).hexdigest()
    freewheel.run("install", "--target", "first", *PROJECTS)
    if part == "body":  # which is read where nothing was made of it
        shutil.rmtree(freewheel.cache / "trees-v1")
    if part == "metadata":  # which is read where something is to be resolved
        shutil.rmtree(freewheel.cache / "entries-v1/resolution")
    before = report(freewheel, "undamaged")
    if part == "metadata":
        shutil.rmtree(freewheel.cache / "entries-v1/resolution")
    if part == "body":
        shutil.rmtree(freewheel.cache / "trees-v1")
    for path in [path for path in freewheel.cache.glob(pattern.format(plain=plain)) if path.is_file()]:
        path.chmod(0o600)
        scribble(unlinked(path))
    done = freewheel.run("install", "--target", "second", "--report", "report.json", *PROJECTS)
    [warning] = done.stderr.splitlines()
    subject = "built-1.0" if part in ("wheel", "provenance") else "simple/plain/" if part == "page" else "plain-1.0"
    subject = "plain, built" if part == "resolution" else subject
    assert re.match(rf"WARNING: The cached {kind} of \S*{subject}\S* was damaged \(", warning), warning
    assert re.search(r"; it is (downloaded|built|unpacked|fetched|read|found) again\.$", warning), warning
    after = counts(freewheel)
    for counted in COUNTED if part != "resolution" else COUNTED[:-1]:  # which reads metadata that was not needed
        assert sum(after[counted]) == sum(before[counted]), counted
    assert kind == "metadata" or after[kind][1]  # metadata is read again from the file that is stored beside it


COUNTED = ("page", "wheel", "tree", "bytecode", "metadata")


def report(freewheel: Freewheel, target: str) -> dict[str, tuple[int, int]]:
    freewheel.run("install", "--target", target, "--report", "report.json", *PROJECTS)
    return counts(freewheel)


def counts(freewheel: Freewheel) -> dict[str, tuple[int, int]]:
    """How much of each kind the last run reused, and how much it made."""
    found = json.loads((freewheel.cwd / "report.json").read_text(encoding="utf-8"))["freewheel"]
    kinds = (*found["reused"], *found["made"])
    return {kind: (found["reused"].get(kind, 0), found["made"].get(kind, 0)) for kind in kinds}


def unlinked(path: Path) -> Path:
    """The same file without the links that it has in environments."""
    content, times = path.read_bytes(), path.stat()
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("version", [version for version in ("3.11", "3.12", "3.13") if version != THIS_VERSION])
def test_an_environment_of_another_python_reads_what_this_one_stored(
    freewheel: Freewheel, server: IndexServer, build_log: BuildLog, tmp_path: Path, version: str
) -> None:
    """Behaviours 74 and 78: pages and files are for all; what is built is for the interpreter it was built for."""
    other = make_environment(tmp_path / "other", python=other_python(version))
    freewheel.run("install", "--target", "ours", *PROJECTS)
    server.clear()
    freewheel.run("install", "--python", other.python, *PROJECTS)
    assert other.installed() == PROJECTS
    assert server.log == []
    assert build_log.builds("built") == 2
    assert len(freewheel.run("cache", "list", "--format=abspath").lines) == 2


@pytest.fixture
def shared(person: Person) -> Path:
    """A folder for a cache that everybody may write to, and that belongs to whoever runs the tests."""
    folder = person.folder / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture
def person(unprivileged: Person) -> Iterator[Person]:
    """Somebody else, in a new folder."""
    folder = unprivileged.new_folder()
    yield replace(unprivileged, folder=folder)
    for path in folder.rglob("*"):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o777)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_in_the_shared_mode_all_that_is_kept_has_the_rights_of_the_folder(freewheel: Freewheel, shared: Path) -> None:
    """Behaviour 73: folders and built wheels too; trees are nobody's to change."""
    options = ("--group-cache", "--cache-dir", shared)
    freewheel.run("install", *options, "--target", "here", *PROJECTS)
    kept = [path for path in shared.rglob("*") if path.name not in ("CACHEDIR.TAG", "README")]
    assert {path.parts[len(shared.parts)] for path in kept} >= {"entries-v1", "blobs-v1", "wheels-v1", "trees-v1"}
    for path in kept:
        mode = stat.S_IMODE(path.stat().st_mode)
        is_of_tree = "trees-v1" in path.parts and not path.is_dir() and path.name != "manifest"
        assert mode in ({0o444, 0o555} if is_of_tree else {0o777} if path.is_dir() else {0o666}), path


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_without_it_all_that_is_kept_is_this_users_alone(freewheel: Freewheel) -> None:
    """Behaviour 73, the other way round: private by default, whatever the umask is."""
    freewheel.run("install", "--target", "here", *PROJECTS)
    for path in freewheel.cache.rglob("*"):
        is_open_to_all = "trees-v1" in path.parts or path.name in ("CACHEDIR.TAG", "README")
        assert is_open_to_all or not stat.S_IMODE(path.stat().st_mode) & 0o077, path
    assert stat.S_IMODE(freewheel.cache.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_two_users_share_a_cache_and_what_one_of_them_closes_the_other_makes_again(
    freewheel: Freewheel, server: IndexServer, build_log: BuildLog, shared: Path, person: Person
) -> None:
    """Behaviour 73: an entry's folder that belongs to somebody else never makes an installation fail."""
    options = ("--group-cache", "--cache-dir", shared)
    freewheel.run("install", *options, "--target", "here", *PROJECTS)
    server.clear()
    other = person.freewheel()
    other.variables["PIP_INDEX_URL"] = server.index_url
    other.run("install", *options, "--target", "shared", *PROJECTS)
    assert server.log == []
    assert build_log.builds("built") == 1

    closed = 0o700 if person.uid is not None else 0o000
    for folder in (*shared.glob("wheels-v1/*/*"), *shared.glob("trees-v1/*/*"), *shared.glob("entries-v1/*/*")):
        folder.chmod(closed)
    other.run("install", *options, "--target", "closed", *PROJECTS)
    assert contents(other.cwd / "closed").keys() == contents(other.cwd / "shared").keys()

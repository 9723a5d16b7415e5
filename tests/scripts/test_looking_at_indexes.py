"""`index versions` and `list --outdated`: pip's words, rows and exit statuses, and pip is asked the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import make_environment
from tests.support.process import Result
from tests.support.server import IndexServer


@dataclass(frozen=True)
class World:
    """An index, an environment with older versions of what it has, and both programs."""

    server: IndexServer
    archives: Path
    freewheel: Freewheel
    pip: Freewheel


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Six and its like, of which older versions are installed; tests only look."""
    folder = tmp_path_factory.mktemp("looking")
    archives = folder / "archives"
    archives.mkdir()
    environment = make_environment(folder / "environment")
    with IndexServer() as server:
        variables = {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}
        freewheel = Freewheel(folder / "freewheel", variables=variables)
        command = (sys.executable, "-m", "pip", "--python", environment.python)
        pip = Freewheel(folder / "pip", command=command, variables=variables)
        for version in ("1.0", "1.9", "1.10", "2.0rc1"):
            server.add(make_wheel(archives, "Six", version))
        server.add(make_wheel(archives, "six", "1.11"), yanked="broken")
        server.add(make_wheel(archives, "six", "1.12"), requires_python="<3")
        server.add(make_wheel(archives, "newest"))
        server.add(make_wheel(archives, "of-old", tag="cp39-cp39-manylinux_2_17_x86_64"))
        server.add(make_wheel(archives, "newer-as-sdist"))
        server.add(make_sdist(archives, "newer-as-sdist", "2.0"))
        wanted = ("six==1.9", "newest", "newer-as-sdist==1.0", make_wheel(archives, "of-no-index"))
        freewheel.run("install", *wanted)
        yield World(server=server, archives=archives, freewheel=freewheel, pip=pip)


def first_error(done: Result) -> tuple[int, str, list[str]]:
    return done.code, done.stdout, [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]


INDEX = [
    ("versions", "six"),
    ("versions", "SIX", "--pre"),
    ("versions", "six", "--all-releases", "six"),
    ("versions", "six", "--ignore-requires-python"),
    ("versions", "six", "--json"),
    ("versions", "newer-as-sdist", "--json", "--only-binary", ":all:"),
    ("versions", "of-old"),
    ("versions", "of-old", "--python-version", "3.9", "--platform", "manylinux_2_17_x86_64"),
    ("versions", "absent"),
    ("versions", "six==1.0"),
    ("versions",),
    ("versions", "six", "newest"),
    ("nonsense", "six"),
    (),
]


@pytest.mark.parametrize("words", INDEX, ids=" ".join)
def test_index_says_what_pip_says(world: World, words: tuple[str, ...]) -> None:
    ours, theirs = (
        first_error(program.run("index", *words, expect=None)) for program in (world.freewheel, world.pip)
    )
    # pip speaks of itself where it says how to install a pre-release.
    assert ours == (theirs[0], theirs[1].replace("`pip install", "`freewheel install"), theirs[2])


LISTS = [
    ("--outdated",),
    ("--outdated", "--pre"),
    ("--outdated", "--format=json"),
    ("--outdated", "--only-binary", ":all:"),
    ("--outdated", "--prefer-binary", "--exclude", "six"),
    ("--uptodate",),
    ("--uptodate", "--format=freeze"),
    ("--uptodate", "--format=json"),
    ("--outdated", "--format=freeze"),
    ("--outdated", "--uptodate"),
]


@pytest.mark.parametrize("words", LISTS, ids=" ".join)
def test_lists_say_what_pips_lists_say(world: World, words: tuple[str, ...]) -> None:
    ours, theirs = (first_error(program.run("list", *words, expect=None)) for program in (world.freewheel, world.pip))
    assert ours == theirs


def test_several_indexes_count(world: World) -> None:
    with IndexServer() as other:
        other.add(make_wheel(world.archives, "newest", "3.0"))
        words = ("--format=json", "--extra-index-url", other.index_url)
        found = json.loads(world.freewheel.run("list", "--outdated", *words).stdout)
    newest = {row["name"]: row["latest_version"] for row in found}
    assert newest == {"Six": "1.10", "newest": "3.0", "newer-as-sdist": "2.0"}


def test_pages_are_read_at_the_same_time(world: World) -> None:
    """All are asked for before any is answered; what no index has is known from the run before."""
    gate = Event()
    world.server.clear()
    world.server.answer("/simple/*", gate=gate)
    with world.freewheel.start("list", "--outdated") as running:
        try:
            for project in ("six", "newest", "newer-as-sdist"):
                world.server.wait_for(f"/simple/{project}/")
        finally:
            gate.set()
            world.server.answer_plainly()
        assert "Six" in running.communicate()[0]


def test_a_plain_list_asks_no_index(world: World) -> None:
    world.server.clear()
    world.freewheel.run("list")
    assert world.server.log == []

"""Several indexes, folders and pages at once: what counts, by pip's rules, and by the stricter one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.pages import write_index
from tests.support.server import IndexServer


@pytest.fixture
def other() -> Iterator[IndexServer]:
    """Another index."""
    with IndexServer() as running:
        yield running


@dataclass(frozen=True)
class World:
    """Two indexes, a folder that both programs know, and where the archives lie."""

    server: IndexServer
    other: IndexServer
    folder: Path
    archives: Path

    def wheel(self, version: str, *, variant: str = "") -> Path:
        """A wheel of six; with `variant` one of equal name and different content, in a folder of its own."""
        folder = self.archives / variant
        folder.mkdir(exist_ok=True)
        return make_wheel(folder, "six", version, files={"six.py": f"variant = {variant!r}\n"})


@pytest.fixture
def world(server: IndexServer, other: IndexServer, tmp_path: Path, archives: Path) -> World:
    folder = tmp_path / "heap"
    folder.mkdir()
    return World(server=server, other=other, folder=folder, archives=archives)


@pytest.fixture
def programs(tmp_path: Path, freewheel: Freewheel, environment: Environment) -> tuple[Freewheel, Freewheel]:
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root)}
    python = make_environment(tmp_path / "of-pip").python
    return freewheel, Freewheel(tmp_path / "pip", command=(sys.executable, "-m", "pip", "--python", python))


def chosen(program: Freewheel, *words: str) -> str:
    """The URL of the file that would be installed."""
    done = program.run("install", "--dry-run", "--no-deps", "--quiet", "--report", "-", *words, "six")
    (item,) = json.loads(done.stdout)["install"]
    url: str = item["download_info"]["url"]
    return url


def an_index_and_a_folder(world: World) -> list[str]:
    world.server.add(world.wheel("1.0"))
    world.wheel("1.0").rename(world.folder / "six-1.0-py3-none-any.whl")
    return ["--index-url", world.server.index_url, "--find-links", str(world.folder)]


def a_better_version_in_a_folder(world: World) -> list[str]:
    world.server.add(world.wheel("1.0"))
    make_sdist(world.folder, "six", "2.0")
    return ["--index-url", world.server.index_url, "--find-links", world.folder.as_uri()]


def a_single_file(world: World) -> list[str]:
    wheel = world.wheel("1.0")
    world.wheel("3.0")
    return ["--no-index", "--find-links", str(wheel)]


def a_page_here(world: World) -> list[str]:
    world.wheel("1.0").rename(world.folder / "six-1.0-py3-none-any.whl")
    world.wheel("2.0").rename(world.folder / "six-2.0-py3-none-any.whl")
    page = world.folder / "links.html"
    page.write_text(
        '<a href="six-1.0-py3-none-any.whl">x</a>'
        '<a href="six-2.0-py3-none-any.whl" data-requires-python="&lt;3">y</a>',
        encoding="utf-8",
    )
    return ["--no-index", "-f", str(page)]


def a_remote_page_with_a_base(world: World) -> list[str]:
    world.server.put("/elsewhere/six-1.0-py3-none-any.whl", world.wheel("1.0"))
    world.server.put("/elsewhere/six-2.0-py3-none-any.whl", world.wheel("2.0"))
    page = world.server.put(
        "/links/",
        f'<html><head><base href="{world.server.url}elsewhere/"></head><body><a href="six-1.0-py3-none-any.whl">x</a>'
        '<a href="six-2.0-py3-none-any.whl" data-yanked="broken">y</a></body></html>',
        "text/html",
    )
    return ["--no-index", "--find-links", page]


def two_indexes_with_the_same_version(world: World) -> list[str]:
    world.server.add(world.wheel("1.0", variant="one"))
    world.other.add(world.wheel("1.0", variant="two"))
    return ["--index-url", world.server.index_url, "--extra-index-url", world.other.index_url]


def the_better_version_in_the_second_index(world: World) -> list[str]:
    world.server.add(world.wheel("1.0"))
    world.other.add(world.wheel("2.0"))
    return ["--index-url", world.server.index_url.rstrip("/"), "--extra-index-url", world.other.index_url]


def an_index_in_a_folder(world: World) -> list[str]:
    index = write_index(world.folder / "simple", [world.wheel("1.0"), world.wheel("2.0")])
    return ["--index-url", index]


def two_folders_with_the_same_file(world: World) -> list[str]:
    for name in ("a", "b"):
        (world.folder / name).mkdir()
        world.wheel("1.0", variant=name).rename(world.folder / name / "six-1.0-py3-none-any.whl")
    return ["--no-index", "-f", str(world.folder / "a"), "-f", str(world.folder / "b")]


PLACES = [
    an_index_and_a_folder,
    a_better_version_in_a_folder,
    a_single_file,
    a_page_here,
    a_remote_page_with_a_base,
    two_indexes_with_the_same_version,
    the_better_version_in_the_second_index,
    an_index_in_a_folder,
    two_folders_with_the_same_file,
]


@pytest.mark.parametrize("places", PLACES, ids=lambda places: places.__name__)
def test_both_take_the_same_file(
    programs: tuple[Freewheel, Freewheel], world: World, places: Callable[[World], list[str]]
) -> None:
    words = places(world)
    ours, pips = (chosen(program, *words) for program in programs)
    assert ours == pips


def test_the_first_index_decides_and_the_second_never_hears_of_the_project(
    programs: tuple[Freewheel, Freewheel], world: World
) -> None:
    freewheel, _ = programs
    world.server.add(world.wheel("1.0"))
    world.other.add(world.wheel("99.0"))
    world.other.add(make_wheel(world.archives, "seven"))
    indexes = ("--index-url", world.server.index_url, "--extra-index-url", world.other.index_url)
    done = freewheel.run("install", "--index-strategy", "first-index", *indexes, "six", "seven")
    assert "Successfully installed seven-1.0 six-1.0" in done.lines
    assert [path for path in world.other.paths() if "six" in path] == []
    assert "WARNING" not in done.stderr
    unsafe = freewheel.run("install", "--dry-run", "--upgrade", *indexes, "six")
    assert "Would install six-99.0" in unsafe.lines
    assert "WARNING: Both " in unsafe.stderr


def test_the_strategy_may_be_set_for_good(programs: tuple[Freewheel, Freewheel], world: World) -> None:
    freewheel, _ = programs
    freewheel.variables |= {
        "FREEWHEEL_INDEX_STRATEGY": "first-index",
        "PIP_INDEX_URL": world.server.index_url,
        "PIP_EXTRA_INDEX_URL": world.other.index_url,
    }
    world.server.add(world.wheel("1.0"))
    world.other.add(world.wheel("99.0"))
    assert chosen(freewheel) == world.server.file_url("six-1.0-py3-none-any.whl")


def test_a_location_that_is_not_there_is_warned_of_as_by_pip(
    programs: tuple[Freewheel, Freewheel], world: World
) -> None:
    world.server.add(world.wheel("1.0"))
    missing = (world.folder / "nothing").as_uri()
    places = ("--find-links", missing, "--find-links", "../nothing", "--find-links", str(world.folder / "none"))
    words = ("--index-url", world.server.index_url, *places, "six")
    ours, pips = (program.run("install", "--dry-run", *words).stderr for program in programs)
    assert ours.splitlines()[:3] == pips.splitlines()[:3]
    assert ours.startswith("WARNING: Location 'file://")
    assert "WARNING: Location '../nothing' is ignored: it is either" in ours


MISSING = ["{}/nothing/simple", "file://{}/nothing", "host.example/simple", "localhost:1/simple"]


@pytest.mark.parametrize("place", MISSING)
def test_a_folder_that_is_not_there_and_should_be_an_index_is_warned_of_as_by_pip(
    programs: tuple[Freewheel, Freewheel], world: World, place: str
) -> None:
    """But for each index once and not for each project."""
    world.server.add(world.wheel("1.0"))
    named = place.format(world.folder)
    words = ("--index-url", named, "--extra-index-url", world.server.index_url)
    said = []
    for program in programs:
        done = program.run("install", "--dry-run", *words, "six")
        assert "Would install six-1.0" in done.lines
        said.append({line.replace("/six/'", "'") for line in done.stderr.splitlines() if "WARNING" in line})
    ours, pips = said
    seems_invalid = f'WARNING: The index url "{named}" seems invalid, please provide a scheme.'
    assert pips <= ours <= {*pips, seems_invalid}
    assert (seems_invalid in ours) is not named.startswith("file:")


@pytest.mark.parametrize("place", MISSING)
def test_where_the_first_index_decides_a_folder_that_is_not_there_is_an_error(
    programs: tuple[Freewheel, Freewheel], world: World, place: str
) -> None:
    world.server.add(world.wheel("99.0"))
    indexes = ("--index-url", place.format(world.folder), "--extra-index-url", world.server.index_url)
    done = programs[0].run("install", "--index-strategy", "first-index", *indexes, "six", expect=1)
    assert f"ERROR: Location '{place.format(world.folder)}' cannot be asked for a project: it is " in done.stderr
    assert world.server.log == []

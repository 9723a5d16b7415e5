"""An index without metadata files: what is only looked at is read in parts, what is chosen whole."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.server import IndexServer

NAMES = {version: f"top-{version}-py3-none-any.whl" for version in ("1.0", "2.0")}


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment) -> None:
    """Large wheels of a project whose newest version does not fit."""
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}
    chance = random.Random(3)
    for version, need in (("1.0", "library<2"), ("2.0", "library>=2")):
        files: dict[str, str | bytes] = {"top.py": "", "top-data.bin": chance.randbytes(600_000)}
        server.add(make_wheel(archives, "top", version, requires=[need], files=files), metadata=False)
        server.add(make_wheel(archives, "library", version))
    server.answer("*", headers={"Cache-Control": "max-age=600"})


def transfers(server: IndexServer) -> list[tuple[str, int]]:
    """The large wheels asked for, with the statuses, in order."""
    found = [(request.path.rpartition("/")[2], request.status) for request in server.log]
    server.clear()
    return [(name, status) for name, status in found if name.startswith("top-")]


def test_only_what_is_chosen_is_fetched_whole(
    freewheel: Freewheel, server: IndexServer, environment: Environment
) -> None:
    freewheel.run("install", "top", "library<2")
    assert environment.installed() == {"top": "1.0", "library": "1.0"}
    assert sorted(transfers(server)) == [(NAMES["1.0"], 200), (NAMES["1.0"], 206), (NAMES["2.0"], 206)]


def test_nothing_is_asked_again(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.run("install", "--dry-run", "top")
    assert transfers(server) == [(NAMES["2.0"], 206)]
    freewheel.run("install", "--dry-run", "top")
    freewheel.run("install", "--no-deps", "--target", "one", "top")
    assert transfers(server) == [(NAMES["2.0"], 200)]
    freewheel.run("install", "--no-deps", "--target", "two", "top")
    assert server.log == []


def test_offline_what_parts_said_is_known(freewheel: Freewheel, server: IndexServer) -> None:
    """Behaviour 59."""
    freewheel.run("install", "--dry-run", "top")
    server.clear()
    done = freewheel.run("install", "--offline", "--dry-run", "top")
    assert "Would install library-2.0 top-2.0" in done.lines
    refused = freewheel.run("install", "--offline", "--target", "one", "top", expect=1)
    assert f"{NAMES['2.0']} is not in the cache, and --offline forbids to ask for it." in refused.stderr
    assert server.log == []


def test_a_wheel_that_is_in_the_cache_is_not_asked_for_parts(freewheel: Freewheel, server: IndexServer) -> None:
    """Behaviour 52."""
    server.answer("/files/*", accepts_ranges=False)
    freewheel.run("download", "--no-deps", "--dest", "files", "top")
    server.answer("/files/*", accepts_ranges=True)
    for record in (freewheel.cache / "entries-v1" / "metadata").rglob("*"):
        if record.is_file():
            record.unlink()
    transfers(server)
    freewheel.run("install", "--dry-run", "top")
    assert transfers(server) == []


def test_without_a_cache_it_works_as_well(
    freewheel: Freewheel, server: IndexServer, environment: Environment
) -> None:
    freewheel.run("install", "--no-cache-dir", "top", "library<2")
    assert environment.installed() == {"top": "1.0", "library": "1.0"}
    assert sorted(transfers(server)) == [(NAMES["1.0"], 200), (NAMES["1.0"], 206), (NAMES["2.0"], 206)]


def test_parts_of_another_file_install_nothing(
    freewheel: Freewheel, server: IndexServer, environment: Environment, archives: Path
) -> None:
    files: dict[str, str | bytes] = {"top.py": "", "top-data.bin": random.Random(4).randbytes(600_000)}
    forged = make_wheel(archives / "forged", "top", "2.0", requires=["evil"], files=files).read_bytes()
    honest = archives / NAMES["2.0"]
    server.add(make_wheel(archives, "evil"))
    server.put(f"/files/{NAMES['2.0']}", forged + bytes(honest.stat().st_size - len(forged)))
    assert "Would install evil-1.0 top-2.0" in freewheel.run("install", "--dry-run", "top").lines
    server.put(f"/files/{NAMES['2.0']}", honest)
    done = freewheel.run("install", "top", expect=1)
    assert f"ERROR: The metadata that a server sent of {NAMES['2.0']} is not the wheel's own." in done.stderr
    assert environment.installed() == {}
    freewheel.run("install", "top")
    assert environment.installed() == {"top": "2.0", "library": "2.0"}


@pytest.mark.parametrize("cache", [(), ("--no-cache-dir",)])
def test_a_small_wheel_on_a_page_without_sizes_is_asked_for_once(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment, cache: tuple[str, ...]
) -> None:
    """The answer to the first question is the download, told and kept like any other."""
    server.formats = ("text/html",)
    wheel = make_wheel(archives, "small", requires=["smaller"])
    for one in (wheel, make_wheel(archives, "smaller")):
        server.add(one, metadata=False)
    done = freewheel.run("install", *cache, "small")
    assert server.paths()[f"/files/{wheel.name}"] == 1
    assert server.paths()["/files/smaller-1.0-py3-none-any.whl"] == 1
    assert f"  Downloading {wheel.name} ({wheel.stat().st_size} bytes)" in done.stdout.splitlines()
    assert environment.installed() == {"small": "1.0", "smaller": "1.0"}
    server.clear()
    again = freewheel.run("install", *cache, "--force-reinstall", "small")
    assert server.paths()[f"/files/{wheel.name}"] == len(cache)
    assert (f"  Using cached {wheel.name}" in again.stdout) is not bool(cache)

"""`--adopt-pip-cache`: what the real pip has built is not built again."""

from __future__ import annotations

import json
import os
import shutil
import struct
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.folders import snapshot
from tests.support.process import Result
from tests.support.server import IndexServer

PUBLIC = {"Cache-Control": "public, max-age=3600"}
FLAG = "--adopt-pip-cache"
WHEEL = "six-1.0-py3-none-any.whl"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IndexServer]:
    """An index with one sdist, whose digest it states, and another without."""
    archives = tmp_path_factory.mktemp("archives")
    with IndexServer() as running:
        running.answer("*", headers=PUBLIC)
        running.add(make_sdist(archives, "six"))
        running.add(make_sdist(archives, "unstated"), hashes=False)
        yield running


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, index: IndexServer) -> Path:
    """pip's cache after pip has built both."""
    return fill(tmp_path_factory.mktemp("pip"), index, "six", "unstated")


def fill(folder: Path, index: IndexServer, *words: str) -> Path:
    """pip's cache; pip caches what comes from a trusted host alone, where that has no TLS."""
    variables = {"PIP_INDEX_URL": index.index_url, "PIP_TRUSTED_HOST": "127.0.0.1"}
    pip = Freewheel(folder, command=(sys.executable, "-m", "pip"), variables=variables)
    pip.run("wheel", "--wheel-dir", "pips", *words)
    return Path(pip.variables["XDG_CACHE_HOME"], "pip")


@pytest.fixture
def pips(filled: Path, freewheel: Freewheel, index: IndexServer) -> Path:
    """A copy of pip's cache, where that of this user lies."""
    freewheel.variables["PIP_INDEX_URL"] = index.index_url
    folder = Path(freewheel.variables["XDG_CACHE_HOME"], "pip")
    shutil.copytree(filled, folder)
    index.clear()
    return folder


def entry(pips: Path, name: str = WHEEL) -> Path:
    """The folder of a wheel that pip built."""
    [wheel] = (pips / "wheels").rglob(name)
    return wheel.parent


def adopt(freewheel: Freewheel, *words: str | Path, env: dict[str, str] | None = None) -> Result:
    return freewheel.run("install", FLAG, "-v", "--target", "ours", *words, env=env)


def test_what_pip_built_is_not_built_again(
    pips: Path, freewheel: Freewheel, index: IndexServer, build_log: BuildLog
) -> None:
    before = snapshot(pips, with_times=True)
    done = freewheel.run("install", FLAG, "--target", "ours", "--report", "report.json", "six")
    assert (freewheel.cwd / "ours" / "six.py").is_file()
    assert build_log.calls() == []
    assert index.log == []
    assert "From pip's cache: 1 index page and 1 built wheel." in done.stdout
    report = json.loads((freewheel.cwd / "report.json").read_text())
    assert report["freewheel"]["adopted"] == {"page": 1, "wheel": 1}
    assert report["install"][0]["download_info"]["url"] == index.file_url("six-1.0.tar.gz")
    assert snapshot(pips, with_times=True) == before


def test_it_is_ours_from_then_on_and_says_where_it_came_from(
    pips: Path, freewheel: Freewheel, build_log: BuildLog
) -> None:
    adopt(freewheel, "six")
    place = entry(pips)
    lines = freewheel.run("cache", "why", "six").lines
    assert lines[0] == WHEEL
    [built] = [line for line in lines if line.startswith("  built: ")]
    assert " by pip, and taken over from its cache by freewheel " in built
    assert f"  from: {place}" in lines
    assert "  It would be reused." in lines
    [kept] = [Path(line) for line in freewheel.run("cache", "list", "--format=abspath").lines]
    assert kept.read_bytes() == (place / WHEEL).read_bytes()
    assert "pip built this wheel" in (kept.parent / "build.log").read_text()
    shutil.rmtree(pips)
    done = freewheel.run("install", "--target", "again", "six")
    assert build_log.builds() == 0
    assert "From pip's cache" not in done.stdout


def test_a_source_without_a_stated_digest_is_held_against_what_pip_read(
    pips: Path, freewheel: Freewheel, build_log: BuildLog
) -> None:
    assert pips.is_dir()
    adopt(freewheel, "unstated")
    assert build_log.builds() == 0


def test_a_direct_url_is_recorded_as_a_build_would_be(
    filled: Path, freewheel: Freewheel, index: IndexServer, build_log: BuildLog, tmp_path: Path
) -> None:
    assert filled.is_dir()
    direct = f"six @ {index.file_url('six-1.0.tar.gz')}"
    pips = fill(tmp_path / "pip", index, direct)
    shutil.copytree(pips, Path(freewheel.variables["XDG_CACHE_HOME"], "pip"))
    freewheel.run("install", FLAG, "--target", "ours", direct)
    freewheel.run("install", "--no-cache-dir", "--target", "built", direct)
    assert build_log.builds() == 1
    [ours, built] = [
        json.loads(next((freewheel.cwd / name).rglob("direct_url.json")).read_text()) for name in ("ours", "built")
    ]
    assert ours == built


@pytest.mark.parametrize("year", [1, 400])
def test_odd_times_do_not_matter(pips: Path, freewheel: Freewheel, build_log: BuildLog, year: int) -> None:
    os.utime(entry(pips) / WHEEL, (year * 31_556_952 - 100_000_000,) * 2)
    adopt(freewheel, "six")
    assert build_log.builds("six") == 0


# What is not used


def edit_origin(place: Path, **members: object) -> None:
    origin = json.loads((place / "origin.json").read_text())
    (place / "origin.json").write_text(json.dumps(origin | members))


def replace_wheel(place: Path, folder: Path, name: str, version: str = "1.0", tag: str = "py3-none-any") -> None:
    folder.mkdir()
    (place / WHEEL).unlink()
    shutil.copy(make_wheel(folder, name, version, tag=tag), place)


def flip(wheel: Path) -> None:
    """Change one byte of the first member's content."""
    with zipfile.ZipFile(wheel) as archive:
        first = archive.infolist()[0]
    data = bytearray(wheel.read_bytes())
    start = first.header_offset
    data[start + 30 + sum(struct.unpack_from("<HH", data, start + 26)) + first.compress_size // 2] ^= 1
    wheel.write_bytes(bytes(data))


CHANGES: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "no origin": (lambda place, _: (place / "origin.json").unlink(), "its origin.json: it is not there"),
    "garbage": (lambda place, _: (place / "origin.json").write_bytes(b"{"), "its origin.json cannot be read"),
    "a list": (lambda place, _: (place / "origin.json").write_bytes(b"[]"), "its origin.json cannot be read"),
    "another digest": (
        lambda place, _: edit_origin(place, archive_info={"hashes": {"sha256": "ab" * 32}}),
        "its origin.json does not state the source's digest",
    ),
    "no digest": (
        lambda place, _: edit_origin(place, archive_info={}),
        "its origin.json does not state the source's digest",
    ),
    "another part": (
        lambda place, _: edit_origin(place, subdirectory="below"),
        "its origin.json names another part of the source",
    ),
    "a flipped bit": (lambda place, _: flip(place / WHEEL), f"{WHEEL} is damaged"),
    "half of it": (lambda place, _: os.truncate(place / WHEEL, 300), f"{WHEEL} is damaged"),
    "empty": (lambda place, _: os.truncate(place / WHEEL, 0), f"{WHEEL} is damaged"),
    "a folder": (lambda place, _: ((place / WHEEL).unlink(), (place / WHEEL).mkdir()), f"{WHEEL} is damaged"),
    "a pipe": (lambda place, _: ((place / WHEEL).unlink(), os.mkfifo(place / WHEEL)), f"{WHEEL} is damaged"),
    "another version": (
        lambda place, folder: replace_wheel(place, folder / "x", "six", "2.0"),
        "it has the version 2.0, not 1.0",
    ),
    "another project": (
        lambda place, folder: replace_wheel(place, folder / "x", "seven"),
        "it is for the project seven, not six",
    ),
    "another platform": (
        lambda place, folder: replace_wheel(place, folder / "x", "six", tag="cp311-cp311-plan9_x86"),
        "do not fit this interpreter",
    ),
    "no wheel's name": (
        lambda place, _: (place / WHEEL).rename(place / "six.whl"),
        "its file name is invalid",
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_may_not_be_its_wheel_is_built(
    pips: Path, freewheel: Freewheel, build_log: BuildLog, name: str, tmp_path: Path
) -> None:
    change, reason = CHANGES[name]
    change(entry(pips), tmp_path)
    before = snapshot(pips / "wheels") if name != "a pipe" else {}
    done = adopt(freewheel, "six")
    assert build_log.builds("six") == 1
    assert "no wheel has been built from it yet; the wheel in pip's cache is not used: " in done.stdout
    assert reason in done.stdout
    assert done.stderr == ""
    assert (snapshot(pips / "wheels") if name != "a pipe" else {}) == before


def test_a_wheel_for_a_platform_without_machine_code_is_built(
    pips: Path, freewheel: Freewheel, build_log: BuildLog, tmp_path: Path
) -> None:
    """setuptools tags so a wheel whose optional extension modules it could not compile."""
    from packaging.tags import sys_tags

    tag = str(next(iter(sys_tags())))
    replace_wheel(entry(pips), tmp_path / "x", "six", tag=tag)
    assert "is for a platform, and has no machine code" in adopt(freewheel, "six").stdout
    assert build_log.builds("six") == 1


def test_of_several_wheels_of_one_source_that_with_the_best_tags_is_used(
    pips: Path, freewheel: Freewheel, build_log: BuildLog, tmp_path: Path
) -> None:
    place = entry(pips)
    shutil.copy(make_wheel(tmp_path, "six", tag=f"py{sys.version_info[0]}{sys.version_info[1]}-none-any"), place)
    done = adopt(freewheel, "six")
    assert build_log.builds("six") == 0
    assert f"wheel six-1.0-py{sys.version_info[0]}{sys.version_info[1]}-none-any.whl: taken over" in done.stdout


def test_where_one_record_stands_for_several_sources_none_is_used(
    pips: Path, freewheel: Freewheel, build_log: BuildLog, tmp_path: Path
) -> None:
    """Where no digest is part of pip's key, only the last build is surely that of the record."""
    place = entry(pips, "unstated-1.0-py3-none-any.whl")
    shutil.copy(make_wheel(tmp_path, "unstated", tag=f"py{sys.version_info[0]}{sys.version_info[1]}-none-any"), place)
    assert "its folder holds 2 wheels" in adopt(freewheel, "unstated").stdout
    assert build_log.builds("unstated") == 1


@pytest.mark.parametrize(
    ("words", "env", "reason"),
    [
        (("-C", "speed=fast"), {}, "with which config settings"),
        ((), {"CFLAGS": "-O3", "CMAKE_ARGS": "-DX=1"}, "with which variables a wheel was built (CFLAGS, CMAKE_ARGS)"),
        (("--build-constraint", "constraints.txt"), {}, "under which build constraints"),
        (("--no-build-isolation",), {}, "in which environment"),
        (("--no-binary", "six"), {}, "not wanted (--no-binary)"),
        (("--no-binary", ":all:"), {}, "not wanted (--no-binary)"),
        (("--rebuild",), {}, "a rebuild was asked for"),
        (("--rebuild-package", "six"), {}, "a rebuild was asked for"),
        (("--cache-verify",), {}, "no wheel has been built from it yet"),
    ],
)
def test_what_pips_cache_does_not_know_of_has_it_built(
    pips: Path,
    freewheel: Freewheel,
    build_log: BuildLog,
    words: tuple[str, ...],
    env: dict[str, str],
    reason: str,
) -> None:
    assert pips.is_dir()
    (freewheel.cwd / "constraints.txt").write_text("setuptools<1000\n")
    done = adopt(freewheel, *words, "six", env=env)
    assert reason in done.stdout
    assert "wheel six-1.0-py3-none-any.whl: taken over" not in done.stdout
    assert build_log.builds("six") == 1


def test_a_damaged_wheel_of_ours_is_replaced_by_pips(pips: Path, freewheel: Freewheel, build_log: BuildLog) -> None:
    assert pips.is_dir()
    adopt(freewheel, "six")
    [kept] = [Path(line) for line in freewheel.run("cache", "list", "--format=abspath").lines]
    kept.chmod(0o644)
    flip(kept)
    shutil.rmtree(freewheel.cwd / "ours")
    done = adopt(freewheel, "six")
    assert f"wheel {WHEEL}: taken over from pip's cache" in done.stdout
    assert build_log.builds("six") == 0


def test_wheels_of_other_pythons_are_not_found(
    pips: Path, freewheel: Freewheel, environment: Environment, build_log: BuildLog
) -> None:
    """The Python is part of pip's key: nothing is found, and nothing needs a reason."""
    assert pips.is_dir()
    place = entry(pips)
    place.rename(place.with_name("0" * 50))
    done = freewheel.run("install", FLAG, "-v", "--python", environment.python, "six")
    assert "pip's cache is not used" not in done.stdout
    assert build_log.builds("six") == 1


@pytest.mark.parametrize("words", [("purge",), ("remove", "six")], ids=" ".join)
def test_our_commands_leave_pips_wheels(pips: Path, freewheel: Freewheel, words: tuple[str, ...]) -> None:
    before = snapshot(pips, with_times=True)
    env = {"PIP_CACHE_DIR": str(pips), "FREEWHEEL_CACHE_DIR": str(pips)}
    adopt(freewheel, "six", env=env)
    assert list(pips.glob("wheels-v*/six"))
    freewheel.run("cache", *words, env=env)
    assert list(pips.glob("wheels-v*/six")) == []
    assert snapshot(pips, with_times=True).items() >= before.items()

"""`--cache-local`: wheels of source folders are kept, as somebody at the command line sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.server import IndexServer


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_project_dir(tmp_path / "project", "six")


def wheel(freewheel: Freewheel, what: str | Path, *words: str) -> str:
    return freewheel.run("wheel", "--no-deps", "--cache-local", *words, str(what)).stdout


def test_an_unchanged_folder_is_built_once(freewheel: Freewheel, folder: Path, build_log: BuildLog) -> None:
    wheel(freewheel, folder)
    calls = len(build_log.calls())
    assert "Using cached six-1.0-py3-none-any.whl" in wheel(freewheel, folder)
    assert len(build_log.calls()) == calls  # its metadata is kept as well


def test_without_it_a_folder_is_built_each_time(freewheel: Freewheel, folder: Path, build_log: BuildLog) -> None:
    wheel(freewheel, folder)
    for number in (2, 3):
        freewheel.run("wheel", "--no-deps", str(folder))
        assert build_log.builds("six") == number


@pytest.mark.parametrize("how", ["variable", "file"])
def test_it_may_be_said_once_for_all(freewheel: Freewheel, folder: Path, build_log: BuildLog, how: str) -> None:
    if how == "variable":
        freewheel.variables["FREEWHEEL_CACHE_LOCAL"] = "1"
    else:
        settings = freewheel.folder / "settings.ini"
        settings.write_text("[global]\ncache-local = true\n", encoding="utf-8")
        freewheel.variables["PIP_CONFIG_FILE"] = str(settings)
    for _ in range(2):
        freewheel.run("wheel", "--no-deps", str(folder))
    assert build_log.builds("six") == 1


def test_a_changed_folder_is_built_again_and_back_again_is_not(
    freewheel: Freewheel, folder: Path, build_log: BuildLog
) -> None:
    file = folder / "src/six.py"
    before = file.read_text(encoding="utf-8")
    wheel(freewheel, folder)
    file.write_text("changed = True\n", encoding="utf-8")
    wheel(freewheel, folder)
    assert build_log.builds("six") == 2
    file.write_text(before, encoding="utf-8")
    assert "Using cached six-1.0-py3-none-any.whl" in wheel(freewheel, folder)
    assert build_log.builds("six") == 2


def test_the_same_project_elsewhere_is_the_same(
    freewheel: Freewheel, folder: Path, tmp_path: Path, build_log: BuildLog, environment: Environment
) -> None:
    """And is recorded as what it is (PEP 610)."""
    wheel(freewheel, folder)
    (tmp_path / "elsewhere").mkdir()
    other = folder.rename(tmp_path / "elsewhere/project")
    freewheel.run("install", "--cache-local", "--python", str(environment.python), str(other))
    assert build_log.builds("six") == 1
    (record,) = environment.site_packages.glob("six-1.0.dist-info/direct_url.json")
    assert json.loads(record.read_text(encoding="utf-8")) == {"dir_info": {}, "url": other.as_uri()}


def test_a_folder_that_its_build_writes_into_is_kept_once_it_stays_the_same(
    freewheel: Freewheel, folder: Path, build_log: BuildLog
) -> None:
    with (folder / "build_backend.py").open("a", encoding="utf-8") as file:
        file.write(
            "\n_inner = build_wheel\n\n\ndef build_wheel(*words):\n"
            "    open('left-by-the-build.txt', 'w').close()\n    return _inner(*words)\n"
        )
    assert "is not kept: its folder has changed" in wheel(freewheel, folder, "-v")
    wheel(freewheel, folder)
    assert build_log.builds("six") == 2
    wheel(freewheel, folder)
    assert build_log.builds("six") == 2


def test_what_cannot_be_known_is_built_each_time_and_said_at_v(
    freewheel: Freewheel, folder: Path, tmp_path: Path, build_log: BuildLog
) -> None:
    (folder / "data").symlink_to(tmp_path)
    for number in (1, 2):
        said = wheel(freewheel, folder, "-v")
        assert "not reused, data is a link that leads out of it" in said
        assert build_log.builds("six") == number


def test_a_rebuild_replaces_what_was_kept(freewheel: Freewheel, folder: Path, build_log: BuildLog) -> None:
    wheel(freewheel, folder)
    wheel(freewheel, folder, "--rebuild")
    assert build_log.builds("six") == 2
    wheel(freewheel, folder)
    assert build_log.builds("six") == 2


def test_editable_ones_are_made_each_time(
    freewheel: Freewheel, folder: Path, environment: Environment, build_log: BuildLog
) -> None:
    for number in (1, 2):
        freewheel.run("install", "--cache-local", "--python", str(environment.python), "-e", str(folder))
        assert build_log.count("build_editable", "six") == number


def test_why_tells_of_the_folder_as_it_is_now(freewheel: Freewheel, folder: Path) -> None:
    wheel(freewheel, folder)
    said = freewheel.run("cache", "why", "--cache-local", "six").stdout
    assert folder.as_uri() in said
    assert "would be reused" in said
    assert "built in every run without --cache-local" in freewheel.run("cache", "why", "six").stdout
    freewheel.variables["FREEWHEEL_CACHE_LOCAL"] = "1"
    assert "CFLAGS" in freewheel.run("cache", "why", "six", env={"CFLAGS": "-O0"}).stdout
    (folder / "new.txt").write_text("x", encoding="utf-8")
    assert "its folder has another content now" in freewheel.run("cache", "why", "six").stdout
    assert "no wheel is kept of what the folder holds now" in wheel(freewheel, folder, "-v")


def test_without_a_cache_it_means_nothing(freewheel: Freewheel, folder: Path, build_log: BuildLog) -> None:
    for number in (1, 2):
        wheel(freewheel, folder, "--no-cache-dir")
        assert build_log.builds("six") == number

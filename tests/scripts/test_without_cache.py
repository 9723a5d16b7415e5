"""`--no-cache-dir` and `--cache-dir`: what they govern, builds included, and what is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.folders import snapshot
from tests.support.server import IndexServer


@pytest.fixture(autouse=True)
def settings(freewheel: Freewheel, server: IndexServer, environment: Environment) -> None:
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}


@pytest.fixture
def needy(server: IndexServer, archives: Path) -> Path:
    """An sdist on the index whose build needs a wheel and an sdist of the index."""
    server.add(make_wheel(archives, "hammer"))
    server.add(make_sdist(archives, "nails"))
    sdist = make_sdist(archives, "house", build_requires=["hammer"], requires_for_build=["nails"])
    server.add(sdist)
    return sdist


def left_behind(freewheel: Freewheel) -> dict[str, str]:
    """Everything in the home, its cache and temporary folders among it, and in the current folder."""
    found = snapshot(freewheel.folder)
    return {path: what for path, what in found.items() if path not in ("home", "home/tmp", "work")}


@pytest.mark.usefixtures("needy")
def test_without_a_cache_everything_works_and_nothing_is_left_behind(
    freewheel: Freewheel, environment: Environment, build_log: BuildLog
) -> None:
    """Behaviours 20 and 100: of the build environments neither."""
    for installation in (1, 2):
        freewheel.run("install", "--no-cache-dir", "--force-reinstall", "house")
        assert environment.installed() == {"house": "1.0"}
        assert build_log.builds("house") == installation
        assert build_log.builds("nails") == installation
        assert left_behind(freewheel) == {}


def test_without_a_cache_a_build_is_reused_within_the_run(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Behaviour 100: a project that is needed to build another, and asked for as well, is built once."""
    server.add(make_sdist(archives, "nails"))
    server.add(make_sdist(archives, "house", build_requires=["nails"]))
    server.add(make_sdist(archives, "shed", build_requires=["nails"]))
    freewheel.run("install", "--no-cache-dir", "house", "shed", "nails")
    assert environment.installed() == {"house": "1.0", "nails": "1.0", "shed": "1.0"}
    assert build_log.builds("nails") == 1
    assert len(server.requests_for("nails-1.0.tar.gz")) == 1
    assert left_behind(freewheel) == {}


@pytest.mark.parametrize("options", [[], ["--no-cache-dir"]], ids=["with a cache", "without"])
def test_a_page_is_asked_for_once_in_a_run(
    freewheel: Freewheel, server: IndexServer, archives: Path, options: list[str]
) -> None:
    """Behaviour 61: whoever needs it, builds included, and though the index allows no storing."""
    server.answer("*", headers={"Cache-Control": "no-store"})
    server.add(make_wheel(archives, "shared"))
    server.add(make_wheel(archives, "left", requires=["shared", "right"]))
    server.add(make_sdist(archives, "right", requires=["shared"], build_requires=["shared"]))
    freewheel.run("install", *options, "left", "right", "shared")
    assert {path: count for path, count in server.paths().items() if count > 1} == {}
    assert len(server.requests_for("/simple/shared/")) == 1


@pytest.mark.usefixtures("needy")
def test_the_folder_named_on_the_command_line_is_that_of_build_environments_too(
    freewheel: Freewheel, environment: Environment, server: IndexServer, build_log: BuildLog, tmp_path: Path
) -> None:
    """Behaviour 19: what a build needed lies there, and nothing elsewhere."""
    cache = tmp_path / "named"
    freewheel.run("install", "--cache-dir", cache, "house")
    assert left_behind(freewheel) == {}
    assert sorted(path.name for path in cache.glob("wheels-v1/*/*/*.whl")) == [
        "house-1.0-py3-none-any.whl",
        "nails-1.0-py3-none-any.whl",
    ]
    server.clear()
    freewheel.run("wheel", "--cache-dir", cache, "--no-deps", "-C", "other=settings", "house")
    assert (build_log.builds("house"), build_log.builds("nails")) == (2, 1)
    assert [request.path for request in server.log if request.path.startswith("/files/")] == []
    assert environment.installed() == {"house": "1.0"}


def test_without_a_cache_a_local_project_is_built_beside_nothing(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    """Behaviour 20: the project's own folder stays as it was, too."""
    project = make_project_dir(tmp_path / "project", "six")
    before = snapshot(project)
    freewheel.run("install", "--no-cache-dir", project, env={"PYTHONDONTWRITEBYTECODE": "1"})
    assert environment.installed() == {"six": "1.0"}
    assert snapshot(project) == before
    assert left_behind(freewheel) == {}

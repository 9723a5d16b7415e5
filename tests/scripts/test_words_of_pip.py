"""Lines that scripts read are word for word those of the installed pip, which is asked to do the same."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import make_environment
from tests.support.process import Result
from tests.support.server import IndexServer

FIRST_WORDS = (
    "Building wheel",
    "Collecting ",
    "Created wheel for ",
    "ERROR: Could not find a version",
    "ERROR: No matching distribution found",
    "Processing ",
    "Requirement already satisfied: ",
    "Saved ",
    "Successfully built ",
    "Successfully installed ",
    "Using cached ",
    "Would install ",
)


@pytest.fixture
def programs(tmp_path: Path, server: IndexServer) -> dict[str, Freewheel]:
    """Both, each with a home of its own; pip caches what a trusted host sends alone."""
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    variables = {"PIP_INDEX_URL": server.index_url, "PIP_TRUSTED_HOST": "127.0.0.1"}
    return {
        name: Freewheel(tmp_path / name, command=(sys.executable, "-m", name), variables=variables)
        for name in ("pip", "freewheel")
    }


def lines_of(done: Result, folder: Path) -> list[str]:
    """The lines in question, in alphabetical order, with the names in them in that order too.

    One thing is told otherwise: of metadata that was kept we do not know the file's size (`test_backtracking`).
    """
    lines = (line.strip().replace(str(folder), "") for line in (done.stdout + done.stderr).splitlines())
    telling = (line for line in lines if line.startswith(FIRST_WORDS) and ".metadata" not in line)
    return sorted(map(_with_sorted_names, telling))


def _with_sorted_names(line: str) -> str:
    for words in ("Building wheels for collected packages: ", "Successfully built "):
        if line.startswith(words):
            return words + " ".join(sorted(line.removeprefix(words).replace(",", "").split()))
    return line


def test_both_say_the_same(
    programs: dict[str, Freewheel], server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    """Of downloads, builds, installations, reuse, and what is not to be had."""
    server.add(make_wheel(archives, "Six_Mod"))
    server.add(make_wheel(archives, "six.mod", "2.0"))
    server.add(make_wheel(archives, "top", requires=["six-mod >=1,<2", "built"]))
    server.add(make_sdist(archives, "built"))
    said: dict[str, list[list[str]]] = {}
    for name, program in programs.items():
        make_project_dir(program.cwd / "project", "project")
        environment = make_environment(tmp_path / f"{name}-environment")
        install = ("--python", str(environment.python), "install")
        said[name] = [
            lines_of(program.run(*words, expect=None), program.folder)
            for words in (
                ("wheel", "--wheel-dir", "wheels", "built", "./project", "Six.Mod==1.0"),
                (*install, "--dry-run", "top"),
                (*install, "top"),
                ("download", "--no-deps", "top==9"),
            )
        ]
    for ours, pips in zip(said["freewheel"], said["pip"], strict=True):
        assert ours == pips
    assert [len(lines) for lines in said["pip"]] == [12, 5, 6, 2], said["pip"]

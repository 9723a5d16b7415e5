"""A few real projects from the index that this machine's pip is configured for; skipped where it does not answer."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tests.support.environments import Environment, make_environment, pip
from tests.support.interpreters import other_python
from tests.support.process import Result, run

WANTED = ("rich", "requests", "docopt==0.6.2", "markupsafe", "--no-binary", "markupsafe")
"""Wheels with what they need, a project that is there as an old sdist only, and an extension in C."""

PATIENCE = "5"
"""Seconds to wait for the index before it counts as out of reach."""

GENERATED = ("INSTALLER", "REQUESTED", "RECORD")
SOURCES = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An environment and how it came to be; `report` is that of `--report`."""

    environment: Environment
    said: Result
    report: Mapping[str, Any]

    @property
    def pins(self) -> dict[str, str]:
        items = (item["metadata"] for item in self.report["install"])
        return {canonicalize_name(item["name"]): item["version"] for item in items}


def install(folder: Path, program: Sequence[str | Path], cache: Path) -> Installed:
    """Install what is wanted into a new environment, with the machine's own configuration but for the cache."""
    folder.mkdir()
    environment = make_environment(folder / "environment")
    report = folder / "report.json"
    said = run(
        (*program, "--python", environment.python, "install", "--cache-dir", cache, "--report", report, *WANTED),
        variables=os.environ,
        cwd=folder,
    )
    return Installed(environment=environment, said=said, report=json.loads(report.read_text(encoding="utf-8")))


OURS = (sys.executable, "-m", "freewheel")
PIP = (sys.executable, "-m", "pip")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything goes; skips where pip itself cannot reach its index."""
    asking = ("install", "--dry-run", "--ignore-installed", "--no-deps", "--timeout", PATIENCE, "--retries", "0")
    done = subprocess.run([*PIP, *asking, "requests"], capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        pytest.skip(f"pip cannot reach its index: {done.stderr.strip()[-200:]}")
    return tmp_path_factory.mktemp("real")


@pytest.fixture(scope="module")
def first(folder: Path) -> Installed:
    return install(folder / "first", OURS, folder / "cache")


@pytest.fixture(scope="module")
def second(folder: Path, first: Installed) -> Installed:  # noqa: ARG001 - its cache is what this one uses
    return install(folder / "second", OURS, folder / "cache")


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Installed:
    return install(folder / "theirs", (*PIP, "--disable-pip-version-check"), folder / "pips-cache")


def test_pins_are_pips(first: Installed, second: Installed, theirs: Installed) -> None:
    assert {"rich", "requests", "docopt", "markupsafe", "urllib3"} <= first.pins.keys()
    assert first.pins == second.pins == theirs.pins
    assert first.environment.installed() == first.pins


def test_files_are_pips(first: Installed, second: Installed, theirs: Installed) -> None:
    expected = contents(theirs.environment)
    assert len(expected) > 300
    assert contents(first.environment) == expected
    assert contents(second.environment) == expected


def contents(environment: Environment) -> dict[str, object]:
    """What is installed; of extension modules, which hold the paths of their build, only that they are there."""
    found: dict[str, object] = {}
    for path in environment.site_packages.rglob("*"):
        name = path.relative_to(environment.site_packages).as_posix()
        if "__pycache__" in path.parts or not path.is_file():
            continue
        if path.name == "RECORD":
            found[name] = recorded(path)
        elif path.suffix in (".so", ".pyd"):
            found[name] = "an extension module"
        else:
            found[name] = b"generated" if path.name in GENERATED else path.read_bytes()
    return found


def recorded(record: Path) -> list[tuple[str, ...]]:
    """The lines of RECORD for what an installer takes out of a wheel as it is."""
    with record.open(encoding="utf-8", newline="") as stream:
        rows = [tuple(row) for row in csv.reader(stream)]
    return sorted(
        row
        for row in rows
        if not row[0].startswith("..") and not row[0].endswith((".pyc", ".so", ".pyd", *GENERATED))
    )


def test_pip_agrees_with_what_is_there(first: Installed, theirs: Installed) -> None:
    pip(first.environment, "check")
    assert pip(first.environment, "freeze").stdout == pip(theirs.environment, "freeze").stdout


def test_what_is_installed_works(second: Installed) -> None:
    code = "import rich, requests, docopt, markupsafe._speedups; print(markupsafe.escape('<'))"
    assert second.environment.run_python(code) == "&lt;\n"


def test_the_second_environment_builds_and_downloads_nothing(first: Installed, second: Installed) -> None:
    assert "Successfully built" in first.said.stdout
    assert "Building wheel" not in second.said.stdout
    assert "Downloading" not in second.said.stdout
    assert second.report["freewheel"]["made"].keys() <= {"page", "interpreter"}
    assert any(line.startswith("Reused ") for line in second.said.lines)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_freewheel_on_another_python_reads_the_same_cache(folder: Path, first: Installed, version: str) -> None:
    """Behaviour 74."""
    if version == "{}.{}".format(*sys.version_info):
        pytest.skip("that is this one")
    other = make_environment(folder / f"python{version}", python=other_python(version))
    cache = folder / "cache"
    run((*OURS, "--python", other.python, "install", "--cache-dir", cache, SOURCES), variables=os.environ, cwd=folder)
    again = install(folder / f"by-{version}", (other.python, "-m", "freewheel"), cache)
    assert again.report["freewheel"]["made"].keys() <= {"page", "interpreter"}
    assert contents(again.environment) == contents(first.environment)

"""Files for another platform, Python or ABI than the environment's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip

TAGS = [
    "cp39-cp39-manylinux1_x86_64",
    "cp310-cp310-manylinux2014_x86_64",
    "cp311-abi3-macosx_11_0_arm64",
    "cp312-cp312-win_amd64",
    "pp310-pypy310_pp73-win_amd64",
    "py2-none-any",
]
TARGETS = [
    ["--platform", "manylinux2014_x86_64", "--python-version", "3.9"],
    ["--platform", "manylinux2014_x86_64", "--python-version", "310", "--implementation", "cp"],
    ["--platform", "macosx_13_0_arm64", "--python-version", "3.13"],
    ["--platform", "win_amd64", "--python-version", "3.12.4", "--abi", "cp312"],
    ["--platform", "win_amd64", "--python-version", "3.10", "--implementation", "pp", "--abi", "pypy310_pp73"],
    ["--python-version", "2.7", "--implementation", "py"],
]


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, archives: Path, environment: Environment) -> None:
    """A project with a wheel for each of some targets, one that needs a newer Python, and one that is an sdist."""
    for tag in TAGS:
        make_wheel(archives, "native", tag=tag)
    make_wheel(archives, "modern", requires_python=">=3.12")
    make_wheel(archives, "marked", requires=["absent; python_version == '3.9'", "native; sys_platform == 'win32'"])
    make_sdist(archives, "source")
    freewheel.variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(archives)}
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root)}


@pytest.mark.parametrize("target", TARGETS, ids=" ".join)
def test_the_file_is_the_one_that_pip_takes(
    freewheel: Freewheel, environment: Environment, archives: Path, tmp_path: Path, target: list[str]
) -> None:
    words = ("download", "--only-binary=:all:", *target, "native")
    freewheel.run(*words, "-d", tmp_path / "ours")
    pip(environment, *words, "-d", tmp_path / "theirs", "--no-index", "-f", archives)
    [ours], [theirs] = ([path.name for path in (tmp_path / name).iterdir()] for name in ("ours", "theirs"))
    assert ours == theirs


def test_requires_python_is_held_against_the_target(freewheel: Freewheel) -> None:
    done = freewheel.run("download", "--only-binary=:all:", "--python-version", "3.11", "modern", expect=1)
    assert "Package 'modern' requires a different Python: 3.11.0 not in '>=3.12'" in done.stderr
    freewheel.run("download", "--only-binary=:all:", "--python-version", "3.12", "modern")


def test_markers_are_the_interpreters_own_as_in_pip(freewheel: Freewheel) -> None:
    """So that what is needed on the other platform alone is not taken."""
    target = ("--platform", "win_amd64", "--python-version", "3.9")
    freewheel.run("download", "--only-binary=:all:", *target, "marked")
    assert [path.name for path in freewheel.cwd.iterdir()] == ["marked-1.0-py3-none-any.whl"]


def test_a_folder_is_filled_for_another_platform(freewheel: Freewheel, environment: Environment) -> None:
    target = ("--platform", "win_amd64", "--python-version", "3.12", "--only-binary", ":all:")
    freewheel.run("install", *target, "--target", "there", "native")
    assert "cp312-cp312-win_amd64" in (freewheel.cwd / "there/native-1.0.dist-info/WHEEL").read_text(encoding="utf-8")
    assert freewheel.run("install", *target, "--dry-run", "native").lines[-1] != ""
    assert environment.installed() == {}


@pytest.mark.parametrize("command", ["download", "install"])
@pytest.mark.parametrize("formats", [[], ["--only-binary=native"], ["--only-binary=:all:", "--no-binary=native"]])
def test_what_might_be_built_here_is_refused(freewheel: Freewheel, command: str, formats: list[str]) -> None:
    done = freewheel.run(command, *formats, "--abi", "cp39", "native", expect=1)
    assert done.stderr == (
        "ERROR: When restricting platform and interpreter constraints using --python-version, --platform, --abi, or "
        "--implementation, either --no-deps must be set, or --only-binary=:all: must be set and --no-binary must not "
        "be set (or must be set to :none:).\n"
    )
    assert list(freewheel.cwd.iterdir()) == []


def test_an_environment_takes_nothing_for_another_platform(freewheel: Freewheel) -> None:
    done = freewheel.run("install", "--only-binary=:all:", "--platform", "win_amd64", "native", expect=1)
    assert done.stderr == (
        "ERROR: Can not use any platform or abi specific options unless installing via '--target' or using "
        "'--dry-run'\n"
    )


def test_an_sdist_serves_without_its_dependencies(freewheel: Freewheel) -> None:
    freewheel.run("download", "--no-deps", "--platform", "win_amd64", "source")
    assert [path.name for path in freewheel.cwd.iterdir()] == ["source-1.0.tar.gz"]


def test_a_lock_file_has_targets_of_its_own(freewheel: Freewheel) -> None:
    (freewheel.cwd / "pylock.toml").write_text("", encoding="utf-8")
    words = ("--only-binary=:all:", "--platform", "win_amd64", "-r", "pylock.toml")
    done = freewheel.run("download", *words, expect=1)
    assert "are not supported when selecting requirements from 'pylock.toml'" in done.stderr

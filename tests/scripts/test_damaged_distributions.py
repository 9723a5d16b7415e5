"""What is recorded badly, or cannot be read: seen by its folder's name, told once, and replaced as a whole."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment, pip
from tests.support.unprivileged import Person

READING = (
    ("list", "--format=freeze"),
    ("freeze",),
    ("check",),
    ("inspect",),
    ("show", "six"),
    ("uninstall", "--yes", "six"),
)


@pytest.fixture
def info(freewheel: Freewheel, environment: Environment, archives: Path) -> Path:
    """The metadata folder of `six` 1.16.0; there is 1.17.0 as well."""
    for version in ("1.16.0", "1.17.0"):
        make_wheel(archives, "six", version, files={"six.py": f"v = '{version}'\n"})
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root)}
    freewheel.variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(archives)}
    freewheel.run("install", "six==1.16.0")
    return environment.site_packages / "six-1.16.0.dist-info"


def damage(info: Path, how: str) -> None:
    file = info / "METADATA"
    match how:
        case "missing":
            file.unlink()
        case "empty":
            file.write_bytes(b"")
        case "undecodable":
            file.write_bytes(b"\xff\xfe\x00N\x00a\x00m\x00e\n")
        case "another name":
            file.write_bytes(b"Metadata-Version: 2.1\nName: seven\nVersion: 7.0\n")
        case "nothing but the folder":
            for each in info.iterdir():
                each.unlink()


@pytest.mark.parametrize("how", ["empty", "another name"])
def test_it_is_seen_by_its_folders_name_and_told_once(
    freewheel: Freewheel, environment: Environment, info: Path, how: str
) -> None:
    damage(info, how)
    again = "freewheel install --force-reinstall --no-deps six==1.16.0"
    start, end = f"WARNING: {info / 'METADATA'}: ", f"`{again}` writes it anew.\n"
    outputs = {}
    for words in READING[:-1]:
        done = freewheel.run(*words, expect=1 if words[0] == "check" else 0)
        assert done.stderr.startswith(start)
        assert done.stderr.endswith(end)
        assert done.stderr.count("\n") == 1
        outputs[words[0]] = done.stdout
    assert outputs["list"] == outputs["freeze"] == "six==1.16.0\n"
    assert outputs["show"].startswith("Name: six\nVersion: 1.16.0\n")
    [one] = json.loads(outputs["inspect"])["installed"]
    assert (one["metadata"]["name"], one["metadata"]["version"]) == ("six", "1.16.0")
    done = freewheel.run("install", "six")
    shown = f"Requirement already satisfied: six in {environment.site_packages} (1.16.0)"
    assert shown in done.lines
    assert "(1.16.0)" in pip(environment, "install", "--no-index", "six").stdout


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("missing", ("--upgrade", "six")),
        ("empty", ("--force-reinstall", "six==1.16.0")),
        ("another name", ("--upgrade", "six")),
        ("nothing but the folder", ("six>1.16",)),
    ],
)
def test_an_installation_replaces_all_of_it(
    freewheel: Freewheel, environment: Environment, info: Path, how: str, words: tuple[str, ...]
) -> None:
    damage(info, how)
    freewheel.run("install", *words)
    version = "1.16.0" if "1.16.0" in words[-1] else "1.17.0"
    [left] = environment.site_packages.glob("*.dist-info")
    assert left.name == f"six-{version}.dist-info"
    assert version in (environment.site_packages / "six.py").read_text(encoding="utf-8")
    done = freewheel.run("check")
    assert (done.stdout, done.stderr) == ("No broken requirements found.\n", "")


@pytest.mark.parametrize("how", ["undecodable", "nothing but the folder"])
def test_uninstalling_takes_all_that_is_known_of_it(
    freewheel: Freewheel, environment: Environment, info: Path, how: str
) -> None:
    damage(info, how)
    done = freewheel.run("uninstall", "--yes", "six")
    assert "  Successfully uninstalled six-1.16.0" in done.lines
    assert not info.exists()
    is_unknown = how == "nothing but the folder"
    unknown = f"WARNING: {info} has no RECORD: other files of six, if there are any, are not removed.\n"
    assert (unknown in done.stderr) is is_unknown
    assert (environment.site_packages / "six.py").exists() is is_unknown
    assert freewheel.run("list").stdout == ""


def test_what_stands_there_twice_is_told_and_ends_as_one(
    freewheel: Freewheel, environment: Environment, info: Path, tmp_path: Path
) -> None:
    info.rename(tmp_path / "old")
    freewheel.run("install", "--no-compile", "six==1.17.0")
    (tmp_path / "old").rename(info)
    done = freewheel.run("freeze")
    assert done.stdout == "six==1.16.0\n"
    assert "six stands several times in" in done.stderr
    freewheel.run("install", "--force-reinstall", "six")
    assert [path.name for path in environment.site_packages.glob("*.dist-info")] == ["six-1.17.0.dist-info"]
    assert freewheel.run("freeze").stderr == ""


# What cannot be read


@pytest.fixture
def owned(unprivileged: Person) -> tuple[Freewheel, Environment]:
    """An environment of somebody without rights, with `six`, and the command line as they run it."""
    folder = unprivileged.new_folder()
    environment = make_environment(folder / "environment", python=unprivileged.python)
    wheel = make_wheel(folder, "six", "1.16.0")
    unprivileged.give(folder)
    freewheel = unprivileged.freewheel()
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root), "PIP_NO_INDEX": "1"}
    freewheel.run("install", wheel)
    return freewheel, environment


@pytest.mark.skipif(os.name != "posix", reason="permissions are a matter of POSIX")
@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_site_packages_that_cannot_be_read_are_an_error(
    owned: tuple[Freewheel, Environment], words: tuple[str, ...]
) -> None:
    freewheel, environment = owned
    environment.site_packages.chmod(0o300)
    try:
        done = freewheel.run(*words, expect=1)
    finally:
        environment.site_packages.chmod(0o700)
    assert done.stdout == ""
    assert done.stderr.startswith(f"ERROR: Could not read {environment.site_packages}: Permission denied.\n")


@pytest.mark.skipif(os.name != "posix", reason="permissions are a matter of POSIX")
def test_metadata_that_cannot_be_read(owned: tuple[Freewheel, Environment]) -> None:
    freewheel, environment = owned
    info = environment.site_packages / "six-1.16.0.dist-info"
    (info / "METADATA").chmod(0)
    done = freewheel.run("freeze")
    assert done.stdout.startswith("six @ file:")
    assert done.stderr.startswith(f"WARNING: {info / 'METADATA'}: Permission denied. `freewheel install ")
    info.chmod(0)
    try:
        done = freewheel.run("uninstall", "--yes", "six", expect=1)
    finally:
        info.chmod(0o700)
    assert f"ERROR: Could not read {info}: Permission denied." in done.stderr
    freewheel.run("uninstall", "--yes", "six")
    assert not info.exists()

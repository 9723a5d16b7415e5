"""Where the cache lies, what switches it on and off, and what becomes of a run whose cache cannot be used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.folders import snapshot
from tests.support.server import IndexServer
from tests.support.sources import make_sdist
from tests.support.unprivileged import Person

DISABLED = "ERROR: freewheel cache commands can not function since cache is disabled.\n"


def cache_dir(freewheel: Freewheel, *words: str, env: Mapping[str, str] | None = None) -> str:
    """The line that `cache dir` prints; nothing may come of asking."""
    before = snapshot(freewheel.folder)
    done = freewheel.run("cache", "dir", *words, env=env)
    assert done.stderr == ""
    assert snapshot(freewheel.folder) == before
    [line] = done.lines
    return line


def assert_disabled(freewheel: Freewheel, *words: str, env: Mapping[str, str] | None = None) -> None:
    done = freewheel.run("cache", "dir", *words, env=env, expect=1)
    assert (done.stdout, done.stderr) == ("", DISABLED)


@pytest.fixture
def settings_file(freewheel: Freewheel, tmp_path: Path) -> Path:
    """A configuration file, still to be written, that counts more than this machine's own."""
    path = tmp_path / "pip.conf"
    freewheel.variables["PIP_CONFIG_FILE"] = str(path)
    return path


# The folder


@pytest.mark.skipif(os.name == "nt", reason="other platforms have other folders")
@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        pytest.param({"XDG_CACHE_HOME": "{home}/x"}, "{home}/x/freewheel", id="behaviour 2"),
        pytest.param({"XDG_CACHE_HOME": ""}, "{home}/.cache/freewheel", id="behaviours 1 and 3"),
        pytest.param({"FREEWHEEL_CACHE_DIR": "{home}/mine"}, "{home}/mine", id="behaviour 4: a path"),
        pytest.param({"FREEWHEEL_CACHE_DIR": "~/mine"}, "{home}/mine", id="behaviour 4: the home"),
        pytest.param({"FREEWHEEL_CACHE_DIR": "here/it"}, "{work}/here/it", id="behaviour 4: relative"),
        pytest.param({"PIP_CACHE_DIR": "~/pips"}, "{home}/pips/freewheel", id="behaviour 4: pip's folder"),
        pytest.param({"FREEWHEEL_CACHE_DIR": "", "PIP_CACHE_DIR": ""}, "{home}/cache/freewheel", id="behaviour 6"),
    ],
)
def test_the_environment_names_the_folder(freewheel: Freewheel, variables: dict[str, str], expected: str) -> None:
    places = {"home": freewheel.variables["HOME"], "work": str(freewheel.cwd)}
    env = {name: value.format(**places) for name, value in variables.items()}
    assert cache_dir(freewheel, env=env) == os.path.realpath(expected.format(**places))


def test_the_nearest_place_names_the_folder(freewheel: Freewheel, settings_file: Path, tmp_path: Path) -> None:
    """Behaviour 5."""
    sections = {"global": tmp_path / "global", "cache": tmp_path / "command", "freewheel": tmp_path / "ours"}
    text = ""
    for section, folder in sections.items():
        text += f"[{section}]\ncache-dir = {folder}\n"
        settings_file.write_text(text, encoding="utf-8")
        expected = folder if section == "freewheel" else folder / "freewheel"
        assert cache_dir(freewheel) == str(expected)
    freewheel.variables["PIP_CACHE_DIR"] = str(tmp_path / "pip-variable")
    assert cache_dir(freewheel) == str(tmp_path / "pip-variable" / "freewheel")
    freewheel.variables["FREEWHEEL_CACHE_DIR"] = str(tmp_path / "variable")
    assert cache_dir(freewheel) == str(tmp_path / "variable")
    assert cache_dir(freewheel, "--cache-dir", str(tmp_path / "words")) == str(tmp_path / "words")


def test_files_go_where_the_option_says(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """Behaviour 5: and nowhere else."""
    server.add(make_wheel(archives, "six"))
    freewheel.run("download", "--cache-dir", "elsewhere", "--index-url", server.index_url, "six")
    assert (freewheel.cwd / "elsewhere" / "CACHEDIR.TAG").exists()
    assert not freewheel.cache.exists()


# On and off


@pytest.mark.parametrize(
    ("words", "variables"),
    [
        pytest.param(["--no-cache-dir"], {}, id="behaviour 7"),
        pytest.param(["--no-cache"], {}, id="behaviour 7: abbreviated"),
        pytest.param([], {"PIP_NO_CACHE_DIR": "1"}, id="behaviour 8: 1"),
        pytest.param([], {"PIP_NO_CACHE_DIR": "true"}, id="behaviour 8: true"),
        pytest.param([], {"FREEWHEEL_NO_CACHE_DIR": "yes"}, id="behaviour 8: yes"),
        pytest.param([], {"FREEWHEEL_NO_CACHE_DIR": "on"}, id="behaviour 8: on"),
        pytest.param([], {"PIP_NO_CACHE_DIR": "0"}, id="behaviour 9: 0"),
        pytest.param([], {"PIP_NO_CACHE_DIR": "off"}, id="behaviour 9: off"),
        pytest.param(["--cache-dir", "x", "--no-cache-dir"], {}, id="behaviour 13"),
        pytest.param(["--cache-dir", ""], {}, id="behaviour 14"),
        pytest.param(["--cache-dir="], {"FREEWHEEL_CACHE_DIR": "x"}, id="behaviour 14: over a variable"),
    ],
)
def test_the_cache_is_switched_off(freewheel: Freewheel, words: list[str], variables: dict[str, str]) -> None:
    assert_disabled(freewheel, *words, env=variables)
    assert not freewheel.cache.exists()


@pytest.mark.parametrize("value", ["0", "false", "no", "off"])
def test_our_own_variable_means_what_it_says(freewheel: Freewheel, value: str) -> None:
    """Behaviour 9: the documented spelling that switches the cache on."""
    assert cache_dir(freewheel, env={"FREEWHEEL_NO_CACHE_DIR": value}) == str(freewheel.cache)


@pytest.mark.parametrize("variable", ["PIP_NO_CACHE_DIR", "FREEWHEEL_NO_CACHE_DIR"])
def test_nonsense_is_refused_with_its_place(freewheel: Freewheel, variable: str) -> None:
    """Behaviour 10: by every command, as pip does."""
    for command in (["cache", "dir"], ["list"]):
        done = freewheel.run(*command, env={variable: "maybe"}, expect=2)
        assert done.stdout == ""
        assert "--no-cache-dir error: invalid truth value 'maybe'" in done.stderr
        assert f"{variable} in the environment" in done.stderr


def test_what_a_file_switches_off_nearer_places_switch_on(
    freewheel: Freewheel, settings_file: Path, tmp_path: Path
) -> None:
    """Behaviours 11 and 12."""
    settings_file.write_text("[global]\nno-cache-dir = true\n", encoding="utf-8")
    assert_disabled(freewheel)
    assert cache_dir(freewheel, "--cache-dir", str(tmp_path / "words")) == str(tmp_path / "words")
    assert cache_dir(freewheel, env={"FREEWHEEL_NO_CACHE_DIR": "0"}) == str(freewheel.cache)
    assert cache_dir(freewheel, env={"PIP_CACHE_DIR": str(tmp_path)}) == str(tmp_path / "freewheel")
    settings_file.write_text("[global]\nno-cache-dir = true\n[freewheel]\nno-cache-dir = false\n", encoding="utf-8")
    assert cache_dir(freewheel) == str(freewheel.cache)


def test_the_last_word_counts(freewheel: Freewheel, tmp_path: Path) -> None:
    """Behaviour 13."""
    words = ("--no-cache-dir", "--cache-dir", str(tmp_path / "words"))
    assert cache_dir(freewheel, *words) == str(tmp_path / "words")


def test_isolated_looks_neither_at_variables_nor_at_the_users_file(freewheel: Freewheel, tmp_path: Path) -> None:
    """Behaviour 15."""
    users = Path(freewheel.variables["XDG_CONFIG_HOME"], "pip", "pip.conf")
    users.parent.mkdir(parents=True)
    users.write_text(f"[global]\ncache-dir = {tmp_path / 'users'}\n", encoding="utf-8")
    freewheel.variables["PIP_CONFIG_FILE"] = ""
    assert cache_dir(freewheel) == str(tmp_path / "users" / "freewheel")
    env = {"FREEWHEEL_CACHE_DIR": str(tmp_path / "variable")}
    assert cache_dir(freewheel, env=env) == str(tmp_path / "variable")
    assert cache_dir(freewheel, "--isolated", env=env) == str(freewheel.cache)


# A folder that cannot be used


@pytest.mark.parametrize("place", ["a-file", "a-file/below"])
def test_a_folder_that_cannot_be_costs_a_warning(
    *, freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path, tmp_path: Path, place: str
) -> None:
    """Behaviour 16."""
    (tmp_path / "a-file").write_text("mine\n", encoding="utf-8")
    server.add(make_wheel(archives, "six"))
    server.add(make_sdist(archives, "built"))
    before = snapshot(freewheel.folder)
    done = freewheel.run(
        *("install", "--python", environment.python, "--index-url", server.index_url, "six", "built"),
        *("--cache-dir", tmp_path / place),
    )
    [warning] = done.stderr.splitlines()
    assert warning.startswith(
        f"WARNING: The directory '{tmp_path / place}' or its parent directory is not owned or is"
    )
    assert "The cache has been disabled." in warning
    assert environment.installed() == {"six": "1.0", "built": "1.0"}
    assert (tmp_path / "a-file").read_text(encoding="utf-8") == "mine\n"
    assert snapshot(freewheel.folder) == before


def test_a_folder_below_one_that_may_not_be_written_costs_a_warning(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    """Behaviour 16."""
    server.add(make_wheel(archives, "six"))
    freewheel = unprivileged.freewheel()
    locked = freewheel.folder / "locked"
    locked.mkdir(mode=0o555)
    unprivileged.give(locked)
    done = freewheel.run("download", "--cache-dir", locked / "cache", "--index-url", server.index_url, "six")
    assert done.stderr.count("WARNING: ") == 1
    assert "The cache has been disabled." in done.stderr
    assert (freewheel.cwd / "six-1.0-py3-none-any.whl").exists()
    assert list(locked.iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only the superuser meets others' folders"
)
def test_the_superuser_leaves_other_peoples_folders_alone(
    freewheel: Freewheel, server: IndexServer, archives: Path, tmp_path: Path
) -> None:
    """Behaviour 17."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    server.add(make_wheel(archives, "six"))
    for folder in (theirs, theirs / "below"):
        done = freewheel.run("download", "--cache-dir", folder, "--index-url", server.index_url, "six")
        assert done.stderr.count("WARNING: ") == 1
        assert "The cache has been disabled." in done.stderr
        assert list(theirs.iterdir()) == []
        assert_superuser_is_told(freewheel, folder)


def assert_superuser_is_told(freewheel: Freewheel, folder: Path) -> None:
    """A cache command fails, after the warning that says why."""
    done = freewheel.run("cache", "dir", "--cache-dir", folder, expect=1)
    assert done.stdout == ""
    assert "it belongs to another user" in done.stderr
    assert done.stderr.endswith(DISABLED)


def test_a_cache_that_cannot_be_written_is_read(unprivileged: Person, server: IndexServer, archives: Path) -> None:
    """Behaviour 18: hits are hits, also where the store lacks a part; nothing is written and nothing fails."""
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    server.add(make_wheel(archives, "six"))
    server.add(make_wheel(archives, "later"))
    server.add(make_sdist(archives, "built"))
    server.add(make_sdist(archives, "later-built"))
    freewheel = unprivileged.freewheel()
    log = BuildLog(freewheel.folder / "build.log")
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, **log.variables}
    freewheel.run("install", "--target", "first", "--no-compile", "six", "built")
    for path in (freewheel.cache, *freewheel.cache.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    before = snapshot(freewheel.cache, with_times=True)
    server.clear()
    done = freewheel.run("install", "--target", "second", "-v", "six", "built", "later", "later-built")
    assert {path for path in server.paths() if "later" not in path} == set()
    assert log.builds("built") == 1
    assert log.builds("later-built") == 1
    assert done.stderr == ""
    assert "is read-only: it is read, and nothing is added." in done.stdout
    compiled = {path.name.partition(".")[0] for path in (freewheel.cwd / "second" / "__pycache__").iterdir()}
    assert compiled == {"six", "built", "later", "later_built"}
    assert snapshot(freewheel.cache, with_times=True) == before
    assert list(freewheel.temporary.iterdir()) == []

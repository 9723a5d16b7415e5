"""Options that every command takes, and what stands in the environment: side by side with pip where pip has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from freewheel.options.table import COMMANDS, NEEDING_VIRTUALENV
from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip
from tests.support.pages import write_index
from tests.support.server import IndexServer
from tests.support.told import PIP_SERIES

BASE = Path(sys.base_prefix, "python.exe" if sys.platform == "win32" else "bin/python3")

READ_EXEMPTIONS = """
import json
import pip
from pip._internal.commands import commands_dict, create_command
exempt = [name for name in commands_dict if create_command(name).ignore_require_venv]
print(json.dumps([pip.__version__, sorted(commands_dict), exempt]))
"""


@pytest.fixture
def six(freewheel: Freewheel, server: IndexServer, archives: Path) -> str:
    """The URL of an index that has `six`, configured already."""
    server.add(make_wheel(archives, "six"))
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    return server.index_url


# --require-virtualenv


def test_the_commands_that_need_a_virtual_environment_are_pips() -> None:
    done = subprocess.run([sys.executable, "-I", "-c", READ_EXEMPTIONS], check=True, capture_output=True, text=True)
    version, commands, exempt = json.loads(done.stdout)
    if not f"{version}.".startswith(f"{PIP_SERIES}."):
        pytest.skip(f"pip {PIP_SERIES} is the one to agree with, and this is {version}")
    assert set(commands) - set(exempt) == NEEDING_VIRTUALENV


@pytest.mark.parametrize("command", sorted(NEEDING_VIRTUALENV))
def test_what_changes_or_collects_needs_one(command: str, freewheel: Freewheel) -> None:
    for env in ({"PIP_REQUIRE_VIRTUALENV": "1"}, {"FREEWHEEL_REQUIRE_VENV": "yes"}):
        done = freewheel.run(command, "--python", BASE, env=env, expect=3)
        assert done.stderr.startswith("ERROR: Could not find an activated virtualenv (required).\n")
    done = freewheel.run("--require-virtualenv", "--python", BASE, command, "six", expect=3)
    assert str(BASE.parent.parent) in done.stderr
    assert "hint: Activate a virtual environment" in done.stderr


@pytest.mark.parametrize("command", ["list", "freeze", "cache dir", "config list", "debug", "help", "completion"])
def test_what_only_looks_does_not(command: str, freewheel: Freewheel) -> None:
    freewheel.run(*command.split(), "--python", BASE, env={"PIP_REQUIRE_VIRTUALENV": "1"})


@pytest.mark.usefixtures("six")
def test_an_environment_that_is_virtual_is_one(freewheel: Freewheel, environment: Environment) -> None:
    env = {"PIP_REQUIRE_VIRTUALENV": "1", "VIRTUAL_ENV": str(environment.root)}
    freewheel.run("install", "six", env=env)
    assert environment.installed() == {"six": "1.0"}


# Variables


@pytest.mark.parametrize(
    ("variables", "is_there"),
    [
        ({"PIP_NO_DEPS": "1"}, True),
        ({"PIP_NO-DEPS": "1"}, True),
        ({"PIP_no_deps": "1"}, True),
        ({"FREEWHEEL_NO_DEPENDENCIES": "on"}, True),
        ({"PIP_NO_DEPS": ""}, False),
        ({"PIP_NO_DEPS": "0"}, False),
        ({"FREEWHEEL_NO_DEPS": "0", "PIP_NO_DEPS": "1"}, False),
        ({"FREEWHEEL_NO_DEPS": "", "PIP_NO_DEPS": "1"}, True),
        ({"PIP_NO_DEP": "1"}, False),
        ({"PIP_D": "elsewhere"}, False),
    ],
)
def test_names_and_values_of_variables(
    variables: dict[str, str], is_there: bool, freewheel: Freewheel, archives: Path, tmp_path: Path
) -> None:
    """Behaviour 6, and pip's spelling: dashes and underscores, long names alone, no abbreviations."""
    url = write_index(tmp_path / "index", [make_wheel(archives, "top", requires=["missing"])])
    done = freewheel.run("download", "-i", url, "top", env=variables, expect=0 if is_there else 1)
    assert (freewheel.cwd / "top-1.0-py3-none-any.whl").exists() == is_there
    assert is_there or "missing" in done.stderr


def test_isolated_knows_no_variables(freewheel: Freewheel, six: str) -> None:
    """Behaviour 15. What other programs read, such as proxies, is read all the same."""
    env = {"PIP_NO_INDEX": "1", "FREEWHEEL_PYTHON": "/absent", "PIP_TIMEOUT": "soon", "PIP_USE_FEATURE": "nonsense"}
    freewheel.run("download", "--isolated", "-i", six, "six", env=env)
    assert freewheel.run("--isolated", "config", "debug", env=env).lines[:2] == ["env_var:", "env:"]


# What is said, and where


@pytest.mark.usefixtures("six")
def test_levels_of_quiet_and_verbose(freewheel: Freewheel) -> None:
    """-q hides what goes well, -qq warnings too, -qqq errors too; a -v takes a -q back; more than three are three."""
    words = ("download", "--use-feature=truststore", "-d", "files", "six")
    warning = "WARNING: The following features are always enabled: truststore. \n"
    said = freewheel.run(*words)
    assert (said.lines[0], said.stderr) == ("Collecting six", warning)
    assert freewheel.run(*words, "-q").stdout == ""
    assert freewheel.run(*words, "-q").stderr == warning
    assert freewheel.run(*words, "-qq").stderr == ""
    assert freewheel.run(*words, "-q", "-v").lines[0] == "Collecting six"
    assert freewheel.run("-qqqq", "download", "missing", expect=1).stderr == ""
    assert freewheel.run("-vvvvv", *words).stdout != said.stdout
    assert freewheel.run(*words, env={"PIP_QUIET": "2"}).stderr == ""
    assert freewheel.run(*words, env={"PIP_VERBOSE": "1"}).stdout != said.stdout
    for value in ("-1", "often"):
        done = freewheel.run("list", env={"PIP_VERBOSE": value}, expect=2)
        assert f"{value} is not a valid value for verbose option" in done.stderr


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize("option", ["--log", "--log-file", "--local-log"])
def test_the_log_has_everything_and_is_added_to(option: str, freewheel: Freewheel) -> None:
    log = freewheel.cwd / "new" / "log.txt"
    freewheel.run("download", option, "new/log.txt", "-qqq", "six")
    first = log.read_text(encoding="utf-8")
    assert "Collecting six" in first
    assert "not reused" in first
    freewheel.run("download", "missing", expect=1, env={"PIP_LOG": str(log)})
    both = log.read_text(encoding="utf-8")
    assert both.startswith(first)
    assert "ERROR: " in both[len(first) :]
    done = freewheel.run("list", option, freewheel.cwd, expect=1)
    assert f"Could not write {freewheel.cwd}" in done.stderr


def test_nobody_is_asked_where_that_is_not_wanted(
    freewheel: Freewheel, environment: Environment, archives: Path
) -> None:
    """`--no-input` and its variable."""
    pip(environment, "install", "--no-index", make_wheel(archives, "six"))
    words = ("uninstall", "--python", environment.python, "six")
    for more, env in ((("--no-input",), {"PIP_NO_INPUT": ""}), ((), {"PIP_NO_INPUT": "1"})):
        assert "there is nobody to ask" in freewheel.run(*words, *more, env=env, stdin="y\n", expect=2).stderr
    assert environment.installed() == {"six": "1.0"}
    freewheel.run(*words, env={"PIP_NO_INPUT": ""}, stdin="y\n")
    assert environment.installed() == {}


# Help and mistakes


def test_help_is_printed_for_every_command(freewheel: Freewheel) -> None:
    """At the terminal's width where that is known."""
    for command in COMMANDS:
        lines = freewheel.run("help", command, env={"COLUMNS": "70"}).lines
        assert lines[0] == "Usage:"
        assert max(map(len, lines[8:])) <= 70
    assert freewheel.run().stdout == freewheel.run("help").stdout == freewheel.run("--help").stdout
    assert freewheel.run("cache", "-h").stdout == freewheel.run("help", "cache").stdout


@pytest.mark.parametrize(
    ("words", "status", "text"),
    [
        ("instal six", 1, 'ERROR: unknown command "instal" - maybe you meant "install"\n'),
        ("help UNINSTAL", 1, 'ERROR: unknown command "UNINSTAL" - maybe you meant "uninstall"\n'),
        ("frobnicate", 1, 'ERROR: unknown command "frobnicate"\n'),
        ("search six", 1, 'ERROR: command "search" is not supported: '),
        ("install", 1, 'ERROR: You must give at least one requirement to install (see "freewheel help install")\n'),
        ("list --frob", 2, "ERROR: no such option: --frob\n"),
        (
            "list --ex",
            2,
            "ERROR: ambiguous option: --ex (--exclude, --exclude-editable, --exists-action, ",
        ),
        ("list --format", 2, "ERROR: --format option requires 1 argument\n"),
        ("list --format=xml", 2, "ERROR: option --format: invalid choice: 'xml' (choose from 'columns', "),
        ("list --pre=1", 2, "ERROR: --pre option does not take a value\n"),
        ("--frob list", 2, "ERROR: no such option: --frob\n"),
        ("list -x", 2, "ERROR: no such option: -x\n"),
    ],
)
def test_mistakes(words: str, status: int, text: str, freewheel: Freewheel) -> None:
    done = freewheel.run(*words.split(), expect=status)
    assert done.stdout == ""
    assert text in done.stderr
    usage = "Usage:\n  freewheel " + ("list" if words.startswith("list") else "<command>")
    assert done.stderr.startswith(usage) == (status == 2 and "choice" not in text)


@pytest.mark.usefixtures("six")
def test_abbreviations_are_for_the_command_line(freewheel: Freewheel) -> None:
    """As in pip: unique beginnings, and an option of ours never takes one from pip."""
    freewheel.run("download", "--dest", "a", "--no-deps", "--prog", "off", "six", "--ver")
    assert os.listdir(freewheel.cwd / "a") == ["six-1.0-py3-none-any.whl"]  # noqa: PTH208

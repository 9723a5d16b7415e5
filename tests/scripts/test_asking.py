"""Questions, and what is made of answers, of none, and of Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.folders import snapshot
from tests.support.repositories import Repository

INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("freewheel", run_name="__main__")
"""


@pytest.fixture
def asked(freewheel: Freewheel, environment: Environment, archives: Path) -> Freewheel:
    """A command line that may ask, and something to uninstall."""
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root), "PIP_NO_INPUT": ""}
    freewheel.run("install", "--no-index", make_wheel(archives, "six"))
    return freewheel


def test_what_is_no_answer_is_told(asked: Freewheel, environment: Environment) -> None:
    done = asked.run("uninstall", "six", stdin="perhaps\nY\n")
    said = "Your response ('perhaps') was not one of the expected responses: y, n, (empty)"
    assert f"Proceed (Y/n)? {said}" in done.lines
    assert environment.installed() == {}


def test_the_end_of_the_input_is_no_answer(asked: Freewheel, environment: Environment) -> None:
    done = asked.run("uninstall", "six", stdin="perhaps\n", expect=2)
    assert done.stdout.endswith("Proceed (Y/n)? \n")
    assert done.stderr.startswith("ERROR: Nothing was uninstalled: there is nobody to ask.")
    assert environment.installed() == {"six": "1.0"}


@pytest.mark.parametrize("redirected", ["<&-", "< /dev/null"])
def test_an_input_that_is_closed_is_no_answer(asked: Freewheel, environment: Environment, redirected: str) -> None:
    command = f"exec '{sys.executable}' -m freewheel uninstall six {redirected}"
    done = subprocess.run(
        ["sh", "-c", command], env=asked.variables, capture_output=True, encoding="utf-8", check=False
    )
    assert (done.returncode, "nobody to ask" in done.stderr) == (2, True)
    assert environment.installed() == {"six": "1.0"}


def test_ctrl_c_is_an_end_and_changes_nothing(asked: Freewheel, environment: Environment) -> None:
    before = snapshot(environment.root)
    with subprocess.Popen(
        # Whoever started the tests in the background has interrupts ignored, and so would the program.
        [sys.executable, "-c", INTERRUPTIBLE, "uninstall", "six"],
        env=asked.variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        said = ""
        while not said.endswith("Proceed (Y/n)? "):
            character = process.stdout.read(1)
            assert character, said
            said += character
        _interrupt(process)
        rest, errors = process.communicate()
    assert rest == "\n"
    assert errors.startswith("ERROR: Operation cancelled by user\n")
    assert process.returncode == 1
    assert snapshot(environment.root) == before


def _interrupt(process: subprocess.Popen[str]) -> None:
    """Until it ends: a signal just before a read begins does not wake it. Its input stays open meanwhile."""
    for _ in range(12):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


def test_what_to_do_with_a_file_names_the_file(asked: Freewheel, tmp_path: Path) -> None:
    repository = Repository.create(tmp_path / "six")
    download = ("download", "--no-deps", f"six @ {repository.url}")
    asked.run(*download)
    saved = asked.cwd / "six-1.0.zip"
    question = f"The file {saved} exists. (i)gnore, (w)ipe, (b)ackup, (a)bort "
    done = asked.run(*download, stdin="x\nb\n")
    said = "Your response ('x') was not one of the expected responses: i, w, b, a"
    assert f"{question}{said}" in done.lines
    assert done.stdout.count(question) == 2
    assert sorted(path.name for path in asked.cwd.glob("six*")) == ["six-1.0.zip", "six-1.0.zip.bak"]
    done = asked.run(*download, stdin="", expect=1)
    assert f"ERROR: {saved} is in the way: it exists already." in done.stderr

"""Completion in real shells."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip
from tests.support.process import run

BASH = """
source ./script
ask() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _freewheel_completion freewheel
  printf '<%s>' "${COMPREPLY[@]}"
  echo
}
"""
ZSH = """
compadd() { [[ $1 == -S ]] && shift 2; shift; (( $# )) && printf '<%s>' "$@" }
compdef() { : }
_files() { : }
source ./script
ask() { words=("$@"); CURRENT=$#words; _freewheel_completion; echo }
"""
FISH = """
source ./script
"""


@pytest.fixture
def shell_variables(freewheel: Freewheel, tmp_path: Path) -> dict[str, str]:
    """A PATH on which `freewheel` is found."""
    program = tmp_path / "programs" / "freewheel"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m freewheel "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return freewheel.variables | {"PATH": f"{program.parent}:{os.environ['PATH']}"}


def answers(shell: str, questions: str, freewheel: Freewheel, variables: dict[str, str]) -> list[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    script = freewheel.run("completion", f"--{shell}").stdout
    (freewheel.cwd / "script").write_text(script, encoding="utf-8")
    return run([shell, "-c", questions], variables=variables, cwd=freewheel.cwd).lines


@pytest.mark.parametrize(("shell", "prelude"), [("bash", BASH), ("zsh", ZSH)])
def test_words_are_completed(
    shell: str,
    prelude: str,
    freewheel: Freewheel,
    shell_variables: dict[str, str],
    environment: Environment,
    archives: Path,
) -> None:
    pip(environment, "install", "--no-index", make_wheel(archives, "six"))
    (freewheel.cwd / "sub folder").mkdir()
    (freewheel.cwd / "sub.txt").write_text("", encoding="utf-8")
    questions = """
ask freewheel inst
ask freewheel list --format ""
ask freewheel list --format=j
ask freewheel install --rep
ask freewheel uninstall si
ask freewheel install -r sub
ask freewheel install --target sub
ask freewheel frobnicate -x
"""
    told = answers(shell, prelude + questions, freewheel, shell_variables | {"VIRTUAL_ENV": str(environment.root)})
    folder = "sub\\ folder/" if shell == "bash" else "sub folder/"
    *first, files, folders, nothing = told
    assert first == [
        "<install>",
        "<columns><freeze><json>",
        "<--format=json>",
        "<--report=>",
        "<six>",
    ]
    assert sorted(files[1:-1].split("><")) == sorted([folder, "sub.txt"])
    assert folders == f"<{folder}>"
    assert nothing in ("<>", "")


def test_what_is_set_and_kept_is_offered(
    freewheel: Freewheel, shell_variables: dict[str, str], archives: Path
) -> None:
    freewheel.variables["PIP_CONFIG_FILE"] = ""
    freewheel.run("wheel", "--no-index", make_sdist(archives, "six"))
    freewheel.run("config", "set", "install.timeout", "5")
    questions = "ask freewheel config get i\nask freewheel config set wheel.no-dep\nask freewheel cache remove s\n"
    told = answers("bash", BASH + questions, freewheel, shell_variables | {"PIP_CONFIG_FILE": ""})
    assert told == ["<install.timeout>", "<wheel.no-deps>", "<six>"]


def test_bash_that_makes_three_words_of_an_option(freewheel: Freewheel, shell_variables: dict[str, str]) -> None:
    """As it does by itself: `=` breaks words there."""
    told = answers("bash", BASH + "ask freewheel list --format = fr\n", freewheel, shell_variables)
    assert told == ["<freeze>"]


def test_fish(freewheel: Freewheel, shell_variables: dict[str, str]) -> None:
    questions = 'complete -C "freewheel inst"\ncomplete -C "freewheel list --format "\ncomplete -C "freewheel inde"\n'
    told = answers("fish", FISH + questions, freewheel, shell_variables)
    assert told == ["install", "columns", "freeze", "json", "index"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_each_script_is_marked_for_start_up_files(shell: str, freewheel: Freewheel) -> None:
    lines = freewheel.run("completion", f"--{shell}").lines
    assert (lines[1], lines[-1]) == (f"# freewheel {shell} completion start", f"# freewheel {shell} completion end")
    assert any("FREEWHEEL_AUTO_COMPLETE" in line for line in lines)


def test_no_shell_is_said_and_no_failure(freewheel: Freewheel) -> None:
    """As in pip."""
    done = freewheel.run("completion")
    assert done.stderr == "ERROR: You must pass --bash or --fish or --powershell or --zsh\n"


@pytest.mark.parametrize("words", ["", "freewheel", "freewheel uninstall x"])
def test_a_question_that_cannot_be_answered_is_answered_with_nothing(words: str, freewheel: Freewheel) -> None:
    """An environment that is not there, words that are none: never an error in somebody's prompt."""
    env = {"FREEWHEEL_AUTO_COMPLETE": "1", "COMP_WORDS": words, "COMP_CWORD": "7", "VIRTUAL_ENV": "/absent"}
    done = freewheel.run(env=env)
    assert done.stderr == ""

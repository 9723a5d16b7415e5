"""The order in which wheels are installed is pip's: it decides whose file stays where two projects ship the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment, pip

CASES = {
    "independent": ["b", "a", "c"],
    "a chain": ["top"],
    "a diamond": ["diamond"],
    "extras": ["extra[x]", "a"],
    "an extra of what is needed": ["user", "extra"],
    "a Python that is named": ["named", "b", "a"],
    "beside a cycle": ["loop", "b", "diamond"],
}


@pytest.fixture
def index(archives: Path) -> Path:
    for name in ("a", "b", "c"):
        make_wheel(archives, name)
    make_wheel(archives, "middle", requires=["a"])
    make_wheel(archives, "top", requires=["middle", "c"])
    make_wheel(archives, "left", requires=["b"])
    make_wheel(archives, "right", requires=["b", "left"])
    make_wheel(archives, "diamond", requires=["left", "right", "a"])
    make_wheel(archives, "extra", requires=['middle; extra == "x"'], extras={"x": []})
    make_wheel(archives, "user", requires=["extra[x]"])
    make_wheel(archives, "named", requires_python=">=3.9")
    make_wheel(archives, "loop", requires=["loop-back", "a"])
    make_wheel(archives, "loop-back", requires=["loop"])
    return archives


def order(lines: list[str]) -> list[str]:
    [told] = [line for line in lines if line.startswith("Installing collected packages: ")]
    return told.partition(": ")[2].split(", ")


@pytest.mark.parametrize("words", CASES.values(), ids=CASES.keys())
def test_it_is_pips(
    freewheel: Freewheel, environment: Environment, index: Path, tmp_path: Path, words: list[str]
) -> None:
    ours = freewheel.run("install", "--python", environment.python, "--no-index", "-f", index, *words)
    theirs = pip(make_environment(tmp_path / "theirs"), "install", "--no-index", "-f", index, *words)
    assert order(ours.lines) == order(theirs.lines)


def test_the_file_that_two_projects_ship_is_the_one_that_pip_leaves(
    freewheel: Freewheel, environment: Environment, archives: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        make_wheel(archives, name, files={"shared.py": f"who = {name!r}\n"})
    other = make_environment(tmp_path / "theirs")
    freewheel.run("install", "--python", environment.python, "--no-index", "-f", archives, "first", "second")
    pip(other, "install", "--no-index", "-f", archives, "first", "second")
    [ours, theirs] = [next(one.root.rglob("shared.py")).read_text(encoding="utf-8") for one in (environment, other)]
    assert ours == theirs

"""What is said when no versions fit is laid out as by the installed pip, which is asked for the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip
from tests.support.process import Result
from tests.support.server import IndexServer

FALSE_IN_PIP = re.compile(r"Additionally, some packages in these conflicts have no.*?\n\n", re.DOTALL)
"""pip 26.3 says this of every conflict, and names projects with fitting versions too."""


@pytest.fixture
def places(freewheel: Freewheel, server: IndexServer, environment: Environment, archives: Path) -> dict[str, str]:
    """What requirements may lead to: an index, files, and an environment for both programs."""
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}
    extras = {"x": ["seven<2"], "y": ["seven>=2"]}
    for version in ("1.0", "2.0"):
        server.add(make_wheel(archives, "six", version, extras=extras), requires_python=">=3")
        server.add(make_wheel(archives, "seven", version))
        server.add(make_wheel(archives, "lacking", version, requires=[f"nothing>={version}"]))
        server.add(make_wheel(archives, "tomorrow", version, requires_python=">=9"))
        server.add(make_wheel(archives, "day-after", version, requires_python=f">=1{version}"))
    server.add(make_wheel(archives, "left", requires=["six<2,>=1.0"]))
    server.add(make_wheel(archives, "Above.It", requires=["left"]))
    server.add(make_wheel(archives, "right", requires=['Six>=2,!=2.1; python_version > "3"']))
    written = {"lines.txt": "six==1.0\nright\n", "bounds.txt": "six<2\nSix>0.5\n"}
    for name, text in written.items():
        Path(environment.root, name).write_text(text, encoding="utf-8")
    wheel = make_wheel(archives, "direct")
    server.add(make_wheel(archives, "direct", "2.0"))
    return {"url": server.add(wheel), "file": wheel.as_uri(), "path": str(wheel)}


def said(done: Result) -> str:
    """From the first error on, in pip's order, by a program without a name."""
    errors = [line for line in done.stderr.splitlines() if not line.startswith("  hint: ")]
    explained = done.stdout.partition("\nThe conflict is caused by:")
    if explained[1]:  # in pip what explains the error is no part of it
        errors[1:1] = [*"".join(explained[1:]).rstrip("\n").split("\n"), ""]
    text = re.sub("ResolutionImpossible: .*", "ResolutionImpossible", "\n".join(errors))
    return text.replace("allow pip", "allow freewheel")


def told(freewheel: Freewheel, environment: Environment, server: IndexServer, *words: str) -> tuple[str, str]:
    """What we say, and what pip says."""
    install = ("install", "--dry-run", *words)
    ours = freewheel.run(*install, expect=1, cwd=environment.root)
    return said(ours), said(pip(environment, *install, env={"PIP_INDEX_URL": server.index_url}, expect=1))


CONFLICTS = {
    "two requirements of the user": ("six<2", "six>=2,<3"),
    "user against dependency": ("left", "six>=2"),
    "dependency against dependency": ("left", "right"),
    "dependencies further down": ("Above.It", "right"),
    "lines of a file": ("-r", "lines.txt"),
    "a constraint": ("-c", "bounds.txt", "six>=2"),
    "a constraint against a dependency": ("-c", "bounds.txt", "right"),
    "several extras": ("six[x,y]",),
    "an extra against the user": ("six[x]", "seven>=2"),
    "a URL against a pin": ("direct @ {url}", "direct==2.0"),
    "a path against a pin": ("{path}", "direct==2.0"),
    "two places": ("direct @ {url}", "direct @ {file}"),
    "a URL with an extra against a pin": ("direct[x] @ {file}", "direct[x]==2.0"),
}


@pytest.mark.parametrize("name", CONFLICTS)
def test_a_conflict_is_told_as_by_pip(
    name: str, freewheel: Freewheel, environment: Environment, server: IndexServer, places: dict[str, str]
) -> None:
    words = [word.format(**places) for word in CONFLICTS[name]]
    ours, pips = told(freewheel, environment, server, *words)
    assert ours == FALSE_IN_PIP.sub("", pips)
    assert "ERROR: ResolutionImpossible" in ours


def test_projects_that_cannot_be_had_at_all_are_named_as_by_pip(
    freewheel: Freewheel,
    environment: Environment,
    server: IndexServer,
    places: dict[str, str],  # noqa: ARG001 - what there is
) -> None:
    ours, pips = told(freewheel, environment, server, "lacking")
    assert ours == pips
    assert "available for your environment:\n    nothing\n\n" in ours


@pytest.mark.parametrize("words", [("tomorrow==1.0",), ("tomorrow",), ("tomorrow", "day-after")], ids=" ".join)
def test_what_cannot_be_had_is_told_as_by_pip(
    words: tuple[str, ...],
    freewheel: Freewheel,
    environment: Environment,
    server: IndexServer,
    places: dict[str, str],  # noqa: ARG001 - what there is
) -> None:
    ours, pips = told(freewheel, environment, server, *words)
    assert [line for line in ours.splitlines() if not line.startswith("  asked: ")] == pips.splitlines()


def test_what_is_installed_takes_part_and_is_told_as_by_pip(
    freewheel: Freewheel,
    environment: Environment,
    server: IndexServer,
    places: dict[str, str],  # noqa: ARG001 - what there is
    archives: Path,
) -> None:
    """But pip goes on to try the index's file of the version that is installed, and names that."""
    server.add(make_wheel(archives, "here", extras={"x": ["seven>=2"]}))
    server.add(make_wheel(archives, "blocked", requires=["here>1.5"]))
    freewheel.run("install", "here")
    ours, pips = told(freewheel, environment, server, "here[x]", "seven<2")
    assert ours == FALSE_IN_PIP.sub("", pips)
    ours, _ = told(freewheel, environment, server, "here[x]", "blocked")
    assert "    here[x] 1.0 depends on here 1.0 (Installed)" in ours.splitlines()

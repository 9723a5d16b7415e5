"""Dependency groups, scripts with metadata, only what projects need, and limits for what builds need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.process import Result
from tests.support.server import IndexServer

Install = Callable[..., Result]

GROUPS = """
[dependency-groups]
Test_Tools = ["six>=1", { include-group = "docs" }]
docs = ["rich; python_version >= '3'", "never; python_version < '3'"]
broken = ["six >="]
round = [{ include-group = "and-round" }]
and-round = [{ include-group = "round" }]
odd = [{ exclude-group = "docs" }]
"""
SCRIPT = """#!/usr/bin/env python
# /// script
# requires-python = ">=3.9"
# dependencies = [
#   "six<2",
# ]
# ///
import six
"""


@pytest.fixture
def install(freewheel: Freewheel, server: IndexServer, environment: Environment, archives: Path) -> Install:
    """Install from an index with two projects, each in two versions."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    for name in ("six", "rich"):
        for version in ("1.0", "2.0"):
            server.add(make_wheel(archives, name, version))

    def run(*words: str | Path, expect: int = 0) -> Result:
        return freewheel.run("install", "--python", environment.python, *words, expect=expect)

    return run


def test_a_group_with_what_it_includes(freewheel: Freewheel, install: Install, environment: Environment) -> None:
    (freewheel.cwd / "pyproject.toml").write_text(GROUPS, encoding="utf-8")
    done = install("--group", "test-tools")
    assert environment.installed() == {"six": "2.0", "rich": "2.0"}
    assert "Collecting six>=1 (from --group pyproject.toml:test-tools)" in done.lines
    assert len(list(environment.site_packages.glob("*.dist-info/REQUESTED"))) == 2


def test_a_group_of_another_folder(freewheel: Freewheel, install: Install, environment: Environment) -> None:
    (freewheel.cwd / "deep").mkdir()
    (freewheel.cwd / "deep" / "pyproject.toml").write_text(GROUPS, encoding="utf-8")
    install("--group", "deep/pyproject.toml:docs", "six<2")
    assert environment.installed() == {"six": "1.0", "rich": "2.0"}


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        ("absent", "Dependency group 'absent' not found"),
        ("round", "Cyclic dependency group include"),
        ("odd", "Invalid dependency group item"),
        ("broken", "six >="),
    ],
)
def test_what_is_wrong_with_a_group_is_said(freewheel: Freewheel, install: Install, group: str, reason: str) -> None:
    (freewheel.cwd / "pyproject.toml").write_text(GROUPS, encoding="utf-8")
    done = install("--group", group, expect=1)
    assert f"ERROR: [dependency-groups] resolution failed for '{group}' from 'pyproject.toml'." in done.stderr
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[project]\nname = 'x'\n", "[dependency-groups] table was missing from 'pyproject.toml'"),
        ("dependency-groups = 1\n", "[dependency-groups] table was malformed"),
        ("[dependency-groups]\na = []\nA = []\n", "Duplicate"),
        ("[[[", "where:    pyproject.toml, line 1, column 3"),
    ],
)
def test_what_is_wrong_with_a_project_file_is_said(
    freewheel: Freewheel, install: Install, text: str, reason: str
) -> None:
    (freewheel.cwd / "pyproject.toml").write_text(text, encoding="utf-8")
    assert reason in install("--group", "a", expect=1).stderr


def test_a_group_stands_in_a_project_or_lock_file(freewheel: Freewheel, install: Install) -> None:
    assert "Could not open project file" in install("--group", "dev", expect=1).stderr
    done = install("--group", "requirements.txt:dev", expect=2)
    assert "group paths use local 'pyproject.toml' or 'pylock.toml' files" in done.stderr
    assert freewheel.run("wheel", "--group", "x/pyproject.toml:dev", expect=1).stderr.count("x/pyproject.toml") > 0


def test_what_a_script_needs(freewheel: Freewheel, install: Install, environment: Environment) -> None:
    script = freewheel.cwd / "tool.py"
    script.write_text(SCRIPT, encoding="utf-8")
    install("--requirements-from-script", "tool.py")
    assert environment.installed() == {"six": "1.0"}
    script.write_text(SCRIPT.replace(">=3.9", "<3"), encoding="utf-8")
    done = install("--requirements-from-script", script, expect=1)
    assert "requires a different Python: " in done.stderr
    assert "not in '<3'" in done.stderr
    install("--requirements-from-script", script, "--ignore-requires-python")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import six\n", "File does not contain 'script' metadata"),
        (SCRIPT + SCRIPT, "Multiple 'script' blocks found"),
        ('# /// script\n# dependencies = "six"\n# ///\n', "Expected `array`, got `str`"),
        ('# /// script\n# requires-python = "three"\n# ///\n', "requires-python is no version specifier"),
    ],
)
def test_what_is_wrong_with_a_script_is_said(freewheel: Freewheel, install: Install, text: str, reason: str) -> None:
    (freewheel.cwd / "tool.py").write_text(text, encoding="utf-8")
    done = install("--requirements-from-script", "tool.py", expect=1)
    assert "'tool.py'" in done.stderr.splitlines()[0]
    assert reason in done.stderr


def test_a_block_that_is_no_toml_is_told_with_its_place_in_the_script(freewheel: Freewheel, install: Install) -> None:
    (freewheel.cwd / "tool.py").write_text("pass\n# /// script\n# [[[\n# ///\n", encoding="utf-8")
    done = install("--requirements-from-script", "tool.py", expect=1)
    assert "ERROR: tool.py is no TOML." in done.stderr
    assert "where:    tool.py, line 3, column 5" in done.stderr


def test_there_is_one_script_at_most(install: Install) -> None:
    done = install("--requirements-from-script", "a.py", "--requirements-from-script", "b.py", expect=1)
    assert "ERROR: --requirements-from-script can only be given once" in done.stderr.splitlines()
    assert "Could not open script file" in install("--requirements-from-script", "a.py", expect=1).stderr


@pytest.mark.parametrize("option", ["--only-deps", "--only-dependencies"])
def test_only_what_a_project_needs(
    install: Install, server: IndexServer, environment: Environment, archives: Path, option: str
) -> None:
    """Also with extras, and where one project that is asked for needs another."""
    server.add(make_wheel(archives, "top", requires=["six", "other"], extras={"x": ["rich"]}))
    server.add(make_wheel(archives, "other", requires=[]))
    install("top[x]", "other", option)
    assert environment.installed() == {"six": "2.0", "rich": "2.0"}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("six", "--no-deps"), "'--no-deps'"),
        (("-r", "r.txt"), "'--requirement'"),
        (("--group", "dev", "-r", "r.txt"), "'--requirement' or '--group'"),
        (("--requirements-from-script", "a.py"), "'--requirements-from-script'"),
    ],
)
def test_only_what_projects_need_that_are_named(install: Install, words: tuple[str, ...], problem: str) -> None:
    done = install("--only-deps", *words, expect=1)
    assert f"Cannot use '--only-dependencies' in combination with {problem}." in done.stderr


@pytest.mark.parametrize("limit", ["tool<2", "tool @ {url}"])
def test_limits_for_builds_limit_builds_alone(
    *,
    freewheel: Freewheel,
    install: Install,
    server: IndexServer,
    environment: Environment,
    archives: Path,
    build_log: BuildLog,
    limit: str,
) -> None:
    """They are part of what decides whether a wheel is reused, and `-c` has no say in builds."""
    for version in ("1.0", "2.0"):
        server.add(make_wheel(archives, "tool", version))
    server.add(make_sdist(archives, "source", build_requires=["tool"]))
    url = server.file_url("tool-1.0-py3-none-any.whl")
    (freewheel.cwd / "limits.txt").write_text(limit.format(url=url) + "\n", encoding="utf-8")
    (freewheel.cwd / "c.txt").write_text("tool<1\n", encoding="utf-8")
    install("source", "tool", "--build-constraint", "limits.txt")
    assert environment.installed() == {"source": "1.0", "tool": "2.0"}
    assert "tool==1.0" in built_with(freewheel)
    install("source", "--build-constraint", "limits.txt", "--force-reinstall")
    assert build_log.builds() == 1
    install("source", "--force-reinstall", "-c", "c.txt")
    assert build_log.builds() == 2
    assert any("tool==2.0" in text for text in built_with(freewheel).split("\0"))


def built_with(freewheel: Freewheel) -> str:
    records = freewheel.cache.glob("wheels-v1/source/*/build.json")
    return "\0".join(path.read_text(encoding="utf-8") for path in records)


def test_a_limit_may_have_the_digest_of_what_a_build_needs(
    freewheel: Freewheel, install: Install, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "tool"))
    server.add(make_sdist(archives, "source", build_requires=["tool"]))
    (freewheel.cwd / "limits.txt").write_text(f"tool==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    done = install("source", "--build-constraint", "limits.txt", expect=1)
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr
    assert "-c limits.txt (line 1)" in done.stderr


def test_limits_for_builds_need_builds_that_can_be_limited(freewheel: Freewheel, install: Install) -> None:
    done = install("six", "--build-constraint", "limits.txt", "--no-build-isolation", expect=1)
    assert "ERROR: --build-constraint cannot be used with --no-build-isolation." in done.stderr.splitlines()
    assert "Could not open constraint file" in install("six", "--build-constraint", "limits.txt", expect=1).stderr
    (freewheel.cwd / "limits.txt").write_text("--pre\n", encoding="utf-8")
    done = install("six", "--build-constraint", "limits.txt", expect=1)
    assert "options have no place in a file of build constraints" in done.stderr

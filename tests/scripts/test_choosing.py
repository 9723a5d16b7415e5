"""Which versions are chosen, and what is said of those that are not, as by pip, which is asked the same."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.server import IndexServer

ERRORS = ("ERROR: Could not find", "ERROR: No matching", "ERROR: Ignored the following", "ERROR: --pre cannot")


@pytest.fixture
def pips(tmp_path: Path, server: IndexServer) -> Freewheel:
    """pip itself, for a dry run in an empty environment."""
    environment = make_environment(tmp_path / "of-pip")
    command = (sys.executable, "-m", "pip", "--python", environment.python)
    return Freewheel(tmp_path / "pip", command=command, variables={"PIP_INDEX_URL": server.index_url})


@pytest.fixture(autouse=True)
def configured(freewheel: Freewheel, server: IndexServer, environment: Environment) -> None:
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}


def outcome(program: Freewheel, *words: str) -> tuple[int, list[str]]:
    """What would be installed, or the errors."""
    done = program.run("install", "--dry-run", *words, expect=None)
    lines = (done.stdout + done.stderr).splitlines()
    return done.code, sorted(line for line in lines if line.startswith(("Would install", *ERRORS)))


CHOICES = [
    ("six",),
    ("--pre", "six"),
    ("--all-releases", "SIX", "six"),
    ("--only-final", "six", "six>=3rc1"),
    ("--only-final", ":all:", "--all-releases", "six", "six"),
    ("--pre", "--only-final", "six", "six"),
    ("-r", "pre.txt"),
    ("-r", "final.txt", "--all-releases", "six"),
    ("six==2.1",),
    ("six>=2.1,<3",),
    ("six>2.0,<3",),
    ("old==1.0",),
    ("--ignore-requires-python", "old==1.0"),
    ("old",),
    ("--prefer-binary", "newer-as-sdist"),
    ("--only-binary", ":all:", "newer-as-sdist"),
    ("--no-binary", "newer-as-sdist", "newer-as-sdist==1.0"),
]


@pytest.mark.parametrize("words", CHOICES, ids=" ".join)
def test_both_choose_the_same(
    freewheel: Freewheel, pips: Freewheel, server: IndexServer, archives: Path, words: tuple[str, ...]
) -> None:
    """Behaviours 96 and 97, among others."""
    for version in ("1.0", "2.0", "3.0rc1"):
        server.add(make_wheel(archives, "six", version))
    server.add(make_wheel(archives, "six", "2.1"), yanked="broken")
    server.add(make_wheel(archives, "old", "0.9"), requires_python="<3,>=2.7")
    server.add(make_wheel(archives, "old", "1.0"), requires_python=">=2.7,<3")
    server.add(make_wheel(archives, "newer-as-sdist", "1.0"))
    server.add(make_sdist(archives, "newer-as-sdist", "2.0"))
    for program in (freewheel, pips):
        (program.cwd / "pre.txt").write_text("--only-final :all:\n--pre\nsix\n", encoding="utf-8")
        (program.cwd / "final.txt").write_text("--only-final six\nsix\n", encoding="utf-8")
    assert outcome(freewheel, *words) == outcome(pips, *words)


def test_a_yanked_release_that_is_pinned_is_warned_of(
    freewheel: Freewheel, pips: Freewheel, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "six"), yanked="broken", requires_python=">=3", hashes=False)
    said = []
    for program in (freewheel, pips):
        done = program.run("install", "--dry-run", "six==1.0")
        said.append([line for line in done.stderr.splitlines() if "yanked" in line])
    assert said[0] == said[1]
    assert len(said[0]) == 2


def uploaded(archives: Path, server: IndexServer, version: str, when: datetime) -> None:
    server.add(make_wheel(archives, "six", version), upload_time=when.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_only_what_was_uploaded_before_a_time(
    freewheel: Freewheel, pips: Freewheel, server: IndexServer, archives: Path
) -> None:
    now = datetime.now(UTC)
    uploaded(archives, server, "1.0", now - timedelta(days=30))
    uploaded(archives, server, "2.0", now - timedelta(days=3))
    limits = {"P7D": "1.0", "P1D": "2.0", str(now.date() - timedelta(days=9)): "1.0"}
    for limit, version in limits.items():
        expected = (0, [f"Would install six-{version}"])
        for program in (freewheel, pips):
            assert outcome(program, "--uploaded-prior-to", limit, "six") == expected
    assert outcome(freewheel, "--uploaded-prior-to", "P99D", "six")[0] == 1


def test_an_index_without_times_of_upload_fails_where_they_count(
    freewheel: Freewheel, pips: Freewheel, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "six"))
    for program in (freewheel, pips):
        done = program.run("install", "--dry-run", "--uploaded-prior-to", "P7D", "six", expect=1)
        assert f"ERROR: Index {server.page_url('six')} does not provide upload-time metadata." in done.stderr


def test_files_passed_over_are_told_at_vv_and_those_for_another_python_at_v(
    freewheel: Freewheel, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "six"))
    other = server.add(make_wheel(archives, "six", "2.0"), requires_python="<3")
    for_windows = server.add(make_wheel(archives, "six", "3.0", tag="cp311-cp311-win_amd64"))
    lines = {level: freewheel.run("install", "--dry-run", *level, "six").lines for level in ((), ("-v",), ("-vv",))}
    skipped = {level: [line for line in said if "Skipping link" in line] for level, said in lines.items()}
    assert skipped[()] == []
    assert [line.rpartition(" ")[2] for line in skipped["-v",]] == [other]
    assert [line.rpartition(" ")[2] for line in skipped["-vv",]] == [other, for_windows]


def test_extras_may_change_between_installations(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    extras = {"one": ["first"], "two": ["second"]}
    server.add(make_wheel(archives, "six", extras=extras))
    server.add(make_wheel(archives, "first"))
    server.add(make_wheel(archives, "second"))
    freewheel.run("install", "six[one]")
    assert environment.installed() == {"six": "1.0", "first": "1.0"}
    done = freewheel.run("install", "six[two]")
    assert "Successfully installed second-1.0" in done.lines
    assert environment.installed() == {"six": "1.0", "first": "1.0", "second": "1.0"}


def test_ignore_installed_installs_over_what_is_there(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "six"))
    freewheel.run("install", "six")
    server.add(make_wheel(archives, "six", "2.0"))
    assert "already satisfied" in freewheel.run("install", "six").stdout
    assert "Successfully installed six-2.0" in freewheel.run("install", "-I", "six").lines
    assert "2.0" in environment.installed().values()


def test_upgrading_takes_along_what_is_needed_as_the_strategy_says(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "top", requires=["library"]))
    server.add(make_wheel(archives, "library"))
    freewheel.run("install", "top")
    server.add(make_wheel(archives, "library", "2.0"))
    server.add(make_wheel(archives, "top", "2.0", requires=["library"]))
    freewheel.run("install", "--upgrade", "top")
    assert environment.installed() == {"top": "2.0", "library": "1.0"}
    freewheel.run("install", "--upgrade", "--upgrade-strategy", "eager", "top")
    assert environment.installed() == {"top": "2.0", "library": "2.0"}

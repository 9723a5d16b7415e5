"""Which setting counts: the command line, variables, and pip's files at every level."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from freewheel.config.default_index import index_of_pip
from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.pages import write_index
from tests.support.server import IndexServer

IndexOf = Callable[[str], str]


@pytest.fixture
def index_of(archives: Path, tmp_path: Path) -> IndexOf:
    """The URL of an index that has one release of `six`: which one was chosen tells which index counted."""

    def publish(version: str) -> str:
        return write_index(tmp_path / "indexes" / version, [make_wheel(archives, "six", version)])

    return publish


@pytest.fixture
def chosen(freewheel: Freewheel) -> Callable[..., str]:
    """The release of `six` that a run chooses."""

    def run(*words: str, env: Mapping[str, str] | None = None) -> str:
        done = freewheel.run("install", "--target", "x", "--dry-run", *words, "six", env=env)
        [line] = [line for line in done.lines if line.startswith("Would install six-")]
        return line.rpartition("-")[2]

    return run


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_every_place_counts_less_than_the_one_before_it(
    *, freewheel: Freewheel, environment: Environment, index_of: IndexOf, chosen: Callable[..., str], tmp_path: Path
) -> None:
    """Command line, our variable, pip's variable; then files: the named one, the environment's own; by section."""
    named, site = tmp_path / "named.conf", environment.root / "pip.conf"
    words = ("--index-url", index_of("1"))
    freewheel.variables |= {
        "FREEWHEEL_INDEX_URL": index_of("2"),
        "PIP_INDEX_URL": index_of("3"),
        "PIP_CONFIG_FILE": str(named),
        "VIRTUAL_ENV": str(environment.root),
    }
    settings = [f"[{section}]\nindex-url = {index_of(version)}\n" for section, version in (
        ("freewheel", "4"), ("install", "5"), ("global", "6"))]  # fmt: skip
    write(named, "".join(reversed(settings)))
    write(site, f"[global]\nindex-url = {index_of('7')}\n")
    assert chosen(*words) == "1"
    assert chosen() == "2"
    for version, variable in (("3", "FREEWHEEL_INDEX_URL"), ("4", "PIP_INDEX_URL")):
        freewheel.variables[variable] = ""  # an empty value is none
        assert chosen() == version
    for version, left in (
        ("5", settings[1:]),
        ("6", settings[2:]),
        ("7", ["[download]\nindex-url = no-such-index\n"]),
    ):
        write(named, "".join(left))
        assert chosen() == version


def test_the_users_file_counts_more_than_that_for_everybody(
    freewheel: Freewheel, index_of: IndexOf, tmp_path: Path
) -> None:
    """And of the user's two the one in the place of today."""
    freewheel.variables |= {
        "PIP_INDEX_URL": index_of("1.0"),
        "PIP_CONFIG_FILE": "",
        "XDG_CONFIG_DIRS": str(tmp_path / "everybody"),
    }
    files = {
        "for-everybody": tmp_path / "everybody" / "pip" / "pip.conf",
        "old": Path(freewheel.variables["HOME"], ".pip", "pip.conf"),
        "new": Path(freewheel.variables["XDG_CONFIG_HOME"], "pip", "pip.conf"),
    }
    for name, file in files.items():
        write(file, f"[download]\ndest = {name}\n")
        freewheel.run("download", "six")
        assert (freewheel.cwd / name / "six-1.0-py3-none-any.whl").exists()
    (freewheel.cwd / "for-everybody").rename(freewheel.cwd / "moved")
    freewheel.run("download", "--isolated", "--index-url", freewheel.variables["PIP_INDEX_URL"], "six")
    assert (freewheel.cwd / "for-everybody").exists()


def test_lists_in_variables_and_files_are_added_to(
    freewheel: Freewheel, index_of: IndexOf, chosen: Callable[..., str], tmp_path: Path
) -> None:
    """What is set further away, and split at white space there, comes before the command line's."""
    freewheel.variables["PIP_INDEX_URL"] = index_of("1")
    named = write(tmp_path / "named.conf", f"[global]\nextra-index-url =\n    {index_of('2')}\n    {index_of('3')}\n")
    freewheel.variables["PIP_CONFIG_FILE"] = str(named)
    assert chosen() == "3"
    assert chosen("--extra-index-url", index_of("2.5")) == "3"
    assert chosen("--extra-index-url", index_of("4")) == "4"
    assert chosen(env={"PIP_EXTRA_INDEX_URL": f"{index_of('1.5')} {index_of('1.7')}"}) == "1.7"


def test_flags_and_counts_of_variables_and_files(freewheel: Freewheel, archives: Path, tmp_path: Path) -> None:
    """A flag takes a truth value there; the name of a key may have underscores and any case."""
    freewheel.variables["PIP_INDEX_URL"] = write_index(
        tmp_path / "index", [make_wheel(archives, "top", requires=["missing"]), make_wheel(archives, "top", "2.0rc1")]
    )
    freewheel.variables["PIP_CONFIG_FILE"] = str(
        write(tmp_path / "named.conf", "[download]\nNo_Deps = yes\npre = 0\n")
    )
    done = freewheel.run("download", "top", env={"PIP_VERBOSE": "1"})
    assert "Saved ./top-1.0-py3-none-any.whl" in done.lines
    assert "reused" in done.stdout
    done = freewheel.run("download", "top", env={"FREEWHEEL_PRE": "on", "FREEWHEEL_QUIET": "1"})
    assert done.stdout == ""
    assert (freewheel.cwd / "top-2.0rc1-py3-none-any.whl").exists()
    done = freewheel.run("download", "top", env={"PIP_NO_DEPS": "perhaps"}, expect=2)
    assert "perhaps is not a valid value for no-deps option" in done.stderr
    assert "PIP_NO_DEPS in the environment" in done.stderr


def test_a_broken_file_is_named_without_its_content(freewheel: Freewheel, tmp_path: Path) -> None:
    broken = write(
        tmp_path / "named.conf", "[global]\nindex-url = https://me:secret@index.example/\nnonsense secret\n"
    )
    done = freewheel.run("list", env={"PIP_CONFIG_FILE": str(broken)}, expect=2)
    assert "ERROR: Configuration file could not be loaded." in done.stderr
    assert str(broken) in done.stderr
    assert "line 3" in done.stderr
    assert "secret" not in done.stderr


def test_without_any_index_pips_own_is_asked(freewheel: Freewheel, server: IndexServer) -> None:
    """Here through a proxy that refuses everything, so that nobody outside is."""
    server.answer("*", status=403)
    words = ("--proxy", server.url, "--retries", "0", "--timeout", "5")
    done = freewheel.run("download", *words, "six", expect=1)
    assert f"{index_of_pip().rstrip('/')}/six/" in done.stderr
    assert done.stderr.count("ERROR") == 1

"""What can be asked for: specifiers, extras, markers, files of requirements, archives and folders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.folders import snapshot
from tests.support.process import Result
from tests.support.server import IndexServer

Install = Callable[..., Result]


@pytest.fixture
def install(freewheel: Freewheel, server: IndexServer, environment: Environment) -> Install:
    """Install into the test's environment."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url

    def run(*words: str | Path, expect: int = 0, **settings: dict[str, str]) -> Result:
        return freewheel.run(
            "install", "--python", environment.python, *words, expect=expect, env=settings.get("env")
        )

    return run


def write(freewheel: Freewheel, name: str, text: str) -> str:
    path = freewheel.cwd / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


def test_extras_and_markers(install: Install, environment: Environment, server: IndexServer, archives: Path) -> None:
    extras = {"fast": ["turbo>=1", "never; python_version < '3'"], "Odd_Name": ["odd"]}
    requires = ["always", "never; sys_platform == 'nowhere'"]
    server.add(make_wheel(archives, "top", requires=requires, extras=extras))
    for name in ("turbo", "odd", "always"):
        server.add(make_wheel(archives, name))
    install("top [fast, odd-name] >=1,<2 ; python_version >= '3'", "never ; python_version < '3'")
    assert environment.installed() == {"top": "1.0", "turbo": "1.0", "odd": "1.0", "always": "1.0"}
    done = install("top[missing]")
    assert "missing" in done.stderr


@pytest.mark.parametrize(
    ("specifier", "expected"),
    [("==1.*", "1.5"), ("~=1.0", "1.5"), ("!=2.0", "1.5"), (">1,<1.5", "1.1"), ("===1.1", "1.1"), ("", "2.0")],
)
def test_the_newest_version_that_a_specifier_allows_is_chosen(
    install: Install, server: IndexServer, archives: Path, specifier: str, expected: str
) -> None:
    for version in ("1.0", "1.1", "1.5", "2.0", "3.0.dev1"):
        server.add(make_wheel(archives, "six", version))
    server.add(make_wheel(archives, "six", "4.0"), yanked="broken")
    server.add(make_wheel(archives, "six", "5.0"), requires_python="<3")
    assert f"Would install six-{expected}" in install("--dry-run", f"six{specifier}").lines


def test_a_file_of_requirements(
    *, freewheel: Freewheel, install: Install, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """Comments, continued lines, variables, files in files by their own place, options, paths."""
    for name in ("six", "seven", "eight", "nested", "deep"):
        server.add(make_wheel(archives, name, "1.0"))
        server.add(make_wheel(archives, name, "2.0"))
    server.add(make_wheel(archives, "early", "1.0rc1"))
    make_wheel(freewheel.cwd / "files" / "links", "linked")
    make_wheel(freewheel.cwd, "local")
    write(freewheel, "files/deep/deep.txt", "deep\n")
    write(freewheel, "files/nested.txt", "nested\n-r deep/deep.txt\n--find-links links\n")
    write(freewheel, "files/constraints.txt", "seven<2\nnested<2\n")
    name = write(
        freewheel,
        "requirements.txt",
        "# a comment\n"
        "six == 1.0  # and another\n"
        "seven \\\n"
        "  >= 1.0\n"
        "${NAME}==1.0 ; python_version >= '3'\n"
        "\n"
        "-r files/nested.txt\n"
        "--constraint=files/constraints.txt\n"
        "--pre\n"
        "early\n"
        "linked\n"
        "./local-1.0-py3-none-any.whl\n",
    )
    install("-r", name, env={"NAME": "eight"})
    assert environment.installed() == {
        "six": "1.0",
        "seven": "1.0",
        "eight": "1.0",
        "nested": "1.0",
        "deep": "2.0",
        "early": "1.0rc1",
        "linked": "1.0",
        "local": "1.0",
    }


def test_the_options_of_a_file_name_indexes(
    *, freewheel: Freewheel, install: Install, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """`--index-url`, `--extra-index-url` and `--no-binary` in a file hold for everything."""
    with IndexServer() as other, IndexServer() as third:
        server.add(make_wheel(archives / "1", "six", "9.0"))
        other.add(make_wheel(archives / "2", "six", "1.0"))
        third.add(make_wheel(archives / "3", "seven", "1.0"))
        third.add(make_sdist(archives / "3", "seven", "1.0"))
        text = f"-i {other.index_url}\n--extra-index-url {third.index_url}\n--no-binary seven\nseven\n"
        done = install("-r", write(freewheel, "requirements.txt", text), "six")
        assert server.log == []
        assert third.requests_for(".whl") == []
    assert environment.installed() == {"six": "1.0", "seven": "1.0"}
    assert "Successfully built seven" in done.lines


def test_a_file_of_requirements_behind_a_url(
    *, install: Install, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """It is cached as anything is; what it names beside it is found beside it."""
    server.add(make_wheel(archives, "six"))
    server.add(make_wheel(archives, "seven"))
    url = server.put("/lists/requirements.txt", "-r more.txt\nsix\n")
    server.put("/lists/more.txt", "seven\n-c constraints.txt\n")
    server.put("/lists/constraints.txt", "seven==1.0\n")
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    install("-r", url)
    assert environment.installed() == {"six": "1.0", "seven": "1.0"}
    server.clear()
    install("-r", url)
    assert server.log == []


def test_archives_and_folders_by_path(
    *, freewheel: Freewheel, install: Install, environment: Environment, server: IndexServer, build_log: BuildLog
) -> None:
    """Wheels, sdists and projects, by relative, absolute and `file:` names, with extras."""
    server.add(make_wheel(freewheel.cwd / "index", "more"))
    make_wheel(freewheel.cwd, "wheel")
    sdist = make_sdist(freewheel.cwd, "sdist", suffix=".zip")
    project = make_project_dir(freewheel.cwd / "project", "project", extras={"all": ["more"]})
    named = make_wheel(freewheel.cwd / "far", "named")
    before = snapshot(project)
    install("wheel-1.0-py3-none-any.whl", sdist, "./project[all]", f"named @ {named.as_uri()}")
    assert environment.installed() == {
        "wheel": "1.0",
        "sdist": "1.0",
        "project": "1.0",
        "named": "1.0",
        "more": "1.0",
    }
    assert (build_log.builds("sdist"), build_log.builds("project")) == (1, 1)
    assert {path for path in snapshot(project).keys() - before.keys() if "__pycache__" not in path} == set()
    origins = {
        path.parent.name.partition("-")[0]: json.loads(path.read_text(encoding="utf-8"))
        for path in environment.site_packages.glob("*.dist-info/direct_url.json")
    }
    assert origins.keys() == {"wheel", "sdist", "project", "named"}
    assert origins["project"] == {"url": project.as_uri(), "dir_info": {}}
    assert origins["named"]["url"] == named.as_uri()


def test_archives_by_url(
    *, install: Install, environment: Environment, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """With and without a name; a digest in the fragment is checked."""
    wheel, sdist = make_wheel(archives, "six"), make_sdist(archives, "seven")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wheel_url = server.put(f"/direct/{wheel.name}", wheel)
    sdist_url = server.put(f"/direct/{sdist.name}", sdist)
    wrong = "0" * 64
    done = install(f"{wheel_url}#sha256={wrong}", expect=1)
    assert f"expected: sha256 {wrong}" in done.stderr
    assert f"found:    sha256 {digest}" in done.stderr
    assert environment.installed() == {}
    install(f"six @ {wheel_url}#sha256={digest}", sdist_url)
    assert environment.installed() == {"six": "1.0", "seven": "1.0"}
    assert build_log.builds("seven") == 1
    assert {path for path in server.paths() if path.startswith("/simple/")} == set()


def test_a_conflict_says_who_asked_for_what(
    *, install: Install, environment: Environment, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "left", requires=["shared<2"]))
    server.add(make_wheel(archives, "right", requires=["shared>=2"]))
    for version in ("1.0", "2.0"):
        server.add(make_wheel(archives, "shared", version))
    done = install("left", "right", expect=1)
    assert "ERROR: Cannot install left==1.0 and right==1.0 because these package versions have conflicting" in (
        done.stderr
    )
    assert "left 1.0 depends on shared<2" in done.stderr
    assert "right 1.0 depends on shared>=2" in done.stderr
    assert environment.installed() == {}


def test_an_older_version_is_taken_where_the_newest_does_not_fit(
    *, install: Install, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """Backtracking, as pip's: metadata of what is left behind is read, its files are not."""
    server.add(make_wheel(archives, "top", "2.0", requires=["shared>=2"]))
    server.add(make_wheel(archives, "top", "1.0", requires=["shared"]))
    server.add(make_wheel(archives, "other", "1.0", requires=["shared<2"]))
    for version in ("1.0", "2.0"):
        server.add(make_wheel(archives, "shared", version))
    install("top", "other")
    assert environment.installed() == {"top": "1.0", "other": "1.0", "shared": "1.0"}
    assert server.requests_for("top-2.0-py3-none-any.whl") == []


def test_what_is_installed_is_found_again(install: Install, server: IndexServer, archives: Path) -> None:
    """Without a question to the index, and in pip's words."""
    server.add(make_wheel(archives, "top", requires=["six"]))
    server.add(make_wheel(archives, "six"))
    install("top")
    server.clear()
    done = install("top")
    assert done.lines[0].startswith("Requirement already satisfied: top in ")
    assert done.lines[1].startswith("Requirement already satisfied: six in ")
    assert done.lines[1].endswith("(from top) (1.0)")
    assert server.log == []

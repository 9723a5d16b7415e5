"""Environments: upgraded, rolled back, taken apart and listed; pip agrees with what is left."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip, put_wheel
from tests.support.folders import snapshot
from tests.support.process import run
from tests.support.server import IndexServer


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment) -> None:
    """An application in two versions, what it needs, and something that nobody needs."""
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}
    for version, library in (("1.0", "library<2"), ("2.0", "library>=2")):
        server.add(
            make_wheel(
                archives,
                "App-lication",
                version,
                requires=[library],
                files={
                    "application/__init__.py": f"def main():\n    print('{version}')\n",
                    f"application/only_in_{version[0]}.py": "",
                },
                entry_points={"console_scripts": {"app": "application:main"}},
                data={"data/share/app/data.txt": version},
            )
        )
        server.add(make_wheel(archives, "library", version, files={"library.py": f"version = '{version}'\n"}))
    server.add(make_sdist(archives, "lonely", files={"lonely.py": ""}))


def pips_list(environment: Environment) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(pip(environment, "list", "--format=json").stdout)
    return found


def files(environment: Environment) -> set[str]:
    """All but folders, of which pip leaves some and takes others."""
    return {path for path, what in snapshot(environment.root).items() if not what.startswith("d")}


# Listing


def test_lists_are_pips(freewheel: Freewheel, environment: Environment) -> None:
    freewheel.run("install", "App_Lication", "lonely")
    for format_name in ("columns", "freeze", "json"):
        ours = freewheel.run("list", f"--format={format_name}").stdout
        theirs = pip(environment, "list", f"--format={format_name}").stdout
        assert json.loads(ours) == json.loads(theirs) if format_name == "json" else ours == theirs
    assert freewheel.run("list", "--not-required").stdout == pip(environment, "list", "--not-required").stdout
    assert (
        freewheel.run("list", "--exclude", "LONELY").stdout == pip(environment, "list", "--exclude", "lonely").stdout
    )


def test_freeze_is_pips_and_brings_the_same_about(
    freewheel: Freewheel, environment: Environment, tmp_path: Path, archives: Path
) -> None:
    project = make_project_dir(tmp_path / "project", "local-project")
    wheel = make_wheel(archives, "by-path")
    freewheel.run("install", "App-lication==1.0", "lonely", project, wheel)
    frozen = freewheel.run("freeze").stdout
    assert frozen == pip(environment, "freeze").stdout
    (freewheel.cwd / "frozen.txt").write_text(frozen, encoding="utf-8")
    freewheel.run("install", "--target", "again", "--no-deps", "-r", "frozen.txt")
    names = {path.name.partition("-")[0].lower() for path in (freewheel.cwd / "again").glob("*.dist-info")}
    assert names == {"app_lication", "library", "lonely", "local_project", "by_path"}


def test_an_empty_environment_has_nothing_to_list(freewheel: Freewheel) -> None:
    assert freewheel.run("list").stdout == ""
    assert freewheel.run("freeze").stdout == ""
    assert json.loads(freewheel.run("list", "--format=json").stdout) == []


def test_listing_needs_and_makes_no_cache_and_asks_nobody(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.run("list", "--no-cache-dir")
    freewheel.run("freeze", "--no-cache-dir")
    assert server.log == []
    assert not freewheel.cache.exists()


# Installing over what is there


def test_what_is_there_already_is_said_and_left_alone(
    freewheel: Freewheel, environment: Environment, server: IndexServer
) -> None:
    freewheel.run("install", "App-lication==1.0")
    before = snapshot(environment.root, with_times=True)
    server.clear()
    done = freewheel.run("install", "app.lication")
    assert f"Requirement already satisfied: app.lication in {environment.site_packages} (1.0)" in done.lines
    seen_from_here = freewheel.run("install", "app.lication", cwd=environment.root)
    shown = f"./{environment.site_packages.relative_to(environment.root)}"
    assert f"Requirement already satisfied: app.lication in {shown} (1.0)" in seen_from_here.lines
    assert "Successfully" not in done.stdout
    assert snapshot(environment.root, with_times=True) == before
    assert server.log == []


def test_an_upgrade_replaces_everything_of_the_old_version(freewheel: Freewheel, environment: Environment) -> None:
    freewheel.run("install", "App-lication==1.0")
    assert environment.run_script("app").stdout == "1.0\n"
    done = freewheel.run("install", "--upgrade", "App-lication")
    start = done.lines.index("  Attempting uninstall: App-lication")
    assert done.lines[start : start + 4] == [
        "  Attempting uninstall: App-lication",
        "    Found existing installation: App-lication 1.0",
        "    Uninstalling App-lication-1.0:",
        "      Successfully uninstalled App-lication-1.0",
    ]
    assert "Successfully installed App-lication-2.0 library-2.0" in done.lines
    assert environment.run_script("app").stdout == "2.0\n"
    assert environment.installed() == {"app-lication": "2.0", "library": "2.0"}
    assert [path.name for path in environment.site_packages.rglob("only_in_*.py")] == ["only_in_2.py"]
    assert not list(environment.site_packages.rglob("only_in_1*.pyc"))
    assert (environment.root / "share/app/data.txt").read_text(encoding="utf-8") == "2.0"
    pip(environment, "check")


def test_without_upgrade_only_what_must_change_changes(freewheel: Freewheel, environment: Environment) -> None:
    freewheel.run("install", "library==1.0", "lonely")
    [untouched] = (path.stat() for path in environment.site_packages.glob("lonely-*/RECORD"))
    done = freewheel.run("install", "App-lication")
    assert "Successfully installed App-lication-2.0 library-2.0" in done.lines
    assert environment.installed() == {"app-lication": "2.0", "library": "2.0", "lonely": "1.0"}
    assert [path.stat() for path in environment.site_packages.glob("lonely-*/RECORD")] == [untouched]
    pip(environment, "check")


def test_what_does_not_fit_together_any_more_is_told(
    freewheel: Freewheel, environment: Environment, archives: Path
) -> None:
    """As in pip it is no failure, and word for word the same; it is told before what was installed."""
    freewheel.run("install", "App-lication==1.0")
    needy = make_wheel(archives, "needy", requires=["absent>=1", "library; python_version>'3'"])
    put_wheel(environment.site_packages, needy)
    merged = freewheel.cwd / "merged"
    command = f'exec "$0" -m freewheel install library==2.0 >{merged} 2>&1'
    run(["sh", "-c", command, sys.executable], variables=freewheel.variables, cwd=freewheel.cwd)
    ours = merged.read_text(encoding="utf-8").splitlines()
    conflicts = [
        (
            "ERROR: freewheel's dependency resolver does not currently take into account all the packages that are "
            "installed. This behaviour is the source of the following dependency conflicts."
        ),
        "needy 1.0 requires absent>=1, which is not installed.",
        "app-lication 1.0 requires library<2, but you have library 2.0 which is incompatible.",
        "Successfully installed library-2.0",
    ]
    assert ours[ours.index(conflicts[0]) :][:4] == conflicts
    assert environment.installed()["library"] == "2.0"
    words = ("install", "--force-reinstall", "--no-index", "--find-links", archives, "library==2.0")
    theirs = pip(environment, *words).stderr.replace("pip's", "freewheel's").splitlines()
    assert theirs == conflicts[:3]
    assert freewheel.run(*words).stderr.splitlines() == conflicts[:3]
    assert "library" in pip(environment, "check", expect=1).stdout


def test_force_reinstall_mends_what_somebody_broke(freewheel: Freewheel, environment: Environment) -> None:
    freewheel.run("install", "App-lication==1.0")
    whole = snapshot(environment.site_packages)
    (environment.site_packages / "application" / "__init__.py").unlink()
    freewheel.run("install", "--force-reinstall", "--no-deps", "App-lication==1.0")
    assert snapshot(environment.site_packages) == whole


def test_an_installation_that_fails_half_way_leaves_the_old_version(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """Rolled back: the upgrade of one project as well, though another one is at fault."""
    freewheel.run("install", "App-lication==1.0")
    obstacle = environment.root / "share" / "obstacle"
    obstacle.mkdir()
    (obstacle / "mine.txt").write_text("mine\n", encoding="utf-8")
    server.add(make_wheel(archives, "zz-bad", data={"data/share/obstacle": "a file where a folder lies"}))
    before = snapshot(environment.root, with_times=True)
    done = freewheel.run("install", "--upgrade", "App-lication", "zz-bad", expect=1)
    assert "ERROR: " in done.stderr
    assert snapshot(environment.root, with_times=True) == before
    assert environment.run_script("app").stdout == "1.0\n"


def test_a_build_that_fails_leaves_the_environment_alone(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    server.add(make_sdist(archives, "unbuildable", fails_in=["build_wheel"]))
    freewheel.run("install", "App-lication==1.0")
    before = snapshot(environment.root, with_times=True)
    freewheel.run("install", "--upgrade", "App-lication", "unbuildable", expect=1)
    assert snapshot(environment.root, with_times=True) == before


def test_a_target_folder_is_filled_and_the_environment_left_alone(
    freewheel: Freewheel, environment: Environment
) -> None:
    before = snapshot(environment.root)
    freewheel.run("install", "--target", "folder", "App-lication")
    assert (freewheel.cwd / "folder" / "application" / "__init__.py").exists()
    assert (freewheel.cwd / "folder" / "library.py").exists()
    assert snapshot(environment.root) == before


def test_what_stays_out_of_a_target_folder_is_not_said_to_be_installed(freewheel: Freewheel) -> None:
    freewheel.run("install", "--target", "folder", "library")
    done = freewheel.run("install", "--target", "folder", "library")
    assert "already exists. Specify --upgrade to force replacement." in done.stderr
    assert "Successfully installed" not in done.stdout
    assert "eused" not in done.stdout
    done = freewheel.run("install", "--target", "folder", "library", "lonely")
    assert "Successfully installed lonely-1.0" in done.lines


# Uninstalling


def test_uninstalling_takes_everything_that_was_installed(freewheel: Freewheel, environment: Environment) -> None:
    before = snapshot(environment.root)
    freewheel.run("install", "App-lication")
    environment.run_script("app")
    done = freewheel.run("uninstall", "--yes", "app_lication", "library")
    assert done.lines == [
        "Found existing installation: App-lication 2.0",
        "Uninstalling App-lication-2.0:",
        "  Successfully uninstalled App-lication-2.0",
        "Found existing installation: library 2.0",
        "Uninstalling library-2.0:",
        "  Successfully uninstalled library-2.0",
    ]
    left = snapshot(environment.root)
    assert {path: what for path, what in left.items() if before.get(path) != what} == {}
    assert environment.installed() == {}


def test_uninstalling_asks_and_takes_no_for_an_answer(freewheel: Freewheel, environment: Environment) -> None:
    freewheel.run("install", "library")
    before = snapshot(environment.root)
    done = freewheel.run("uninstall", "library", stdin="n\n", env={"PIP_NO_INPUT": ""})
    assert "Found existing installation: library 2.0" in done.lines
    assert "Proceed (Y/n)? " in done.stdout
    assert snapshot(environment.root) == before
    freewheel.run("uninstall", "library", stdin="Y\n", env={"PIP_NO_INPUT": ""})
    assert environment.installed() == {}


def test_uninstalling_with_nobody_to_ask_changes_nothing(freewheel: Freewheel, environment: Environment) -> None:
    freewheel.run("install", "library")
    done = freewheel.run("uninstall", "library", "--no-input", expect=2)
    assert "--yes" in done.stderr
    assert environment.installed() == {"library": "2.0"}


def test_uninstalling_what_is_not_there_is_warned_of(freewheel: Freewheel) -> None:
    done = freewheel.run("uninstall", "--yes", "absent")
    assert done.stderr == "WARNING: Skipping absent as it is not installed.\n"


def test_uninstalling_what_a_file_lists(freewheel: Freewheel, environment: Environment) -> None:
    freewheel.run("install", "App-lication", "lonely")
    (freewheel.cwd / "old.txt").write_text("lonely\nLibrary>=1\n", encoding="utf-8")
    freewheel.run("uninstall", "--yes", "-r", "old.txt")
    assert environment.installed() == {"app-lication": "2.0"}


@pytest.mark.parametrize(
    "word", ["./repo", "git+https://host.example/repo", "https://host.example/lonely-2.0.tar.gz"]
)
def test_uninstalling_what_has_no_name_is_refused_unseen(
    freewheel: Freewheel, environment: Environment, server: IndexServer, word: str
) -> None:
    """As in pip: nothing is built, cloned or fetched to find out what it is."""
    make_project_dir(freewheel.cwd / "repo", "lonely", fails_in=["prepare_metadata_for_build_wheel"])
    freewheel.run("install", "lonely", "library")
    server.clear()
    done = freewheel.run("uninstall", "--yes", word, expect=1)
    assert done.stderr == (
        f"WARNING: Invalid requirement: {word!r} ignored - the uninstall command expects named requirements.\n"
        'ERROR: You must give at least one requirement to uninstall (see "freewheel help uninstall")\n'
    )
    done = freewheel.run("uninstall", "--yes", word, "library")
    assert "  Successfully uninstalled library-2.0" in done.lines
    assert environment.installed() == {"lonely": "1.0"}
    assert server.log == []


def test_uninstalling_what_a_file_lists_passes_over_what_has_no_name(
    freewheel: Freewheel, environment: Environment
) -> None:
    """As in pip, without a word; the name of a wheel is one, and digests are nobody's concern here."""
    make_project_dir(freewheel.cwd / "repo", "library", fails_in=["prepare_metadata_for_build_wheel"])
    freewheel.run("install", "library", "lonely")
    wheel = "https://host.example/lonely-2.0-py3-none-any.whl"
    lines = f"-e ./repo\n./repo\ngit+https://host.example/repo\n{wheel}\nabsent --hash=sha256:{'0' * 64}\n"
    (freewheel.cwd / "old.txt").write_text(lines, encoding="utf-8")
    done = freewheel.run("uninstall", "--yes", "-r", "old.txt")
    assert done.stderr == "WARNING: Skipping absent as it is not installed.\n"
    assert environment.installed() == {"library": "2.0"}
    (freewheel.cwd / "old.txt").write_text("-e ./repo\n", encoding="utf-8")
    freewheel.run("uninstall", "--yes", "-r", "old.txt", expect=1)


# pip and freewheel on one environment


def test_pip_uninstalls_what_freewheel_installed(freewheel: Freewheel, environment: Environment) -> None:
    before = files(environment)
    freewheel.run("install", "App-lication", "lonely")
    pip(environment, "check")
    assert {one["name"]: one["version"] for one in pips_list(environment)} == {
        "App-lication": "2.0",
        "library": "2.0",
        "lonely": "1.0",
    }
    pip(environment, "uninstall", "--yes", "app-lication", "library", "lonely")
    assert files(environment) == before


def test_freewheel_upgrades_and_uninstalls_what_pip_installed(
    freewheel: Freewheel, environment: Environment, server: IndexServer
) -> None:
    before = files(environment)
    pip(environment, "install", "--index-url", server.index_url, "App-lication==1.0")
    freewheel.run("install", "--upgrade", "App-lication")
    assert environment.installed() == {"app-lication": "2.0", "library": "2.0"}
    pip(environment, "check")
    freewheel.run("uninstall", "--yes", "App-lication", "library")
    assert files(environment) == before


def test_what_is_edited_in_an_environment_is_in_no_other(freewheel: Freewheel, environment: Environment) -> None:
    """Behaviour 132: not in a later one, even where both share files with the cache."""
    freewheel.run("install", "library==1.0")
    module = environment.site_packages / "library.py"
    module.chmod(0o644)
    with module.open("a", encoding="utf-8") as file:
        file.write("edited = True\n")
    freewheel.run("install", "--target", "later", "library==1.0")
    assert (freewheel.cwd / "later" / "library.py").read_text(encoding="utf-8") == "version = '1.0'\n"

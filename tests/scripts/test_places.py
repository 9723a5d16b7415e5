"""Where things go: the user's site-packages, another prefix or root, a folder; the real pip puts them there too."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot
from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment, pip
from tests.support.folders import snapshot
from tests.support.process import Result
from tests.support.unprivileged import Person

BASE = Path(sys.base_prefix, "python.exe" if os.name == "nt" else f"bin/python3.{sys.version_info.minor}")
"""An interpreter that is no virtual environment's; nothing is ever installed into its own site-packages here."""


@pytest.fixture(autouse=True)
def project(freewheel: Freewheel, archives: Path) -> None:
    """A project with a file in each scheme, in two versions, and something that it needs."""
    for version in ("1.0", "2.0"):
        make_wheel(
            archives,
            "fw-thing",
            version,
            requires=["fw-need"],
            files={"fw_thing/__init__.py": f"version = '{version}'\ndef main():\n    print(version)\n"},
            entry_points={"console_scripts": {"fw-thing": "fw_thing:main"}},
            scripts={"fw-plain": "#!python\nprint('plain')\n"},
            headers={"fw_thing.h": "int thing;\n"},
            data={"data/share/fw-thing/data.txt": version},
        )
    make_wheel(archives, "fw-need")
    freewheel.variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(archives)}


@pytest.fixture
def outside(freewheel: Freewheel, tmp_path: Path) -> Callable[..., Result]:
    """Install with an interpreter outside any virtual environment, with the user's own files below the test's."""
    freewheel.variables |= {"PYTHONUSERBASE": str(tmp_path / "user"), "PIP_BREAK_SYSTEM_PACKAGES": "1"}
    freewheel.variables |= {"PIP_ROOT_USER_ACTION": "ignore"}

    def run(command: str, *words: str | Path, **options: object) -> Result:
        return freewheel.run(command, "--python", BASE, *words, **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def theirs(freewheel: Freewheel, tmp_path: Path) -> Callable[..., Path]:
    """What pip makes of the same words: `{}` in them stands for the folder that it is given."""

    def run(*words: str, python: Path = BASE) -> Path:
        folder = tmp_path / "theirs"
        environment = Environment(
            root=freewheel.cwd, python=python, scripts=folder, site_packages=folder, home=tmp_path / "pip-home"
        )
        names = ("PIP_NO_INDEX", "PIP_FIND_LINKS", "PIP_BREAK_SYSTEM_PACKAGES", "PIP_ROOT_USER_ACTION")
        settings = {name: freewheel.variables[name] for name in names if name in freewheel.variables}
        settings["PYTHONUSERBASE"] = str(folder)
        pip(environment, "install", *(word.format(folder) for word in words), "fw-thing==1.0", env=settings)
        return folder

    return run


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def only(folder: Path, pattern: str) -> Path:
    [found] = folder.rglob(pattern)
    return found


def recorded(folder: Path) -> list[str]:
    text = only(folder, "fw_thing-*.dist-info/RECORD").read_text(encoding="utf-8")
    return [row[0] for row in csv.reader(text.splitlines())]


def assert_alike(ours: Path, theirs: Path) -> None:
    """The same files, listed alike, with scripts for the same interpreter. Below a root the paths are their own."""
    found = {name.replace(ours.as_posix().lstrip("/"), "BASE") for name in files(ours)}
    assert found == {name.replace(theirs.as_posix().lstrip("/"), "BASE") for name in files(theirs)}
    for name in ("fw-thing", "fw-plain"):
        first, other = (only(each, f"bin/{name}").read_text().splitlines()[0] for each in (ours, theirs))
        assert first == other, name


PLACES = [
    ("--user",),
    ("--prefix", "{}"),
    ("--root", "{}"),
    ("--prefix", "/opt/fw", "--root", "{}"),
    ("--user", "--root", "{}"),
    ("--target", "{}"),
]


@pytest.mark.parametrize("place", PLACES, ids=lambda words: " ".join(words).replace("{}", "X"))
def test_the_files_lie_where_pip_puts_them(
    outside: Callable[..., Result], theirs: Callable[..., Path], tmp_path: Path, place: tuple[str, ...]
) -> None:
    """RECORD has paths from the modules' folder on, and a script names the interpreter, whatever the root."""
    ours = tmp_path / "user"
    done = outside("install", *(word.format(ours) for word in place), "fw-thing==1.0")
    assert "Successfully installed fw-need-1.0 fw-thing-1.0" in done.lines
    expected = theirs(*place)
    assert_alike(ours, expected)
    if "--target" not in place:  # there pip lists scripts in places that they were moved from
        assert recorded(ours) == recorded(expected)


@pytest.mark.parametrize("place", [("--prefix", "{}"), ("--root", "{}"), ("--target", "{}")], ids=lambda one: one[0])
def test_in_a_virtual_environment_too(
    freewheel: Freewheel,
    environment: Environment,
    theirs: Callable[..., Path],
    tmp_path: Path,
    place: tuple[str, ...],
) -> None:
    ours = tmp_path / "ours"
    words = [word.format(ours) for word in place]
    freewheel.run("install", "--python", environment.python, *words, "fw-thing==1.0")
    assert_alike(ours, theirs(*place, python=environment.python))
    assert environment.installed() == {}


# The user's own


def test_what_the_user_has_is_listed_upgraded_and_taken_out(outside: Callable[..., Result], tmp_path: Path) -> None:
    user = tmp_path / "user"
    outside("install", "--user", "fw-thing==1.0")
    site = only(user, "fw_thing").parent
    assert f"Requirement already satisfied: fw-thing in {site} (1.0)" in outside("install", "fw-thing").lines
    assert {"fw-need==1.0", "fw-thing==1.0"} == set(outside("freeze", "--user").lines)
    done = outside("install", "--user", "--upgrade", "fw-thing")
    assert "    Found existing installation: fw-thing 1.0" in done.lines
    assert [path.name for path in site.glob("fw_thing-*")] == ["fw_thing-2.0.dist-info"]
    outside("uninstall", "--yes", "fw-thing", "fw-need")
    assert files(user) == set()


def test_a_virtual_environment_that_sees_nothing_else_has_no_user_site(
    freewheel: Freewheel, environment: Environment
) -> None:
    done = freewheel.run("install", "--python", environment.python, "--user", "fw-thing", expect=1)
    assert done.stderr.startswith(
        "ERROR: Can not perform a '--user' install. User site-packages are not visible in this virtualenv.\n"
    )


def test_a_user_site_that_is_switched_off_takes_nothing(outside: Callable[..., Result]) -> None:
    """PEP 370: PYTHONNOUSERSITE counts as it does for the interpreter itself."""
    done = outside("install", "--user", "fw-thing", env={"PYTHONNOUSERSITE": "1"}, expect=1)
    assert "User site-packages are disabled for this Python." in done.stderr
    outside("install", "--user", "fw-thing")
    assert "fw-thing" in outside("freeze").stdout
    assert "fw-thing" not in outside("freeze", env={"PYTHONNOUSERSITE": "1"}).stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--user", "--target", "x"], "Can not combine '--user' and '--target'"),
        (
            ["--user", "--prefix", "x"],
            "Can not combine '--user' and '--prefix' as they imply different installation locations",
        ),
        (["--prefix", "x", "--target", "y"], "Cannot set --target and --prefix together"),
        (["--target", "file"], "Target path exists but is not a directory, will not continue."),
    ],
    ids=" ".join,
)
def test_what_excludes_one_another_is_refused_before_anything_is_done(
    outside: Callable[..., Result], freewheel: Freewheel, words: list[str], sentence: str
) -> None:
    (freewheel.cwd / "file").touch()
    before = snapshot(freewheel.cwd)
    done = outside("install", *words, "absent", expect=1)
    assert done.stderr == f"ERROR: {sentence}\n"
    assert snapshot(freewheel.cwd) == before


def test_who_may_not_write_installs_for_themselves(unprivileged: Person, archives: Path) -> None:
    """pip's rule: neither virtual nor writable, and nobody said where."""
    person = unprivileged
    if person.uid is None:
        pytest.skip("site-packages belong to the user who runs the tests")
    shared = person.new_folder()
    for wheel in archives.iterdir():
        (shared / wheel.name).write_bytes(wheel.read_bytes())
    freewheel = person.freewheel()
    freewheel.variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shared), "PATH": "/usr/bin:/bin"}
    freewheel.variables |= {"PYTHONDONTWRITEBYTECODE": "1"}
    done = freewheel.run("install", "fw-thing==1.0")
    assert "Defaulting to user installation because normal site-packages is not writeable" in done.lines
    scripts = Path(freewheel.variables["HOME"], ".local", "bin")
    assert "fw-thing" in {path.name for path in scripts.iterdir()}
    assert done.stderr == (
        f"WARNING: The script fw-thing is installed in '{scripts}' which is not on PATH.\n"
        "Consider adding this directory to PATH or, if you prefer to suppress this warning, use "
        "--no-warn-script-location.\n"
    )
    again = freewheel.run("install", "--force-reinstall", "fw-thing==1.0", env={"PATH": f"/usr/bin:{scripts}"})
    assert again.stderr == ""
    assert freewheel.run("install", "--no-user", "--upgrade", "fw-thing", expect=1).stderr.startswith("ERROR: ")
    freewheel.run("uninstall", "--yes", "fw-thing")
    assert "fw-thing" not in {path.name for path in scripts.iterdir()}


# Other prefixes and roots


def test_what_the_environment_has_counts_below_a_prefix_and_stays(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    """As in pip it counts; and it is not uninstalled where another version goes elsewhere."""
    freewheel.variables["VIRTUAL_ENV"] = str(environment.root)
    freewheel.run("install", "fw-thing==1.0")
    before = snapshot(environment.root)
    done = freewheel.run("install", "--prefix", tmp_path / "prefix", "fw-thing")
    assert "Requirement already satisfied: fw-thing in " in done.stdout
    assert not (tmp_path / "prefix").exists()
    freewheel.run("install", "--prefix", tmp_path / "prefix", "--upgrade", "fw-thing")
    assert snapshot(environment.root) == before
    assert "fw_thing-2.0.dist-info" in {path.name for path in (tmp_path / "prefix").rglob("*.dist-info")}


def test_another_version_below_a_prefix_takes_the_place_of_the_old_one(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    for version in ("1.0", "2.0"):
        words = ("--prefix", tmp_path / "prefix", f"fw-thing=={version}")
        freewheel.run("install", "--python", environment.python, *words)
    assert [path.name for path in (tmp_path / "prefix").rglob("fw_thing-*")] == ["fw_thing-2.0.dist-info"]


def test_scripts_on_no_path_are_warned_of_unless_somebody_said_where(
    outside: Callable[..., Result], tmp_path: Path
) -> None:
    where = ("--root", tmp_path / "root")
    done = outside("install", *where, "fw-thing==1.0")
    assert "WARNING: The script fw-thing is installed in " in done.stderr
    assert "which is not on PATH." in done.stderr
    again = (*where, "--ignore-installed", "fw-thing==1.0")
    assert outside("install", "--no-warn-script-location", *again).stderr == ""
    assert outside("install", "--prefix", tmp_path / "prefix", "fw-thing==1.0").stderr == ""
    assert outside("install", "--target", tmp_path / "target", "fw-thing==1.0").stderr == ""


# Locks


@pytest.mark.parametrize("place", ["prefix", "user"])
def test_whoever_changes_the_same_place_is_waited_for(
    outside: Callable[..., Result], freewheel: Freewheel, tmp_path: Path, place: str
) -> None:
    """Two Pythons share `bin` below one prefix; what is uninstalled may lie in the user's site-packages."""
    words: tuple[str | Path, ...] = ("install", "--prefix", tmp_path / "prefix", "fw-thing")
    if place == "user":
        outside("install", "--user", "fw-thing")
        words = ("uninstall", "--yes", "fw-thing", "fw-need")
    locks = LocalLocks(root=CacheRoot(path=freewheel.cache))
    with locks.hold(f"change {tmp_path / place}") as is_held:
        assert is_held
        running = freewheel.start("-v", *words, "--python", BASE)
        assert running.stdout is not None
        told = next(line for line in running.stdout if line.startswith("Waiting for another process"))
    with running:
        running.communicate(timeout=60)
    assert told == f"Waiting for another process that does the same (change {tmp_path / place}).\n"
    assert running.returncode == 0


# Environments that see their base


@pytest.fixture
def base_has_it(tmp_path: Path, archives: Path) -> Environment:
    """An environment with system site-packages on top of another environment that has `fw-thing` 1.0.

    A `.pth` file stands for the base installation, in which tests may not install.
    """
    base = make_environment(tmp_path / "base")
    pip(base, "install", "--no-index", "--find-links", archives, "fw-thing==1.0")
    top = make_environment(tmp_path / "top")
    (top.site_packages / "base.pth").write_text(f"{base.site_packages}\n", encoding="utf-8")
    return top


def test_what_lies_outside_counts_and_is_not_uninstalled(
    freewheel: Freewheel, base_has_it: Environment, tmp_path: Path
) -> None:
    top, base = base_has_it, tmp_path / "base"
    freewheel.variables["VIRTUAL_ENV"] = str(top.root)
    before = snapshot(base)
    assert "Requirement already satisfied: fw-thing in " in freewheel.run("install", "fw-thing").stdout
    site = base / top.site_packages.relative_to(top.root)
    kept = [
        f"Not uninstalling fw-thing at {site}, outside environment {top.root}",
        "Can't uninstall 'fw-thing'. No files were found to uninstall.",
    ]
    assert freewheel.run("uninstall", "--yes", "fw-thing").lines[-2:] == kept
    done = freewheel.run("install", "--upgrade", "fw-thing")
    assert [line.strip() for line in done.lines if "ninstall" in line] == [
        "Attempting uninstall: fw-thing",
        *kept,
    ]
    assert top.run_script("fw-thing").stdout == "2.0\n"
    assert snapshot(base) == before
    assert freewheel.run("list", "--local").stdout == pip(top, "list", "--local").stdout
    assert freewheel.run("list").stdout == pip(top, "list").stdout


def test_an_environment_with_system_site_packages_has_them_and_a_user_site(
    freewheel: Freewheel, tmp_path: Path
) -> None:
    top = make_environment(tmp_path / "top")
    settings = (top.root / "pyvenv.cfg").read_text(encoding="utf-8")
    (top.root / "pyvenv.cfg").write_text(settings.replace("packages = false", "packages = true"), encoding="utf-8")
    freewheel.variables |= {"VIRTUAL_ENV": str(top.root), "PYTHONUSERBASE": str(tmp_path / "user")}
    freewheel.run("install", "--user", "fw-thing==1.0")
    assert "fw-thing==1.0" in freewheel.run("freeze").lines
    assert "fw-thing==1.0" not in freewheel.run("freeze", "--local").lines
    variables = {"PYTHONUSERBASE": str(tmp_path / "user")}
    assert freewheel.run("list").stdout == pip(top, "list", env=variables).stdout
    freewheel.run("install", "--ignore-installed", "fw-thing==2.0")
    done = freewheel.run("install", "--user", "--force-reinstall", "--no-deps", "fw-thing==1.0", expect=1)
    assert "Will not install to the user site because it will lack sys.path precedence to fw-thing in " in done.stderr


def test_folders_of_pythonpath_count(freewheel: Freewheel, environment: Environment, tmp_path: Path) -> None:
    freewheel.run("install", "--python", environment.python, "--target", tmp_path / "lib", "fw-thing==1.0")
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root), "PYTHONPATH": str(tmp_path / "lib")}
    done = freewheel.run("install", "fw-thing")
    assert f"Requirement already satisfied: fw-thing in {tmp_path / 'lib'} (1.0)" in done.lines
    assert "outside environment" in freewheel.run("uninstall", "--yes", "fw-thing").stdout


# What root and distributors want


@pytest.fixture
def debian(freewheel: Freewheel) -> Path:
    """Debian's own Python, which is marked as the distributor's; nothing is installed into it."""
    python = Path("/usr/bin/python3")
    if not Path("/usr/lib/python3/dist-packages").is_dir() or not list(
        Path("/usr/lib").glob("python3*/EXTERNALLY-*")
    ):
        pytest.skip("there is no Python of Debian's with a marker (PEP 668)")
    freewheel.variables["PIP_ROOT_USER_ACTION"] = "ignore"
    return python


def test_what_the_distributor_manages_is_not_changed(freewheel: Freewheel, debian: Path, tmp_path: Path) -> None:
    """PEP 668, with pip's exceptions."""
    target = ("--python", debian)
    for words in (("install", "fw-need"), ("install", "--user", "fw-need"), ("install", "--dry-run", "fw-need")):
        done = freewheel.run(*words, *target, expect=1)
        assert done.stderr.startswith("ERROR: externally-managed-environment: ")
    assert "externally-managed-environment" in freewheel.run("uninstall", "-y", "fw-need", *target, expect=1).stderr
    done = freewheel.run("install", "--dry-run", "--report", tmp_path / "report.json", "fw-need", *target)
    assert "Would install fw-need-1.0" in done.lines
    for option in ("--target", "--prefix", "--root"):
        freewheel.run("install", option, tmp_path / option, "fw-need", *target)
    assert list((tmp_path / "--target").glob("fw_need-*"))


@pytest.mark.parametrize("place", [("--root", "{}"), ("--prefix", "/usr", "--root", "{}")], ids=" ".join)
def test_debians_layout_is_pips(
    freewheel: Freewheel, debian: Path, theirs: Callable[..., Path], tmp_path: Path, place: tuple[str, ...]
) -> None:
    """The distributor's scheme below /usr/local, the usual one below a prefix that somebody names."""
    ours = tmp_path / "ours"
    words = [word.format(ours) for word in place]
    freewheel.run("install", "--python", debian, *words, "--ignore-installed", "fw-thing==1.0")
    assert_alike(ours, theirs(*place, "--ignore-installed", python=debian))
    assert bool(list(ours.glob("usr/local/lib/python3*/dist-packages/fw_thing"))) == (len(place) == 2)


def test_a_virtual_environment_may_be_required(outside: Callable[..., Result], freewheel: Freewheel) -> None:
    """pip's exit status; what only looks does not need one."""
    for command in ("install", "download", "wheel", "uninstall"):
        done = outside(command, "--require-virtualenv", "fw-thing", expect=3)
        assert done.stderr.startswith("ERROR: Could not find an activated virtualenv (required).\n")
    outside("list", "--require-virtualenv")
    assert list(freewheel.cwd.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root is warned")
def test_root_is_warned_outside_virtual_environments(
    outside: Callable[..., Result], freewheel: Freewheel, environment: Environment
) -> None:
    warning = "WARNING: Running freewheel as the 'root' user can result in broken permissions"
    as_ever = {"PIP_ROOT_USER_ACTION": ""}
    assert warning in outside("install", "--user", "fw-thing", env=as_ever).stderr
    assert warning not in outside("install", "--user", "--dry-run", "fw-thing", "--upgrade", env=as_ever).stderr
    words = ("--yes", "fw-thing", "fw-need")
    assert warning not in outside("uninstall", "--root-user-action=ignore", *words, env=as_ever).stderr
    done = freewheel.run("install", "--python", environment.python, "fw-thing", env=as_ever)
    assert warning not in done.stderr

"""What was installed before there were wheels, and by others: listed, shown, upgraded and taken out as by pip."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment, pip, put_wheel
from tests.support.folders import snapshot
from tests.support.legacy import add_develop, add_distutils, add_egg, add_egg_info

RECOVERY = "install --ignore-installed --no-deps wheeled==1.0"
KINDS = ["flat", "unlisted", "developed", "egg", "zipped"]
LOOKS = [
    ["list", "--format=json", "-v"],
    ["list", "--editable"],
    ["list", "--exclude-editable", "--not-required"],
    ["freeze", "--exclude", "Flat"],
    ["show", "-v", "-f", "flat", "unlisted", "ancient", "developed", "egg", "zipped", "wheeled"],
    ["check"],
]


def fill(environment: Environment, source: Path, wheel: Path) -> None:
    """One of each kind, and a wheel."""
    site = environment.site_packages
    put_wheel(site, wheel)
    add_egg_info(site, "flat", requires="wheeled\n\n[extra]\nabsent\n\n[:sys_platform=='win32']\nabsent\n")
    add_egg_info(site, "unlisted", lists_files=False)
    add_distutils(site, "ancient")
    add_develop(site, source, "developed", scripts=environment.scripts)
    add_egg(site, "egg")
    add_egg(site, "zipped", is_zipped=True)


@pytest.fixture
def legacy(freewheel: Freewheel, environment: Environment, archives: Path, tmp_path: Path) -> Environment:
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root)}
    freewheel.variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(archives)}
    for name in (*KINDS, "ancient"):
        make_wheel(archives, name, "2.0")
    fill(environment, tmp_path / "source", make_wheel(archives, "wheeled"))
    return environment


def files(folder: Path) -> dict[str, str]:
    return {
        path: what
        for path, what in snapshot(folder).items()
        if not what.startswith("d") and "__pycache__" not in path
    }


def test_they_look_as_in_pip(freewheel: Freewheel, legacy: Environment) -> None:
    for words in LOOKS:
        ours = freewheel.run(*words)
        theirs = pip(legacy, *words).stdout.replace(".egg/", ".egg")  # pip's name for a zipped one
        assert [line.rstrip() for line in ours.lines] == [line.rstrip() for line in theirs.splitlines()], words
        assert ours.code == 0


def test_they_are_taken_out_as_by_pip(freewheel: Freewheel, legacy: Environment, tmp_path: Path) -> None:
    """Files, scripts, links and lines of `easy-install.pth`; never the source that is linked to."""
    twin = make_environment(tmp_path / "twin")
    shutil.copytree(legacy.site_packages, twin.site_packages, dirs_exist_ok=True)
    shutil.copy(legacy.scripts / "developed", twin.scripts)
    before = files(tmp_path / "source")
    done = freewheel.run("uninstall", "--yes", "developed", "egg")
    assert "  Successfully uninstalled developed-1.0" in done.lines
    pip(twin, "uninstall", "--yes", "developed", "egg")
    assert files(legacy.site_packages) == files(twin.site_packages)
    freewheel.run("uninstall", "--yes", *KINDS)
    pip(twin, "uninstall", "--yes", *KINDS)
    assert files(legacy.site_packages) == files(twin.site_packages)
    assert (legacy.site_packages / "easy-install.pth").read_bytes() == b""
    assert not (legacy.scripts / "developed").exists()
    assert files(tmp_path / "source") == before
    assert freewheel.run("freeze").lines == ["ancient==1.0", "wheeled==1.0"]


def test_each_is_upgraded_to_a_wheel(freewheel: Freewheel, legacy: Environment) -> None:
    done = freewheel.run("install", "--upgrade", *KINDS)
    listed = pip(legacy, "list", "--format=freeze").lines
    for kind in KINDS:
        assert f"Successfully uninstalled {kind}-1.0" in done.stdout
        assert f"{kind}==2.0" in listed
    loaded = legacy.run_python("import developed, egg, flat; print(developed.__version__, egg.__version__)")
    assert loaded == "2.0 2.0\n"


def test_an_upgrade_that_fails_puts_links_and_lines_back(freewheel: Freewheel, legacy: Environment) -> None:
    (legacy.site_packages / "egg.py").mkdir()
    before = snapshot(legacy.root)
    freewheel.run("install", "--upgrade", "developed", "egg", expect=1)
    assert snapshot(legacy.root) == before


def test_what_distutils_installed_stays_and_may_be_overwritten(freewheel: Freewheel, legacy: Environment) -> None:
    before = snapshot(legacy.root)
    for words in (("uninstall", "--yes", "ancient"), ("install", "--upgrade", "ancient")):
        done = freewheel.run(*words, expect=1)
        assert done.stderr.startswith("ERROR: Cannot uninstall ancient 1.0\n")
        assert (
            "It is a distutils installed project and thus we cannot accurately determine which files belong to it"
            in (done.stderr)
        )
        assert snapshot(legacy.root) == before
    freewheel.run("install", "--ignore-installed", "ancient")
    assert legacy.run_python("import ancient; print(ancient.__version__)") == "2.0\n"


@pytest.mark.parametrize(
    ("installer", "hint"),
    [
        (
            "",
            "You might be able to recover from this via: freewheel install --ignore-installed --no-deps wheeled==1.0",
        ),
        ("conda", "The package was installed by conda. You should check if it can uninstall the package."),
    ],
)
def test_without_a_record_nothing_is_taken_out(
    freewheel: Freewheel, legacy: Environment, installer: str, hint: str
) -> None:
    info = legacy.site_packages / "wheeled-1.0.dist-info"
    (info / "RECORD").unlink()
    (info / "INSTALLER").write_text(f"{installer}\n", encoding="utf-8")
    done = freewheel.run("uninstall", "--yes", "wheeled", expect=1)
    assert done.stderr.startswith("ERROR: Cannot uninstall wheeled 1.0\n")
    assert "The package's contents are unknown: no RECORD file was found for wheeled." in done.stderr
    assert f"  hint: {hint}\n" in done.stderr
    freewheel.run("install", "--ignore-installed", "--no-deps", "wheeled==1.0")
    freewheel.run("uninstall", "--yes", "wheeled")
    assert not (legacy.site_packages / "wheeled.py").exists()


def test_a_source_that_is_merely_on_the_path_stays(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    """A `.pth` file that a person wrote: found, outside the environment, and so left alone."""
    source = tmp_path / "source"
    add_develop(environment.site_packages, source, "mine")
    (environment.site_packages / "mine.egg-link").unlink()
    freewheel.variables["VIRTUAL_ENV"] = str(environment.root)
    assert freewheel.run("list").stdout == pip(environment, "list").stdout
    before = snapshot(tmp_path / "source")
    done = freewheel.run("uninstall", "--yes", "mine")
    assert f"Not uninstalling mine at {source}, outside environment {environment.root}" in done.lines
    assert snapshot(tmp_path / "source") == before

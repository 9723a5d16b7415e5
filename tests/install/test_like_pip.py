"""Environments are pip's: the same files, and pip works on them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from freewheel.install.link import LinkMode
from tests.install.conftest import Bench
from tests.support.environments import Environment, make_environment, pip

MakeWheel = Callable[..., Path]

SCRIPTS = {"full-main", "full-extra", "full-window", "full-script", "full.sh"}


@pytest.fixture
def full_wheel(wheel: MakeWheel) -> Path:
    """A wheel with all that a wheel can have."""
    return wheel(
        "Full.Project",
        "2.0",
        extras={"more": ["attrs"]},
        files={
            "full/__init__.py": "def main():\n    print('main')\n",
            "full/deep/er/module.py": "x = 1\n",
            "full/table.txt": "1 2 3\n",
            "full/empty.py": "",
            "full/broken.py": "this does not compile(\n",
            "full/native.cpython-311-x86_64-linux-gnu.so": b"\x7fELF",
            "full/na\u00efve_\u540d.py": "y = 2\n",
            "full/comma, and quote.txt": "z\n",
            "single.py": "import full\n",
            "lines.pth": "# nothing\n",
        },
        entry_points={
            "console_scripts": {"full-main": "full:main", "full-extra": "full:main [more]"},
            "gui_scripts": {"full-window": "full:main"},
            "full.plugins": {"a": "full.deep"},
        },
        scripts={
            "full-script": "#!python\nprint('script')\n",
            "full.sh": "#!/bin/sh\necho shell\n",
            "full-main": "#!python\nprint('wrapper of setuptools')\n",
        },
        headers={"full.h": "int full;\n"},
        data={
            "data/share/full/data.txt": "data\n",
            "platlib/full_plat.py": "p = 1\n",
            "purelib/full_pure.py": "q = 1\n",
            "purelib/full/table.txt": "4 5 6\n",
        },
        dist_info={"licenses/LICENSE": "MIT\n", "top_level.txt": "full\n"},
    )


@pytest.fixture
def theirs(tmp_path: Path, full_wheel: Path) -> Environment:
    """What pip makes of the wheel when it finds it by name."""
    made = make_environment(tmp_path / "theirs")
    pip(made, "install", "--no-index", "--find-links", full_wheel.parent, "full-project")
    return made


def files_of(environment: Environment) -> dict[str, bytes]:
    return {
        path.relative_to(environment.root).as_posix(): path.read_bytes()
        for path in environment.root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def is_generated(name: str) -> bool:
    base = name.rpartition("/")[2]
    return name.endswith(".pyc") or name.startswith("bin/") or base in {"INSTALLER", "RECORD", "pyvenv.cfg"}


@pytest.mark.parametrize("mode", list(LinkMode))
def test_the_files_are_those_that_pip_installs(
    bench: Bench, environment: Environment, full_wheel: Path, theirs: Environment, mode: LinkMode
) -> None:
    bench.install(environment, full_wheel, mode=mode, is_requested=True)
    found, expected = files_of(environment), files_of(theirs)
    assert found.keys() == expected.keys()
    assert any(name.endswith(".pyc") for name in expected)
    for name, content in expected.items():
        assert is_generated(name) or found[name] == content, name


def test_record_is_pips_line_by_line(
    bench: Bench, environment: Environment, full_wheel: Path, theirs: Environment
) -> None:
    bench.install(environment, full_wheel, is_requested=True)
    path = "full_project-2.0.dist-info/RECORD"
    found, expected = ((each.site_packages / path).read_bytes() for each in (environment, theirs))
    assert found.endswith(b"\r\n")
    assert expected.endswith(b"\r\n")
    rows, pip_rows = (list(csv.reader(text.decode().splitlines())) for text in (found, expected))
    # pip also lists a script that it did not install, and a file twice that two members of the wheel write.
    pip_rows = sorted({row[0]: row for row in pip_rows if ".data/" not in row[0]}.values())
    assert [row[0] for row in rows] == [row[0] for row in pip_rows]
    for row, pip_row in zip(rows, pip_rows, strict=True):
        if row[0].rpartition("/")[2] not in SCRIPTS | {"INSTALLER"}:
            assert row == pip_row


def test_the_scripts_run(bench: Bench, environment: Environment, full_wheel: Path) -> None:
    bench.install(environment, full_wheel)
    outputs = {name: environment.run_script(name).stdout for name in sorted(SCRIPTS)}
    assert outputs == {
        "full-main": "main\n",
        "full-extra": "main\n",
        "full-window": "main\n",
        "full-script": "script\n",
        "full.sh": "shell\n",
    }


def test_pip_lists_checks_shows_and_uninstalls_it(bench: Bench, environment: Environment, full_wheel: Path) -> None:
    before = files_of(environment)
    bench.install(environment, full_wheel)
    assert "Full.Project==2.0" in pip(environment, "freeze").lines
    assert "No broken requirements found." in pip(environment, "check").stdout
    shown = pip(environment, "show", "-v", "-f", "full-project").stdout
    assert "Installer: freewheel" in shown
    assert "../../../bin/full-main" in shown
    pip(environment, "uninstall", "--yes", "full-project")
    assert files_of(environment) == before


def test_what_pip_installed_is_uninstalled_without_a_trace(
    bench: Bench, environment: Environment, full_wheel: Path
) -> None:
    before = files_of(environment)
    pip(environment, "install", "--no-index", "--no-deps", full_wheel)
    bench.install(environment, remove=["full.project"])
    assert files_of(environment) == before
    assert not (environment.site_packages / "full").exists()


def test_bytecode_is_valid_where_it_is_linked(bench: Bench, environment: Environment, full_wheel: Path) -> None:
    bench.install(environment, full_wheel)
    cached = sorted(path.name for path in environment.site_packages.rglob("full/__pycache__/*"))
    assert not any("broken" in name for name in cached)
    loaded = environment.run(environment.python, "-v", "-c", "import full.deep.er.module, single").stderr
    matching = [line for line in loaded.splitlines() if "matches" in line and "site-packages" in line]
    assert len(matching) == 3
    file_name = environment.run_python("import full; print(full.main.__code__.co_filename)").strip()
    assert file_name == str(environment.site_packages / "full/__init__.py")

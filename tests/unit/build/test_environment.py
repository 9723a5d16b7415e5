"""Bare environments: described without being run, and what their processes see."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.build.environment import bare_interpreter, create_bare, isolated_variables
from freewheel.errors import NotWritable
from freewheel.events import Recorder
from freewheel.install.environment import interrogate
from freewheel.model.target import Interpreter
from freewheel.store.memory import MemoryEntries


def described(executable: str) -> Interpreter:
    return interrogate(executable, entries=MemoryEntries(clock=time.time), reporter=Recorder())


def test_a_bare_environment_is_what_it_was_said_to_be(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    said = create_bare(folder, described(sys.executable))
    # Where a user's own files would go is nobody's concern in an environment for builds.
    assert said == replace(described(said.executable), user_paths={})
    assert said.is_virtual
    assert list(Path(said.paths["purelib"]).iterdir()) == []


def test_a_bare_environment_has_no_modules_but_the_standard_ones(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    interpreter = create_bare(folder, described(sys.executable))
    code = "import json, importlib.util as u; print(u.find_spec('pytest'), u.find_spec('pip'))"
    variables = isolated_variables(
        {"PATH": os.defpath, "PYTHONPATH": str(Path(pytest.__file__).parents[1])}, interpreter
    )
    answer = subprocess.run([interpreter.executable, "-c", code], env=variables, stdout=subprocess.PIPE, check=True)
    assert answer.stdout.split() == [b"None", b"None"]


def test_without_links_the_venv_module_makes_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "env"
    folder.mkdir()
    said = create_bare(folder, described(sys.executable), by_links=False)
    found = described(said.executable)
    assert (found.paths, found.executable, found.prefix) == (said.paths, said.executable, said.prefix)


def test_a_folder_that_cannot_be_filled_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(NotWritable):
        create_bare(tmp_path / "file", described(sys.executable))


@pytest.mark.parametrize(
    ("changes", "site"),
    [
        ({}, "lib/python3.12/site-packages"),
        ({"abi_flags": "t", "python_version": "3.13"}, "lib/python3.13t/site-packages"),
        ({"markers": {"implementation_name": "pypy"}}, "lib/pypy3.12/site-packages"),
    ],
    ids=["cpython", "free-threaded", "pypy"],
)
def test_modules_lie_where_the_venv_scheme_says(changes: dict[str, object], site: str) -> None:
    here = described(sys.executable)
    target = replace(here.target, **{"python_version": "3.12", "abi_flags": "", **changes})
    made = bare_interpreter(Path("/env"), replace(here, target=target), windows=False)
    assert Path(made.paths["purelib"]) == Path("/env", site)
    assert made.executable == str(Path("/env/bin/python"))


def test_on_windows_scripts_and_modules_lie_elsewhere() -> None:
    made = bare_interpreter(Path("/env"), described(sys.executable), windows=True)
    assert Path(made.paths["platlib"]) == Path("/env/Lib/site-packages")
    assert Path(made.executable) == Path("/env/Scripts/python.exe")
    assert made.externally_managed is None


def test_processes_of_an_environment_find_its_scripts_first_and_no_foreign_modules() -> None:
    made = bare_interpreter(Path("/env"), described(sys.executable), windows=False)
    given = {"PATH": "/usr/bin", "PYTHONPATH": "/x", "PYTHONHOME": "/y", "CC": "gcc", "VIRTUAL_ENV": "/other"}
    assert isolated_variables(given, made) == {
        "PATH": f"{Path('/env/bin')}{os.pathsep}/usr/bin",
        "CC": "gcc",
        "VIRTUAL_ENV": str(Path("/env")),
        "PYTHONNOUSERSITE": "1",
    }

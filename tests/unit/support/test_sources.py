"""Every kind of source tree is built by pip; the in-tree backend does as it is told."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path
from typing import get_args

import pytest

from tests.support.archives import make_sdist, wheel_metadata
from tests.support.buildlog import BuildLog
from tests.support.environments import Environment, pip
from tests.support.process import Result, clean_variables, run
from tests.support.projects import Hook
from tests.support.sources import Backend, make_project_dir

FROM_THE_TESTS_OWN_ENVIRONMENT = "--no-build-isolation"


def build(source: Path, into: Path, *options: str, log: BuildLog | None = None, expect: int = 0) -> Result:
    """Make a wheel with the tests' own pip and its installed backends, from nothing else."""
    home = into.with_name("home")
    command = (sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-cache-dir", "-w", into)
    variables = clean_variables(home) | (log.variables if log else {})
    # Programs that came with a backend, such as meson.
    variables["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), variables.get("PATH", os.defpath)))
    return run((*command, *options, source), variables=variables, cwd=home, expect=expect)


def the_wheel(folder: Path) -> Path:
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.parametrize("backend", get_args(Backend))
def test_pip_builds_an_sdist_of_every_backend(tmp_path: Path, backend: Backend) -> None:
    sdist = make_sdist(
        tmp_path,
        "Foo.Bar",
        "1.2",
        backend=backend,
        requires=["demo>=1"],
        requires_python=">=3.8",
        extras={"quick": ["fast"]},
        entry_points={"console_scripts": {"foo": "foo:main"}},
        files={"foo/__init__.py": '"""A package."""\n', "foo/data.txt": "kept"},
    )
    build(sdist, tmp_path / "wheels", FROM_THE_TESTS_OWN_ENVIRONMENT)
    wheel = the_wheel(tmp_path / "wheels")
    metadata = wheel_metadata(wheel).decode().splitlines()
    assert {"Version: 1.2", "Requires-Dist: demo>=1", "Provides-Extra: quick", "Requires-Python: >=3.8"} <= {
        *metadata
    }
    with zipfile.ZipFile(wheel) as archive:
        assert {"foo/__init__.py", "foo/data.txt"} <= {*archive.namelist()}
        assert b"foo:main" in archive.read("foo_bar-1.2.dist-info/entry_points.txt").replace(b" ", b"")


@pytest.mark.parametrize("backend", ["setuptools", "legacy-setup-py"])
def test_an_extension_module_is_compiled(tmp_path: Path, backend: Backend) -> None:
    source = """
    #include <Python.h>
    static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_demo", 0, -1, 0};
    PyMODINIT_FUNC PyInit__demo(void) { return PyModule_Create(&module); }
    """
    folder = make_project_dir(tmp_path / "demo", "demo", backend=backend, c_source=source)
    build(folder, tmp_path / "wheels", FROM_THE_TESTS_OWN_ENVIRONMENT)
    assert "none-any" not in the_wheel(tmp_path / "wheels").name


def test_the_in_tree_backend_needs_nothing_and_keeps_a_log(tmp_path: Path, build_log: BuildLog) -> None:
    sdist = make_sdist(tmp_path, "demo")
    build(sdist, tmp_path / "wheels", log=build_log)
    hooks = [hook for hook, *_ in build_log.calls()]
    assert hooks == ["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel", "build_wheel"]
    assert (build_log.builds(), build_log.builds("demo"), build_log.builds("other")) == (1, 1, 0)


def test_the_in_tree_backend_echoes_config_settings(tmp_path: Path) -> None:
    build(make_sdist(tmp_path, "demo"), tmp_path / "wheels", "-Ccolour=red")
    with zipfile.ZipFile(the_wheel(tmp_path / "wheels")) as archive:
        assert json.loads(archive.read("demo-1.0.dist-info/config_settings.json")) == {"colour": "red"}


def test_the_metadata_hook_can_be_missing(tmp_path: Path, build_log: BuildLog) -> None:
    build(make_sdist(tmp_path, "demo", prepares_metadata=False), tmp_path / "wheels", log=build_log)
    assert build_log.count("prepare_metadata_for_build_wheel") == 0


@pytest.mark.parametrize("backend", ["in-tree", "setuptools", "legacy-setup-py"])
@pytest.mark.parametrize("hook", ["prepare_metadata_for_build_wheel", "build_wheel"])
def test_a_backend_fails_where_it_is_told_to(tmp_path: Path, backend: Backend, hook: Hook) -> None:
    folder = make_project_dir(tmp_path / "demo", "demo", backend=backend, fails_in=[hook], failure="told so")
    failed = build(folder, tmp_path / "wheels", FROM_THE_TESTS_OWN_ENVIRONMENT, expect=1)
    assert "told so" in failed.stdout + failed.stderr


def test_a_wheel_can_come_out_with_another_version(tmp_path: Path) -> None:
    folder = make_project_dir(tmp_path / "demo", "demo", builds_version="2.0", prepares_metadata=False)
    build(folder, tmp_path / "wheels")
    assert the_wheel(tmp_path / "wheels").name == "demo-2.0-py3-none-any.whl"


def test_an_editable_install_points_at_the_source(tmp_path: Path, environment: Environment) -> None:
    folder = make_project_dir(tmp_path / "demo", "demo")
    pip(environment, "install", "--no-index", "-e", folder)
    printed = environment.run_python("import demo; print(demo.__file__)")
    assert Path(printed.strip()).resolve() == (folder / "src" / "demo.py").resolve()


def test_build_requirements_are_asked_for(tmp_path: Path) -> None:
    folder = make_project_dir(tmp_path / "demo", "demo", requires_for_build=["no-such-project"])
    failed = build(folder, tmp_path / "wheels", expect=1)
    assert "no-such-project" in failed.stderr

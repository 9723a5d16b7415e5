"""Sources that build with and without a compiler: what came out without one is not kept for ever."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from freewheel.build.builder import Built
from freewheel.events import Missed
from freewheel.model.artifact import Artifact
from tests.build.workshop import Workshop, sdist_artifact
from tests.support.archives import Backend, make_sdist

C_SOURCE = """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_six", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__six(void) { return PyModule_Create(&module); }
"""
SETUP = """\
from setuptools import Extension, setup
setup(ext_modules=[Extension("_six", ["_six.c"], optional=True)])
"""
MESON_BUILD = """\
project('six', version: '1.0')
py = import('python').find_installation()
py.install_sources('six.py')
if add_languages('c', required: false)
  py.extension_module('_six', '_six.c', install: true)
endif
"""
WITHOUT = "it has no compiled modules, and there is a compiler now (C: nothing -> "
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")


@pytest.fixture(params=["setuptools", "meson"])
def artifact(request: pytest.FixtureRequest, archives: Path) -> Artifact:
    """A project with an extension module that is left out where it cannot be compiled."""
    backend: Backend = request.param
    files = {"setup.py": SETUP} if backend == "setuptools" else {"meson.build": MESON_BUILD}
    return sdist_artifact(
        make_sdist(archives, "six", backend=backend, files={"six.py": ""}, c_source=C_SOURCE, more_files=files)
    )


def compiled_modules(built: Built) -> list[str]:
    with zipfile.ZipFile(built.path) as archive:
        return [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]


class Machine:
    """Builds with the compilers that lie in a folder of its own; where it `has_real`, with those of this machine."""

    def __init__(self, workshop: Workshop, folder: Path) -> None:
        self._workshop = workshop
        self._folder = folder
        self._folder.mkdir()
        self.has_real = False
        self.reasons: list[str] = []

    def put(self, name: str, version: str) -> None:
        """A compiler that says its version, and compiles nothing."""
        path = self._folder / name
        path.write_text(f"#!/bin/sh\n[ \"$1\" = --version ] && echo '{name} {version}' && exit\nexit 1\n")
        path.chmod(0o755)

    def remove(self, name: str) -> None:
        (self._folder / name).unlink()

    def wheel(self, artifact: Artifact) -> Built:
        path = os.environ["PATH"] if self.has_real else str(self._folder)
        run = self._workshop.run(variables={"PATH": path})
        built = run.builder.wheel(artifact)
        self.reasons = [event.reason for event in run.recorder.events if isinstance(event, Missed)]
        return built


@pytest.fixture
def machine(workshop: Workshop, tmp_path: Path) -> Machine:
    return Machine(workshop, tmp_path / "compilers")


def test_a_wheel_from_before_there_was_a_compiler_is_built_again(machine: Machine, artifact: Artifact) -> None:
    assert compiled_modules(machine.wheel(artifact)) == []
    assert machine.wheel(artifact).was_reused
    machine.put("cc", "12")
    assert not machine.wheel(artifact).was_reused
    assert machine.reasons == [f"{WITHOUT}cc 12)"]
    assert machine.wheel(artifact).was_reused  # it came out pure again, and would once more
    machine.put("cc", "13")
    assert not machine.wheel(artifact).was_reused
    assert machine.reasons == ["it has no compiled modules, and the compiler is another one now (C: cc 12 -> cc 13)"]
    machine.remove("cc")
    assert machine.wheel(artifact).was_reused


@needs_compiler
def test_a_compiled_wheel_is_reused_where_there_is_no_compiler(machine: Machine, artifact: Artifact) -> None:
    assert compiled_modules(machine.wheel(artifact)) == []
    machine.has_real = True
    assert len(compiled_modules(machine.wheel(artifact))) == 1
    machine.has_real = False
    again = machine.wheel(artifact)
    assert (again.was_reused, len(compiled_modules(again))) == (True, 1)


@needs_compiler
def test_a_compiler_that_is_named_anew_builds_another_wheel(
    workshop: Workshop, artifact: Artifact, tmp_path: Path
) -> None:
    (tmp_path / "other-cc").symlink_to(shutil.which("cc") or "")
    first = workshop.run(variables={"CC": "cc"}).builder.wheel(artifact)
    assert workshop.run(variables={"CC": "cc"}).builder.wheel(artifact).was_reused
    run = workshop.run(variables={"CC": str(tmp_path / "other-cc")})
    second = run.builder.wheel(artifact)
    assert (second.was_reused, compiled_modules(second)) == (False, compiled_modules(first))
    reasons = [event.reason for event in run.recorder.events if isinstance(event, Missed)]
    assert reasons == [f"it was built under other conditions (variables.CC: cc -> {tmp_path / 'other-cc'})"]


def test_a_source_without_compiled_languages_asks_for_no_compiler(
    machine: Machine, archives: Path, tmp_path: Path
) -> None:
    pure = sdist_artifact(make_sdist(archives, "pure", more_files={"tests/speed.c": "", "docs/example.rs": ""}))
    machine.wheel(pure)
    asked = tmp_path / "asked"
    machine.put("cc", "12")
    (tmp_path / "compilers" / "cc").write_text(f"#!/bin/sh\ntouch {asked}\necho cc 12\n")
    assert machine.wheel(pure).was_reused
    assert not asked.exists()

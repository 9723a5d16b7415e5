"""Builds with real backends, in environments that hold nothing but what they ask for."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from freewheel.errors import BackendFailed, BackendUnusable, BrokenArchive
from freewheel.events import BuildStarted
from tests.build.workshop import Workshop, folder_artifact, sdist_artifact
from tests.support.archives import Backend, make_project_dir, make_sdist
from tests.support.environments import Environment

C_SOURCE = """\
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_six", NULL, -1, NULL};
PyMODINIT_FUNC PyInit__six(void) { return PyModule_Create(&module); }
"""

HATCHLING = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "six"
version = "1.0"
[tool.hatch.build.targets.wheel]
packages = ["six"]
"""


@pytest.mark.parametrize("backend", ["setuptools", "hatchling", "flit", "meson", "legacy-setup-py"])
def test_a_wheel_comes_out_of_an_sdist(workshop: Workshop, archives: Path, backend: Backend) -> None:
    """Behaviour 76, with a backend that is installed for the build."""
    sdist = make_sdist(archives, "six", backend=backend, requires=["attrs>=1"], files={"six/__init__.py": "x = 1\n"})
    run = workshop.run()
    metadata = run.metadata.metadata(sdist_artifact(sdist))
    built = run.builder.wheel(sdist_artifact(sdist))
    assert (metadata.name, metadata.requires_dist) == ("six", ("attrs>=1",))
    with zipfile.ZipFile(built.path) as archive:
        assert archive.read("six/__init__.py") == b"x = 1\n"
    assert workshop.run().builder.wheel(sdist_artifact(sdist)).digest == built.digest


def test_a_source_without_pyproject_is_built_with_setuptools(workshop: Workshop, archives: Path) -> None:
    run = workshop.run()
    run.builder.wheel(sdist_artifact(make_sdist(archives, "six", backend="legacy-setup-py")))
    assert run.toolbox.asked[0] == ("setuptools >= 40.8.0",)
    assert BuildStarted(step="Building wheel for six (pyproject.toml)") in run.recorder.events


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler here")
@pytest.mark.parametrize("backend", ["setuptools", "legacy-setup-py", "meson"])
def test_an_extension_module_is_compiled_for_the_target(
    workshop: Workshop, archives: Path, environment: Environment, backend: Backend
) -> None:
    sdist = make_sdist(archives, "six", backend=backend, files={"six.py": ""}, c_source=C_SOURCE)
    built = workshop.run().builder.wheel(sdist_artifact(sdist))
    assert f"cp{sys.version_info.major}{sys.version_info.minor}" in built.path.name
    again = workshop.run()
    reused = again.builder.wheel(sdist_artifact(sdist))
    assert (reused.was_reused, reused.digest) == (True, built.digest)
    assert (again.events(BuildStarted), again.toolbox.asked, again.archives.fetched) == ([], [], [])
    with zipfile.ZipFile(built.path) as archive:
        archive.extractall(environment.site_packages)
    assert environment.run_python("import _six; print(_six.__name__)") == "_six\n"
    record = json.loads((reused.path.parent / "build.json").read_bytes())
    assert (record["is_compiled"], record["languages"], [*record["toolchain"]]) == (True, ["C"], ["C"])


def test_what_a_backend_asks_for_besides_is_there_for_its_build(workshop: Workshop, archives: Path) -> None:
    run = workshop.run(variables={"PATH": ""})
    run.builder.wheel(sdist_artifact(make_sdist(archives, "six", backend="meson")))
    static, dynamic = run.toolbox.asked
    assert static == ("meson-python",)
    assert {Requirement(text).name for text in dynamic} >= {"meson-python", "ninja"}


def test_a_build_without_isolation_runs_in_the_target_itself(workshop: Workshop, archives: Path) -> None:
    sdist = make_sdist(archives, "six", backend="setuptools")
    run = workshop.run(is_isolated=False)
    assert run.builder.wheel(sdist_artifact(sdist)).path.exists()
    assert run.toolbox.asked == []


def test_an_isolated_build_sees_no_modules_from_outside(workshop: Workshop, archives: Path, tmp_path: Path) -> None:
    (tmp_path / "intruder.py").write_text("", encoding="utf-8")
    probe = (
        "import importlib.util as u, os, sys\n"
        "found = [name for name in ('intruder', 'setuptools', 'pytest') if u.find_spec(name)]\n"
        "raise SystemExit(f'{found} {sys.prefix == os.environ[\"VIRTUAL_ENV\"]}')\n"
    )
    sdist = make_sdist(archives, "six", more_files={"build_backend.py": probe})
    with pytest.raises(BackendFailed) as caught:
        workshop.run(variables={"PYTHONPATH": str(tmp_path)}).builder.wheel(sdist_artifact(sdist))
    assert caught.value.output == "[] True"


def test_an_unpacked_sdist_is_no_part_of_a_repository_around_it(workshop: Workshop, archives: Path) -> None:
    probe = (
        "import subprocess\n"
        "found = subprocess.run(['git', 'rev-parse', '--git-dir'], capture_output=True)\n"
        "raise SystemExit(f'git says {found.returncode}')\n"
    )
    (workshop.folder / ".git" / "objects").mkdir(parents=True)
    (workshop.folder / ".git" / "refs").mkdir()
    (workshop.folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
    sdist = make_sdist(archives, "six", more_files={"build_backend.py": probe})
    with pytest.raises(BackendFailed) as caught:
        workshop.run().builder.wheel(sdist_artifact(sdist))
    assert caught.value.output == "git says 128"


@pytest.mark.parametrize(("name", "text"), [(".gitignore", "*.py\n"), (".hgignore", "syntax: glob\n*.py\n")])
def test_what_a_repository_around_it_ignores_is_built_all_the_same(
    workshop: Workshop, archives: Path, name: str, text: str
) -> None:
    """hatchling leaves out what such a file names, and looks for one in every folder above."""
    workshop.folder.mkdir()
    (workshop.folder / name).write_text(text, encoding="utf-8")
    sdist = make_sdist(
        archives,
        "six",
        backend="hatchling",
        files={"six/__init__.py": "x = 1\n"},
        more_files={"pyproject.toml": HATCHLING},
    )
    built = workshop.run().builder.wheel(sdist_artifact(sdist))
    with zipfile.ZipFile(built.path) as archive:
        assert "six/__init__.py" in archive.namelist()


@pytest.mark.parametrize(
    ("more_files", "reason"),
    [
        ({"pyproject.toml": "[build-system"}, "pyproject.toml, line 1, column 14: Expected ']'"),
        ({"pyproject.toml": "[build-system]\n"}, "requires"),
        ({"pyproject.toml": b"\xff"}, "utf-8"),
        ({"pyproject.toml": '[build-system]\nrequires = []\nbackend-path = [".."]\n'}, "inside source tree"),
        (
            {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "nowhere"\n'},
            "No module named 'nowhere'",
        ),
    ],
    ids=["toml", "table", "encoding", "backend-path", "backend"],
)
def test_an_unusable_build_configuration_is_an_error(
    workshop: Workshop, archives: Path, more_files: dict[str, str], reason: str
) -> None:
    with pytest.raises(BackendUnusable) as caught:
        workshop.run().builder.wheel(sdist_artifact(make_sdist(archives, "six", more_files=more_files)))
    assert caught.value.project == "six"
    assert reason in caught.value.reason


def test_a_folder_that_is_no_project_is_an_error(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BackendUnusable) as caught:
        workshop.run().builder.wheel(folder_artifact(tmp_path / "empty"))
    assert caught.value.reason == "it has neither pyproject.toml nor setup.py"


def test_a_folder_is_built_where_it_is(workshop: Workshop, archives: Path) -> None:
    folder = make_project_dir(archives / "project", "six", backend="setuptools")
    workshop.run().builder.wheel(folder_artifact(folder))
    assert (folder / "six.egg-info").is_dir()


def test_a_broken_sdist_is_an_error_that_leaves_nothing(workshop: Workshop, archives: Path) -> None:
    for broken in ("truncated", "not-an-archive", "path-traversal"):
        artifact = sdist_artifact(make_sdist(archives, "six", broken=broken))
        with pytest.raises(BrokenArchive):
            workshop.run().builder.wheel(artifact)
    assert not (workshop.cache / "wheels-v1").exists()
    assert not list(workshop.folder.rglob("escaped.py"))


def test_a_backend_that_ends_without_an_answer_has_failed(workshop: Workshop, archives: Path) -> None:
    sdist = make_sdist(archives, "six", more_files={"build_backend.py": "import os\nos._exit(0)\n"})
    with pytest.raises(BackendFailed):
        workshop.run().builder.wheel(sdist_artifact(sdist))

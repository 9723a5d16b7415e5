"""Editable projects on the command line: links to source folders, made anew each time and never kept."""

from __future__ import annotations

import json
import sysconfig
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip
from tests.support.folders import snapshot
from tests.support.projects import Backend
from tests.support.repositories import VARIABLES, GitServer, Repository

TOOLS = {"PYTHONPATH": sysconfig.get_paths()["purelib"]}
"""Where the tests' own setuptools, hatchling and flit_core lie."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project_dir(tmp_path / "project", "six", extras={"more": ["seven"]})


@pytest.fixture
def freewheel(freewheel: Freewheel) -> Freewheel:
    freewheel.variables |= {"PIP_NO_INDEX": "1", **VARIABLES}
    return freewheel


def direct_url(environment: Environment) -> object:
    [record] = environment.site_packages.glob("six-*.dist-info/direct_url.json")
    return json.loads(record.read_text(encoding="utf-8"))


def version_of(environment: Environment) -> str:
    return environment.run_python("import six; print(six.__version__)").strip()


def edit(project: Path, version: str, module: str = "src/six.py") -> None:
    (project / module).write_text(f'__version__ = "{version}"\n', encoding="utf-8")


def test_an_editable_project_is_a_link_made_in_each_run_and_never_kept(
    freewheel: Freewheel, environment: Environment, project: Path, build_log: BuildLog
) -> None:
    """Behaviour 88."""
    for _ in range(2):
        freewheel.run("install", "--python", environment.python, "-e", project)
        assert direct_url(environment) == {"url": project.as_uri(), "dir_info": {"editable": True}}
        kept = [path for path in freewheel.cache.rglob("*") if "trees-v1" in path.parts or "wheels-v1" in path.parts]
        assert kept == []
    assert build_log.count("build_editable", "six") >= 2
    assert build_log.builds() == 0
    edit(project, "edited")
    assert version_of(environment) == "edited"
    assert list(freewheel.temporary.iterdir()) == []


def test_a_local_directory_leaves_no_tree_in_the_cache(
    freewheel: Freewheel, environment: Environment, project: Path
) -> None:
    """Behaviour 87."""
    freewheel.run("install", "--python", environment.python, project)
    assert environment.installed() == {"six": "1.0"}
    assert not (freewheel.cache / "trees-v1").exists()
    assert not (freewheel.cache / "wheels-v1").exists()


@pytest.mark.parametrize("backend", ["setuptools", "hatchling", "flit", "legacy-setup-py"])
def test_real_backends_make_editable_projects(
    freewheel: Freewheel, environment: Environment, tmp_path: Path, backend: Backend
) -> None:
    project = make_project_dir(tmp_path / "project", "six", backend=backend)
    if backend == "hatchling":  # which would need one more project for a selection of files
        with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write('\n[tool.hatch.build]\ndev-mode-dirs = ["."]\n')
    freewheel.run("install", "--python", environment.python, "--no-build-isolation", "-e", project, env=TOOLS)
    assert direct_url(environment) == {"url": project.as_uri(), "dir_info": {"editable": True}}
    edit(project, "edited", "six.py")
    assert version_of(environment) == "edited"
    freewheel.run("uninstall", "--yes", "--python", environment.python, "six")
    assert environment.installed() == {}
    assert (project / "six.py").exists()


def test_a_backend_without_the_hook_is_refused_and_nothing_is_changed(
    freewheel: Freewheel, environment: Environment, project: Path
) -> None:
    backend = project / "build_backend.py"
    backend.write_text(backend.read_text(encoding="utf-8") + "\ndel build_editable\n", encoding="utf-8")
    before = snapshot(environment.root)
    for option in ("--no-compile", "--dry-run"):
        arguments = ("install", "--python", environment.python, option, "-e", project)
        told = freewheel.run(*arguments, expect=1).stderr
        assert "uses a build backend that is missing the 'build_editable' hook" in told
        assert "PEP 660" in told
    assert snapshot(environment.root) == before


def test_an_editable_project_may_need_other_things_than_its_wheel(
    freewheel: Freewheel, environment: Environment, project: Path, archives: Path
) -> None:
    """As the metadata says that the backend gives for it (PEP 660)."""
    backend = project / "build_backend.py"
    with backend.open("a", encoding="utf-8") as file:
        file.write(
            "\n\ndef prepare_metadata_for_build_editable(metadata_directory, config_settings=None):\n"
            '    more = "Version: 1.0\\nRequires-Dist: seven"\n'
            '    SETTINGS["metadata"] = SETTINGS["metadata"].replace("Version: 1.0", more)\n'
            "    return prepare_metadata_for_build_wheel(metadata_directory, config_settings)\n"
        )
    make_wheel(archives, "seven")
    freewheel.run("install", "--python", environment.python, "-f", archives, "-e", project)
    assert environment.installed() == {"six": "1.0", "seven": "1.0"}


def test_editable_and_regular_installations_replace_one_another(
    freewheel: Freewheel, environment: Environment, project: Path, archives: Path
) -> None:
    """Though the version is the same each time, as in pip."""
    wheel = make_wheel(archives, "six")
    install = ("install", "--python", environment.python)
    listed = ("list", "--python", environment.python, "--format", "json")
    editable = ("-e", project), True
    for words, is_editable in (editable, ((wheel,), False), editable, ((project,), False)):
        told = freewheel.run(*install, *words).stdout
        assert "Successfully installed six-1.0" in told
        assert ("editable_project_location" in freewheel.run(*listed).stdout) is is_editable
        assert (environment.site_packages / "six.py").exists() is not is_editable
    assert environment.installed() == {"six": "1.0"}


def test_an_editable_project_takes_extras_settings_and_a_line_of_a_file(
    freewheel: Freewheel, environment: Environment, project: Path, archives: Path
) -> None:
    make_wheel(archives, "seven")
    (freewheel.cwd / "r.txt").write_text(f'-e "{project}[more]" -C colour=blue\n', encoding="utf-8")
    freewheel.run("install", "--python", environment.python, "-f", archives, "-r", "r.txt")
    assert environment.installed() == {"six": "1.0", "seven": "1.0"}
    [settings] = environment.site_packages.glob("six-*.dist-info/config_settings.json")
    assert json.loads(settings.read_text(encoding="utf-8")) == {"colour": "blue"}


def test_the_same_project_cannot_be_both(freewheel: Freewheel, environment: Environment, project: Path) -> None:
    told = freewheel.run("install", "--python", environment.python, "-e", project, project, expect=1).stderr
    assert "conflicting dependencies" in told
    assert f"The user requested six 1.0 (from editable {project})" in told


def test_wheel_makes_a_regular_wheel_of_an_editable_project(
    freewheel: Freewheel, project: Path, build_log: BuildLog
) -> None:
    freewheel.run("wheel", "-w", "wheels", "-e", project)
    assert [path.name for path in (freewheel.cwd / "wheels").iterdir()] == ["six-1.0-py3-none-any.whl"]
    assert (build_log.builds("six"), build_log.count("build_editable")) == (1, 0)


def test_download_archives_what_a_file_has_as_editable(freewheel: Freewheel, project: Path) -> None:
    (freewheel.cwd / "r.txt").write_text(f"-e {project}\n", encoding="utf-8")
    freewheel.run("download", "--no-deps", "-d", "files", "-r", "r.txt")
    assert [path.name for path in (freewheel.cwd / "files").iterdir()] == ["six-1.0.zip"]


def test_a_report_says_that_it_is_editable(freewheel: Freewheel, environment: Environment, project: Path) -> None:
    """Behaviour 105."""
    result = freewheel.run(
        *("install", "--quiet", "--python", environment.python, "--dry-run", "--report", "-", "-e", project)
    )
    [item] = json.loads(result.stdout)["install"]
    assert item["download_info"] == {"url": project.as_uri(), "dir_info": {"editable": True}}


def test_a_path_is_frozen_as_pip_does(freewheel: Freewheel, environment: Environment, project: Path) -> None:
    freewheel.run("install", "--python", environment.python, "-e", project)
    frozen = freewheel.run("freeze", "--python", environment.python).lines
    assert frozen == ["# Editable install with no version control (six==1.0)", f"-e {project}"]
    assert pip(environment, "freeze").lines == frozen


# Editable repositories


def test_an_editable_repository_is_checked_out_beside_the_environment(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    repository = Repository.create(tmp_path / "served" / "six")
    wanted = ("-e", f"{repository.url}@main#egg=Six")
    freewheel.run("install", "--python", environment.python, *wanted)
    folder = environment.root / "src" / "six"
    assert direct_url(environment) == {"url": folder.as_uri(), "dir_info": {"editable": True}}
    frozen = freewheel.run("freeze", "--python", environment.python).lines
    assert frozen == [f"-e {repository.url}@{repository.head}#egg=six"]
    assert pip(environment, "freeze").lines == frozen
    commit = repository.commit("More", {"src/six.py": '__version__ = "more"\n'})
    freewheel.run("install", "--python", environment.python, *wanted)
    assert (Repository(folder).head, version_of(environment)) == (commit, "more")
    freewheel.run("uninstall", "--yes", "--python", environment.python, "six")
    assert (folder / "src" / "six.py").exists()


def test_an_editable_repository_goes_where_src_says_and_obeys_exists_action(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    one = Repository.create(tmp_path / "served" / "one")
    two = Repository.create(tmp_path / "served" / "two", version="2.0")
    install = ("install", "--python", environment.python, "--src", "sources", "-e")
    freewheel.run(*install, f"six @ {one.url}")
    done = freewheel.run(*install, f"six @ {two.url}", expect=1)
    assert "is in the way: git clone in " in done.stderr
    assert "--exists-action: s to switch it, i to leave it as it is, w to delete it" in done.stderr
    assert environment.installed() == {"six": "1.0"}
    freewheel.run(*install, f"six @ {two.url}", "--exists-action", "b")
    assert environment.installed() == {"six": "2.0"}
    assert sorted(path.name for path in (freewheel.cwd / "sources").iterdir()) == ["six", "six.bak"]


def test_an_editable_repository_may_lie_in_a_subdirectory(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    repository = Repository.create(tmp_path / "served" / "many", "other")
    make_project_dir(repository.folder / "sub", "six")
    repository.commit("Six")
    freewheel.run("install", "--python", environment.python, "-e", f"{repository.url}#egg=six&subdirectory=sub")
    folder = environment.root / "src" / "six" / "sub"
    assert direct_url(environment) == {"url": folder.as_uri(), "dir_info": {"editable": True}}
    frozen = freewheel.run("freeze", "--python", environment.python).lines
    assert frozen == [f"-e {repository.url}@{repository.head}#egg=six&subdirectory=sub"]
    assert pip(environment, "freeze").lines == frozen


def test_the_password_of_an_editable_repository_is_kept_nowhere(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    """Behaviour 53."""
    repository = Repository.create(tmp_path / "served" / "six")
    with GitServer(folder=tmp_path / "served", password="s3cret") as server:
        for _ in range(2):
            result = freewheel.run(
                *("install", "-vvv", "--python", environment.python, "-e"),
                f"six @ {server.url(repository, 'me:s3cret')}",
            )
            assert "s3cret" not in result.stdout + result.stderr
        assert freewheel.run("freeze", "--python", environment.python).lines == [
            f"-e {server.url(repository)}@{repository.head}#egg=six"
        ]
    for folder in (freewheel.cache, environment.root):
        kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert b"s3cret" not in kept

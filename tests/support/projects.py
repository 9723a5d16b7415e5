"""A project to build, as a value, and the files of its source tree for each build backend."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypedDict

from tests.support.metadata import Contents, EntryPoints, core_metadata, entry_points_text, file_name_part

Backend = Literal["in-tree", "setuptools", "legacy-setup-py", "hatchling", "flit", "meson"]
"""How a source tree is built; `in-tree` alone needs nothing installed."""

Hook = Literal["get_requires_for_build_wheel", "prepare_metadata_for_build_wheel", "build_wheel", "build_editable"]

Tree = dict[str, str | bytes]

_SETUP_COMMANDS: Mapping[Hook, str] = {
    "get_requires_for_build_wheel": "egg_info",
    "prepare_metadata_for_build_wheel": "dist_info",
    "build_wheel": "bdist_wheel",
    "build_editable": "editable_wheel",
}


class ProjectOptions(TypedDict, total=False):
    """What `Project` takes besides name and version."""

    requires: Sequence[str]
    requires_python: str | None
    extras: Mapping[str, Sequence[str]]
    entry_points: EntryPoints
    files: Contents | None
    more_files: Contents
    backend: Backend
    build_requires: Sequence[str] | None
    requires_for_build: Sequence[str]
    prepares_metadata: bool
    fails_in: Sequence[Hook]
    failure: str
    c_source: str | None
    builds_name: str | None
    builds_version: str | None
    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a source tree is made of.

    `files` are what is installed, relative to the import root (one module named as the project when None);
    `more_files` lie beside `pyproject.toml` and replace what would stand there. `build_requires` is
    `build-system.requires` (the backend's own when None). `fails_in` names hooks that raise, saying `failure`
    (in-tree and setuptools backends). `c_source` is the text of an extension module `_<name>` (setuptools, meson).

    For the in-tree backend alone: `requires_for_build` is what `get_requires_for_build_wheel` answers,
    `prepares_metadata` whether the metadata hook exists, `builds_name`, `builds_version` and `tag` are the wheel's.
    """

    name: str
    version: str
    requires: Sequence[str] = ()
    requires_python: str | None = None
    extras: Mapping[str, Sequence[str]] = field(default_factory=dict)
    entry_points: EntryPoints = field(default_factory=dict)
    files: Contents | None = None
    more_files: Contents = field(default_factory=dict)
    backend: Backend = "in-tree"
    build_requires: Sequence[str] | None = None
    requires_for_build: Sequence[str] = ()
    prepares_metadata: bool = True
    fails_in: Sequence[Hook] = ()
    failure: str = "the backend was told to fail"
    c_source: str | None = None
    builds_name: str | None = None
    builds_version: str | None = None
    tag: str = "py3-none-any"

    @property
    def module(self) -> str:
        """The name as an import package."""
        return file_name_part(self.name)

    @property
    def installed_files(self) -> Contents:
        """What the built wheel installs."""
        if self.files is not None:
            return self.files
        return {f"{self.module}.py": f'__version__ = "{self.version}"\n'}

    @property
    def packages(self) -> list[str]:
        """The import packages, dotted."""
        folders = {path.rpartition("/")[0] for path in self.installed_files if "/" in path}
        return sorted(folder.replace("/", ".") for folder in folders)

    @property
    def modules(self) -> list[str]:
        """The modules outside packages."""
        return sorted(path.removesuffix(".py") for path in self.installed_files if "/" not in path)


def source_tree(project: Project) -> Tree:
    """Every file of the project's source tree, but for PKG-INFO."""
    return {**_TREES[project.backend](project), **project.more_files}


def _in_tree(project: Project) -> Tree:
    name, version = project.builds_name or project.name, project.builds_version or project.version
    settings = {
        "name": project.name,
        "version": project.version,
        "stem": f"{file_name_part(name)}-{version}",
        "metadata": core_metadata(
            name,
            version,
            requires=project.requires,
            requires_python=project.requires_python,
            extras=project.extras,
        ),
        "tag": project.tag,
        "entry_points": entry_points_text(project.entry_points),
        "requires_for_build": list(project.requires_for_build),
        "prepares_metadata": project.prepares_metadata,
        "fails_in": sorted(project.fails_in),
        "failure": project.failure,
    }
    return {
        "pyproject.toml": _build_system("build_backend", project.build_requires or (), in_tree=True),
        "build_backend.py": Path(__file__).with_name("intree_backend.py").read_bytes(),
        "backend.json": json.dumps(settings, indent=1),
        **{f"src/{path}": content for path, content in project.installed_files.items()},
    }


def _setuptools(project: Project) -> Tree:
    layout = (
        "\n[tool.setuptools]\n"
        f"packages = {json.dumps(project.packages)}\n"
        f"py-modules = {json.dumps(project.modules)}\n"
        '\n[tool.setuptools.package-data]\n"*" = ["*"]\n'
    )
    requires = ["setuptools"] if project.build_requires is None else project.build_requires
    tree: Tree = {
        "pyproject.toml": _build_system("setuptools.build_meta", requires) + _project_table(project) + layout,
        "setup.py": _setup_py(project, {}),
        **project.installed_files,
    }
    return tree | _c_files(project)


def _legacy(project: Project) -> Tree:
    arguments: dict[str, object] = {
        "name": project.name,
        "version": project.version,
        "packages": project.packages,
        "py_modules": project.modules,
        "package_data": {"": ["*"]},
        "install_requires": list(project.requires),
        "extras_require": {extra: list(requires) for extra, requires in project.extras.items()},
        "entry_points": {
            group: [f"{name} = {reference}" for name, reference in names.items()]
            for group, names in project.entry_points.items()
        },
    }
    if project.requires_python is not None:
        arguments["python_requires"] = project.requires_python
    return {"setup.py": _setup_py(project, arguments), **project.installed_files} | _c_files(project)


def _hatchling(project: Project) -> Tree:
    requires = ["hatchling"] if project.build_requires is None else project.build_requires
    layout = f"\n[tool.hatch.build.targets.wheel]\nonly-include = {json.dumps(sorted(project.installed_files))}\n"
    pyproject = _build_system("hatchling.build", requires) + _project_table(project) + layout
    return {"pyproject.toml": pyproject, **project.installed_files}


def _flit(project: Project) -> Tree:
    requires = ["flit_core"] if project.build_requires is None else project.build_requires
    layout = f"\n[tool.flit.module]\nname = {json.dumps([*project.packages, *project.modules][0])}\n"
    pyproject = _build_system("flit_core.buildapi", requires) + _project_table(project) + layout
    return {"pyproject.toml": pyproject, **project.installed_files}


def _meson(project: Project) -> Tree:
    requires = ["meson-python"] if project.build_requires is None else project.build_requires
    lines = [
        f"project('{project.name}', version: '{project.version}')",
        "py = import('python').find_installation()",
        *(f"py.install_sources('{path}', subdir: '{path.rpartition('/')[0]}')" for path in project.installed_files),
    ]
    if project.c_source is not None:
        name = f"_{project.module}"
        lines += ["add_languages('c')", f"py.extension_module('{name}', '{name}.c', install: true)"]
    return {
        "pyproject.toml": _build_system("mesonpy", requires) + _project_table(project),
        "meson.build": "\n".join(lines) + "\n",
        **project.installed_files,
    } | _c_files(project)


_TREES: Mapping[Backend, Callable[[Project], Tree]] = {
    "in-tree": _in_tree,
    "setuptools": _setuptools,
    "legacy-setup-py": _legacy,
    "hatchling": _hatchling,
    "flit": _flit,
    "meson": _meson,
}


def _build_system(backend: str, requires: Sequence[str], *, in_tree: bool = False) -> str:
    path = 'backend-path = ["."]\n' if in_tree else ""
    return f'[build-system]\nrequires = {json.dumps(list(requires))}\nbuild-backend = "{backend}"\n{path}'


def _project_table(project: Project) -> str:
    lines = [
        "\n[project]",
        f"name = {json.dumps(project.name)}",
        f"version = {json.dumps(project.version)}",
        'description = "A project for tests"',
        f"dependencies = {json.dumps(list(project.requires))}",
    ]
    if project.requires_python is not None:
        lines.append(f"requires-python = {json.dumps(project.requires_python)}")
    if project.extras:
        lines.append("\n[project.optional-dependencies]")
        lines += [f"{json.dumps(extra)} = {json.dumps(list(needs))}" for extra, needs in project.extras.items()]
    for group, names in project.entry_points.items():
        lines.append(f"\n[project.{_ENTRY_POINT_TABLES.get(group, f'entry-points.{json.dumps(group)}')}]")
        lines += [f"{json.dumps(name)} = {json.dumps(reference)}" for name, reference in names.items()]
    return "\n".join(lines) + "\n"


_ENTRY_POINT_TABLES = {"console_scripts": "scripts", "gui_scripts": "gui-scripts"}


def _setup_py(project: Project, arguments: Mapping[str, object]) -> str:
    failing = [_SETUP_COMMANDS[hook] for hook in project.fails_in]
    given = [f"    {name}={value!r},\n" for name, value in arguments.items()]
    if project.c_source is not None:
        given.append(f'    ext_modules=[Extension("_{project.module}", ["_{project.module}.c"])],\n')
    return (
        "import sys\n\nfrom setuptools import Extension, setup\n\n"
        f"if {{*sys.argv}} & {{*{failing!r}}}:\n    raise RuntimeError({project.failure!r})\n\n"
        f"setup(\n{''.join(given)})\n"
    )


def _c_files(project: Project) -> Tree:
    return {} if project.c_source is None else {f"_{project.module}.c": project.c_source}

"""Where hooks run: bare virtual environments with the build requirements in them, or the target's own."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from freewheel.build.backend import Backend
from freewheel.build.dependencies import shortfall
from freewheel.build.protocol import BuildEnvironment, Scratch
from freewheel.errors import (
    ArtifactError,
    BackendUnusable,
    BuildError,
    BuildRequirementsUnavailable,
    BuildRequirementsUnmet,
    NetworkError,
    NotWritable,
    RepositoryError,
    RequirementError,
    ResolutionError,
    TargetError,
    UnusableInterpreter,
)
from freewheel.events import BuildFinished, BuildStarted, Reporter
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName
from freewheel.model.target import Interpreter

STATIC_STEP: Final = "Installing build dependencies"
DYNAMIC_STEP: Final = "Installing backend dependencies"
"""What pip calls them: what `pyproject.toml` names, and what the backend asks for besides."""

_PYTHON_VARIABLES: Final = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "__PYVENV_LAUNCHER__")
"""What would bring modules, or another standard library, into an isolated environment from outside."""

_LINKLESS: Final = (errno.EPERM, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What `symlink` fails with where the file system has no symbolic links; EPERM is Linux's answer (symlink(2))."""


class HookEnvironment(Struct, frozen=True, kw_only=True):
    """The interpreter that hooks run in, and the whole environment of their processes (a `backend.Runtime`).

    `projects` is `name==version` of everything installed for the build, sorted; empty where nothing was.
    """

    interpreter: Interpreter
    variables: Mapping[str, str]
    projects: tuple[str, ...] = ()

    @property
    def python_executable(self) -> str:
        """The interpreter's path."""
        return self.interpreter.executable

    def make_extra_environ(self) -> Mapping[str, str]:
        """The variables; nothing else is inherited."""
        return self.variables


class HookEnvironments(Protocol):
    """Finds the environment to run a backend's hooks in."""

    def for_backend(self, backend: Backend, *, project: str) -> HookEnvironment:
        """An environment in which the backend can build a wheel; may run a hook to learn what that needs.

        Raises BuildError, TargetError.
        """


class SharedEnvironment(Struct, frozen=True, kw_only=True):
    """Hooks run in an environment as it is (`--no-build-isolation`).

    `installed` gives the versions of what is there, by project; without it nobody looks whether that is enough.
    """

    environment: HookEnvironment
    installed: Callable[[], Mapping[NormalizedName, str]] | None = None

    def for_backend(self, backend: Backend, *, project: str) -> HookEnvironment:
        """The one environment; raises BuildRequirementsUnmet where `build-system.requires` is not all there."""
        if self.installed is not None:
            markers = self.environment.interpreter.target.markers
            found = shortfall(backend.requires, self.installed(), markers)
            if found.conflicting or found.missing:
                raise BuildRequirementsUnmet(project=project, conflicting=found.conflicting, missing=found.missing)
        return self.environment


class IsolatedEnvironments:
    """Makes one environment for each set of build requirements, and reuses it for the rest of the run.

    An environment never changes once it is handed out: what a backend asks for in addition makes another set.
    `variables` is the environment of this process. Safe from many threads.
    """

    def __init__(
        self,
        *,
        provider: BuildEnvironment,
        interpreter: Interpreter,
        scratch: Scratch,
        variables: Mapping[str, str],
        reporter: Reporter,
        clock: Callable[[], float],
    ) -> None:
        self._provider = provider
        self._interpreter = interpreter
        self._scratch = scratch
        self._variables = variables
        self._reporter = reporter
        self._clock = clock
        self._made: dict[frozenset[str], HookEnvironment] = {}
        self._guard = threading.Lock()

    def for_backend(self, backend: Backend, *, project: str) -> HookEnvironment:
        """An environment with all that the backend needs; the hook that tells runs in one with `backend.requires`."""
        static = frozenset(backend.requires)
        environment = self._with(static, project, STATIC_STEP)
        dynamic = frozenset(backend.dynamic_requires(environment))
        return environment if dynamic <= static else self._with(static | dynamic, project, DYNAMIC_STEP)

    def _with(self, requirements: frozenset[str], project: str, step: str) -> HookEnvironment:
        # Two threads that want the same new set at once each make one, and one of them is kept.
        with self._guard:
            made = self._made.get(requirements)
        if made is None:
            made = self._make(requirements, project, step)
            with self._guard:
                made = self._made.setdefault(requirements, made)
        return made

    def _make(self, requirements: frozenset[str], project: str, step: str) -> HookEnvironment:
        interpreter = create_bare(self._scratch("build-env"), self._interpreter)
        projects = self._install(tuple(sorted(requirements)), interpreter, project, step) if requirements else ()
        variables = isolated_variables(self._variables, interpreter)
        return HookEnvironment(interpreter=interpreter, variables=variables, projects=tuple(sorted(projects)))

    def _install(
        self, requirements: tuple[str, ...], interpreter: Interpreter, project: str, step: str
    ) -> tuple[str, ...]:
        self._reporter.emit(BuildStarted(step=step))
        start = self._clock()
        succeeded = False
        try:
            projects = self._provider.provide(requirements, interpreter)
            succeeded = True
        except RequirementError as error:
            reason = urls.scrubbed(f"what it needs for its build cannot be read: {error}")
            raise BackendUnusable(project=project, reason=reason) from error
        except (ResolutionError, NetworkError, ArtifactError, BuildError, RepositoryError, TargetError) as error:
            shown = tuple(map(urls.scrubbed, requirements))
            raise BuildRequirementsUnavailable(project=project, requirements=shown) from error
        finally:
            seconds = self._clock() - start
            self._reporter.emit(BuildFinished(step=step, succeeded=succeeded, seconds=seconds))
        return projects


def isolated_variables(variables: Mapping[str, str], interpreter: Interpreter) -> dict[str, str]:
    """The environment of processes that shall see the modules of `interpreter`'s own environment alone."""
    kept = {name: value for name, value in variables.items() if name not in _PYTHON_VARIABLES}
    path = kept.get("PATH", os.defpath)
    return {
        **kept,
        "PATH": f"{interpreter.paths['scripts']}{os.pathsep}{path}",
        "VIRTUAL_ENV": interpreter.prefix,
        "PYTHONNOUSERSITE": "1",
    }


def create_bare(folder: Path, interpreter: Interpreter, *, by_links: bool = os.name != "nt") -> Interpreter:
    """Make an empty virtual environment (PEP 405) in `folder`, and describe it without running it.

    A few links and a file are enough (2 ms); on Windows, and where the file system has no links, the `venv` module
    does it (53 ms). Raises NotWritable, UnusableInterpreter.
    """
    described = bare_interpreter(folder, interpreter, windows=os.name == "nt")
    try:
        if not by_links or not _create_by_links(folder, interpreter, described):
            _create_by_module(folder, interpreter)
        Path(described.paths["purelib"]).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(path=str(folder), reason=error.strerror or str(error)) from error
    return described


def bare_interpreter(folder: Path, interpreter: Interpreter, *, windows: bool) -> Interpreter:
    """What `interpreter` becomes in a virtual environment in `folder`, by sysconfig's `venv` scheme."""
    target = interpreter.target
    name = "pypy" if target.markers.get("implementation_name") == "pypy" else "python"
    versioned = f"{name}{target.python_version}{'t' if 't' in target.abi_flags else ''}"
    site = folder / "Lib" / "site-packages" if windows else folder / "lib" / versioned / "site-packages"
    scripts = folder / ("Scripts" if windows else "bin")
    return replace(
        interpreter,
        executable=str(scripts / ("python.exe" if windows else "python")),
        prefix=str(folder),
        paths={
            "purelib": str(site),
            "platlib": str(site),
            "include": str(folder / "include" / "site" / versioned),
            "scripts": str(scripts),
            "data": str(folder),
        },
        search_paths=(str(site),),
        user_paths={},
        user_site=None,
        sees_base=False,
        externally_managed=None,
    )


def _create_by_links(folder: Path, interpreter: Interpreter, described: Interpreter) -> bool:
    """Whether the file system has links, and so the environment is there."""
    base = Path(interpreter.base_executable)
    scripts = Path(described.paths["scripts"])
    scripts.mkdir(parents=True)
    for name in ("python", "python3", f"python{interpreter.target.python_version}"):
        try:
            (scripts / name).symlink_to(base)
        except OSError as error:
            if error.errno in _LINKLESS:
                return False
            raise
    configuration = {
        "home": str(base.parent),
        "include-system-site-packages": "false",
        "version": interpreter.target.full_version,
    }
    text = "".join(f"{name} = {value}\n" for name, value in configuration.items())
    (folder / "pyvenv.cfg").write_text(text, encoding="utf-8")
    return True


def _create_by_module(folder: Path, interpreter: Interpreter) -> None:
    command = [interpreter.base_executable, "-I", "-m", "venv", "--without-pip", "--copies", "--clear", str(folder)]
    finished = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)
    if finished.returncode:
        raise UnusableInterpreter(path=interpreter.base_executable, reason=finished.stderr.strip()[-500:])

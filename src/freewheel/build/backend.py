"""The hooks of a build backend on one source tree (PEP 517), with all that they print in a log."""

from __future__ import annotations

import subprocess
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

from freewheel.build.hook_processes import HookProcesses
from freewheel.build.protocol import FailureLogs
from freewheel.errors import BackendFailed, BackendUnusable, EditableUnsupported, MalformedToml, StoreError
from freewheel.events import BuildFinished, BuildStarted, Noted, Reporter
from freewheel.model import toml
from freewheel.model import url as urls
from freewheel.model.config_settings import ConfigSettings, grouped

if TYPE_CHECKING:
    from build import BuildBackendException, ProjectBuilder

TAIL_LINES: Final = 100
"""How much of a failing hook's output an error holds: a compiler's message with what led to it."""

Product: TypeAlias = Literal["wheel", "editable"]
"""What a backend is asked for: a wheel with the project's files, or one that leads to them (PEP 660)."""

LEGACY_BACKEND: Final = "setuptools.build_meta:__legacy__"
"""The backend of a source tree that names none (PEP 517, "Source trees")."""


class Runtime(Protocol):
    """Where hooks run, in the form that the `build` library asks for."""

    @property
    def python_executable(self) -> str:
        """The interpreter's path."""

    def make_extra_environ(self) -> Mapping[str, str]:
        """The whole environment of the hooks' processes; nothing else is inherited."""


class BuildLog:
    """Everything that the hooks of one source printed, without credentials, in the file `path`.

    The log of a failure outlives the run where there are `failures`, under the name of the `project`, as soon as that
    is known.
    """

    def __init__(self, path: Path, *, project: str, reporter: Reporter, failures: FailureLogs | None = None) -> None:
        self._path = path
        self.project = project
        self._reporter = reporter
        self._failures = failures
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)

    def begin(self, step: str) -> None:
        """Head a step, and forget the tail of the one before."""
        self._tail.clear()
        self._append(f"== {step}")

    def add(self, line: str) -> None:
        """Take one line of output, without its line end."""
        shown = urls.scrubbed(line)
        self._tail.append(shown)
        self._append(shown)
        self._reporter.emit(Noted(message=shown))

    def tail(self) -> str:
        """The last lines of the present step."""
        return "\n".join(self._tail)

    def content(self) -> bytes:
        """The whole log so far."""
        try:
            return self._path.read_bytes()
        except OSError:
            return b""

    def keep(self) -> str | None:
        """The path at which the log stays after the run, if it does."""
        if self._failures is None:
            return None
        try:
            return str(self._failures.put_failure(self.project, self.content()))
        except StoreError:
            return None  # the end of it is in the error anyway

    def _append(self, line: str) -> None:
        try:
            with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{line}\n")
        except OSError:
            return  # a build need not fail because its log cannot be written


class Backend:
    """Calls the backend that a source tree names, each hook in a process of its own.

    `requires` is `build-system.requires` (PEP 518), sorted; `name` the backend's object reference. `variables` are
    set for its processes beside those of the runtime. All hooks are those of one `product`. Constructing reads
    `pyproject.toml` and runs nothing. All here raises BackendUnusable where that file is invalid or the backend
    cannot be imported, EditableUnsupported where it knows nothing of editable wheels, and BackendFailed where a hook
    fails.
    """

    def __init__(
        self,
        source: Path,
        *,
        project: str,
        product: Product = "wheel",
        config_settings: ConfigSettings,
        variables: Mapping[str, str],
        processes: HookProcesses,
        log: BuildLog,
        reporter: Reporter,
        clock: Callable[[], float],
    ) -> None:
        self._source = source
        self._project = project
        self._product = product
        self._settings = as_mapping(config_settings) or None
        self._variables = variables
        self._processes = processes
        self._log = log
        self._reporter = reporter
        self._clock = clock
        with self._answering("build-system"):
            from build import ProjectBuilder

            self.name = _backend_name(source / "pyproject.toml")
            self.requires = tuple(sorted(ProjectBuilder(source).build_system_requires))

    def dynamic_requires(self, runtime: Runtime) -> tuple[str, ...]:
        """What building needs beyond `requires`, sorted."""
        hook = f"get_requires_for_build_{self._product}"
        with self._hook(f"Getting requirements to build {self._product}", hook, runtime) as builder:
            return tuple(sorted(builder.get_requires_for_build(self._product, self._settings)))

    def prepare_metadata(self, runtime: Runtime, folder: Path) -> Path | None:
        """The `.dist-info` folder that the backend wrote below `folder`; None where it has no such hook."""
        step = f"Preparing {'editable ' if self._product == 'editable' else ''}metadata (pyproject.toml)"
        with self._hook(step, f"prepare_metadata_for_build_{self._product}", runtime) as builder:
            prepared = builder.prepare(self._product, folder, self._settings)
            return None if prepared is None else Path(prepared)

    def build(self, runtime: Runtime, folder: Path, *, metadata: Path | None, name: str | None = None) -> Path:
        """The wheel that the backend wrote into `folder`; `metadata` is what `prepare_metadata` returned.

        `name` is what a person calls the project.
        """
        step = f"Building {self._product} for {name or self._project} (pyproject.toml)"
        with self._hook(step, f"build_{self._product}", runtime) as builder:
            prepared = None if metadata is None else str(metadata)
            return Path(builder.build(self._product, folder, self._settings, prepared))

    @contextmanager
    def _hook(self, step: str, hook: str, runtime: Runtime) -> Iterator[ProjectBuilder]:
        from build import ProjectBuilder

        self._log.begin(step)
        self._reporter.emit(BuildStarted(step=step))
        start = self._clock()
        succeeded = False
        try:
            with self._answering(hook):
                yield ProjectBuilder.from_isolated_env(runtime, self._source, self._run)
                succeeded = True
        finally:
            seconds = self._clock() - start
            self._reporter.emit(BuildFinished(step=step, succeeded=succeeded, seconds=seconds))

    @contextmanager
    def _answering(self, hook: str) -> Iterator[None]:
        """Turn what the `build` library raises and warns about into our errors and notes.

        Warnings of hooks come back as warnings of this process. Catching them is not exact while several threads
        build, which costs no more than a note in the wrong log.
        """
        from build import BuildBackendException, BuildException

        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                yield
        except BuildBackendException as error:
            raise self._failure(hook, error) from error
        except MalformedToml as error:
            raise BackendUnusable(project=self._project, reason=f"{error.place}: {error.reason}") from error
        except (BuildException, ValueError, TypeError, OSError) as error:
            raise BackendUnusable(project=self._project, reason=urls.scrubbed(str(error))) from error
        for warning in caught:
            self._log.add(f"warning: {warning.message}")

    def _failure(
        self, hook: str, error: BuildBackendException
    ) -> BackendFailed | BackendUnusable | EditableUnsupported:
        from pyproject_hooks import BackendUnavailable, HookMissing

        cause = error.exception
        if isinstance(cause, HookMissing) and self._product == "editable":
            return EditableUnsupported(project=self._project)
        if isinstance(cause, BackendUnavailable):
            last_line = cause.traceback.strip().rpartition("\n")[2]
            is_absent = last_line.startswith("ModuleNotFoundError")
            return BackendUnusable(project=self._project, reason=f"{error} {last_line}".strip(), is_absent=is_absent)
        output = self._log.tail() or urls.scrubbed(f"{type(cause).__name__}: {cause}")
        return BackendFailed(project=self._project, hook=hook, output=output, log_path=self._log.keep())

    def _run(
        self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        """Run one hook's process; each line it prints goes to the log as it comes."""
        variables = {**(extra_environ or {}), **self._variables}
        with self._processes.running(cmd, folder=cwd, variables=variables) as process:
            for line in process.stdout or ():
                self._log.add(line.rstrip("\n"))
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, cmd)


def as_mapping(settings: ConfigSettings) -> dict[str, str | list[str]]:
    """Config settings as hooks take them: a name that comes again has a list of values, as in pip.

    >>> as_mapping((("a", "1"), ("b", "2"), ("a", "3")))
    {'a': ['1', '3'], 'b': '2'}
    """
    return {name: values[0] if len(values) == 1 else values for name, values in grouped(settings).items()}


def _backend_name(pyproject: Path) -> str:
    if not pyproject.exists():
        return LEGACY_BACKEND
    system = toml.parse(pyproject.read_text(encoding="utf-8"), path=pyproject.name).get("build-system")
    # What is no table the library refuses.
    return str(system.get("build-backend", LEGACY_BACKEND)) if isinstance(system, dict) else LEGACY_BACKEND

"""The command line in real processes, by a user of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.process import Result, clean_variables, run


class Freewheel:
    """Runs `freewheel` in `<folder>/work`, with `<folder>/home` for its home; nothing else is configured.

    `variables` are the environment of every run and may be changed: put `PIP_INDEX_URL` there, for one. `command` is
    what the arguments follow, and `user` the number of the user to run as (`unprivileged.Person`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        command: Sequence[str | Path] = (sys.executable, "-m", "freewheel"),
        variables: Mapping[str, str] | None = None,
        user: int | None = None,
    ) -> None:
        self.folder = folder
        self.cwd = folder / "work"
        self.cwd.mkdir(parents=True, exist_ok=True)
        self.variables = clean_variables(folder / "home") | dict(variables or {})
        self._command = tuple(command)
        self._user = user

    @property
    def cache(self) -> Path:
        """The cache's root by default, which need not exist (Linux; elsewhere set FREEWHEEL_CACHE_DIR to it)."""
        return Path(self.variables["XDG_CACHE_HOME"], "freewheel")

    @property
    def temporary(self) -> Path:
        """Where temporary files go: empty after a run that cleaned up."""
        return Path(self.variables["TMPDIR"])

    def run(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        expect: int | None = 0,
        stdin: str = "",
        cwd: Path | None = None,
    ) -> Result:
        """One command to its end; AssertionError on another exit status than `expect` (None: any) or a traceback.

        `env` is for this run, on top of `variables`.
        """
        return run(
            (*self._command, *arguments),
            variables=self.variables | dict(env or {}),
            cwd=cwd or self.cwd,
            expect=expect,
            stdin=stdin,
            user=self._user,
        )

    def start(self, *arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Begin a command, to be watched or killed; whoever starts it waits for it, as a context manager does."""
        return subprocess.Popen(
            [str(word) for word in (*self._command, *arguments)],
            env=self.variables | dict(env or {}),
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
        )

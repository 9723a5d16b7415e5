"""Real processes with a clean environment, and what they said."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_KEPT = ("PATH", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TEMP", "TMP", "LD_LIBRARY_PATH", "LANG")
"""Variables that a process needs to run at all; nothing that configures pip, freewheel, TLS, proxies or Python."""

_TIME_LIMIT = 300.0
"""Seconds after which a process counts as stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a process left: its output as text, and its exit status (negative for a signal)."""

    command: tuple[str, ...]
    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """The lines of stdout."""
        return self.stdout.splitlines()


def clean_variables(home: Path) -> dict[str, str]:
    """Environment variables for a user whose home is `home`; its folders, that for temporary files too, lie below."""
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "HOME": str(home),
        "USERPROFILE": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "TMPDIR": str(temporary),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PYTHONIOENCODING": "utf-8",
        "LC_ALL": "C.UTF-8",
    }


def run(
    command: Sequence[str | Path],
    *,
    variables: Mapping[str, str],
    cwd: Path,
    expect: int | None = 0,
    stdin: str = "",
    user: int | None = None,
) -> Result:
    """Run to the end; AssertionError unless the exit status is `expect` (None: any), and if stderr has a traceback.

    A traceback that is indented, as one quoted from a build backend is, does not count. With `user`, the number of a
    user, the process has that user's rights and none of our groups.
    """
    words = tuple(str(word) for word in command)
    done = subprocess.run(
        words,
        env=dict(variables),
        cwd=cwd,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=_TIME_LIMIT,
        check=False,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    result = Result(command=words, code=done.returncode, stdout=done.stdout, stderr=done.stderr)
    account = f"{' '.join(words)}\nexit status {result.code}\n{result.stdout}\n{result.stderr}"
    assert not any(line.startswith("Traceback (most") for line in result.stderr.splitlines()), account
    assert expect is None or result.code == expect, account
    return result

"""Scripts that a shell will not find, because they were installed into a folder that is not on PATH."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path


def scripts_off_path(scripts: Iterable[str], *, path: str, interpreter: str) -> dict[str, tuple[str, ...]]:
    """The names of those `scripts` (paths) that are off PATH, by folder; `path` is PATH's value.

    As in pip, scripts beside the interpreter do not count: that of an environment is used without activating it.
    Follows links of folders.
    """
    by_folder: dict[str, set[str]] = {}
    for script in scripts:
        folder, name = os.path.split(script)
        by_folder.setdefault(os.path.realpath(folder), set()).add(name)
    found = {os.path.realpath(folder) for folder in path.split(os.pathsep)} | {
        os.path.realpath(Path(interpreter).parent)
    }
    return {folder: tuple(sorted(names)) for folder, names in by_folder.items() if folder not in found}


def warning(off_path: dict[str, tuple[str, ...]], *, path: str) -> str | None:
    """pip's warning about them; None where there are none.

    >>> warning({"/home/me/.local/bin": ("a", "b")}, path="/usr/bin").splitlines()[0]
    "The scripts a and b are installed in '/home/me/.local/bin' which is not on PATH."
    """
    if not off_path:
        return None
    lines = [
        f"The {_named(names)} installed in '{folder}' which is not on PATH." for folder, names in off_path.items()
    ]
    folders = "this directory" if len(lines) == 1 else "these directories"
    lines.append(
        f"Consider adding {folders} to PATH or, if you prefer to suppress this warning, use "
        "--no-warn-script-location."
    )
    if any(folder.startswith("~") for folder in path.split(os.pathsep)):
        lines.append(
            "NOTE: The current PATH contains path(s) starting with `~`, which may not be expanded by all "
            "applications."
        )
    return "\n".join(lines)


def _named(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"script {names[0]} is"
    return f"scripts {', '.join(names[:-1])} and {names[-1]} are"

"""Scripts that a shell will not find, because they were installed into a folder that is not on PATH."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from freewheel.install.folders import real


def scripts_off_path(scripts: Iterable[str], *, path: str, interpreter: str) -> dict[str, tuple[str, ...]]:
    """The names of those `scripts` (paths) that are off PATH, by folder; `path` is PATH's value.

    As in pip, scripts beside the interpreter do not count: that of an environment is used without activating it.
    Follows links of folders.
    """
    by_folder: dict[str, set[str]] = {}
    for script in scripts:
        folder, name = os.path.split(script)
        by_folder.setdefault(os.path.realpath(folder), set()).add(name)
    found = real([*path.split(os.pathsep), str(Path(interpreter).parent)])
    return {folder: tuple(sorted(names)) for folder, names in by_folder.items() if folder not in found}

"""Where distributions go: an environment's scheme, or a plain folder's; and whether it can be written."""

# Pathlib's questions raise where a folder may not be entered, and its resolve follows links.
# ruff: noqa: PTH100, PTH110, PTH112, PTH114, PTH118

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from freewheel.errors import NotWritable
from freewheel.install.plan import Destination
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Manifest


def in_environment(interpreter: Interpreter) -> Destination:
    """The install scheme of an interpreter's environment."""
    paths = interpreter.paths
    return Destination(
        schemes={
            "purelib": paths["purelib"],
            "platlib": paths["platlib"],
            "headers": paths["include"],
            "scripts": paths["scripts"],
            "data": paths["data"],
        },
        executable=interpreter.executable,
        python_version=interpreter.target.python_version,
        platform=interpreter.target.platform,
    )


def in_folder(folder: str, interpreter: Interpreter) -> Destination:
    """A plain folder (`--target`): modules at its top, scripts in `bin`, for use with `interpreter`."""
    root = os.path.abspath(folder)
    return Destination(
        schemes={
            "purelib": root,
            "platlib": root,
            "headers": os.path.join(root, "include"),
            "scripts": os.path.join(root, "bin"),
            "data": root,
        },
        executable=interpreter.executable,
        python_version=interpreter.target.python_version,
        platform=interpreter.target.platform,
        is_folder=True,
    )


def obstacles(manifest: Manifest, destination: Destination, *, replaces: bool) -> tuple[str, ...]:
    """What keeps a distribution out of a plain folder: its modules and packages that are there already.

    With `replaces` (`--upgrade`) only links are, as they may lead anywhere.
    """
    tops = {file.path.partition("/")[0] for file in manifest.files if file.scheme in ("purelib", "platlib")}
    root = destination.schemes[manifest.root_scheme]
    paths = (os.path.join(root, top) for top in sorted(tops - {"__pycache__"}))
    return tuple(path for path in paths if os.path.islink(path) or (not replaces and os.path.exists(path)))


def check_writable(folders: Iterable[str]) -> None:
    """Raise NotWritable for the first folder that cannot be written, or made where it does not exist."""
    for folder in dict.fromkeys(folders):
        path = Path(folder)
        nearest = next((place for place in (path, *path.parents) if os.path.lexists(place)), path)
        if not os.path.isdir(nearest):
            raise NotWritable(path=str(nearest), reason="not a folder")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise NotWritable(path=str(nearest), reason="no permission to write")

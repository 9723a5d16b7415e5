"""Where distributions go: an environment's scheme, or a plain folder's; and whether it can be written."""

# Pathlib's questions raise where a folder may not be entered, and its resolve follows links.
# ruff: noqa: PTH100, PTH112, PTH114, PTH118

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from freewheel.errors import NotWritable
from freewheel.install.plan import Destination, with_headers
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Manifest


def in_environment(interpreter: Interpreter, *, also: Sequence[str] = ()) -> Destination:
    """The install scheme of an interpreter's environment.

    As in pip, everything below a virtual environment's folder is its own; elsewhere all that the interpreter finds
    is, `also` included: folders that are searched besides.
    """
    users = interpreter.user_paths
    everywhere = (interpreter.prefix, *interpreter.search_paths, *users.values(), *also)
    return replace(
        _destination(interpreter, interpreter.paths),
        reach=(interpreter.prefix,) if interpreter.is_virtual else everywhere,
        scripts_of={users[key]: users["scripts"] for key in ("purelib", "platlib")} if users else {},
    )


def in_user_site(interpreter: Interpreter) -> Destination:
    """The user's own install scheme (`--user`, PEP 370)."""
    return _destination(interpreter, interpreter.user_paths)


def below_prefix(prefix: str, interpreter: Interpreter) -> Destination:
    """The folders of an installation below `prefix` (`--prefix`), for use with `interpreter`."""
    return replace(_destination(interpreter, _below(prefix, interpreter.prefix_paths)), is_apart=True)


def below_root(root: str, destination: Destination) -> Destination:
    """The same with `root` in place of the file system's own (`--root`); scripts name the interpreter without it.

    >>> where = Destination(schemes={"data": "/usr"}, executable="/usr/bin/python", python_version="", platform="")
    >>> below_root("/image", where).schemes["data"], below_root("/image", where).executable
    ('/image/usr', '/usr/bin/python')
    """
    moved = {key: _with_root(root, path) for key, path in destination.schemes.items()}
    return replace(destination, schemes=moved, is_apart=True, reach=(), scripts_of={})


def in_folder(folder: str, interpreter: Interpreter) -> Destination:
    """A plain folder (`--target`): modules at its top, scripts in `bin`, for use with `interpreter`.

    As in pip it is the `home` scheme, with what that has in a folder for modules brought to the top.
    """
    root = os.path.abspath(folder)
    paths = {**_below(root, interpreter.home_paths), "purelib": root, "platlib": root}
    return replace(_destination(interpreter, paths), is_folder=True)


def _destination(interpreter: Interpreter, paths: Mapping[str, str]) -> Destination:
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


def _below(folder: str, paths: Mapping[str, str]) -> dict[str, str]:
    return {key: os.path.normpath(os.path.join(folder, path)) for key, path in paths.items()}


def _with_root(root: str, path: str) -> str:
    return os.path.join(root, os.path.splitdrive(path)[1].lstrip("/\\"))


def obstacles(manifest: Manifest, destination: Destination, *, replaces: bool) -> tuple[str, ...]:
    """What keeps a distribution out of a plain folder: its packages and modules that are there, and its other files.

    With `replaces` (`--upgrade`) only links at the folder's top do, as they may lead anywhere.
    """
    root = destination.schemes[manifest.root_scheme]
    tops = {file.path.partition("/")[0] for file in manifest.files if file.scheme in ("purelib", "platlib")}
    packages = [os.path.join(root, top) for top in sorted(tops - {"__pycache__"})]
    others = sorted(_other_files(manifest, destination))
    if not replaces:
        return tuple(path for path in (*packages, *others) if os.path.lexists(path))
    folders = sorted({os.path.join(root, Path(path).relative_to(root).parts[0]) for path in others})
    return tuple(path for path in (*packages, *folders) if os.path.islink(path))


def _other_files(manifest: Manifest, destination: Destination) -> Iterator[str]:
    """Scripts, headers and data, which lie in folders that projects share."""
    schemes = with_headers(destination.schemes, manifest.project)
    for _, name, _ in manifest.entry_points:
        yield os.path.join(schemes["scripts"], name)
    for file in manifest.files:
        if file.scheme not in ("purelib", "platlib"):
            yield os.path.join(schemes[file.scheme], file.path)


def is_writable(folders: Iterable[str]) -> bool:
    """Whether all folders can be written, or made where they do not exist."""
    try:
        check_writable(folders)
    except NotWritable:
        return False
    return True


def check_writable(folders: Iterable[str]) -> None:
    """Raise NotWritable for the first folder that cannot be written, or made where it does not exist."""
    for folder in dict.fromkeys(folders):
        path = Path(folder)
        nearest = next((place for place in (path, *path.parents) if os.path.lexists(place)), path)
        if not os.path.isdir(nearest):
            raise NotWritable(path=str(nearest), reason="not a folder")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise NotWritable(path=str(nearest), reason="no permission to write")

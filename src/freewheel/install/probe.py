"""Runs in the target interpreter (3.9 or newer), without freewheel: prints what it is, as one line of JSON.

Called as `python -I probe.py <folder of packaging>`. Interpreters that are too old print their version alone.
"""

from __future__ import annotations

import json
import os
import platform
import site
import sys
import sysconfig
from importlib.util import MAGIC_NUMBER, module_from_spec, spec_from_file_location
from pathlib import Path

OLDEST = (3, 9)


def main(packaging_folder: str) -> None:
    """Print the answer."""
    if sys.version_info < OLDEST:
        answer: dict[str, object] = {"too_old": _python_version()}
    else:
        _load_packaging(packaging_folder)
        answer = _facts()
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def _load_packaging(folder: str) -> None:
    # By its place, not by sys.path: nothing else that lies beside it may shadow the target's modules.
    initial = str(Path(folder, "__init__.py"))
    spec = spec_from_file_location("packaging", initial, submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(initial)
    module = module_from_spec(spec)
    sys.modules["packaging"] = module
    spec.loader.exec_module(module)


def _facts() -> dict[str, object]:
    from packaging.markers import default_environment  # loaded by now
    from packaging.tags import sys_tags

    tags = [str(tag) for tag in sys_tags()]
    paths = _paths()
    return {
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "base_executable": getattr(sys, "_base_executable", None) or sys.executable,
        "implementation": sys.implementation.name,
        "python_version": _python_version(),
        "full_version": platform.python_version(),
        "abi": tags[0].split("-")[1],
        "abi_flags": _abi_flags(),
        "platform": sysconfig.get_platform(),
        "libc": _libc(tags),
        "tags": tags,
        "markers": {key: value for key, value in default_environment().items() if isinstance(value, str)},
        "paths": paths,
        "cache_tag": sys.implementation.cache_tag or "",
        "magic": MAGIC_NUMBER.hex(),
        "search_paths": _search_paths(paths),
        "managed_marker": str(Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")),
        "libpython": _libpython(),
    }


def _python_version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


def _abi_flags() -> str:
    flags: str = getattr(sys, "abiflags", "")
    if sysconfig.get_config_var("Py_GIL_DISABLED") and "t" not in flags:
        flags += "t"
    return flags


def _libc(tags: list[str]) -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        platforms = [tag.rsplit("-", 1)[1] for tag in tags]
    musl = next((name for name in platforms if name.startswith("musllinux_")), None)
    return "musl " + ".".join(musl.split("_")[1:3]) if musl else ""


def _paths() -> dict[str, str]:
    found = sysconfig.get_paths()
    paths = {key: found[key] for key in ("purelib", "platlib", "include", "scripts", "data")}
    if sys.prefix != sys.base_prefix:
        # pip's place for headers in a virtual environment; sysconfig names the base installation's folder.
        paths["include"] = str(Path(sys.prefix, "include", "site", "python" + _python_version()))
    return paths


def _search_paths(paths: dict[str, str]) -> list[str]:
    # Not sys.path: what .pth files add to it changes while everything that identifies the interpreter stays.
    folders = getattr(site, "getsitepackages", lambda: sys.path)()
    return list(dict.fromkeys([paths["purelib"], paths["platlib"], *folders]))


def _libpython() -> str | None:
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    if not folder or not name or not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        return None
    path = str(Path(folder, name))
    return path if os.path.exists(path) else None  # noqa: PTH110 - Path.exists raises where it may not look


if __name__ == "__main__":
    main(sys.argv[1])

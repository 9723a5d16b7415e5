"""Runs in the target interpreter (3.9 or newer), without freewheel: prints what it is, as one line of JSON.

Called as `python -I probe.py <folder of packaging>`. Interpreters that are too old print their version alone.
"""

from __future__ import annotations

import json
import os
import platform
import re
import site
import sys
import sysconfig
from importlib import import_module
from importlib.util import MAGIC_NUMBER, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

OLDEST = (3, 9)

_SCHEME_KEYS = ("purelib", "platlib", "include", "scripts", "data")
_BASES = ("installed_base", "base", "installed_platbase", "platbase", "prefix", "exec_prefix", "userbase")
_HIDES_BASE = re.compile(r"include-system-site-packages\s*=\s*false")


def main(packaging_folder: str) -> None:
    """Print the answer."""
    if sys.version_info < OLDEST:
        answer: dict[str, object] = {"too_old": _python_version()}
    else:
        answer = _facts(_wheel_tags(packaging_folder))
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


def _wheel_tags(packaging_folder: str) -> list[str]:
    """The wheel tags (PEP 425) by our packaging, or by pip's where ours is too new for this interpreter."""
    try:
        tags = _packaging_in(packaging_folder)
    except (SyntaxError, ImportError):
        tags = _packaging_of_pip()
    return [str(tag) for tag in tags.sys_tags()]


def _packaging_in(folder: str) -> ModuleType:
    # By its place, not by sys.path: nothing else that lies beside it may shadow the target's modules.
    initial = str(Path(folder, "__init__.py"))
    spec = spec_from_file_location("packaging", initial, submodule_search_locations=[folder])
    if spec is None or spec.loader is None:
        raise ImportError(initial)
    module = module_from_spec(spec)
    sys.modules["packaging"] = module
    spec.loader.exec_module(module)
    return import_module("packaging.tags")


def _packaging_of_pip() -> ModuleType:
    """The environment's own pip, or that which the standard library would install."""
    import ensurepip

    folders = [Path(ensurepip.__file__).parent / "_bundled"]
    distributors = sysconfig.get_config_var("WHEEL_PKG_DIR")
    folders += [Path(distributors)] if distributors else []
    sys.path += [str(wheel) for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))]
    return import_module("pip._vendor.packaging.tags")


def _facts(tags: list[str]) -> dict[str, object]:
    paths = _paths()
    sees_base = _sees_base()
    user_site = site.getusersitepackages() if _may_use_user_site(sees_base) else None
    return {
        "executable": sys.executable,
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "base_executable": _base_executable(),
        "implementation": sys.implementation.name,
        "python_version": _python_version(),
        "full_version": platform.python_version(),
        "abi": tags[0].split("-")[1],
        "abi_flags": _abi_flags(),
        "platform": sysconfig.get_platform(),
        "libc": _libc(tags),
        "tags": tags,
        "markers": _markers(),
        "paths": paths,
        "cache_tag": sys.implementation.cache_tag or "",
        "magic": MAGIC_NUMBER.hex(),
        "search_paths": _search_paths(paths, user_site),
        "user_paths": _user_paths(),
        "user_site": user_site,
        "sees_base": sees_base,
        "prefix_paths": _paths_below_a_folder("prefix"),
        "home_paths": _paths_below_a_folder("home"),
        "managed_marker": str(Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")),
        "libpython": _libpython(),
    }


def _markers() -> dict[str, str]:
    """The marker environment (PEP 508)."""
    version = sys.implementation.version
    suffix = "" if version.releaselevel == "final" else f"{version.releaselevel[0]}{version.serial}"
    full_version = platform.python_version()
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": f"{version.major}.{version.minor}.{version.micro}{suffix}",
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": full_version + "local" if full_version.endswith("+") else full_version,
        "platform_python_implementation": platform.python_implementation(),
        "python_version": _python_version(),
        "sys_platform": sys.platform,
    }


def _base_executable() -> str:
    path: str = getattr(sys, "_base_executable", None) or sys.executable
    # In a virtual environment Python 3.9 names the environment's own.
    return os.path.realpath(path) if _is_virtual() and path == sys.executable else path


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


def _is_virtual() -> bool:
    return sys.prefix != sys.base_prefix


def _sees_base() -> bool:
    """Whether what the base installation has can be imported as well, as pip reads pyvenv.cfg (PEP 405)."""
    if not _is_virtual():
        return True
    try:
        lines = Path(sys.prefix, "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return not any(_HIDES_BASE.match(line) for line in lines)


def _may_use_user_site(sees_base: bool) -> bool:
    """What `site` would decide without `-I` (PEP 370)."""
    if not sees_base or os.environ.get("PYTHONNOUSERSITE") or _scheme_name("user") is None:
        return False
    if hasattr(os, "getuid") and hasattr(os, "geteuid"):
        return os.geteuid() == os.getuid() and os.getegid() == os.getgid()
    return True


def _scheme_name(kind: str) -> str | None:
    """The name of an install scheme, also for Python 3.9, which does not tell; None where there is none."""
    preferred = getattr(sysconfig, "get_preferred_scheme", None)
    if preferred is not None:
        name: str = preferred(kind)
    else:
        usual = {"user": "osx_framework_user" if sysconfig.get_config_var("PYTHONFRAMEWORK") else f"{os.name}_user"}
        implementation = sys.implementation.name
        named = (usual.get(kind, f"{implementation}_{os.name}"), implementation, f"{os.name}_{kind}", os.name)
        name = next((each for each in named if each in sysconfig.get_scheme_names()), f"posix_{kind}")
    return name if name in sysconfig.get_scheme_names() else None


def _paths() -> dict[str, str]:
    return _with_pips_headers(sysconfig.get_paths(), sys.prefix)


def _user_paths() -> dict[str, str]:
    name = _scheme_name("user")
    return {} if name is None else _with_pips_headers(sysconfig.get_paths(name), sys.prefix)


def _paths_below_a_folder(kind: str) -> dict[str, str]:
    """The scheme for a folder that somebody names (`--prefix`, `--target`), relative to it."""
    name = _scheme_name(kind) or f"posix_{kind}"
    if name in ("posix_local", "osx_framework_library"):
        name = "posix_prefix"  # those two are for the installation's own prefix alone, as in pip
    base = str(Path(Path(sys.prefix).anchor, "base"))
    paths = _with_pips_headers(sysconfig.get_paths(name, vars=dict.fromkeys(_BASES, base)), base)
    return {key: os.path.relpath(path, base) for key, path in paths.items()}


def _with_pips_headers(found: dict[str, str], base: str) -> dict[str, str]:
    paths = {key: found[key] for key in _SCHEME_KEYS}
    if _is_virtual():
        # pip's place for headers in a virtual environment; sysconfig names the base installation's folder.
        paths["include"] = str(Path(base, "include", "site", "python" + _python_version()))
    return paths


def _search_paths(paths: dict[str, str], user_site: str | None) -> list[str]:
    # Not sys.path: what .pth files add to it changes while everything that identifies the interpreter stays.
    folders = getattr(site, "getsitepackages", lambda: sys.path)()
    own, users = [paths["purelib"], paths["platlib"]], [] if user_site is None else [user_site]
    first = [*own, *users] if _is_virtual() else [*users, *own]
    return list(dict.fromkeys([*first, *folders]))


def _libpython() -> str | None:
    folder, name = sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")
    if not folder or not name or not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        return None
    path = str(Path(folder, name))
    return path if os.path.exists(path) else None  # noqa: PTH110 - Path.exists raises where it may not look


if __name__ == "__main__":
    main(sys.argv[1])

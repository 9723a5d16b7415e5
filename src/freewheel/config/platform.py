"""What the machine decides: the folders of a user and of the system, as values."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Mapping
from pathlib import PurePath, PurePosixPath, PureWindowsPath

from msgspec import Struct


class Platform(Struct, frozen=True, kw_only=True):
    """Where a run takes place; every path is absolute.

    `system` is as `sys.platform`; `prefix` and `interpreter` are those that freewheel runs on; `folder` is the
    current one; `home` counts where the environment names none; `system_settings` is `/etc` where there is one.
    `encoding` is the locale's; `is_root` is true of the user who may do everything, on systems that have one.
    """

    system: str
    prefix: str
    interpreter: str
    folder: str
    home: str
    system_settings: str = "/etc"
    encoding: str = "utf-8"
    is_root: bool = False

    @property
    def is_windows(self) -> bool:
        """Whether paths are those of Windows."""
        return self.system == "win32"

    def path(self, *parts: str) -> PurePath:
        """A path in this platform's notation."""
        return PureWindowsPath(*parts) if self.is_windows else PurePosixPath(*parts)


def this_platform() -> Platform:
    """The platform of this process."""
    return Platform(
        system=sys.platform,
        prefix=sys.prefix,
        interpreter=sys.executable,
        folder=os.getcwd(),  # noqa: PTH109 - a string is what everything here is made of
        home=os.path.expanduser("~"),  # noqa: PTH111
        encoding=locale.getencoding(),
        is_root=hasattr(os, "getuid") and sys.platform != "cygwin" and os.getuid() == 0,
    )


def home(platform: Platform, environ: Mapping[str, str]) -> str:
    """The user's own folder."""
    return environ.get("USERPROFILE" if platform.is_windows else "HOME") or platform.home


def absolute(text: str, platform: Platform, environ: Mapping[str, str]) -> str:
    """A path that a person wrote, made absolute: `~` is the user's folder, what is relative is below the current one.

    >>> where = Platform(system="linux", prefix="/usr", interpreter="", folder="/srv", home="/home/me")
    >>> absolute("~/cache", where, {}), absolute("cache", where, {"HOME": "/root"})
    ('/home/me/cache', '/srv/cache')
    """
    if text == "~" or text.startswith(("~/", "~\\") if platform.is_windows else "~/"):
        return str(platform.path(home(platform, environ), text[2:]))
    return str(platform.path(platform.folder, text))


def default_cache(platform: Platform, environ: Mapping[str, str], program: str = "freewheel") -> str:
    """The cache folder of a program where nobody names one, by the platform's convention.

    An empty XDG_CACHE_HOME is unset, and so is a relative one (XDG Base Directory Specification).
    """
    if platform.is_windows:
        local = environ.get("LOCALAPPDATA") or str(platform.path(home(platform, environ), "AppData", "Local"))
        return str(platform.path(local, program, "Cache"))
    named = environ.get("XDG_CACHE_HOME", "")
    if platform.path(named).is_absolute():
        return str(platform.path(named, program))
    own = "Library/Caches" if platform.system == "darwin" else ".cache"
    return str(platform.path(home(platform, environ), own, program))

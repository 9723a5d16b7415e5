"""The interpreter and environment that everything is chosen and built for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field


class Target(Struct, frozen=True, kw_only=True):
    """What decides which artifacts fit: no paths, so that it can stand in a key.

    `tags` are wheel tags (PEP 425) as text, the most specific first. `markers` is the marker environment (PEP 508).
    `python_version` is `3.12`; `full_version` is `3.12.1`, with the suffix of a pre-release. `libc` is such as
    `glibc 2.36`, empty where that says nothing. `abi_flags` has `t` for a free-threaded interpreter.
    """

    implementation: str
    python_version: str
    full_version: str
    abi: str
    abi_flags: str
    platform: str
    libc: str
    tags: tuple[str, ...]
    markers: Mapping[str, str]

    @property
    def python_release(self) -> str:
        """The version that Requires-Python is held against: three numbers, for a pre-release too, as in pip."""
        numbers = re.match(r"\d+(\.\d+){0,2}", self.full_version)
        return numbers.group() if numbers else self.full_version

    @property
    def is_prerelease(self) -> bool:
        """Whether the interpreter's ABI may still change."""
        return not self.full_version.replace(".", "").isdigit()


class Interpreter(Struct, frozen=True, kw_only=True):
    """A Python interpreter in one environment; every path is absolute unless it is said to be relative.

    `paths` is the install scheme as in sysconfig: purelib, platlib, include, scripts, data. `user_paths` is that of
    the user (empty where there is none), `prefix_paths` and `home_paths` are those of a folder that somebody names
    (`--prefix`, `--target`), relative to it. `search_paths` are the folders in which projects are looked for, in
    order. `user_site` is the user's site-packages where they count (PEP 370), `sees_base` tells whether those of
    the base installation do. `cache_tag` and `magic` (hexadecimal) name its bytecode format. `externally_managed` is
    the path of PEP 668's marker where it applies.
    """

    executable: str
    prefix: str
    base_prefix: str
    base_executable: str
    target: Target
    paths: Mapping[str, str]
    cache_tag: str
    magic: str
    search_paths: tuple[str, ...]
    user_paths: Mapping[str, str] = field(default_factory=dict)
    user_site: str | None = None
    sees_base: bool = True
    prefix_paths: Mapping[str, str] = field(default_factory=dict)
    home_paths: Mapping[str, str] = field(default_factory=dict)
    externally_managed: str | None = None

    @property
    def is_virtual(self) -> bool:
        """Whether this is a virtual environment (PEP 405)."""
        return self.prefix != self.base_prefix

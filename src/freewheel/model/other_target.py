"""A target that is not the environment's own: other platforms, Pythons and ABIs, by pip's rules.

Wheel tags and Requires-Python are held against the other target; markers stay those of the interpreter, as in pip.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace
from packaging import tags as wheel_tags
from packaging.tags import Tag

from freewheel.model.target import Target

_APPLE = re.compile(r"(.+)_(\d{1,3})_(\d{1,3})_(.+)")  # each older version is gone through
_ANDROID = re.compile(r"android_(\d{1,3})_(.+)")
_OLDER_MANYLINUX = {
    # PEP 599: what runs on an older one runs on a newer one too; the first two were for these machines alone.
    "manylinux2014": ("manylinux2010", "manylinux1"),
    "manylinux2010": ("manylinux1",),
}
_MACHINES_OF_OLD = ("i686", "x86_64")


class Restriction(Struct, frozen=True, kw_only=True):
    """What somebody wants wheels for; what is empty or None is the interpreter's own.

    `python_version` has one to three numbers with dots, `implementation` is such as `cp`; `platforms` and `abis` are
    parts of wheel tags.
    """

    platforms: tuple[str, ...] = ()
    python_version: str | None = None
    implementation: str | None = None
    abis: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.platforms or self.python_version or self.implementation or self.abis)


def restricted(own: Target, restriction: Restriction) -> Target:
    """The target that `restriction` makes of an interpreter's own."""
    if not restriction:
        return own
    numbers = _numbers(restriction.python_version or own.python_release)
    release = ".".join(str(number) for number in (*numbers, 0, 0)[:3])
    return replace(
        own,
        python_version=".".join(release.split(".")[:2]),
        full_version=release if restriction.python_version else own.full_version,
        abi=restriction.abis[0] if restriction.abis else own.abi,
        platform=", ".join(restriction.platforms) or own.platform,
        tags=tuple(dict.fromkeys(map(str, _tags(own, restriction)))),
    )


def _tags(own: Target, restriction: Restriction) -> Iterator[Tag]:
    implementation, own_digits = _interpreter_tag(own)
    given = _numbers(restriction.python_version)[:2] if restriction.python_version else None
    version = given or _numbers(own.python_version)
    wanted = restriction.implementation or implementation
    digits = "".join(map(str, given)) if given else own_digits
    platforms = list(_expanded(restriction.platforms)) or _own_platforms(own)
    if wanted == "cp":
        abis = list(restriction.abis) or list(_cpython_abis(version, own.abi_flags))
        yield from wheel_tags.cpython_tags(python_version=version, abis=abis, platforms=platforms)
    else:
        yield from wheel_tags.generic_tags(
            interpreter=wanted + digits, abis=list(restriction.abis) or [own.abi], platforms=platforms
        )
    yield from wheel_tags.compatible_tags(python_version=version, interpreter=wanted + digits, platforms=platforms)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _interpreter_tag(own: Target) -> tuple[str, str]:
    """The interpreter's name and its digits in wheel tags: `cp` and `312` for CPython 3.12."""
    found = re.match(r"([a-z]+)(\d*)", own.tags[0])
    return (found[1], found[2]) if found else ("", "")


def _own_platforms(own: Target) -> list[str]:
    platforms = (tag.rpartition("-")[2] for tag in own.tags)
    return [platform for platform in dict.fromkeys(platforms) if platform != "any"]


def _cpython_abis(version: Sequence[int], flags: str) -> Iterator[str]:
    """The ABIs of a CPython of `version` that is built as the interpreter is: debug, free-threaded or neither."""
    if len(version) < 2:
        return  # the major version alone names no ABI
    release = tuple(version)
    plain = f"cp{version[0]}{version[1]}{'t' if 't' in flags and release >= (3, 13) else ''}"
    of_old = ("m" if release < (3, 8) else "") + ("u" if release < (3, 3) else "")  # pymalloc, and wide characters
    debug = "d" if "d" in flags else ""
    yield plain + debug + of_old
    if debug and not of_old:
        yield plain


def _expanded(platforms: Iterable[str]) -> list[str]:
    """Each platform with the older ones whose wheels run on it, once."""
    found: dict[str, None] = {}
    for platform in platforms:
        if platform not in found:
            found.update(dict.fromkeys(_compatible(platform)))
    return list(found)


def _compatible(platform: str) -> Iterator[str]:
    family, _, machine = platform.partition("_")
    apple, android = _APPLE.match(platform), _ANDROID.fullmatch(platform)
    if platform.startswith("macosx") and apple:
        release = int(apple[2]), int(apple[3])
        yield from (
            f"{apple[1]}_{one.removeprefix('macosx_')}" for one in wheel_tags.mac_platforms(release, apple[4])
        )
    elif platform.startswith("ios") and apple:
        release = int(apple[2]), int(apple[3])
        yield from (f"{apple[1]}_{one.removeprefix('ios_')}" for one in wheel_tags.ios_platforms(release, apple[4]))
    elif android:
        yield from wheel_tags.android_platforms(int(android[1]), android[2])
    else:
        yield platform
        if machine in _MACHINES_OF_OLD or family == "manylinux2010":
            yield from (f"{older}_{machine}" for older in _OLDER_MANYLINUX.get(family, ()))

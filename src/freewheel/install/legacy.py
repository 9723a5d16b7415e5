"""What belongs to distributions that setuptools and easy_install put in place, before there were wheels."""

# ruff: noqa: PTH112, PTH114, PTH118 - paths are strings, as in `uninstall`

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from freewheel.errors import NotReadable
from freewheel.install.installed import InfoKind, InstalledDistribution

_EASY_INSTALL = "easy-install.pth"


class PathLine(Struct, frozen=True, kw_only=True):
    """A line of a `.pth` file that leads to a distribution."""

    file: str
    line: str


def legacy_files(distribution: InstalledDistribution) -> Iterator[str]:
    """The files of an egg, of what `develop` linked, or of an egg-info folder, absolute; whatever exists of them.

    What is merely found on the way to a source (its egg-info, without a link to it) has none that may be removed.
    """
    if distribution.egg_link is not None:
        yield str(distribution.egg_link)
    elif distribution.kind is InfoKind.EGG:
        yield from files_below(distribution.location)
    elif distribution.info.name != f"{distribution.name.replace('-', '_')}.egg-info":
        yield from files_below(str(distribution.info))
        yield from _modules(distribution)


def path_line(distribution: InstalledDistribution) -> PathLine | None:
    """The line that easy_install added for an egg or a link; None for everything else."""
    if distribution.egg_link is not None:
        file = str(distribution.egg_link.with_name(_EASY_INSTALL))
        return PathLine(file=file, line=distribution.location)
    if distribution.kind is InfoKind.EGG:
        egg = Path(distribution.location)
        return PathLine(file=str(egg.with_name(_EASY_INSTALL)), line=f"./{egg.name}")
    return None


def without_line(line: PathLine) -> bytes | None:
    """What the file says without the line; None where it does not have it, or does not exist."""
    try:
        lines = Path(line.file).read_bytes().splitlines(keepends=True)
    except OSError:
        return None
    kept = [each for each in lines if each.strip() != line.line.encode()]
    return b"".join(kept) if len(kept) != len(lines) else None


def _modules(distribution: InstalledDistribution) -> Iterator[str]:
    """By the list of files that the installer kept, else by the names of its packages and modules."""
    entries = distribution.entries()
    if entries is not None:
        yield from (os.path.normpath(os.path.join(distribution.location, entry)) for entry in entries)
        return
    namespaces = (distribution.text_of("namespace_packages.txt") or "").split()
    for name in (distribution.text_of("top_level.txt") or "").split():
        if name not in namespaces:
            path = os.path.join(distribution.location, name)
            yield from files_below(path)
            yield from (f"{path}{suffix}" for suffix in (".py", ".pyc", ".pyo"))


def files_below(path: str) -> Iterator[str]:
    """A file itself, or all in a folder; links are not followed. Raises NotReadable."""
    if not os.path.isdir(path) or os.path.islink(path):
        yield path
        return
    for folder, folders, names in os.walk(path, onerror=_raise):
        yield from (os.path.join(folder, name) for name in names)
        yield from (os.path.join(folder, name) for name in folders if os.path.islink(os.path.join(folder, name)))


def _raise(error: OSError) -> None:
    raise NotReadable(path=str(error.filename), reason=error.strerror or str(error)) from error

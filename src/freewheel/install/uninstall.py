"""What uninstalling removes: the files that RECORD lists, what was compiled from them, and folders left empty."""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH112, PTH118, PTH120, PTH208

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from io import StringIO

from freewheel.errors import CannotUninstall
from freewheel.install.installed import InstalledDistribution
from freewheel.install.journal import Journal
from freewheel.install.plan import Destination


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What is removed of one distribution, as absolute paths; `refused` lies outside the destination and stays."""

    distribution: InstalledDistribution
    files: tuple[str, ...]
    folders: tuple[str, ...]
    refused: tuple[str, ...] = ()


def is_within(distribution: InstalledDistribution, destination: Destination) -> bool:
    """Whether a distribution lies in `destination`, and not in an environment below it (system site-packages)."""
    return is_inside(os.path.realpath(distribution.location), real_roots(destination))


def removal_of(distribution: InstalledDistribution, destination: Destination) -> Removal:
    """What uninstalling `distribution` removes; reads RECORD and folders, changes nothing.

    Raises CannotUninstall when its files are not recorded, or it lies outside `destination`.
    """
    roots = real_roots(destination)
    if not is_within(distribution, destination):
        raise _refusal(distribution, "it lies outside the environment")
    real = cache(os.path.realpath)  # of folders: their links are followed, a file's own is not
    bytecode = cache(_bytecode_in)
    files: dict[str, None] = {}
    refused: dict[str, None] = {}
    for path in (*_recorded(distribution), *_information(distribution)):
        folder, name = os.path.split(path)
        place = os.path.join(real(folder), name)
        if not os.path.lexists(place) or os.path.isdir(place):
            continue
        if not is_inside(real(folder), roots):
            refused[place] = None
            continue
        files[place] = None
        if name.endswith(".py"):
            files.update(dict.fromkeys(bytecode(real(folder)).get(name.removesuffix(".py"), ())))
    return Removal(
        distribution=distribution,
        files=tuple(files),
        folders=tuple(dict.fromkeys(os.path.dirname(path) for path in files)),
        refused=tuple(refused),
    )


def remove(removal: Removal, destination: Destination, journal: Journal) -> None:
    """Take the files out of their folders, in a way that `journal` can take back; raises OSError."""
    for path in removal.files:
        journal.set_aside(path)
    keep = {*destination.schemes.values(), *real_roots(destination)}
    journal.remove_empty_folders(removal.folders, keep=frozenset(keep))


def _recorded(distribution: InstalledDistribution) -> Iterator[str]:
    """The paths in RECORD, absolute."""
    record = distribution.info / "RECORD"
    try:
        text = record.read_text(encoding="utf-8", errors="surrogateescape")
        rows = [row for row in csv.reader(StringIO(text, newline="")) if row and row[0]]
    except (OSError, csv.Error) as error:
        raise _refusal(distribution, "it has no record of its files") from error
    for row in rows:
        yield os.path.normpath(os.path.join(distribution.location, row[0]))


def _information(distribution: InstalledDistribution) -> Iterator[str]:
    """Everything in the dist-info folder: left over, it would still say that the project is installed."""
    for folder, _, names in os.walk(distribution.info):
        for name in names:
            yield os.path.join(folder, name)


def _bytecode_in(folder: str) -> Mapping[str, list[str]]:
    """The bytecode files of a folder by the module's name, of every interpreter and optimization level."""
    found: dict[str, list[str]] = {}
    cached = os.path.join(folder, "__pycache__")
    try:
        names = sorted(os.listdir(cached))
    except OSError:
        return found
    for name in names:
        match = re.fullmatch(r"(.+?)\.[^.]+(\.opt-[^.]+)?\.py[co]", name)
        if match:
            found.setdefault(match[1], []).append(os.path.join(cached, name))
    return found


def real_roots(destination: Destination) -> tuple[str, ...]:
    """The folders of a destination, links resolved."""
    return tuple(dict.fromkeys(os.path.realpath(root) for root in destination.schemes.values()))


def is_inside(folder: str, roots: tuple[str, ...]) -> bool:
    """Whether a folder, links resolved, is one of `roots` or lies below one."""
    return any(folder == root or folder.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _refusal(distribution: InstalledDistribution, reason: str) -> CannotUninstall:
    return CannotUninstall(path=str(distribution.info), project=distribution.name, reason=reason)

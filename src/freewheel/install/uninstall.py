"""What uninstalling removes: the files that are recorded, what was compiled from them, and folders left empty."""

# Paths are strings here, as they come in tens of thousands and most are used once.
# ruff: noqa: PTH112, PTH114, PTH118, PTH120, PTH208

from __future__ import annotations

import os
import re
from bisect import insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from functools import cache

from msgspec import Struct

from freewheel.errors import DistutilsInstalled, RecordMissing
from freewheel.install.folders import is_inside, real
from freewheel.install.installed import InfoKind, InstalledDistribution
from freewheel.install.journal import Journal
from freewheel.install.legacy import PathLine, files_below, legacy_files, path_line, without_line
from freewheel.install.link import create
from freewheel.install.plan import Destination
from freewheel.install.wheel import declared_scripts


class Removal(Struct, frozen=True, kw_only=True):
    """What is removed of one distribution, as absolute paths; `refused` lies outside the destination and stays.

    `is_outside` says that the distribution itself lies there, and so nothing is removed. `path_line` is the line of
    a `.pth` file that goes as well. `unrecorded` are metadata folders without a list of what belongs to them, which
    may stay.
    """

    distribution: InstalledDistribution
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    path_line: PathLine | None = None
    is_outside: bool = False
    unrecorded: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is removed."""
        return not self.files and not self.folders


def is_within(distribution: InstalledDistribution, destination: Destination) -> bool:
    """Whether a distribution lies in `destination`, and not in an environment below it (system site-packages)."""
    return is_inside(os.path.realpath(distribution.home), real(destination.roots))


def removal_of(distribution: InstalledDistribution, destination: Destination) -> Removal:
    """What uninstalling `distribution` removes; reads RECORD and folders, changes nothing.

    What stands beside it goes as well. Raises RecordMissing or DistutilsInstalled where its files are not known,
    NotReadable.
    """
    if not is_within(distribution, destination):
        return Removal(distribution=distribution, is_outside=True)
    roots = real(destination.roots)
    real_path = cache(lambda folder: _real_path(folder, real_path))  # of folders: a file's own link is not followed
    look = cache(lambda folder: _look_into(real_path(folder)))
    is_ours = cache(lambda folder: is_inside(folder, roots))
    files: dict[str, None] = {}
    refused: dict[str, None] = {}
    together = (distribution, *distribution.beside)
    for path in (path for one in together for path in (*_own_files(one), *_script_files(one, destination))):
        folder, name = os.path.split(path)
        there = look(folder)
        place = os.path.join(there.path, name)
        # Where capitals do not count, or a folder may not be listed, only a look at the file itself tells.
        if name not in there.names and (not os.path.lexists(place) or os.path.isdir(place)):
            continue
        if not is_ours(there.path):
            refused[place] = None
            continue
        files[place] = None
        if name.endswith(".py"):
            files.update(dict.fromkeys(there.bytecode.get(name.removesuffix(".py"), ())))
    return Removal(
        distribution=distribution,
        files=tuple(files),
        folders=tuple(dict.fromkeys((*map(os.path.dirname, files), *_info_folders(together, roots)))),
        refused=tuple(refused),
        path_line=path_line(distribution),
        unrecorded=tuple(str(one.info) for one in together if _is_rest(one)),
    )


def announcement(removal: Removal) -> tuple[str, ...]:
    """What is said before it, in pip's words."""
    name, version = removal.distribution.name, removal.distribution.version
    found = f"Found existing installation: {name} {version}"
    return (found,) if removal.is_empty else (found, f"Uninstalling {name}-{version}:")


def remove(removal: Removal, destination: Destination, journal: Journal) -> None:
    """Take the files out of their folders, in a way that `journal` can take back; raises OSError.

    A folder that has nothing else is one step, however much is in it.
    """
    keep = frozenset((*destination.schemes.values(), *destination.scripts_of.values(), *real(destination.roots)))
    gone = [folder for folder in _whole_folders(removal.files, keep) if journal.set_folder_aside(folder)]
    below = tuple(folder + os.sep for folder in gone)
    for path in removal.files:
        if not path.startswith(below):
            journal.set_aside(path)
    caches = (os.path.join(folder, "__pycache__") for folder in removal.folders)  # without bytecode: nobody's
    journal.remove_empty_folders((*caches, *removal.folders), keep=keep)
    if removal.path_line is not None:
        _take_out(removal.path_line, journal)


def _whole_folders(files: Iterable[str], keep: frozenset[str]) -> list[str]:
    """The topmost folders, none of `keep`, that have nothing but `files`; each folder is looked into once."""
    names: dict[str, set[str]] = {}
    for path in files:
        folder, name = os.path.split(path)
        names.setdefault(folder, set()).add(name)
    whole: set[str] = set()
    met, waiting = set(names), sorted(names, key=len)
    while waiting:
        folder = waiting.pop()  # the longest: all that lie in it are decided
        parent = os.path.dirname(folder)
        if folder not in keep and _has_only(folder, names.get(folder, set()), whole):
            whole.add(folder)
            if parent not in met:
                met.add(parent)
                insort(waiting, parent, key=len)
    return sorted(folder for folder in whole if os.path.dirname(folder) not in whole)


def _has_only(folder: str, names: Set[str], folders: Set[str]) -> bool:
    try:
        with os.scandir(folder) as entries:
            return all(
                entry.path in folders if entry.is_dir(follow_symlinks=False) else entry.name in names
                for entry in entries
            )
    except OSError:
        return False


def _take_out(line: PathLine, journal: Journal) -> None:
    content = without_line(line)
    if content is not None:
        journal.make_way([line.file])
        with create(line.file, is_executable=False) as file:
            file.write(content)


def _own_files(distribution: InstalledDistribution) -> Iterator[str]:
    """Everything but scripts that have no record, absolute."""
    if distribution.kind is InfoKind.DISTUTILS:
        raise DistutilsInstalled(path=str(distribution.info), project=distribution.name, version=distribution.version)
    if distribution.kind is not InfoKind.DIST_INFO:
        yield from legacy_files(distribution)
        return
    entries = [] if _is_rest(distribution) else distribution.entries()
    if entries is None:
        raise RecordMissing(
            path=str(distribution.info),
            project=distribution.name,
            version=distribution.version,
            installer=distribution.installer,
        )
    for entry in entries:
        yield os.path.normpath(os.path.join(distribution.location, entry))
    # All of the dist-info folder: left over, it would still say that the project is installed.
    yield from files_below(str(distribution.info))


def _is_rest(distribution: InstalledDistribution) -> bool:
    """Whether nothing but the folder's name is known: then it is the folder that goes."""
    return distribution.damage is not None and not distribution.has_record


def _info_folders(distributions: Iterable[InstalledDistribution], roots: tuple[str, ...]) -> Iterator[str]:
    """The metadata folders with those in them: an empty one, too, says that something is installed."""
    for one in distributions:
        info = os.path.join(os.path.realpath(one.info.parent), one.info.name)
        if one.kind is InfoKind.DIST_INFO and is_inside(info, roots):
            yield from (folder for folder, _, _ in os.walk(info))


def _script_files(distribution: InstalledDistribution, destination: Destination) -> Iterator[str]:
    """The scripts of its entry points, and those that distutils copied, which no record lists."""
    folder = destination.scripts_of.get(distribution.home, destination.schemes["scripts"])
    suffixes = ("", ".exe", ".exe.manifest", "-script.py", "-script.pyw") if os.name == "nt" else ("",)
    for name in declared_scripts(distribution.text_of("entry_points.txt") or ""):
        yield from (os.path.join(folder, name + suffix) for suffix in suffixes)
    copied = distribution.info / "scripts"
    if os.path.isdir(copied):
        yield from (os.path.join(folder, name) for name in sorted(os.listdir(copied)))


class _Folder(Struct, frozen=True):
    """A folder by the name that no link leads to: the names of its files, and its bytecode by the modules' names."""

    path: str
    names: frozenset[str]
    bytecode: Mapping[str, list[str]]


def _real_path(folder: str, known: Callable[[str], str]) -> str:
    """As `os.path.realpath`, which looks at every part of a path, for one whose parents' may be `known`."""
    parent, name = os.path.split(folder)
    return os.path.realpath(folder) if not name or os.path.islink(folder) else os.path.join(known(parent), name)


def _look_into(path: str) -> _Folder:
    try:
        with os.scandir(path) as entries:
            names = frozenset(entry.name for entry in entries if not entry.is_dir())
    except OSError:
        names = frozenset()
    return _Folder(path, names, _bytecode_in(path))


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

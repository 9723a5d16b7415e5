"""What an environment has: the distributions in the folders that its interpreter searches."""

# Pathlib's questions raise where a folder may not be entered.
# ruff: noqa: PTH112, PTH118

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from freewheel.errors import NotReadable
from freewheel.install.installed import InfoKind, InstalledDistribution, metadata_file, read_bytes
from freewheel.model import core_metadata
from freewheel.model.artifact import CoreMetadata, NormalizedName, normalize
from freewheel.model.target import Interpreter

_HEAD = 4096  # bytes of a metadata file in which name and version stand
_INFO_NAME = re.compile(r"(.+?)-([0-9].*)|(.+)-(.+)")
"""Name and version of a `.dist-info` folder: a version begins with a digit, as far as PEP 440 goes."""


def installed(
    interpreter: Interpreter, *, before: Iterable[str] = ()
) -> Mapping[NormalizedName, InstalledDistribution]:
    """What `interpreter` finds, by project; of several the first on its search path.

    `before` are folders that are searched first (PYTHONPATH). Those that `.pth` files add are searched too. Raises
    NotReadable for site-packages that are there and cannot be read, the environment's or the user's; any other folder
    then has nothing, as for the interpreter itself.
    """
    own = {*(interpreter.paths[key] for key in ("purelib", "platlib")), interpreter.user_site}
    return _by_project(
        _search(
            (*before, *interpreter.search_paths),
            sites=frozenset(interpreter.search_paths),
            needed=frozenset(filter(None, own)),
        )
    )


def installed_in(folders: Iterable[str]) -> Mapping[NormalizedName, InstalledDistribution]:
    """What these folders hold, by project; the first folder wins. Reads the head of one file for each project.

    Raises NotReadable for a folder that is there and cannot be read.
    """
    searched = tuple(folders)
    return _by_project(_search(searched, sites=frozenset(), needed=frozenset(searched)))


def python_path(variables: Mapping[str, str], folder: str) -> tuple[str, ...]:
    """The folders that PYTHONPATH names, seen from the current `folder`.

    >>> python_path({"PYTHONPATH": "/srv/lib::mine"}, "/home/me")
    ('/srv/lib', '/home/me/mine')
    """
    return tuple(os.path.join(folder, each) for each in variables.get("PYTHONPATH", "").split(os.pathsep) if each)


def _by_project(
    distributions: Iterable[InstalledDistribution],
) -> Mapping[NormalizedName, InstalledDistribution]:
    found: dict[NormalizedName, InstalledDistribution] = {}
    for distribution in distributions:
        first = found.setdefault(distribution.project, distribution)
        if first is not distribution and _is_beside(first, distribution):
            found[distribution.project] = _with(first, distribution)
    return found


def _is_beside(first: InstalledDistribution, other: InstalledDistribution) -> bool:
    kinds = {first.kind, other.kind}
    return kinds == {InfoKind.DIST_INFO} and first.info.parent == other.info.parent


def _with(first: InstalledDistribution, other: InstalledDistribution) -> InstalledDistribution:
    """The two as one: that which is sound stands for both."""
    if first.damage is not None and other.damage is None:
        return replace(other, beside=(replace(first, beside=()), *first.beside))
    return replace(first, beside=(*first.beside, other))


def _search(
    folders: Iterable[str], *, sites: frozenset[str], needed: frozenset[str]
) -> Iterator[InstalledDistribution]:
    """Each folder, what it links to, and, of those in `sites`, the folders that its `.pth` files add.

    Raises NotReadable for those in `needed`.
    """
    seen: set[str] = set()
    waiting = [(folder, folder in sites) for folder in reversed(list(folders))]
    while waiting:
        folder, may_add = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        names = _names(folder, is_needed=folder in needed)
        yield from _in_folder(folder, names)
        yield from _linked_from(folder, names)
        if may_add:
            waiting += [(added, False) for added in reversed(list(_added_by(folder, names)))]


def _names(folder: str, *, is_needed: bool = False) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            # What begins with ~ or . was set aside by an installer that did not come to its end.
            return sorted(entry.name for entry in entries if entry.name[0] not in "~.")
    except NotADirectoryError:
        return ["EGG-INFO"] if folder.endswith(".egg") else []
    except FileNotFoundError:
        return []
    except OSError as error:
        if is_needed:
            raise NotReadable(path=folder, reason=error.strerror or str(error)) from error
        return []


def _in_folder(folder: str, names: Iterable[str], link: Path | None = None) -> Iterator[InstalledDistribution]:
    is_egg = folder.endswith(".egg")
    for name in names:
        lowered = name.lower()
        if lowered.endswith((".dist-info", ".egg-info")) or (is_egg and lowered == "egg-info"):
            distribution = _described(folder, Path(folder, name), link)
            if distribution is not None:
                yield distribution


def _described(folder: str, info: Path, link: Path | None) -> InstalledDistribution | None:
    """What a metadata folder records; None where neither its metadata nor, of a dist-info, its name tells that."""
    file = metadata_file(info)
    stated = _stated(info)
    try:
        metadata = core_metadata.parse(read_bytes(file, _HEAD))
        damage = None if stated is None or _is_of(metadata, info) else f"it is that of {metadata.name}"
    except ValueError as error:
        damage = _why(file) or str(error)
    if damage is not None and (stated is None or not os.path.isdir(info)):
        return None
    name, version = (metadata.name, metadata.version) if damage is None or stated is None else stated
    return InstalledDistribution(
        project=normalize(name),
        name=name,
        version=version,
        location=folder,
        info=info,
        direct_url=_text(info / "direct_url.json"),
        egg_link=link,
        damage=damage,
    )


def _stated(info: Path) -> tuple[str, str] | None:
    """Name and version by the name of a dist-info folder.

    >>> _stated(Path("my-project-1.0-1.dist-info")), _stated(Path("six-1.0-py3.egg-info"))
    (('my-project', '1.0-1'), None)
    """
    found = _INFO_NAME.fullmatch(info.stem) if info.suffix.lower() == ".dist-info" else None
    return None if found is None else (found[1] or found[3], found[2] or found[4])


def _is_of(metadata: CoreMetadata, info: Path) -> bool:
    """Whether a dist-info folder has the name of the project that its metadata names, however it is written."""
    own, project = normalize(info.stem), normalize(metadata.name)
    version = own.removeprefix(f"{project}-")
    return version != own and (version[:1].isdigit() or version == normalize(metadata.version))


def _why(file: Path) -> str | None:
    """What keeps a file from being read; None where nothing does."""
    try:
        with file.open("rb") as stream:
            return None if stream.read(1) else "it is empty"
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return error.strerror or str(error)


def _linked_from(folder: str, names: Iterable[str]) -> Iterator[InstalledDistribution]:
    """What setuptools' `develop` linked to: the first line of an egg-link names the folder."""
    for name in names:
        if name.endswith(".egg-link"):
            link = Path(folder, name)
            lines = (line.strip() for line in (_text(link) or "").splitlines())
            target = next(filter(None, lines), None)
            if target is not None:
                linked = os.path.normpath(os.path.join(folder, target))
                yield from _in_folder(linked, _names(linked), link)


def _added_by(folder: str, names: Iterable[str]) -> Iterator[str]:
    """The folders, and zipped eggs, that `.pth` files add to the search path, as the `site` module reads them."""
    for name in names:
        if not name.endswith(".pth"):
            continue
        for line in (_text(Path(folder, name)) or "").splitlines():
            if line.strip() and not line.startswith(("#", "import ", "import\t")):
                path = os.path.normpath(os.path.join(folder, line.rstrip()))
                if os.path.isdir(path) or path.endswith(".egg"):
                    yield path


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (OSError, ValueError):
        return None

"""What an environment has: the distributions in the folders that its interpreter searches."""

# Pathlib's questions raise where a folder may not be entered.
# ruff: noqa: PTH112, PTH118

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from freewheel.install.installed import InstalledDistribution, metadata_file, read_bytes
from freewheel.model import core_metadata
from freewheel.model.artifact import NormalizedName, normalize
from freewheel.model.target import Interpreter

_HEAD = 4096  # bytes of a metadata file in which name and version stand


def installed(
    interpreter: Interpreter, *, before: Iterable[str] = ()
) -> Mapping[NormalizedName, InstalledDistribution]:
    """What `interpreter` finds, by project; of several the first on its search path.

    `before` are folders that are searched first (PYTHONPATH). Those that `.pth` files add are searched too.
    """
    return _by_project(_search((*before, *interpreter.search_paths), sites=frozenset(interpreter.search_paths)))


def installed_in(folders: Iterable[str]) -> Mapping[NormalizedName, InstalledDistribution]:
    """What these folders hold, by project; the first folder wins. Reads the head of one file for each project."""
    return _by_project(_search(folders, sites=frozenset()))


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
        found.setdefault(distribution.project, distribution)
    return found


def _search(folders: Iterable[str], *, sites: frozenset[str]) -> Iterator[InstalledDistribution]:
    """Each folder, what it links to, and, of those in `sites`, the folders that its `.pth` files add."""
    seen: set[str] = set()
    waiting = [(folder, folder in sites) for folder in reversed(list(folders))]
    while waiting:
        folder, may_add = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        names = _names(folder)
        yield from _in_folder(folder, names)
        yield from _linked_from(folder, names)
        if may_add:
            waiting += [(added, False) for added in reversed(list(_added_by(folder, names)))]


def _names(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            # What begins with ~ or . was set aside by an installer that did not come to its end.
            return sorted(entry.name for entry in entries if entry.name[0] not in "~.")
    except NotADirectoryError:
        return ["EGG-INFO"] if folder.endswith(".egg") else []
    except OSError:
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
    try:
        metadata = core_metadata.parse(read_bytes(metadata_file(info), _HEAD))
    except ValueError:
        return None
    return InstalledDistribution(
        project=normalize(metadata.name),
        name=metadata.name,
        version=metadata.version,
        location=folder,
        info=info,
        direct_url=_text(info / "direct_url.json"),
        egg_link=link,
    )


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

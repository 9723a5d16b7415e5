"""What a source folder is, by its content: values and rules; `local_folders` looks at the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Set
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from freewheel.model.digest import Digest

MARGIN: Final = 2_000_000_000
"""Nanoseconds: a file that was changed so shortly before it was digested may have been changed again in the same tick
of the file system's clock (FAT's is 2 s), as git has it with entries of its index that are "racily clean"."""

_WORK_FOLDERS: Final = frozenset({"build", "_skbuild", ".pdm-build", "target"})

EntryKind: TypeAlias = Literal["file", "folder", "link"]


class Facts(Struct, frozen=True, array_like=True):
    """What `stat` says of a file that a change of its content changes as well; times in nanoseconds."""

    size: int
    modified: int
    changed: int
    inode: int


class Digested(Struct, frozen=True, array_like=True):
    """The SHA-256 digest of a file (hexadecimal), and what was known of it then."""

    facts: Facts
    value: str


class FolderEntry(Struct, frozen=True, kw_only=True):
    """One thing in a folder; `path` is relative, with forward slashes.

    `mode` are the permission bits of a file, which archives keep; `content` its digest, or where a link leads;
    `modified` its time in nanoseconds.
    """

    kind: EntryKind
    path: str
    mode: int = 0
    content: str = ""
    modified: int = 0


def identity(entries: Iterable[FolderEntry]) -> Digest:
    """The digest of everything in a folder, in whatever order it was found; its place is no part, and times seldom.

    They are where something lies there that builds look at again and take for good as long as it is not older than
    its source: then the same contents with other times may give another wheel.
    """
    found = sorted(entries, key=lambda one: one.path.encode("utf-8", "surrogateescape"))
    with_times = _is_judged_by_time({entry.path for entry in found})
    checksum = hashlib.sha256()
    for entry in found:
        time = str(entry.modified) if with_times and not _is_rewritten(entry.path) else ""
        line = (entry.kind, entry.path, f"{entry.mode:o}", entry.content, time)
        for part in line:
            data = part.encode("utf-8", "surrogateescape")
            checksum.update(len(data).to_bytes(8, "big"))
            checksum.update(data)
    return Digest(algorithm="sha256", value=checksum.hexdigest())


def _is_judged_by_time(paths: Set[str]) -> bool:
    """Whether there are folders that setuptools, scikit-build, PDM or cargo work in, or C beside its Cython."""
    works = any(path.rpartition("/")[2] in _WORK_FOLDERS for path in paths)
    return works or any(
        path.endswith(".pyx") and not paths.isdisjoint((f"{path[:-4]}.c", f"{path[:-4]}.cpp")) for path in paths
    )


def _is_rewritten(path: str) -> bool:
    """Whether each build writes it anew, whatever is there, and none asks for its time: egg-info, and git's index."""
    return path.startswith("/git") or any(part.endswith(".egg-info") for part in path.split("/"))


def is_unchanged(known: Digested | None, now: Facts, *, noted: int) -> bool:
    """Whether a file surely is what it was when it was digested; `noted` is when that was begun (nanoseconds)."""
    return known is not None and known.facts == now and max(now.modified, now.changed) < noted - MARGIN


def is_left_out(path: str, inside: Iterable[str]) -> bool:
    """Whether a folder's content is none of the project's; `inside` are the names in it.

    What Python compiled follows from the sources. A hidden folder at the top that marks itself as a cache
    (bford.info/cachedir) or is a virtual environment (PEP 405) is a tool's own, and would be another each time
    somebody runs the tests. Deeper down, or with a plain name, it may be a package's data.

    >>> [is_left_out(path, ["pyvenv.cfg"]) for path in (".venv", "src/pkg/.venv", "venv", "src/__pycache__")]
    [True, False, False, True]
    """
    if path.rpartition("/")[2] == "__pycache__":
        return True
    is_tools = path.startswith(".") and "/" not in path
    return is_tools and not {"CACHEDIR.TAG", "pyvenv.cfg"}.isdisjoint(inside)

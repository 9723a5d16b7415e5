"""What a source folder is, by its content: values and rules; `local_folders` looks at the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from freewheel.model.digest import Digest

MARGIN: Final = 2_000_000_000
"""Nanoseconds: a file that was changed so shortly before it was digested may have been changed again in the same tick
of the file system's clock (FAT's is 2 s), as git has it with entries of its index that are "racily clean"."""

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

    `mode` are the permission bits of a file, which archives keep; `content` its digest, or where a link leads.
    """

    kind: EntryKind
    path: str
    mode: int = 0
    content: str = ""


def identity(entries: Iterable[FolderEntry]) -> Digest:
    """The digest of everything in a folder, in whatever order it was found; times and its place are no part."""
    checksum = hashlib.sha256()
    for entry in sorted(entries, key=lambda one: one.path.encode("utf-8", "surrogateescape")):
        line = (entry.kind, entry.path, f"{entry.mode:o}", entry.content)
        for part in line:
            data = part.encode("utf-8", "surrogateescape")
            checksum.update(len(data).to_bytes(8, "big"))
            checksum.update(data)
    return Digest(algorithm="sha256", value=checksum.hexdigest())


def is_unchanged(known: Digested | None, now: Facts, *, noted: int) -> bool:
    """Whether a file surely is what it was when it was digested; `noted` is when that was begun (nanoseconds)."""
    return known is not None and known.facts == now and max(now.modified, now.changed) < noted - MARGIN


def is_left_out(name: str, inside: Iterable[str]) -> bool:
    """Whether a folder's content is none of the project's; `inside` are the names in it.

    What Python compiled follows from the sources. What marks itself as a cache (bford.info/cachedir) or is a virtual
    environment (PEP 405) is made by tools for themselves, and would be another each time somebody runs the tests.
    """
    names = set(inside)
    return name == "__pycache__" or "CACHEDIR.TAG" in names or "pyvenv.cfg" in names

"""Where everything lies that is to be checked; links are not followed, and what others put there is passed over."""

# Paths are strings here, as they come in hundreds of thousands and most are used once.

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from freewheel.store.layout import Layout
from freewheel.store.verification.files import is_folder, listing_fault
from freewheel.store.verification.findings import Finding

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SHARD = re.compile(r"[0-9a-f]{2}")
_ENTRY = re.compile(r"[0-9a-f]{40}")
_ANY = re.compile(r".*")

Thing = tuple[str, int]
"""A path, and how many bytes there are to read; 0 where nobody has asked yet."""


def obstacle(path: str) -> Finding | None:
    """What is wrong with a folder that things lie in: it is none, or cannot be looked into. It may be missing."""
    fault = listing_fault(path)
    if fault is None:
        return None
    return Finding(kind="folder", path=Path(path), name=Path(path).name, faults=(fault,))


class Places:
    """Goes through a cache's folders, in order; `findings` are those that are none, or cannot be looked into."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.findings: list[Finding] = []

    def blobs(self) -> Iterator[Thing]:
        """The blobs, and whatever is called as if it were one; with their sizes."""
        for entry in self._sharded(str(self._layout.blobs)):
            try:
                yield entry.path, entry.stat(follow_symlinks=False).st_size
            except OSError:
                yield entry.path, 0

    def records(self) -> Iterator[Thing]:
        """The records."""
        for kind in self._folders(str(self._layout.entries)):
            for partition in self._folders(kind):
                yield from ((entry.path, 0) for entry in self._entries(partition, _ENTRY))

    def wheels(self) -> Iterator[Thing]:
        """The folders of built wheels, with the sizes of what lies in them."""
        for folder in self._below(str(self._layout.wheels)):
            yield folder, sum(_size(entry) for entry in self._entries(folder, _ANY))

    def trees(self) -> Iterator[Thing]:
        """The folders of trees, and whatever is called as if it were one."""
        yield from ((entry.path, 0) for entry in self._sharded(str(self._layout.trees)))

    def clones(self) -> Iterator[Thing]:
        """The folders of clones."""
        yield from ((folder, 0) for folder in self._below(str(self._layout.repositories)))

    def _sharded(self, table: str) -> Iterator[os.DirEntry[str]]:
        for shard in self._entries(table, _SHARD):
            yield from self._entries(shard.path, _DIGEST)

    def _below(self, table: str) -> Iterator[str]:
        for folder in self._folders(table):
            yield from self._folders(folder)

    def _folders(self, folder: str) -> list[str]:
        return [entry.path for entry in self._entries(folder, _ANY) if is_folder(entry)]

    def _entries(self, folder: str, named: re.Pattern[str]) -> list[os.DirEntry[str]]:
        finding = obstacle(folder)
        if finding is not None:
            self.findings.append(finding)
            return []
        try:
            with os.scandir(folder) as found:
                return sorted((one for one in found if named.fullmatch(one.name)), key=lambda entry: entry.name)
        except OSError:
            return []  # it vanished


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0

"""Every path and every format version below the cache root."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from freewheel.model.digest import Digest

VERSIONS: Mapping[str, int] = MappingProxyType(
    {"entries": 1, "blobs": 1, "wheels": 1, "trees": 1, "repositories": 1, "history": 1}
)
"""The format version of each table; a changed byte in one of its files is a new version."""

LOCKS = "locks"
TMP = "tmp"
TAG = "CACHEDIR.TAG"
README = "README"

ORIGIN = "origin.json"
BUILD = "build.json"
BUILD_LOG = "build.log"
FAILED_LOG = "failed.log"

_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789"))
)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things lie; nothing is looked at. No text that it is given leads out of `root`.

    What each request asks for is worked out once: a path costs 5 us.
    """

    root: Path

    @cached_property
    def entries(self) -> Path:
        """Records: a folder for each kind, in it one for each partition."""
        return self.root / _table("entries")

    @property
    def blobs(self) -> Path:
        """Bytes by digest, in folders by the first two digits."""
        return self.root / _table("blobs")

    @property
    def wheels(self) -> Path:
        """Built wheels: a folder for each project, in it one for each build key."""
        return self.root / _table("wheels")

    @property
    def trees(self) -> Path:
        """Unpacked wheels by the wheel's digest, in folders by the first two digits."""
        return self.root / _table("trees")

    @property
    def repositories(self) -> Path:
        """Clones: a folder for each repository's name, in it one for each place and kind of access."""
        return self.root / _table("repositories")

    @property
    def tables(self) -> tuple[Path, ...]:
        """The folders with a format of their own."""
        return (self.entries, self.blobs, self.wheels, self.trees, self.repositories, self.history)

    @property
    def history(self) -> Path:
        """What runs did, a file for each day."""
        return self.root / _table("history")

    @cached_property
    def locks(self) -> Path:
        """What processes hold so that others wait."""
        return self.root / LOCKS

    @cached_property
    def tmp(self) -> Path:
        """What is being written; on the same file system as all the rest."""
        return self.root / TMP

    def partition(self, kind: str, partition: str) -> Path:
        """The folder of a partition's records."""
        return _partition(self.root, kind, partition)

    def kind(self, kind: str) -> Path:
        """The folder of a kind's partitions."""
        return self.entries / file_name(kind)

    def entry(self, kind: str, partition: str, key: str) -> Path:
        """The file of one record."""
        return _entry(self.root, kind, partition, key)

    def blob(self, digest: Digest) -> Path:
        """The file of one blob; ValueError when the digest is no SHA-256."""
        value = _sha256(digest)
        return self.root.joinpath(_table("blobs"), value[:2], value)

    def project_wheels(self, project: str) -> Path:
        """The folder of a project's built wheels."""
        return self.wheels / file_name(project)

    def built_wheel(self, project: str, key: str) -> Path:
        """The folder of one built wheel and its provenance."""
        return self.wheels.joinpath(file_name(project), file_name(key))

    def failed_log(self, project: str) -> Path:
        """The log of a project's last build, where that failed."""
        return self.project_wheels(project) / FAILED_LOG

    def tree(self, wheel: Digest) -> TreeLayout:
        """The folder of one unpacked wheel; ValueError when the digest is no SHA-256."""
        value = _sha256(wheel)
        return TreeLayout(folder=self.trees.joinpath(value[:2], value))

    def named_repositories(self, name: str) -> Path:
        """The folder of the clones of all repositories of one name."""
        return self.repositories / file_name(name)

    def repository(self, name: str, key: str) -> RepositoryLayout:
        """The folder of one clone."""
        return RepositoryLayout(folder=self.repositories.joinpath(file_name(name), file_name(key)))

    @cached_property
    def regions(self) -> Path:
        """The file of all locks, where the system locks single bytes of it for a descriptor: see `lock_number`."""
        return self.locks / "regions"

    @property
    def pruned(self) -> Path:
        """A file that was changed when the cache was last kept within its limits."""
        return self.locks / "pruned"

    def lock(self, name: str) -> Path:
        """The file of one lock, elsewhere."""
        return self.locks / _digest_of(name)


class TreeLayout(Struct, frozen=True, kw_only=True):
    """Where the parts of a tree lie, or of one variant of its bytecode; also while they are being written."""

    folder: Path

    @property
    def files(self) -> Path:
        """The files, below a folder for each scheme."""
        return self.folder / "files"

    @property
    def manifest(self) -> Path:
        """What the files should be."""
        return self.folder / "manifest"

    def bytecode(self, variant: str) -> TreeLayout:
        """The same for one variant of the bytecode."""
        return TreeLayout(folder=self.folder.joinpath("bytecode", file_name(variant)))


class RepositoryLayout(Struct, frozen=True, kw_only=True):
    """Where the parts of a clone lie; also while it is being made."""

    folder: Path

    @property
    def clone(self) -> Path:
        """The bare repository, whose files are git's."""
        return self.folder / "clone"

    @property
    def open_to_all(self) -> Path:
        """A file that is there where anybody who may read the clone may use it without asking the repository."""
        return self.folder / "open"


def file_name(text: str) -> str:
    """`text` itself where every file system takes it as a name, else a name made of its digest.

    >>> file_name("foo-bar"), len(file_name("../etc")), file_name("aux") == "aux"
    ('foo-bar', 41, False)
    """
    is_plain = re.fullmatch(r"[a-z0-9_]([a-z0-9._-]{0,98}[a-z0-9_-])?", text) is not None
    if is_plain and text.partition(".")[0] not in _DEVICES:
        return text
    return f"={_digest_of(text)}"


def entry_name(key: str) -> str:
    """The name of the file of a record."""
    return _digest_of(key)


def is_ours(name: str) -> bool:
    """Whether a name in the root is that of a folder of this format or an older one.

    >>> is_ours("blobs-v1"), is_ours("blobs-v2"), is_ours("tmp"), is_ours("Documents")
    (True, False, True, False)
    """
    if name in (LOCKS, TMP):
        return True
    found = re.fullmatch(r"([a-z]+)-v([1-9][0-9]{0,8})", name)
    return found is not None and int(found[2]) <= VERSIONS.get(found[1], 0)


@lru_cache(maxsize=1024)
def _entry(root: Path, kind: str, partition: str, key: str) -> Path:
    return _partition(root, kind, partition) / entry_name(key)


@lru_cache(maxsize=1024)
def _partition(root: Path, kind: str, partition: str) -> Path:
    return root.joinpath(_table("entries"), file_name(kind), file_name(partition))


def lock_number(name: str) -> int:
    """The byte of `Layout.regions` that stands for a lock: 60 bits, of which no two names share all."""
    return int(_digest_of(name)[:15], 16)


def _table(name: str) -> str:
    return f"{name}-v{VERSIONS[name]}"


def _digest_of(text: str) -> str:
    # 160 bits are enough for names that the record inside confirms, and keep paths short for Windows.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _sha256(digest: Digest) -> str:
    if digest.algorithm != "sha256" or re.fullmatch(r"[0-9a-f]{64}", digest.value) is None:
        raise ValueError(f"{digest} names no blob")
    return digest.value

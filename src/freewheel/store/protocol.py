"""What every store can do: four methods for blobs and five for entries.

Two tables. `Blobs`: digest -> bytes. `Entries`: (kind, partition, key) -> small record. On a local disk stand beside
them what people, linking and git need as folders: `Trees` (unpacked wheels), `BuiltWheels` and `Repositories`. All
are safe from many threads and processes. A damaged, missing or unreadable thing is a `Miss` with a reason, never an
exception; what cannot be kept (full disk, no permission) raises `StoreError`, which callers take as "go on without".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from msgspec import Struct

from freewheel.model.digest import Digest
from freewheel.store.record import Record


class Miss(Struct, frozen=True, kw_only=True):
    """Not there, or not usable; `reason` is a clause a person can read, `is_damage` says that something was wrong."""

    reason: str
    is_damage: bool = False


ABSENT = Miss(reason="its file is not there")
"""What a store far away says of a blob that it does not have, so that it is told from one that did not come."""


class EntryInfo(Struct, frozen=True, kw_only=True):
    """What a listing says of an entry without reading it; `size` in bytes, `last_use` in seconds since the epoch."""

    kind: str
    partition: str
    key: str
    size: int
    last_use: float


class BlobWriter(Protocol):
    """Bytes on their way into a store; nothing is visible before `commit`.

    `was_there` tells after it whether the store had these bytes already.
    """

    @property
    def was_there(self) -> bool:
        """Whether they were there."""

    def write(self, data: bytes) -> None:
        """Append; raises StoreError (NoSpace)."""

    def commit(self) -> Digest:
        """Make the bytes visible under their SHA-256 digest, and close; raises StoreError."""

    def discard(self) -> None:
        """Leave nothing behind; harmless after `commit`."""


class Blobs(Protocol):
    """Bytes by their SHA-256 digest."""

    def open(self, digest: Digest) -> BinaryIO | Miss:
        """A seekable stream that the caller closes; no digest is computed. One `open` syscall."""

    def has_room(self, size: int) -> bool:
        """Whether `size` bytes could be kept, as far as that is known without trying."""

    def create(self) -> BlobWriter:
        """Begin a blob; raises StoreError."""

    def remove(self, digest: Digest) -> bool:
        """Forget; whether it was there."""


class Entries(Protocol):
    """Records by kind, partition and key.

    `kind` and `partition` are short names (lower-case letters, digits, `-`, `_`, `.`); `key` is any text. The
    partition is the normalized name of the project that an entry belongs to, `_` for none.
    """

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        """The record; its last use is noted, at most once an hour. One `open`, `read` and `fstat`."""

    def put(self, kind: str, partition: str, key: str, record: Record) -> None:
        """Keep, replacing what was there; raises StoreError. The blobs that it refers to were committed before."""

    def add(self, kind: str, partition: str, key: str, record: Record) -> bool:
        """Keep, unless something is there, be it damaged; whether it was kept. Raises StoreError."""

    def remove(self, kind: str, partition: str, key: str) -> bool:
        """Forget; whether it was there."""

    def scan(self, kind: str, partition: str | None = None) -> Iterator[tuple[EntryInfo, Record | Miss]]:
        """Every entry of a kind, in no particular order, read as they are reached."""


class TreeFile(Struct, frozen=True, kw_only=True):
    """One file of an unpacked wheel.

    `scheme` is the install scheme it belongs to (purelib, platlib, headers, scripts, data), `path` where it goes
    below that scheme, with forward slashes; on disk it lies at `<tree root>/<scheme>/<path>`. `size` in bytes,
    `digest` as in RECORD (unpadded URL-safe base64 of SHA-256), `mtime` in whole seconds since the epoch.
    """

    scheme: str
    path: str
    size: int
    digest: str
    mtime: int
    is_executable: bool = False


class Manifest(Struct, frozen=True, kw_only=True):
    """Everything that installing a wheel needs to know, so that nothing is opened, hashed or walked again.

    `dist_info` is the name of the `.dist-info` folder, `root_scheme` purelib or platlib. `entry_points` holds
    (group, name, value) of console_scripts and gui_scripts.
    """

    project: str
    version: str
    dist_info: str
    root_scheme: str
    files: tuple[TreeFile, ...]
    entry_points: tuple[tuple[str, str, str], ...] = ()


class Tree(Struct, frozen=True, kw_only=True):
    """An unpacked wheel in the store, immutable."""

    wheel: Digest
    root: Path
    manifest: Manifest


class BytecodeFile(Struct, frozen=True, kw_only=True):
    """The compiled form of a tree's module: `path` and `source` as in `TreeFile.path`, within `scheme`.

    On disk it lies at `<bytecode root>/<scheme>/<path>`; `path` has the `__pycache__` folder in it.
    """

    scheme: str
    path: str
    source: str
    size: int
    digest: str
    mtime: int


class Bytecode(Struct, frozen=True, kw_only=True):
    """The compiled modules of one tree for one `variant` (cache tag, magic number, invalidation mode)."""

    variant: str
    root: Path
    files: tuple[BytecodeFile, ...]


class TreeWriter(Protocol):
    """A tree, or its bytecode, on its way: fill `root`, then commit. Nothing is visible before."""

    @property
    def root(self) -> Path:
        """The folder to fill; it is there, and empty."""

    def discard(self) -> None:
        """Leave nothing behind; harmless after a commit."""


class NewTree(TreeWriter, Protocol):
    """An unpacked wheel on its way into the store."""

    def commit(self, manifest: Manifest) -> Tree:
        """Make it visible; another process's equal tree wins and is returned. Raises StoreError."""


class NewBytecode(TreeWriter, Protocol):
    """Compiled modules on their way into the store."""

    def commit(self, files: tuple[BytecodeFile, ...]) -> Bytecode:
        """Make it visible; another process's equal one wins and is returned. Raises StoreError."""


class Trees(Protocol):
    """Unpacked wheels by the wheel's digest, with their bytecode."""

    def get(self, wheel: Digest) -> Tree | Miss:
        """The tree, from its manifest alone: the files are checked when they are linked."""

    def create(self, wheel: Digest) -> NewTree:
        """Begin a tree; raises StoreError."""

    def bytecode(self, tree: Tree, variant: str) -> Bytecode | Miss:
        """The tree's bytecode of that variant."""

    def create_bytecode(self, tree: Tree, variant: str) -> NewBytecode:
        """Begin bytecode; raises StoreError."""

    def remove(self, wheel: Digest) -> bool:
        """Forget the tree and its bytecode; environments keep what they linked."""


class BuiltWheel(Struct, frozen=True, kw_only=True):
    """A wheel that a build left, under its real file name, with its provenance.

    `origin` is the PEP 610 record of the source (bytes of `origin.json`), `build` those of `build.json`.
    """

    path: Path
    origin: bytes
    build: bytes


class BuiltWheels(Protocol):
    """Folders of built wheels by project and build key."""

    def get(self, project: str, key: str) -> BuiltWheel | Miss:
        """The wheel kept under a key; its last use is noted."""

    def put(self, project: str, key: str, wheel: Path, *, origin: bytes, build: bytes, log: bytes) -> BuiltWheel:
        """Keep a copy of `wheel`, replacing what was there; raises StoreError."""

    def remove(self, project: str, key: str) -> bool:
        """Forget; whether it was there."""

    def scan(self, project: str | None = None) -> Iterator[BuiltWheel]:
        """Every built wheel."""


class Clone(Struct, frozen=True, kw_only=True):
    """A bare clone of a repository; `path` is what git is given.

    `is_open` says that whoever may read the clone may use it without asking the repository; `may_change` that it may
    be fetched into.
    """

    path: Path
    is_open: bool = False
    may_change: bool = True


class NewClone(Protocol):
    """A clone on its way into the store. Nothing is visible before `commit`."""

    @property
    def path(self) -> Path:
        """Where the bare repository belongs; nothing is there."""

    def commit(self, *, is_open: bool) -> Clone:
        """Make it visible in place of what was there; raises StoreError."""

    def discard(self) -> None:
        """Leave nothing behind; harmless after `commit`."""


class Repositories(Protocol):
    """Clones by the repository's name and a key. They change while they are there, by git's own rules."""

    def get(self, name: str, key: str) -> Clone | Miss:
        """The clone, if it is one at first sight; its last use is noted."""

    def create(self, name: str, key: str) -> NewClone:
        """Begin a clone; raises StoreError."""

    def remove(self, name: str, key: str) -> bool:
        """Forget; whether it was there."""


class Locks(Protocol):
    """Locks between processes, which only spare double work: everything stays right without them."""

    def hold(self, name: str, *, patience: float | None = None) -> AbstractContextManager[bool]:
        """Hold the lock `name`; yields False where locking is unsupported or took longer than `patience` seconds.

        Without `patience` the store's own holds. Any thread may let go.
        """

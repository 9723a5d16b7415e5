"""Unpacked wheels: an immutable folder and its manifest."""

from __future__ import annotations

import os
import stat
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from freewheel.errors import StoreError
from freewheel.model.digest import Digest
from freewheel.store import last_use
from freewheel.store.atomic import miss_of, read, write_new
from freewheel.store.layout import TreeLayout
from freewheel.store.manifest import bytecode_from_bytes, bytecode_to_bytes, tree_from_bytes, tree_to_bytes
from freewheel.store.protocol import Bytecode, BytecodeFile, Manifest, Miss, Tree, TreeFile
from freewheel.store.removal import remove
from freewheel.store.root import CacheRoot

_Decoded = TypeVar("_Decoded")

_EARLIEST_TREE_TIME = 1 << 30  # 10 January 2004


def tree_mtime(wheel: Digest) -> int:
    """The modification time of every file of a wheel's tree, in whole seconds since the epoch.

    Bytecode counts as current when its source has the size and the second that it was compiled from. An upgrade that
    left a module's size and second as they were would go on running the old bytecode, so the time says which wheel
    the file is from: 27 bits of the digest, from 2004 to 2012, which no clock has ahead, in the even seconds that zip
    files and FAT can state.

    >>> tree_mtime(Digest(algorithm="sha256", value="0000003" + "a" * 57)) - (1 << 30)
    2
    """
    return _EARLIEST_TREE_TIME + (int(wheel.value[:7], 16) & ~1)


class LocalNewTree(Struct, frozen=True, kw_only=True):
    """An unpacked wheel in `tmp/`; whoever fills it writes below `root`."""

    trees: LocalTrees
    wheel: Digest
    folder: Path

    @property
    def root(self) -> Path:
        """Where the files go, below a folder for each scheme."""
        return TreeLayout(folder=self.folder).files

    def commit(self, manifest: Manifest) -> Tree:
        """Fix times and modes, then make it visible; a sound tree that is there already wins. Raises StoreError."""
        target = self.trees.root.layout.tree(self.wheel)

        def existing() -> Tree | None:
            found = self.trees.get(self.wheel)
            return found if isinstance(found, Tree) and _is_intact(found.root, found.manifest.files) else None

        try:
            with self.trees.root.storing(target.folder):
                data = tree_to_bytes(self.wheel, manifest)
                _finish(self.folder, manifest.files, data)
            self.trees.root.adopt(self.folder)
            winner = self.trees.root.publish_folder(self.folder, target.folder, existing=existing)
        finally:
            self.discard()
        return winner or Tree(wheel=self.wheel, root=target.files, manifest=manifest)

    def discard(self) -> None:
        """Leave nothing behind; harmless after a commit."""
        remove([self.folder])


class LocalNewBytecode(Struct, frozen=True, kw_only=True):
    """Compiled modules in `tmp/`; whoever fills it writes below `root`."""

    trees: LocalTrees
    tree: Tree
    variant: str
    folder: Path

    @property
    def root(self) -> Path:
        """Where the files go, below a folder for each scheme."""
        return TreeLayout(folder=self.folder).files

    def commit(self, files: tuple[BytecodeFile, ...]) -> Bytecode:
        """Fix times and modes, then make it visible; a sound one that is there already wins. Raises StoreError."""
        target = self.trees.root.layout.tree(self.tree.wheel).bytecode(self.variant)

        def existing() -> Bytecode | None:
            found = self.trees.bytecode(self.tree, self.variant)
            return found if isinstance(found, Bytecode) and _is_intact(found.root, found.files) else None

        try:
            with self.trees.root.storing(target.folder):
                data = bytecode_to_bytes(self.tree.wheel, self.variant, files)
                _finish(self.folder, files, data)
                has_tree = self.tree.root.exists()
            if not has_tree:
                raise StoreError(path=str(target.folder), reason="its tree is gone")
            self.trees.root.adopt(self.folder)
            winner = self.trees.root.publish_folder(self.folder, target.folder, existing=existing)
        finally:
            self.discard()
        return winner or Bytecode(variant=self.variant, root=target.files, files=files)

    def discard(self) -> None:
        """Leave nothing behind; harmless after a commit."""
        remove([self.folder])


class LocalTrees(Struct, frozen=True, kw_only=True):
    """Trees as folders; `Trees` says what the methods do. `clock` gives seconds since the epoch."""

    root: CacheRoot
    clock: Callable[[], float]

    def get(self, wheel: Digest) -> Tree | Miss:
        """The tree, from its manifest alone; its last use is noted."""
        try:
            layout = self.root.layout.tree(wheel)
        except ValueError as error:
            return Miss(reason=str(error), is_damage=True)
        manifest = self._read(
            layout.manifest,
            lambda data: tree_from_bytes(data, wheel),
            absent="the wheel has not been unpacked yet",
        )
        if isinstance(manifest, Miss):
            return manifest
        return Tree(wheel=wheel, root=layout.files, manifest=manifest)

    def create(self, wheel: Digest) -> LocalNewTree:
        """Begin a tree; raises StoreError."""
        return LocalNewTree(trees=self, wheel=wheel, folder=self._begin())

    def bytecode(self, tree: Tree, variant: str) -> Bytecode | Miss:
        """The tree's bytecode, from its manifest alone; its last use is noted."""
        layout = self.root.layout.tree(tree.wheel).bytecode(variant)
        files = self._read(
            layout.manifest,
            lambda data: bytecode_from_bytes(data, tree.wheel, variant),
            absent="it has not been compiled for this interpreter yet",
        )
        return files if isinstance(files, Miss) else Bytecode(variant=variant, root=layout.files, files=files)

    def create_bytecode(self, tree: Tree, variant: str) -> LocalNewBytecode:
        """Begin bytecode; raises StoreError."""
        return LocalNewBytecode(trees=self, tree=tree, variant=variant, folder=self._begin())

    def remove(self, wheel: Digest) -> bool:
        """Forget the tree and its bytecode; whether it was there and could be removed."""
        try:
            return self.root.take_away(self.root.layout.tree(wheel).folder)
        except (StoreError, ValueError):
            return False

    def _begin(self) -> Path:
        folder = self.root.new_folder()
        with self.root.storing(folder):
            TreeLayout(folder=folder).files.mkdir(mode=0o700)
        return folder

    def _read(self, path: Path, decode: Callable[[bytes], _Decoded], *, absent: str) -> _Decoded | Miss:
        try:
            data, noted = read(path)
            decoded = decode(data)
        except OSError as error:
            return miss_of(error, absent)
        except ValueError as error:
            return Miss(reason=f"its manifest is damaged ({error})", is_damage=True)
        if self.root.is_writable:
            last_use.note(path, noted, self.clock())
        return decoded


def content(tree: Tree, file: TreeFile) -> bytes | Miss:
    """The bytes of one of a tree's files, if they have the digest that its manifest states."""
    try:
        data, _ = read(tree.root / file.scheme / file.path)
    except OSError:
        return Miss(reason=f"{file.path} is gone from the store", is_damage=True)
    if urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode() != file.digest:
        return Miss(reason=f"{file.path} was changed in the store", is_damage=True)
    return data


def _finish(folder: Path, files: Sequence[TreeFile | BytecodeFile], manifest: bytes) -> None:
    layout = TreeLayout(folder=folder)
    for file in files:
        path = f"{layout.files}/{file.scheme}/{file.path}"
        os.utime(path, (file.mtime, file.mtime))
        # Windows cannot delete an environment that holds links to read-only files.
        if os.name != "nt":
            os.chmod(path, 0o555 if isinstance(file, TreeFile) and file.is_executable else 0o444)  # noqa: PTH101
    write_new(layout.manifest, manifest)


def _is_intact(root: Path, files: Sequence[TreeFile | BytecodeFile]) -> bool:
    try:
        statuses = [os.lstat(f"{root}/{file.scheme}/{file.path}") for file in files]
    except OSError:
        return False
    return all(
        stat.S_ISREG(status.st_mode) and (status.st_size, int(status.st_mtime)) == (file.size, file.mtime)
        for file, status in zip(files, statuses, strict=True)
    )

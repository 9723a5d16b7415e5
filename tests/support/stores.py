"""Stores with something in them, and what a folder holds."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

from freewheel.events import Recorder
from freewheel.model.digest import Digest
from freewheel.store.protocol import Bytecode, BytecodeFile, Manifest, Tree, TreeFile, Trees
from freewheel.store.trees import tree_mtime
from freewheel.wiring.layers import above
from freewheel.wiring.stores import OwnStores, Stores, temporary_cache

WHEEL = Digest(algorithm="sha256", value="0123456789abcdef" * 4)
OTHER_WHEEL = Digest(algorithm="sha256", value="fedcba9876543210" * 4)

SOME_FILES: Mapping[str, bytes] = {"six.py": b"import sys\n", "six_data/table.txt": b"1 2 3\n"}


def manifest_of(files: Mapping[str, bytes], *, wheel: Digest = WHEEL, project: str = "six") -> Manifest:
    """The manifest of a tree with these files, all of them pure modules or data."""
    return Manifest(
        project=project,
        version="1.0",
        dist_info=f"{project}-1.0.dist-info",
        root_scheme="purelib",
        files=tuple(
            TreeFile(
                scheme="purelib",
                path=path,
                size=len(data),
                digest=_record_digest(data),
                mtime=tree_mtime(wheel),
                is_executable=path.startswith("bin/"),
            )
            for path, data in files.items()
        ),
        entry_points=(("console_scripts", project, f"{project}:main"),),
    )


def keep_tree(
    trees: Trees, *, wheel: Digest = WHEEL, files: Mapping[str, bytes] = SOME_FILES, project: str = "six"
) -> Tree:
    """Write a tree with these files and commit it."""
    new = trees.create(wheel)
    for path, data in files.items():
        _write(new.root / "purelib" / path, data)
    return new.commit(manifest_of(files, wheel=wheel, project=project))


def keep_bytecode(trees: Trees, tree: Tree, variant: str, *, data: bytes = b"compiled") -> Bytecode:
    """Write made-up bytecode for every module of a tree and commit it."""
    new = trees.create_bytecode(tree, variant)
    files = tuple(
        BytecodeFile(
            scheme=file.scheme,
            path=f"__pycache__/{file.path}c",
            source=file.path,
            size=len(data),
            digest=_record_digest(data),
            mtime=file.mtime,
        )
        for file in tree.manifest.files
        if file.path.endswith(".py")
    )
    for file in files:
        _write(new.root / file.scheme / file.path, data)
    return new.commit(files)


def writing(path: Path, clock: Callable[[], float]) -> OwnStores:
    """The stores of a cache at `path`, which need not exist."""
    return temporary_cache(path, clock=clock, reporter=Recorder())


def layered(own: Path, *layers: Path, clock: Callable[[], float]) -> Stores:
    """The stores of a cache at `own` above those at `layers`, none of which need exist."""
    return above(writing(own, clock), layers, clock=clock)


def with_empty_layers(folder: Path, clock: Callable[[], float]) -> Stores:
    """Stores in `folder` above a layer that is empty and one that does not exist: they promise what others do."""
    (folder / "layer").mkdir()
    return layered(folder / "cache", folder / "layer", folder / "missing", clock=clock)


def held(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes; symbolic links as where they lead."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _record_digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()

"""A cache in which one or two of everything are kept, and ways of damaging them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from freewheel.build.kept_wheels import judge
from freewheel.build.key import name_of
from freewheel.model.digest import Digest, sha256_of
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.record import Record
from freewheel.store.repositories import LocalRepositories
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from freewheel.store.verification.findings import Verdict
from freewheel.store.verification.whole import Verification, Watch
from tests.support.archives import make_wheel
from tests.support.clock import FakeClock
from tests.support.stores import keep_bytecode, keep_tree

VARIANT, OTHER_VARIANT = "cpython-311-3495", "cpython-312-3531"
FILES: Mapping[str, bytes] = {
    "six.py": b"import sys\n",
    "bin/six": b"#!/bin/sh\n",
    "data/table.txt": b"1 2 3\n",
    "data/b.txt": b"4 5\n",
}


class KeptThings:
    """Of six and attrs: two pages, two files, two wheels built, two unpacked, each with bytecode, and two clones."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        self.root = CacheRoot(path=folder / "cache")
        self.entries = LocalEntries(root=self.root, clock=clock)
        self.blobs = LocalBlobs(root=self.root)
        self.trees = LocalTrees(root=self.root, clock=clock)
        self.wheels = LocalBuiltWheels(root=self.root, clock=clock)
        self.repositories = LocalRepositories(root=self.root, clock=clock)
        self._archives = folder / "archives"
        self._archives.mkdir()

    def fill(self) -> None:
        """Keep everything."""
        for project in ("six", "attrs"):
            page, file = self.keep_blob(f"page of {project}".encode()), self.keep_blob(self._wheel(project))
            self.keep_record(project, "page", page)
            self.keep_record(project, "file", file)
            self.keep_wheel(project)
            tree = keep_tree(self.trees, wheel=file, files=FILES, project=project)
            keep_bytecode(self.trees, tree, VARIANT, data=project.encode())
            keep_bytecode(self.trees, tree, OTHER_VARIANT, data=project.encode())
            self.keep_clone(project)

    def keep_blob(self, data: bytes) -> Digest:
        """Keep some bytes."""
        writer = self.blobs.create()
        writer.write(data)
        return writer.commit()

    def keep_record(self, project: str, key: str, *blobs: Digest) -> None:
        """Keep a record of a response."""
        self.entries.put("http", project, f"GET https://a.example/{project}/{key}", Record(fields={}, blobs=blobs))

    def keep_wheel(self, project: str, *, source: str = "a" * 64) -> Path:
        """Keep a built wheel as `WheelCache.put` does; its folder."""
        wheel = make_wheel(self._archives, project, files={f"{project}.py": source})
        data = wheel.read_bytes()
        key = {"source": {"digest": f"sha256:{source}", "subdirectory": ""}, "variables": {"CC": project}}
        build = {
            "key": key,
            "wheel": {"filename": wheel.name, "sha256": sha256_of(data).value, "size": len(data)},
            "backend": "flit_core.buildapi",
            "build_requirements": [],
            "seconds": 1.0,
            "built_at": "2025-01-01T00:00:00+00:00",
            "freewheel": "0.1.0",
        }
        origin = {"url": f"https://index.example/{project}.tar.gz", "archive_info": {"hashes": {"sha256": source}}}
        kept = self.wheels.put(
            project,
            name_of(key),
            wheel,
            origin=json.dumps(origin).encode(),
            build=json.dumps(build).encode(),
            log=b"",
        )
        return kept.path.parent

    def keep_clone(self, name: str) -> None:
        """Keep what git takes for a repository."""
        new = self.repositories.create(name, f"key of {name}")
        for folder in ("objects", "refs"):
            (new.path / folder).mkdir(parents=True)
        (new.path / "HEAD").write_bytes(b"ref: refs/heads/main\n")
        new.commit(is_open=True)

    def verification(self, *, threads: int = 2, watch: Watch = lambda _part, _done: None) -> Verification:
        """What checks it, in a year in which nothing has been changed lately."""
        return Verification(
            root=self.root, judge=judge, threads=threads, watch=watch, clock=FakeClock(4e9), pause=lambda _: None
        )

    def verified(self) -> Verdict:
        """What a verification of it comes to."""
        return self.verification().verify()

    def found(self, pattern: str) -> Path:
        """The first of the paths that a pattern below the root means."""
        return min(self.root.path.glob(pattern))

    def two(self, pattern: str) -> tuple[Path, Path]:
        """The first and the last of the paths that a pattern means."""
        paths = sorted(self.root.path.glob(pattern))
        return paths[0], paths[-1]

    def _wheel(self, project: str) -> bytes:
        return make_wheel(self._archives, project).read_bytes()


Damage = Callable[[Path], None]


def keeping_time(damage: Damage) -> Damage:
    """The same, and the file keeps its time, as bits do that a disk flips."""

    def act(path: Path) -> None:
        status = path.stat()
        damage(path)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    return act


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    overwrite(path, bytes(data))


def flip_first(path: Path) -> None:
    """Change the first bit."""
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    overwrite(path, bytes(data))


def truncate(path: Path) -> None:
    """Take the second half away."""
    data = path.read_bytes()
    overwrite(path, data[: len(data) // 2])


def empty(path: Path) -> None:
    """Leave nothing in it."""
    overwrite(path, b"")


def grow(path: Path) -> None:
    """Add a byte."""
    overwrite(path, path.read_bytes() + b"x")


def garbage(path: Path) -> None:
    """Write something else."""
    overwrite(path, b"\xff\x00 garbage {")


def delete(path: Path) -> None:
    """Take it away, be it a folder."""
    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def link(path: Path) -> None:
    """Put a link in its place, to the same outside of the cache."""
    outside = path.parents[len(path.parts) - 2 - path.parts.index("cache")].parent / f"outside {path.name}"
    path.rename(outside)
    path.symlink_to(outside)


def folder_instead(path: Path) -> None:
    """Put a folder in its place."""
    path.unlink()
    path.mkdir()


def file_instead(path: Path) -> None:
    """Put a file in the place of a folder."""
    shutil.rmtree(path)
    path.write_bytes(b"")


def pipe_instead(path: Path) -> None:
    """Put a pipe in its place."""
    path.unlink()
    os.mkfifo(path)


def touch(path: Path) -> None:
    """Give it another time."""
    os.utime(path, (1_700_000_000, 1_700_000_000))


def swap(one: Path, other: Path) -> None:
    """Exchange two files or folders."""
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def overwrite(path: Path, data: bytes) -> None:
    """Write something into a file, which keeps its mode."""
    mode = path.stat().st_mode & 0o777
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(mode)

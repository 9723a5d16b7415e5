"""Disks of one's own: small ones, read-only ones, and such as have a given file system."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest

FileSystem = Literal["tmpfs", "ext4", "xfs", "btrfs"]

_IMAGE_SIZES = {"ext4": 32 << 20, "xfs": 300 << 20, "btrfs": 120 << 20}
"""Bytes, of which most are never written; the latter two refuse to be much smaller."""


@contextmanager
def small_disk(folder: Path, *, size: int, read_only: bool = False) -> Iterator[Path]:
    """Mount a file system of `size` bytes in memory at `folder`, which is made; skips where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=0777{',ro' if read_only else ''}"
    with _mounted(folder, "-t", "tmpfs", "-o", options, "tmpfs"):
        yield folder


@contextmanager
def disk(kind: FileSystem, folder: Path) -> Iterator[Path]:
    """Mount a new file system at `folder`, which is made; skips where that is not allowed or cannot be made.

    It lies in a file beside `folder`, or in memory.
    """
    if kind == "tmpfs":
        with small_disk(folder, size=32 << 20):
            yield folder
        return
    folder.mkdir(parents=True, exist_ok=True)
    image = folder.with_name(f"{folder.name}.{kind}")
    with image.open("wb") as file:
        file.truncate(_IMAGE_SIZES[kind])
    _run_or_skip(f"mkfs.{kind}", "-q", str(image))
    with _mounted(folder, "-t", kind, "-o", "loop", str(image)):
        yield folder


def make_read_only(folder: Path) -> None:
    """Let nobody write to the file system that is mounted at `folder` any more."""
    _run_or_skip("mount", "-o", "remount,ro", str(folder))


@contextmanager
def bound(source: Path, place: Path, *, read_only: bool = False) -> Iterator[Path]:
    """Show `source` at `place` too, which is there; skips where that is not allowed."""
    with _mounted(place, "-o", f"bind{',ro' if read_only else ''}", str(source)):
        yield place


@contextmanager
def layered(image: Path, folder: Path) -> Iterator[Path]:
    """Show `image` at `folder` as containers do: changes there go elsewhere; skips where that is not allowed.

    Both are made in one folder, of a file system that can hold the changes, as tmpfs can.
    """
    changes, work = folder.with_name("changes"), folder.with_name("work")
    for place in (image, folder, changes, work):
        place.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={image},upperdir={changes},workdir={work}"
    with _mounted(folder, "-t", "overlay", "-o", options, "overlay"):
        yield folder


@contextmanager
def _mounted(place: Path, *what: str) -> Iterator[None]:
    _run_or_skip("mount", *what, str(place))
    try:
        yield
    finally:
        subprocess.run(("umount", "--lazy", str(place)), capture_output=True, check=False)


def _run_or_skip(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"there is no {command[0]} command here")
    if done.returncode:
        pytest.skip(f"{command[0]} does not work here: {done.stderr.strip()}")

"""A disk that is soon full."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, *, size: int, read_only: bool = False) -> Iterator[Path]:
    """Mount a file system of `size` bytes in memory at `folder`, which is made; skips where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=0777{',ro' if read_only else ''}"
    try:
        mounted = _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    except FileNotFoundError:
        pytest.skip("there is no mount command here")
    if mounted.returncode:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        _run("umount", "--lazy", str(folder))


@contextmanager
def bound(source: Path, place: Path) -> Iterator[Path]:
    """Show `source` at `place` too, which is there; skips where that is not allowed."""
    mounted = _run("mount", "--bind", str(source), str(place))
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        _run("umount", "--lazy", str(place))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)

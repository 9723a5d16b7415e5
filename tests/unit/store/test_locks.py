"""Locks between processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot

HOLDER = """\
import sys
from pathlib import Path
from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot
with LocalLocks(root=CacheRoot(path=Path(sys.argv[1]))).hold("build six") as is_held:
    print(is_held, flush=True)
    sys.stdin.read()
"""

ON_A_FILE_SYSTEM_WITHOUT_LOCKS = """\
import errno, fcntl, os, sys, warnings
from pathlib import Path
from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot
def unsupported(*_):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
fcntl.flock = unsupported
warnings.simplefilter("error")
for _ in range(2):
    with LocalLocks(root=CacheRoot(path=Path(sys.argv[1]))).hold("build six") as is_held:
        print(is_held)
"""


@pytest.fixture
def root(tmp_path: Path) -> CacheRoot:
    return CacheRoot(path=tmp_path / "cache")


def holder(root: CacheRoot) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def test_a_free_lock_is_held_and_can_be_held_again(root: CacheRoot) -> None:
    locks = LocalLocks(root=root)
    for _ in range(2):
        with locks.hold("build six") as is_held:
            assert is_held


def test_locks_of_different_names_do_not_meet(root: CacheRoot) -> None:
    locks = LocalLocks(root=root, patience=0)
    with locks.hold("build six") as first, locks.hold("build attrs") as second:
        assert first
        assert second


def test_who_waits_too_long_goes_on_without_and_was_told(root: CacheRoot) -> None:
    told: list[str] = []
    with holder(root) as process:
        with LocalLocks(root=root, patience=0.1, on_wait=told.append).hold("build six") as is_held:
            assert not is_held
        process.kill()
    assert told == ["build six"]


def test_a_dead_holders_lock_is_free(root: CacheRoot) -> None:
    with holder(root) as process:
        process.kill()
    with LocalLocks(root=root, patience=0).hold("build six") as is_held:
        assert is_held


def test_who_waits_gets_the_lock_when_the_holder_ends(root: CacheRoot) -> None:
    with holder(root) as process:
        end = process.kill
        with LocalLocks(root=root, patience=60, on_wait=lambda _: end()).hold("build six") as is_held:
            assert is_held


def test_the_lock_is_free_after_an_exception(root: CacheRoot) -> None:
    locks = LocalLocks(root=root, patience=0)
    with pytest.raises(KeyError), locks.hold("build six"):
        raise KeyError
    with locks.hold("build six") as is_held:
        assert is_held


def test_where_no_lock_can_be_made_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file")
    with LocalLocks(root=CacheRoot(path=tmp_path / "cache")).hold("build six") as is_held:
        assert not is_held


@pytest.mark.skipif(os.name == "nt", reason="Windows locks through another call")
def test_where_files_cannot_be_locked_nobody_waits_for_what_a_dead_process_left(root: CacheRoot) -> None:
    command = [sys.executable, "-c", ON_A_FILE_SYSTEM_WITHOUT_LOCKS, str(root.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\nFalse\n", "")

"""Locks between processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot

fcntl = pytest.importorskip("fcntl")

WITHOUT_REGIONS = "import fcntl; fcntl.__dict__.pop('F_OFD_SETLK', None)"
"""What leaves freewheel with a file for each lock, as on systems that lock no single bytes for a descriptor."""

WITHOUT_OFD_LOCKS = """
import errno, fcntl
plain = fcntl.fcntl
def call(descriptor, command, *words):
    if command == getattr(fcntl, "F_OFD_SETLK", None):
        raise OSError(errno.EINVAL, "Invalid argument")
    return plain(descriptor, command, *words)
fcntl.fcntl = call
"""
"""What leaves freewheel with a kernel that does not know locks of a descriptor's single bytes."""

HOLDER = """\
{before}
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
def unsupported(*_):
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
fcntl.flock = fcntl.fcntl = unsupported
{before}
from pathlib import Path
from freewheel.store.locks import LocalLocks
from freewheel.store.root import CacheRoot
warnings.simplefilter("error")
for _ in range(2):
    with LocalLocks(root=CacheRoot(path=Path(sys.argv[1]))).hold("build six") as is_held:
        print(is_held)
"""


@pytest.fixture(params=["", WITHOUT_REGIONS, WITHOUT_OFD_LOCKS], ids=["regions", "files", "files after all"])
def before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What another process does first, to lock as this one does."""
    if request.param == WITHOUT_REGIONS:
        monkeypatch.setattr("freewheel.store.locks._SET", None)
    elif request.param:
        monkeypatch.setattr(fcntl, "fcntl", fcntl.fcntl)  # put back afterwards
        exec(request.param, {})  # noqa: S102 - the same text as in the other process
    return str(request.param)


@pytest.fixture
def root(tmp_path: Path) -> CacheRoot:
    return CacheRoot(path=tmp_path / "cache")


def holder(root: CacheRoot, before: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER.format(before=before), str(root.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


@pytest.mark.usefixtures("before")
def test_a_free_lock_is_held_and_can_be_held_again(root: CacheRoot) -> None:
    locks = LocalLocks(root=root)
    for _ in range(2):
        with locks.hold("build six") as is_held:
            assert is_held


@pytest.mark.usefixtures("before")
def test_locks_of_different_names_do_not_meet(root: CacheRoot) -> None:
    locks = LocalLocks(root=root, patience=0)
    with locks.hold("build six") as first, locks.hold("build attrs") as second:
        assert first
        assert second


def test_who_waits_too_long_goes_on_without_and_was_told(root: CacheRoot, before: str) -> None:
    told: list[str] = []
    with holder(root, before) as process:
        with LocalLocks(root=root, patience=0.1, on_wait=told.append).hold("build six") as is_held:
            assert not is_held
        process.kill()
    assert told == ["build six"]


def test_a_dead_holders_lock_is_free(root: CacheRoot, before: str) -> None:
    with holder(root, before) as process:
        process.kill()
    with LocalLocks(root=root, patience=0).hold("build six") as is_held:
        assert is_held


def test_who_waits_gets_the_lock_when_the_holder_ends(root: CacheRoot, before: str) -> None:
    with holder(root, before) as process:
        end = process.kill
        with LocalLocks(root=root, patience=60, on_wait=lambda _: end()).hold("build six") as is_held:
            assert is_held


@pytest.mark.usefixtures("before")
def test_the_lock_is_free_after_an_exception(root: CacheRoot) -> None:
    locks = LocalLocks(root=root, patience=0)
    with pytest.raises(KeyError), locks.hold("build six"):
        raise KeyError
    with locks.hold("build six") as is_held:
        assert is_held


@pytest.mark.usefixtures("before")
def test_where_no_lock_can_be_made_work_goes_on(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file")
    with LocalLocks(root=CacheRoot(path=tmp_path / "cache")).hold("build six") as is_held:
        assert not is_held


@pytest.mark.skipif(os.name == "nt", reason="Windows locks through another call")
def test_where_files_cannot_be_locked_nobody_waits_for_what_a_dead_process_left(root: CacheRoot, before: str) -> None:
    command = [sys.executable, "-c", ON_A_FILE_SYSTEM_WITHOUT_LOCKS.format(before=before), str(root.path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("False\nFalse\n", "")


@pytest.mark.usefixtures("before")
def test_another_thread_may_let_go_and_one_of_this_process_waits(root: CacheRoot) -> None:
    locks = LocalLocks(root=root, patience=0)
    held = ExitStack()
    held.enter_context(locks.hold("build six"))
    with locks.hold("build six") as is_held:
        assert not is_held
    with ThreadPoolExecutor(1) as pool:
        pool.submit(held.close).result()
    with locks.hold("build six") as is_held:
        assert is_held


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have a file for each lock")
def test_locks_leave_one_file_however_many_there_were(root: CacheRoot) -> None:
    locks = LocalLocks(root=root)
    for number in range(20):
        with locks.hold(f"get {number}") as is_held:
            assert is_held
    assert [path.name for path in root.layout.locks.iterdir()] == ["regions"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_that_was_forked_meanwhile_holds_nothing(root: CacheRoot) -> None:
    locks = LocalLocks(root=root, patience=0)
    with locks.hold("build six") as is_held:
        assert is_held
        child = os.fork()
        if not child:
            signal.pause()
    try:
        with locks.hold("build six") as is_held:
            assert is_held
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

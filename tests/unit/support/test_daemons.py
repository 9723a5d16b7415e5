"""Programs beside the tests end with them."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.daemons import CannotStart, run_to_end, started, wait_until

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")

WAITING = "import signal; print('ready', flush=True); signal.pause()"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {WAITING}"


def is_ready(log: Path) -> bool:
    return log.read_bytes() == b"ready\n"


def test_a_program_ends_with_its_context(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    processes = []

    def leave_early() -> None:
        with started(sys.executable, "-c", WAITING, log=log) as process:
            wait_until(lambda: is_ready(log), process, log)
            processes.append(process)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        leave_early()
    assert [process.returncode for process in processes] == [-signal.SIGTERM]


def test_one_that_does_not_listen_ends_too(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    with started(sys.executable, "-c", DEAF, log=log, patience=0.1) as process:
        wait_until(lambda: is_ready(log), process, log)
    assert process.returncode == -signal.SIGKILL


def test_one_that_ends_at_once_is_told_with_what_it_said(tmp_path: Path) -> None:
    log = tmp_path / "one.log"
    with (
        started(sys.executable, "-c", "raise SystemExit('no room')", log=log) as process,
        pytest.raises(CannotStart, match=r"one ended \(1\):\nno room"),
    ):
        wait_until(lambda: False, process, log)


def test_what_fails_says_why() -> None:
    with pytest.raises(CannotStart, match=r"failed \(1\):\nno room"):
        run_to_end(sys.executable, "-c", "raise SystemExit('no room')")

"""Work alongside."""

from __future__ import annotations

import subprocess
import sys
import threading

from freewheel.net.aside import Aside


def test_every_task_is_run() -> None:
    aside, done = Aside(), threading.Semaphore(0)
    for _ in range(20):
        aside(done.release)
    for _ in range(20):
        assert done.acquire(timeout=60)


def test_no_process_waits_for_one_at_its_end() -> None:
    program = "import threading; from freewheel.net.aside import Aside; Aside()(threading.Event().wait)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_nothing_is_started_before_the_first_task() -> None:
    before = threading.active_count()
    Aside()
    assert threading.active_count() == before

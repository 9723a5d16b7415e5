from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from freewheel.build.hook_processes import HookProcesses

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; print('child', flush=True); time.sleep(60)"])
child.wait()
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there are no sessions")


def test_a_process_ends_with_all_that_it_started() -> None:
    processes, lines = HookProcesses(), []
    has_begun = threading.Event()

    def run() -> None:
        with processes.running([sys.executable, "-c", PARENT], folder=None, variables=os.environ) as process:
            for line in process.stdout or ():
                lines.append(line)
                has_begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert has_begun.wait(60)
    processes.stop()
    thread.join(30)
    assert not thread.is_alive()
    assert lines == ["child\n"]


def test_what_is_started_after_the_end_ends_at_once() -> None:
    processes = HookProcesses()
    processes.stop()
    with processes.running([sys.executable, "-c", PARENT], folder=None, variables=os.environ) as process:
        pass
    assert process.returncode


def test_an_error_of_who_reads_ends_the_process() -> None:
    def read() -> None:
        with processes.running([sys.executable, "-c", PARENT], folder=None, variables=os.environ) as process:
            found.append(process)
            raise KeyboardInterrupt

    processes, found = HookProcesses(), list[subprocess.Popen[str]]()
    with pytest.raises(KeyboardInterrupt):
        read()
    assert found[0].returncode

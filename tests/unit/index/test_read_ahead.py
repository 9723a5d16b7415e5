from __future__ import annotations

import subprocess
import sys
from threading import Barrier, Event, Lock, current_thread

from freewheel.index.read_ahead import ReadAhead


def test_jobs_run_beside_the_caller_and_at_most_so_many_at_a_time():
    read_ahead = ReadAhead(threads=3)
    lock, together, finished = Lock(), Barrier(3, timeout=10), Event()
    running, most, done = 0, 0, 0

    def job() -> None:
        nonlocal running, most, done
        with lock:
            running += 1
            most = max(most, running)
        together.wait()
        with lock:
            running -= 1
            done += 1
            if done == 9:
                finished.set()
        assert current_thread().daemon

    for _ in range(9):
        read_ahead.begin(job)
    assert finished.wait(10)
    assert most == 3


def test_a_job_that_fails_does_not_stop_the_others():
    read_ahead = ReadAhead(threads=1)
    finished = Event()

    def fail() -> None:
        raise OSError("no")

    read_ahead.begin(fail)
    read_ahead.begin(finished.set)
    assert finished.wait(10)


def test_work_that_comes_after_a_pause_is_done_too():
    read_ahead = ReadAhead(threads=1)
    for _ in range(3):
        finished = Event()
        read_ahead.begin(finished.set)
        assert finished.wait(10)


WITHOUT_ANOTHER_THREAD = """\
import _thread, threading
from freewheel.index.read_ahead import ReadAhead

def refuse(*_, **__):
    raise RuntimeError("can't start new thread")

refused = {name: refuse for name in ("_start_new_thread", "_start_joinable_thread") if hasattr(threading, name)}
kept = {name: getattr(threading, name) for name in refused}
read_ahead, done = ReadAhead(threads=1), threading.Event()
vars(threading).update(refused)
read_ahead.begin(done.set)
print(done.is_set())
vars(threading).update(kept)
read_ahead.begin(lambda: None)
print(done.wait(10))
"""


def test_where_no_thread_can_be_started_the_caller_goes_on():
    done = subprocess.run([sys.executable, "-c", WITHOUT_ANOTHER_THREAD], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"

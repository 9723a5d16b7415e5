"""Work alongside."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

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


def test_threads_end_when_there_is_nothing_left_to_do() -> None:
    aside, may_end, done = Aside(), threading.Event(), threading.Semaphore(0)
    for _ in range(9):
        aside(lambda: (may_end.wait(60), done.release()))
    workers = [thread for thread in threading.enumerate() if thread.name == "freewheel aside"]
    may_end.set()
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)
    aside(done.release)
    assert all(done.acquire(timeout=60) for _ in range(10))


def test_a_failing_task_is_nobodys_and_keeps_no_other_from_being_run() -> None:
    aside, done = Aside(), threading.Semaphore(0)
    for _ in range(9):
        aside(lambda: 1 / 0)
    aside(done.release)
    assert done.acquire(timeout=60)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_has_workers_of_its_own() -> None:
    """A child has none of its parent's threads, though these may all have been at work."""
    program = """
import os, threading
import pytest

from freewheel.net.aside import Aside
aside, stop, started = Aside(), threading.Event(), threading.Semaphore(0)
for _ in range(4):
    aside(lambda: (started.release(), stop.wait()))
for _ in range(4):
    started.acquire()
child = os.fork()
if not child:
    done = threading.Event()
    aside(done.set)
    os._exit(0 if done.wait(60) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120)


def test_at_most_so_many_threads_work_at_a_time() -> None:
    aside = Aside(threads=3)
    lock, together, finished = threading.Lock(), threading.Barrier(3, timeout=60), threading.Event()
    running, most, done = 0, 0, 0

    def task() -> None:
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

    aside(*[task] * 9)
    assert finished.wait(60)
    assert most == 3


WITHOUT_ANOTHER_THREAD = """\
import threading
from freewheel.net.aside import Aside

def refuse(*_, **__):
    raise RuntimeError("can't start new thread")

refused = {name: refuse for name in ("_start_new_thread", "_start_joinable_thread") if hasattr(threading, name)}
kept = {name: getattr(threading, name) for name in refused}
aside, done = Aside(threads=1), threading.Event()
vars(threading).update(refused)
aside(done.set)
print(done.is_set())
vars(threading).update(kept)
done.clear()
aside(done.set)
print(done.wait(60))
"""


def test_where_no_thread_can_be_started_the_caller_does_it() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_ANOTHER_THREAD], capture_output=True, text=True, check=True)
    assert done.stdout == "True\nTrue\n"

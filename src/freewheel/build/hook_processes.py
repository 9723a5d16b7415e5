"""The processes in which hooks run, for whoever has to end them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress


class HookProcesses:
    """Starts the processes of a run's hooks, and ends them all when that is wanted. Safe from many threads.

    Each has a session of its own, so that the compilers that it starts end with it, and nothing asks at the terminal.
    On Windows neither holds.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._lock = threading.Lock()
        self._is_stopped = False

    @contextmanager
    def running(
        self, command: Sequence[str], *, folder: str | None, variables: Mapping[str, str]
    ) -> Iterator[subprocess.Popen[str]]:
        """A process whose output, both streams as one, is to be read; it ends with the context. Raises OSError."""
        with self._started(command, folder, variables) as process:
            try:
                yield process
            except BaseException:
                _end(process)
                raise
            finally:
                with self._lock:
                    self._running.discard(process)

    def stop(self) -> None:
        """End every process, and from now on each as soon as it is started."""
        with self._lock:
            self._is_stopped = True
            for process in self._running:
                _end(process)

    def _started(
        self, command: Sequence[str], folder: str | None, variables: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        with self._lock:
            self._running.add(process)
            if self._is_stopped:
                _end(process)
        return process


def _end(process: subprocess.Popen[str]) -> None:
    if os.name == "nt":
        process.kill()
        return
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

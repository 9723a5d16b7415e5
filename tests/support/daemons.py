"""Programs that run beside the tests, on loopback, and end with them whatever happens."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import urllib3

_PATIENCE = 60.0
_TOLD = 2_000


class CannotStart(Exception):
    """A server cannot be had here; the text says what is missing, or what it said."""


@contextmanager
def started(
    *command: str | Path,
    log: Path | None = None,
    variables: Mapping[str, str] | None = None,
    ending: signal.Signals = signal.SIGTERM,
    patience: float = 10.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """A program while this context is open; what it says goes to `log`, or where ours does.

    It ends with this process, too, where that is killed and `setpriv` is here. `ending` is what it is asked with,
    and `patience` how many seconds it has for that.
    """
    words = [str(word) for word in command]
    if shutil.which("setpriv"):
        words = ["setpriv", "--pdeathsig", "KILL", "--", *words]
    output = None if log is None else log.open("wb")
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        env=None if variables is None else dict(variables),
        start_new_session=True,  # Ctrl-C is for us, and we end what is to end in its order
    )
    try:
        yield process
    finally:
        process.send_signal(ending)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if output is not None:
            output.close()


def run_to_end(*command: str | Path, variables: Mapping[str, str] | None = None) -> None:
    """Run a program that makes something; raises CannotStart with what it said where it fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=10 * _PATIENCE,
            env=None if variables is None else dict(variables),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CannotStart(f"{command[0]} did not end within {error.timeout:.0f} s.") from error
    if done.returncode != 0:
        raise CannotStart(f"{command[0]} failed ({done.returncode}):\n{done.stdout[-_TOLD:].strip()}")


def wait_until(is_there: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a program to be of use; raises CannotStart with what it said where it ends, or takes a minute."""
    end = time.monotonic() + _PATIENCE
    while not is_there():
        if process.poll() is not None or time.monotonic() > end:
            what = "does not answer" if process.returncode is None else f"ended ({process.returncode})"
            said = log.read_text("utf-8", errors="replace")[-_TOLD:].strip()
            raise CannotStart(f"{log.stem} {what}:\n{said}")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether there is a server that says anything."""
    try:
        urllib3.request("GET", url, retries=False, timeout=1.0)
    except urllib3.exceptions.HTTPError:
        return False
    return True


def free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port

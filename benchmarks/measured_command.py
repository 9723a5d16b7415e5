"""Runs a command and tells what it took: `python -S -E -I measured_command.py DESCRIPTOR COMMAND...`.

Until a new process has become the command it shares its parent's memory, and the kernel counts the most that it ever
had: only the child of a small process shows its own. Nothing is imported here that is not needed. What the command
took goes to the file descriptor DESCRIPTOR, as one line of JSON, so that its output stays its own.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(descriptor: int, *command: str) -> None:
    """Run the command: seconds, seconds of CPU, peak bytes and exit status of it and the children it waited for."""
    os.set_inheritable(descriptor, False)
    start = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, usage = os.wait4(process, 0)
    measured = {
        "seconds": time.perf_counter() - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * 1024,
        "status": os.waitstatus_to_exitcode(status),
    }
    os.write(descriptor, json.dumps(measured).encode() + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])

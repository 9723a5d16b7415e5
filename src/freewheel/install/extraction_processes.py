"""Wheels taken apart by several processes at once, as Python runs one thread at a time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final

from freewheel.install.extraction import extract
from freewheel.install.extraction_worker import LARGEST, LENGTH
from freewheel.install.own_process import command
from freewheel.model.digest import Digest
from freewheel.store.manifest import tree_from_bytes
from freewheel.store.protocol import Manifest

SHARE: Final = 8_000_000
"""Bytes of wheels for which it pays to start one more process: taking them apart takes as long, 0.15 s."""

_CAN_PASS_DESCRIPTORS: Final = hasattr(socket, "send_fds")  # not on Windows
_WORKER: Final = "freewheel.install.extraction_worker"


class ExtractionProcesses:
    """At most `limit` processes, started as there is work for them. Safe from many threads.

    One more starts with every `share` bytes of wheels. `executable` is the interpreter that this program runs in.
    What no process does, or does well, is done by whoever asks: that is slower, and says what is wrong.
    """

    def __init__(self, limit: int, *, share: int = SHARE, executable: str = sys.executable) -> None:
        self._limit = limit if limit > 1 and _CAN_PASS_DESCRIPTORS and executable else 0
        self._share = share
        self._executable = executable
        self._lock = Lock()
        self._given = 0
        self._started = 0
        self._idle: list[_Process] = []

    def extract(self, stream: BinaryIO, filename: str, digest: Digest, root: Path) -> Manifest:
        """As `Extract`."""
        process = self._take(stream)
        if process is not None:
            manifest = process.extract(stream, filename, digest, root)
            if manifest is not None:
                with self._lock:
                    self._idle.append(process)
                return manifest
            process.stop()
        return extract(stream, filename, digest, root)

    def _take(self, stream: BinaryIO) -> _Process | None:
        """An idle process, or a new one where that pays."""
        size = _size(stream)
        if size is None or not self._limit:
            return None
        with self._lock:
            self._given += size
            if self._idle:
                return self._idle.pop()
            if self._started >= min(self._limit, self._given // self._share):
                return None
            self._started += 1
        return _started(self._executable)

    def stop(self) -> None:
        """Let all of them end, once none of them is needed any more."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process in idle:
            process.stop()


class _Process:
    """One process; used by one thread at a time."""

    def __init__(self, process: subprocess.Popen[bytes], connection: socket.socket) -> None:
        self._process = process
        self._connection = connection
        self._answers = connection.makefile("rb")

    def extract(self, stream: BinaryIO, filename: str, digest: Digest, root: Path) -> Manifest | None:
        """What was written, or None when it was not, or not all of it."""
        question = {"filename": filename, "digest": str(digest), "root": str(root)}
        try:
            line = json.dumps(question).encode() + b"\n"
            sent = socket.send_fds(self._connection, [line], [stream.fileno()])
            self._connection.sendall(line[sent:])
            length = int.from_bytes(self._answers.read(LENGTH), "big")
            return tree_from_bytes(self._answers.read(min(length, LARGEST)), digest)
        except (OSError, ValueError):
            return None

    def stop(self) -> None:
        """Let it end; it does nothing that has to be waited for, and whatever it wrote lies in a temporary folder."""
        for part in (self._answers, self._connection):
            with suppress(OSError):
                part.close()
        self._process.kill()
        self._process.wait()


def _started(executable: str) -> _Process | None:
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                command(_WORKER, executable=executable),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    except OSError:
        ours.close()
        return None
    return _Process(process, ours)


def _size(stream: BinaryIO) -> int | None:
    """Bytes, or None for what has no descriptor."""
    with suppress(OSError):
        return os.fstat(stream.fileno()).st_size
    return None

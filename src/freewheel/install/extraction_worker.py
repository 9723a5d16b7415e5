"""Runs in a process of its own: takes apart wheels that it is sent, one after the other.

Its standard input is a Unix socket. Each question is a line of JSON (`filename`, `digest`, `root`) that comes with a
descriptor of the wheel; each answer is a length (8 bytes) and the manifest in the store's own format, without any
bytes when the wheel could not be taken apart: whoever asked tries it, and says what is wrong.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from freewheel.errors import FreewheelError
from freewheel.install.extraction import extract
from freewheel.model import digest as digests
from freewheel.store.manifest import tree_to_bytes

LENGTH: Final = 8
"""Bytes that an answer's length takes, the highest first."""

LARGEST: Final = 1 << 28
"""Bytes of an answer that is believed: a manifest with a million files."""


class _Shared(io.RawIOBase):
    """Reads a file of which somebody else has the descriptor too: where it stands there is left alone."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        self._position = (os.fstat(self._descriptor).st_size if start is None else start) + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._descriptor, len(buffer), self._position)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def main() -> None:
    """Answer until the other side hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asked ends with it, and hangs up
    with socket.socket(fileno=0) as connection:
        while (question := _question(connection)) is not None:
            answer = _answer(*question)
            connection.sendall(len(answer).to_bytes(LENGTH, "big") + answer)


def _question(connection: socket.socket) -> tuple[dict[str, str], int] | None:
    line, descriptors = b"", []
    while not line.endswith(b"\n"):
        part, received, _, _ = socket.recv_fds(connection, 1 << 16, 1)
        if not part:
            return None
        line += part
        descriptors += received
    return json.loads(line), descriptors[0]


def _answer(job: dict[str, str], descriptor: int) -> bytes:
    digest = digests.parse(job["digest"])
    with closing(io.BufferedReader(_Shared(descriptor))) as stream:
        try:
            return tree_to_bytes(digest, extract(stream, job["filename"], digest, Path(job["root"])))
        except (FreewheelError, ValueError):
            return b""

"""An origin on loopback for `http_cache.py`: prints its port, and answers until it is ended.

    /fresh/SIZE/NAME   a body of SIZE bytes that is fresh for a day
    /check/SIZE/NAME   one that is to be validated each time; 304 to its entity tag

Threads and sockets alone, so that it costs little beside what is measured.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from email.utils import formatdate

_PIECE = b"freewheel " * 6554


def main() -> None:
    """Listen and answer."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=converse, args=(connection,), daemon=True).start()


def converse(connection: socket.socket) -> None:
    """Answer a connection's requests."""
    with connection, suppress(OSError):
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                data = connection.recv(65536)
                if not data:
                    return
                waiting += data
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            answer(connection, head)


def answer(connection: socket.socket, head: bytes) -> None:
    """One answer."""
    _, kind, size, _ = head.split(b" ", 2)[1].split(b"/", 3)
    fields = [b"Date: " + formatdate(usegmt=True).encode(), b"Content-Type: text/plain", b'ETag: "1"']
    fields.append(b"Cache-Control: " + (b"max-age=86400" if kind == b"fresh" else b"no-cache"))
    if b"if-none-match:" in head.lower():
        connection.sendall(b"\r\n".join([b"HTTP/1.1 304 Not Modified", *fields, b"", b""]))
        return
    left = int(size)
    lines = b"\r\n".join([b"HTTP/1.1 200 OK", *fields, b"Content-Length: " + size, b"", b""])
    connection.sendall(lines + _PIECE[: min(left, len(_PIECE))])
    left -= min(left, len(_PIECE))
    while left:
        piece = _PIECE[: min(left, len(_PIECE))]
        connection.sendall(piece)
        left -= len(piece)


if __name__ == "__main__":
    main()

"""Sockets and threads below the index server: HTTP/1.1 in, answers out, a quiet end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from threading import Condition, Event, Lock, Thread
from typing import BinaryIO

from tests.support.answers import Answer, RequestHead

_PIECE = 64 * 1024


Converse = Callable[[socket.socket], None]
"""Leads one connection, on a thread of its own, and may end with OSError or ValueError."""


class LoopbackServer:
    """Accepts connections on 127.0.0.1 until it ends, and has `converse` lead each on a thread of its own."""

    def __init__(self, port: int, converse: Converse, stopping: Event, tls: ssl.SSLContext | None) -> None:
        self._lead = converse
        self._stopping = stopping
        self._tls = tls
        self._lock = Lock()
        self._left = Condition(self._lock)
        self._connections: dict[socket.socket, Thread] = {}
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = Thread(target=self._accept, name=f"index-{self.port}", daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            if self._stopping.is_set():
                connection.close()
                return
            thread = Thread(target=self._converse, args=(connection,), name=f"index-{self.port}", daemon=True)
            with self._lock:
                self._connections[connection] = thread
            thread.start()

    def end(self) -> None:
        """Set `stopping`, close everything and wait for the threads."""
        self._stopping.set()
        with suppress(OSError):  # wakes `accept`; macOS refuses it on a listening socket
            self._listener.shutdown(socket.SHUT_RDWR)
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)):
            pass  # wakes `accept` where the shutdown did not
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            running = dict(self._connections)
        for connection, thread in running.items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    def connections(self) -> int:
        """How many connections are open."""
        with self._lock:
            return len(self._connections)

    def wait_until_idle(self, timeout: float) -> bool:
        """Whether all connections have been ended within so many seconds."""
        with self._left:
            return self._left.wait_for(lambda: not self._connections, timeout)

    def _converse(self, connection: socket.socket) -> None:
        """Lead a connection until either side ends it; what goes wrong with it concerns nobody else."""
        with connection, suppress(OSError, ValueError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                self._lead(connection)
            else:
                try:
                    secured = self._tls.wrap_socket(connection.dup(), server_side=True)
                except ssl.SSLError:
                    _let_read(connection)
                    raise
                with secured:
                    self._lead(secured)
        with self._left:
            del self._connections[connection]
            self._left.notify_all()


def exchanging(respond: Callable[[RequestHead], Answer | None], stopping: Event) -> Converse:
    """Answers each request of a connection as `respond` says, and ends it where that says None."""

    def converse(connection: socket.socket) -> None:
        with connection.makefile("rb") as incoming:
            while not stopping.is_set():
                head = read_head(incoming)
                if head is None:
                    return
                found = respond(head)
                if found is None:
                    return
                for piece in _pieces(found):
                    connection.sendall(piece)
                if found.closes or (head.field("connection") or "").lower() == "close":
                    say_goodbye(connection)
                    return

    return converse


def say_goodbye(connection: socket.socket) -> None:
    """Send the alert that ends a TLS stream (RFC 8446 §6.1), without waiting for the other side's."""
    if isinstance(connection, ssl.SSLSocket):
        with suppress(OSError, ValueError):
            connection.settimeout(0)
            connection.unwrap()


def _let_read(connection: socket.socket) -> None:
    """Wait until the client has read why it is refused: unread bytes of its own would reset the connection."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(_PIECE):
        pass


def read_head(incoming: BinaryIO) -> RequestHead | None:
    """The next request; its body is read and dropped. None when the client has nothing more to say."""
    first = incoming.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    lines = []
    while line := incoming.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        lines.append((name, value.strip()))
    head = RequestHead(method=first[0], target=first[1], lines=tuple(lines))
    incoming.read(int(head.field("content-length") or 0))
    return head


def _pieces(found: Answer) -> Iterator[bytes]:
    """What goes over the wire."""
    reason = HTTPStatus(found.status).phrase if found.status in _KNOWN else "Unknown"
    lines = "".join(f"{name}: {value}\r\n" for name, value in found.lines)
    yield f"HTTP/1.1 {found.status} {reason}\r\n{lines}\r\n".encode("latin-1")
    with closing(_opened(found.content)) as body:
        body.seek(found.start)
        left = found.length
        while piece := body.read(min(_PIECE, left)):
            left -= len(piece)
            yield b"%x\r\n%s\r\n" % (len(piece), piece) if found.is_chunked else piece
    if found.is_chunked and not found.closes:
        yield b"0\r\n\r\n"


def _opened(content: bytes | Path) -> BinaryIO:
    return content.open("rb") if isinstance(content, Path) else BytesIO(content)


_KNOWN = frozenset(HTTPStatus)

"""An origin on loopback that answers each request with bytes and actions as a test says them, however wrong.

    with Origin([b"HTTP/1.1 103 Early Hints\\r\\n\\r\\n", ok(b"here")], [CLOSE]) as origin:
        ...

answers the first request with two messages, and hangs up after the second.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock
from types import TracebackType
from typing import Self

import trustme

from tests.support.answers import RequestHead
from tests.support.wire import LoopbackServer, read_head, say_goodbye


@dataclass(frozen=True, slots=True)
class Wait:
    """Go on when the event is set, or the origin ends."""

    event: Event


@dataclass(frozen=True, slots=True)
class Tell:
    """Set the event: what was sent before is on its way."""

    event: Event


@dataclass(frozen=True, slots=True)
class End:
    """End the connection: in order, without TLS's alert (`says_goodbye`), or by a reset (`is_reset`)."""

    says_goodbye: bool = True
    is_reset: bool = False


CLOSE = End()
CUT = End(says_goodbye=False)
"""As CLOSE where there is no TLS."""
RESET = End(says_goodbye=False, is_reset=True)

Action = bytes | Wait | Tell | End
Script = Sequence[Action]
"""What happens after one request has been read; then the connection waits for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, and which connection it came on, counted from 1 in order of their first requests."""

    head: RequestHead
    connection: int


def message(
    content: bytes = b"", *lines: str, status: str = "200 OK", version: str = "HTTP/1.1", length: bool = True
) -> bytes:
    """A whole response; with a Content-Length of its own unless that is among the `lines`."""
    if length:
        lines = (*lines, f"Content-Length: {len(content)}")
    return "\r\n".join((f"{version} {status}", *lines, "", "")).encode("latin-1") + content


def chunked(*pieces: bytes, trailers: bytes = b"") -> bytes:
    """A body in chunks (RFC 9112 §7.1)."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailers + b"\r\n"


class Origin:
    """A server while this context is open. Its `scripts` are used up in order of requests, over all connections.

    Past the last one it hangs up; `answer` instead is asked for the script of each request. With `tls`, `ca_bundle`
    is the file that makes clients trust it.
    """

    def __init__(
        self, *scripts: Script, answer: Callable[[RequestHead], Script] | None = None, tls: Path | None = None
    ) -> None:
        self._left = list(scripts)
        self._answer = answer
        self._lock = Lock()
        self._stopping = Event()
        self._connections = 0
        self._context: ssl.SSLContext | None = None
        self.asked: list[Asked] = []
        self.ca_bundle = tls
        if tls is not None:
            authority = trustme.CA()
            authority.cert_pem.write_to_path(str(tls))
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert("127.0.0.1").configure_cert(self._context)

    def __enter__(self) -> Self:
        self._server = LoopbackServer(0, self._converse, self._stopping, self._context)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()

    @property
    def url(self) -> str:
        """The root, with a slash at its end."""
        return f"{'http' if self._context is None else 'https'}://127.0.0.1:{self._server.port}/"

    @property
    def connections(self) -> list[int]:
        """The connection of each request, in order of arrival."""
        return [asked.connection for asked in self.asked]

    def _converse(self, connection: socket.socket) -> None:
        number = 0
        with connection.makefile("rb") as incoming:
            while (head := read_head(incoming)) is not None:
                with self._lock:
                    if not number:
                        self._connections += 1
                        number = self._connections
                    self.asked.append(Asked(head=head, connection=number))
                    script = self._script(head)
                for action in script:
                    if isinstance(action, End):
                        _end(connection, action)
                        return
                    self._act(connection, action)

    def _script(self, head: RequestHead) -> Script:
        if self._answer is not None:
            return self._answer(head)
        return self._left.pop(0) if self._left else [CLOSE]

    def _act(self, connection: socket.socket, action: bytes | Wait | Tell) -> None:
        if isinstance(action, bytes):
            connection.sendall(action)
        elif isinstance(action, Tell):
            action.event.set()
        else:
            while not action.event.wait(0.05) and not self._stopping.is_set():
                pass


def _end(connection: socket.socket, end: End) -> None:
    if end.is_reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif end.says_goodbye:
        say_goodbye(connection)
    if not end.is_reset:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)

"""Connections for urllib3's pools that read answers by RFC 9112, which CPython's http.client does not.

That takes a 103 for the answer, the end of a connection for the end of a head, any two bytes for the end of a chunk,
and hands on a connection on which more lies than was read. So another class of responses stands in its place. It does
what `http.client.HTTPConnection` and urllib3 ask of one: `begin`, `read`, `close`, `isclosed`, `status`, `reason`,
`version`, `msg`, `will_close`. Names that nobody promises: `HTTPConnection.response_class`, where it is put;
`HTTPResponse.fp`, which is None once a body has ended, and which `_read_status` reads when a proxy answers a CONNECT;
and urllib3's `HTTPResponse._original_response`. A test holds them against the Python in use.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any

import urllib3
from urllib3 import connection, connectionpool

from freewheel.httpcache.message import Headers
from freewheel.net.framing import (
    LARGEST_HEAD,
    Framing,
    Head,
    Malformed,
    chunk_size,
    framing,
    parse_head,
    parse_status_line,
)

_AHEAD = 1 << 14
"""Bytes asked for where a line is wanted: most heads, with a small body, are one read."""

_PIECE = 1 << 17
"""Bytes read at a time where all of a body is wanted."""

_LARGEST_TRAILERS = 1 << 16
"""Bytes of trailers, which are passed over (RFC 9112 §7.1.2)."""


class BadAnswer(HTTPException):
    """What came is no HTTP/1.1; its text goes on from "its answer"."""


class StaleConnection(RemoteDisconnected):
    """A connection that was used before was closed before anything of an answer came (RFC 9112 §9.3.1)."""


class _Incoming:
    """The bytes from a socket, line by line or as they come; `raw` keeps the socket open until it is closed."""

    def __init__(self, sock: Any, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self._ahead = b""

    def readline(self, limit: int) -> bytes:
        """A line with its end; without one where the stream ends or there is none within `limit` bytes."""
        while (end := self._ahead.find(b"\n") + 1) == 0 and len(self._ahead) < limit:
            data = self._sock.recv(_AHEAD)
            if not data:
                break
            self._ahead += data
        return self._take(min(end or len(self._ahead), limit))

    def read(self, size: int) -> bytes:
        """What is there, `size` bytes at most, after waiting for one of them; empty at the end of the stream."""
        return self._take(size) if self._ahead else self._sock.recv(size) or b""

    def has_more(self) -> bool:
        """Whether bytes wait that no look at the socket would show: here, or where TLS keeps what it deciphered."""
        tls = getattr(self._sock, "sslobj", self._sock)
        enciphered = getattr(self._sock, "incoming", None)
        return bool(
            self._ahead
            or (isinstance(tls, ssl.SSLSocket | ssl.SSLObject) and tls.pending())
            or (isinstance(enciphered, ssl.MemoryBIO) and enciphered.pending)
        )

    def demand_closure_alert(self) -> None:
        """Have the end of a TLS stream be an error where it is not said to be the end (RFC 9112 §9.8)."""
        if hasattr(self._sock, "suppress_ragged_eofs"):
            self._sock.suppress_ragged_eofs = False

    def hang_up(self) -> None:
        """End the connection under whoever would use it next."""
        with suppress(OSError):
            getattr(self._sock, "socket", self._sock).shutdown(socket.SHUT_RDWR)

    def flush(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()

    def _take(self, size: int) -> bytes:
        taken, self._ahead = self._ahead[:size], self._ahead[size:]
        return taken


class WireResponse(http.client.HTTPResponse):
    """A final answer; interim ones are passed over, 101 aside, which nobody asks for (RFC 9110 §15.2)."""

    def __init__(self, sock: Any, debuglevel: int = 0, method: str | None = None, url: str | None = None) -> None:
        super().__init__(sock, debuglevel, method, url)
        self._incoming = _Incoming(sock, self.fp.detach())
        self.fp = self._incoming  # type: ignore[assignment]
        self._asked_with = method or "GET"
        self._framing = Framing(headers=Headers())
        self._left: int | None = 0
        self._is_between_chunks = False
        self._failure: Exception | None = None

    @property
    def fields(self) -> Headers:
        """Those of the head, in order, but for a Content-Length that does not hold."""
        return self._framing.headers

    def begin(self) -> None:
        """Read up to the end of the head. Raises RemoteDisconnected where nothing came, BadAnswer, and OSError."""
        try:
            head = self._final_head()
            self._framing = framing(head, self._asked_with)
        except Malformed as error:
            raise BadAnswer(str(error)) from error
        self.version = 10 if head.minor == 0 else 11
        self.status = self.code = head.status
        self.reason = head.reason
        self.headers = self.msg = http.client.HTTPMessage()
        for name, value in self._framing.headers:
            self.headers.set_raw(name, value)
        self.will_close = not self._framing.persists
        self._left = 0 if self._framing.is_chunked else self._framing.length
        if self._left is None:
            self._incoming.demand_closure_alert()
        if self._framing.length == 0:
            self._end()

    def read(self, amt: int | None = None) -> bytes:
        """`amt` bytes of the body, fewer at its end; what came before a failure is given out before it is raised.

        Raises IncompleteRead, BadAnswer and OSError.
        """
        if amt is None or amt < 0:
            return b"".join(iter(lambda: self.read(_PIECE), b""))
        if self._failure is not None:
            raise self._failure
        pieces: list[bytes] = []
        left = amt
        try:
            while left and not self.isclosed() and (piece := self._next(left)):
                pieces.append(piece)
                left -= len(piece)
        except (HTTPException, OSError) as error:
            if not pieces:
                raise
            self._failure = error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _final_head(self) -> Head:
        room = LARGEST_HEAD
        while True:
            lines = self._head_lines(room)
            room -= sum(map(len, lines))
            head = parse_head(lines)
            if head.status >= 200:
                return head
            if head.status == 101:
                raise Malformed("switches to another protocol, which was not asked for")

    def _head_lines(self, room: int) -> Sequence[bytes]:
        lines: list[bytes] = []
        while not lines or lines[-1] not in (b"\r\n", b"\n"):
            try:
                line = self._incoming.readline(room)
            except ConnectionError as error:
                if lines or room < LARGEST_HEAD or self._incoming.has_more():
                    raise
                raise RemoteDisconnected("closed without an answer") from error
            if not line and not lines and room == LARGEST_HEAD:
                raise RemoteDisconnected("closed without an answer")
            if not line.endswith(b"\n"):
                # What a head that breaks off would have said is anybody's guess (RFC 9112 §8).
                is_long = len(line) >= room
                raise Malformed("has a longer head than any" if is_long else "breaks off in its head")
            room -= len(line)
            lines.append(line)
            if len(lines) == 1:
                parse_status_line(line)  # what is no HTTP is not waited for
        return lines

    def _next(self, size: int) -> bytes:
        """Some more of the body; empty at its end, where the connection is let go."""
        if self._framing.is_chunked and not self._left:
            try:
                self._left = self._next_chunk()
            except Malformed as error:
                raise BadAnswer(str(error)) from error
        if self._left == 0:
            self._end()
            return b""
        piece = self._incoming.read(size if self._left is None else min(size, self._left))
        if self._left is None:
            if not piece:
                self._end()
            return piece
        if not piece:
            raise IncompleteRead(b"", self._left)
        self._left -= len(piece)
        if self._left == 0 and not self._framing.is_chunked:
            self._end()
        return piece

    def _next_chunk(self) -> int:
        """The size of the chunk that begins now; 0 after the last one and what follows it (RFC 9112 §7.1)."""
        if self._is_between_chunks:
            end = self._line(_AHEAD)
            if end != b"\r\n":
                raise Malformed("has a chunk of another size than it says")
        self._is_between_chunks = True
        size = chunk_size(self._line(_AHEAD))
        room = _LARGEST_TRAILERS
        while size == 0:
            line = self._incoming.readline(room)
            # The body is whole already: a connection that ends here is no loss (§8).
            if line in (b"\r\n", b"\n", b""):
                break
            room -= len(line)
            if room <= 0:
                raise Malformed("has more trailers than any")
        return size

    def _line(self, limit: int) -> bytes:
        line = self._incoming.readline(limit)
        if not line.endswith(b"\n") and len(line) < limit:
            raise IncompleteRead(b"")
        return line

    def _end(self) -> None:
        """Let go of the connection, which has another use only where nothing follows (RFC 9112 §6.3)."""
        if self._incoming.has_more():
            self._incoming.hang_up()
        self.close()


class _Counting(connection.HTTPConnection):
    """Knows whether anything was answered on it."""

    response_class = WireResponse
    _answers = 0

    def connect(self) -> None:
        self._answers = 0
        super().connect()

    def request(self, *args: Any, **options: Any) -> None:
        try:
            super().request(*args, **options)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            # Without TLS the like is a BrokenPipeError, after which urllib3 looks for an answer.
            raise self._disconnected() from error

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override] # as urllib3 has it
        try:
            response = super().getresponse()
        except RemoteDisconnected as error:
            raise self._disconnected() from error
        self._answers += 1
        return response

    def _disconnected(self) -> RemoteDisconnected:
        kind = StaleConnection if self._answers else RemoteDisconnected
        return kind("closed without an answer")


class _PlainConnection(_Counting):
    """Without TLS."""


class _SecureConnection(_Counting, connection.HTTPSConnection):
    """With TLS."""


class _PlainPool(connectionpool.HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def read_by_the_standard(pool: urllib3.PoolManager) -> urllib3.PoolManager:
    """The same, whose connections are ours from now on."""
    pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
    return pool


def fields_of(raw: urllib3.BaseHTTPResponse) -> Headers:
    """The fields as they came: in `raw.headers` the lines of one name come together, spelt as the first of them."""
    original = getattr(raw, "_original_response", None)
    return original.fields if isinstance(original, WireResponse) else Headers(tuple(raw.headers.iteritems()))

"""A proxy on loopback: it tunnels (CONNECT) and forwards, wants credentials or not, and notes what it sees."""

from __future__ import annotations

import base64
import selectors
import socket
import ssl
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import trustme

_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxiedRequest:
    """The head of what a client asked the proxy for, and the certificate that it showed, if any."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    showed_certificate: bool

    def header(self, name: str) -> str | None:
        return next((value for found, value in self.headers if found.lower() == name.lower()), None)


class ProxyServer:
    """A proxy at `url` while this context is open.

    `hosts` are the ports on loopback where it finds each host, as only a proxy can know them. With `authority` it is
    spoken to in TLS, and asks for a client certificate that nobody has to show; with `credentials` it demands these.
    `requests` and `passed` (all that clients sent into tunnels) are what it saw.
    """

    def __init__(
        self,
        *,
        hosts: Mapping[str, int],
        authority: trustme.CA | None = None,
        credentials: tuple[str, str] | None = None,
        refusal: int | None = None,
    ) -> None:
        self.requests: list[ProxiedRequest] = []
        self.passed = bytearray()
        self._hosts = dict(hosts)
        self._tls = None if authority is None else _server_context(authority)
        self._credentials = credentials
        self._refusal = refusal
        self._lock = Lock()
        self._stopping = Event()
        self._threads: dict[socket.socket, Thread] = {}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self.port: int = self._listener.getsockname()[1]
        self._acceptor = Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", self.port), timeout=1)):
            pass
        self._acceptor.join()
        self._listener.close()
        with self._lock:
            running = dict(self._threads)
        for connection, thread in running.items():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join()

    @property
    def url(self) -> str:
        return f"{'http' if self._tls is None else 'https'}://127.0.0.1:{self.port}"

    def url_with(self, user_info: str) -> str:
        """The same with user and password in it, percent-encoded by the caller."""
        return self.url.replace("://", f"://{user_info}@")

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            thread = Thread(target=self._converse, args=(connection,), daemon=True)
            with self._lock:
                self._threads[connection] = thread
            thread.start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, ValueError):
            if self._tls is None:
                self._serve(connection, showed=False)
            else:
                with self._tls.wrap_socket(connection.dup(), server_side=True) as secured:
                    self._serve(secured, showed=bool(secured.getpeercert()))
        with self._lock:
            self._threads.pop(connection, None)

    def _serve(self, client: socket.socket, *, showed: bool) -> None:
        head = _read_head(client)
        if not head:
            return
        method, target, *_ = head.split(b"\r\n", 1)[0].decode().split()
        lines = [line.partition(": ") for line in head.decode("latin-1").split("\r\n")[1:] if line]
        seen = ProxiedRequest(
            method=method,
            target=target,
            headers=tuple((name, value) for name, _, value in lines),
            showed_certificate=showed,
        )
        with self._lock:
            self.requests.append(seen)
        status = self._refused(seen)
        if status is not None:
            client.sendall(f"HTTP/1.1 {status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            return
        place = urlsplit(f"//{target}" if method == "CONNECT" else target)
        with socket.create_connection(("127.0.0.1", self._hosts[place.hostname or ""]), timeout=30) as origin:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._tunnel(client, origin)
            else:
                _forward(seen, place.path, client, origin)

    def _refused(self, seen: ProxiedRequest) -> int | None:
        if self._credentials is not None:
            token = base64.b64encode(":".join(self._credentials).encode()).decode()
            if seen.header("Proxy-Authorization") != f"Basic {token}":
                return 407
        return self._refusal

    def _tunnel(self, client: socket.socket, origin: socket.socket) -> None:
        """Both directions in one thread: a TLS connection is not to be read and written at once."""
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ)
            selector.register(origin, selectors.EVENT_READ)
            while not self._stopping.is_set():
                for key, _ in selector.select(0.5):
                    source = client if key.fileobj is client else origin
                    data = source.recv(_PIECE)
                    while source is client and isinstance(client, ssl.SSLSocket) and client.pending():
                        data += client.recv(_PIECE)
                    if not data:
                        return
                    if source is client:
                        with self._lock:
                            self.passed += data
                    (origin if source is client else client).sendall(data)


def _forward(seen: ProxiedRequest, path: str, client: socket.socket, origin: socket.socket) -> None:
    """RFC 9110 §7.6.1: what was for the proxy goes no further."""
    kept = [line for line in seen.headers if not line[0].lower().startswith(("proxy-", "connection"))]
    lines = "".join(f"{name}: {value}\r\n" for name, value in [*kept, ("Connection", "close")])
    origin.sendall(f"{seen.method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
    while data := origin.recv(_PIECE):
        client.sendall(data)


def _read_head(client: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            return b""
        head += byte
    return head


def _server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    return context

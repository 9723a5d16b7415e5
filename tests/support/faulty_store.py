"""An object store that is slow, fails, lies, is full or vanishes: a proxy on loopback in front of a sound one."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, TypeAlias

import urllib3

from tests.support import signed_requests
from tests.support.object_stores import ACCESS

Alter: TypeAlias = Callable[[str, bytes], bytes]
"""What becomes of an object's bytes, by its path."""


_OWN: Final = frozenset({"content-length", "connection", "transfer-encoding", "server", "date"})
"""Fields that each server sends of its own."""


@dataclass
class Faults:
    """What goes wrong.

    Each answer takes `delay` seconds more; a share of requests (`failing`) gets a 500; `alter` changes the bodies of
    objects. `refuses` are methods that are answered with `refusal`. With `cuts` a body breaks off half way. A store
    that `hangs` takes requests and never answers. With `ignores_conditions` what should only be created is
    overwritten. `log` has the method and path of every request.
    """

    delay: float = 0.0
    failing: float = 0.0
    alter: Alter | None = None
    refuses: frozenset[str] = frozenset()
    refusal: int = 403
    cuts: bool = False
    hangs: bool = False
    ignores_conditions: bool = False
    log: list[tuple[str, str]] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))


class FaultyStore:
    """A proxy in front of the store at `endpoint`; `url` is where it listens, `faults` may be changed at any time."""

    def __init__(self, endpoint: str) -> None:
        self.faults = Faults()
        self.ends = threading.Event()
        self._server = _Server(endpoint, self)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> FaultyStore:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Vanish: nobody listens any more."""
        self.ends.set()
        self._server.shutdown()
        self._server.server_close()

    def count(self, method: str, part: str = "") -> int:
        """How many requests there were of a method, with this in their path."""
        return sum(1 for one, path in self.faults.log if one == method and part in path)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, endpoint: str, store: FaultyStore) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.endpoint = endpoint
        self.store = store
        self.pool = urllib3.PoolManager(maxsize=32, retries=False)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_any(self) -> None:
        store, faults = self.server.store, self.server.store.faults
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        faults.log.append((self.command, self.path))
        if faults.hangs:
            store.ends.wait(60)
            self.close_connection = True
            return
        time.sleep(faults.delay)
        if self.command in faults.refuses:
            self._answer(faults.refusal, {}, b"")
        elif faults.chance.random() < faults.failing:
            self._answer(500, {}, b"")
        else:
            self._pass_on(body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

    def _pass_on(self, body: bytes) -> None:
        faults, url = self.server.store.faults, self.server.endpoint + self.path
        if faults.ignores_conditions and "If-None-Match" in self.headers:
            found = signed_requests.to_s3(self.command, url, ACCESS, body=body)  # what is left out was signed
        else:
            found = self.server.pool.request(self.command, url, body=body, headers=dict(self.headers.items()))
        data = found.data
        if faults.alter is not None and self.command == "GET" and found.status == 200:
            data = faults.alter(self.path, data)
        self._answer(found.status, dict(found.headers), data)

    def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        length = headers.get("Content-Length") if self.command == "HEAD" else None
        for name, value in headers.items():
            if name.lower() not in _OWN:
                self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(data)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.server.store.faults.cuts and len(data) > 1:
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
            return
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""

"""A transport that is made by the first request."""

from __future__ import annotations

import threading
from collections.abc import Callable

from freewheel.httpcache.message import Request
from freewheel.net.protocol import Reply, Transport


class LazyTransport:
    """A transport that the first request makes: where everything is reused, no HTTP library is imported."""

    def __init__(self, *, connect: Callable[[], Transport]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._connected: Transport | None = None

    def send(self, request: Request) -> Reply:
        """What the transport answers."""
        return (self._connected or self._connect_once()).send(request)

    def _connect_once(self) -> Transport:
        with self._lock:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

"""Who asks: said above the cache, for which a response may differ by it (`Vary: User-Agent`)."""

from __future__ import annotations

from msgspec.structs import replace

from freewheel.httpcache.message import Request
from freewheel.net.protocol import Reply, Transport

_FIELD = "User-Agent"


class NamingTransport:
    """Sends each request with the name of the program that asks, unless it has one (RFC 9110 §10.1.5)."""

    def __init__(self, *, inner: Transport, user_agent: str) -> None:
        self._inner = inner
        self._user_agent = user_agent

    def send(self, request: Request) -> Reply:
        """What the inner transport answers."""
        if _FIELD not in request.headers:
            request = replace(request, headers=request.headers.plus(_FIELD, self._user_agent))
        return self._inner.send(request)

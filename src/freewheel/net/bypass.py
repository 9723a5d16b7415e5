"""In the place of a cache where there is none: everything is forwarded, and says so."""

from __future__ import annotations

from msgspec.structs import replace

from freewheel.httpcache.message import Request
from freewheel.httpcache.status import CacheStatus
from freewheel.net.protocol import Reply, Transport


class BypassingTransport:
    """Sends every request on; `detail` says why, in a word or a sentence."""

    def __init__(self, *, inner: Transport, detail: str | None = None) -> None:
        self._inner = inner
        self._detail = detail

    def send(self, request: Request) -> Reply:
        """What the inner transport answers."""
        reply = self._inner.send(request)
        status = CacheStatus(fwd="bypass", fwd_status=reply.response.status, detail=self._detail)
        return replace(reply, cache_status=status)

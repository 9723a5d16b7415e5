"""The transport for each URL scheme."""

from __future__ import annotations

from collections.abc import Mapping

from freewheel import errors
from freewheel.httpcache.message import Request
from freewheel.model import url as urls
from freewheel.net.protocol import Reply, Transport


class SchemeTransport:
    """Hands each request to its scheme's transport; raises Unreachable for other schemes and for what is no URL."""

    def __init__(self, *, transports: Mapping[str, Transport]) -> None:
        self._transports = transports

    def send(self, request: Request) -> Reply:
        """What the scheme's transport answers."""
        if not urls.is_well_formed(request.url):
            raise errors.Unreachable(url=urls.redacted(request.url), reason="this is no URL that can be asked for")
        transport = self._transports.get(urls.scheme(request.url))
        if transport is None:
            reason = f"URLs of this kind cannot be read; {', '.join(sorted(self._transports))} can"
            raise errors.Unreachable(url=urls.redacted(request.url), reason=reason)
        return transport.send(request)

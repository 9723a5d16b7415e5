"""A part that turns out to be all of a file, as the whole file (RFC 9110 §15.3.7, RFC 9111 §3.4)."""

from __future__ import annotations

from msgspec.structs import replace

from freewheel.httpcache import partial
from freewheel.httpcache.message import Request, Response
from freewheel.net.protocol import Reply, Transport


class WholePartsTransport:
    """Answers a request for a part with a 200 where every byte of the file is in it.

    Stands below the cache, which then keeps the file or not as any other: whole, and with its stated digest.
    """

    def __init__(self, *, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: Request) -> Reply:
        """What the inner transport answers, or the same as a 200."""
        reply = self._inner.send(request)
        size = _size_of_whole(reply.response)
        if size is None or request.method != "GET":
            return reply
        return replace(reply, response=partial.as_whole(reply.response, size=size))


def _size_of_whole(response: Response) -> int | None:
    """How many bytes the file has that a part is all of; None for other parts, and for other answers."""
    if any(coding.lower() != "identity" for coding in response.headers.members("Content-Encoding")):
        return None
    sent = partial.part_sent(response)
    return sent.total if sent is not None and sent.span.size == sent.total else None

"""Redirects, followed outside the cache so that each hop is stored by its own rules."""

from __future__ import annotations

from urllib.parse import quote

from msgspec.structs import replace

from freewheel import errors
from freewheel.httpcache.message import Request, Response
from freewheel.model import url as urls
from freewheel.net.auth import origin
from freewheel.net.protocol import Reply, Transport

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses whose Location is followed without asking (RFC 9110 §15.4)."""

_PERSONAL = ("authorization", "cookie", "host", "proxy-authorization")
"""Fields that were meant for the origin of the request alone (RFC 9110 §15.4)."""


def next_request(request: Request, response: Response) -> Request | None:
    """The request that a redirect asks for, or None when the response is an answer.

    What was said to one origin only is not repeated to another. Credentials in a Location are for that request alone,
    as browsers and pip have it. A request has no fragment; what one stands for, a digest, goes along (§10.2.2).
    ValueError when the Location is no URL, or when there are several.
    """
    locations = set(response.headers.get_all("location"))
    if response.status not in REDIRECTS or not locations or request.method not in ("GET", "HEAD"):
        return None
    if len(locations) > 1:
        raise ValueError(f"{len(locations)} locations")
    location = _in_ascii(locations.pop().strip())
    target, credentials = urls.split_credentials(urls.without_fragment(urls.join(request.url, location)))
    same_origin = origin(target) == origin(request.url)
    headers = request.headers if same_origin else request.headers.without(_PERSONAL)
    return replace(request, url=target, headers=headers, credentials=credentials)


def _in_ascii(location: str) -> str:
    """A Location whose bytes beyond ASCII are encoded, as servers that leave that out mean them (RFC 3986 §2.5)."""
    return "".join(each if each.isascii() else quote(each, encoding="latin-1") for each in location)


class RedirectingTransport:
    """Follows redirects of GET and HEAD among http and https URLs.

    Raises TooManyRedirects beyond `limit` of them, UnusableRedirect where one leads to another kind of URL or none.
    Whether a target may be talked to at all is the wire's to decide (InsecureOrigin).
    """

    def __init__(self, *, inner: Transport, limit: int = 20) -> None:
        self._inner = inner
        self._limit = limit

    def send(self, request: Request) -> Reply:
        """The answer at the end of the redirects."""
        first = request.url
        for _ in range(self._limit + 1):
            reply = self._inner.send(request)
            following = _following(request, reply)
            if following is None:
                return reply
            reply.body.close()
            request = following
        raise errors.TooManyRedirects(url=first, limit=self._limit)


def _following(request: Request, reply: Reply) -> Request | None:
    try:
        following = next_request(request, reply.response)
        if following is None or urls.scheme(following.url) in ("http", "https"):
            return following
    except ValueError:
        pass
    reply.body.close()
    locations = tuple(urls.redacted(location) for location in reply.response.headers.get_all("location"))
    raise errors.UnusableRedirect(url=request.url, locations=locations)

"""Redirects, followed outside the cache so that each hop is stored by its own rules."""

from __future__ import annotations

from dataclasses import replace

from freewheel import errors
from freewheel.httpcache.message import Request, Response
from freewheel.model import url as urls
from freewheel.net.auth import origin
from freewheel.net.protocol import Reply, Transport

REDIRECTS = frozenset({301, 302, 303, 307, 308})
"""Statuses whose Location is followed without asking (RFC 9110 §15.4)."""

_PERSONAL = ("authorization", "cookie")


def next_request(request: Request, response: Response) -> Request | None:
    """The request that a redirect asks for, or None when the response is an answer.

    What was said to one origin only is not repeated to another. Credentials in a Location are for that request alone,
    as browsers and pip have it. ValueError when the Location is no URL.
    """
    location = response.headers.get("location")
    if response.status not in REDIRECTS or location is None or request.method not in ("GET", "HEAD"):
        return None
    target, credentials = urls.split_credentials(urls.without_fragment(urls.join(request.url, location.strip())))
    same_origin = origin(target) == origin(request.url)
    headers = request.headers if same_origin else request.headers.without(_PERSONAL)
    return replace(request, url=target, headers=headers, credentials=credentials)


class RedirectingTransport:
    """Follows redirects of GET and HEAD among http and https URLs.

    Raises TooManyRedirects beyond `limit` of them, or when one leads to another kind of URL. Whether a target may be
    talked to at all is the wire's to decide (InsecureOrigin).
    """

    def __init__(self, *, inner: Transport, limit: int = 20) -> None:
        self._inner = inner
        self._limit = limit

    def send(self, request: Request) -> Reply:
        """The answer at the end of the redirects."""
        first = request.url
        for _ in range(self._limit + 1):
            reply = self._inner.send(request)
            try:
                following = next_request(request, reply.response)
            except ValueError:
                reply.body.close()
                break
            if following is None:
                return reply
            reply.body.close()
            if urls.scheme(following.url) not in ("http", "https"):
                break
            request = following
        raise errors.TooManyRedirects(url=first, limit=self._limit)

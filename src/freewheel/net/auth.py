"""Credentials by index: who is told which, and that nobody else is."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from freewheel.httpcache.message import Request
from freewheel.model import url as urls
from freewheel.model.url import Credentials
from freewheel.net.protocol import Reply, Transport

Lookup = Callable[[str], "Credentials | None"]
"""From a URL to the credentials for it, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexCredentials:
    """The credentials that belong to an index and all below the same scheme, host and port."""

    url: str
    credentials: Credentials


def from_index_urls(index_urls: Sequence[str]) -> tuple[IndexCredentials, ...]:
    """What the URLs themselves carry; those without credentials are passed over.

    >>> [known.url for known in from_index_urls(["https://me:secret@index.example/simple/", "https://b.example/"])]
    ['https://index.example/simple/']
    """
    found = []
    for index_url in index_urls:
        bare, credentials = urls.split_credentials(index_url)
        if credentials is not None:
            found.append(IndexCredentials(url=bare, credentials=credentials))
    return tuple(found)


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what credentials are never sent across (RFC 9110 §4.3.1)."""
    return urls.scheme(url), urls.host(url), urls.port(url)


def choose(url: str, known: Sequence[IndexCredentials]) -> Credentials | None:
    """Of the indexes at the same origin, the one that shares the longest path with `url`; the first of equals."""
    at_origin = [index for index in known if origin(index.url) == origin(url)]
    best = max(at_origin, key=lambda index: _shared_segments(index.url, url), default=None)
    return None if best is None else best.credentials


def _shared_segments(index_url: str, url: str) -> int:
    count = 0
    for ours, theirs in zip(urlsplit(index_url).path.split("/"), urlsplit(url).path.split("/"), strict=False):
        if ours != theirs:
            break
        count += 1
    return count


def lookup_of(known: Sequence[IndexCredentials], *, netrc: Callable[[str], Credentials | None]) -> Lookup:
    """Look in the index URLs first, then in netrc, which knows hosts only."""

    def find(url: str) -> Credentials | None:
        return choose(url, known) or netrc(urls.host(url))

    return find


class AuthenticatingTransport:
    """Adds basic credentials (RFC 7617) to each request whose URL has some; a field given already stays."""

    def __init__(self, *, inner: Transport, lookup: Lookup) -> None:
        self._inner = inner
        self._lookup = lookup

    def send(self, request: Request) -> Reply:
        """What the inner transport answers to the request with credentials."""
        credentials = None if "authorization" in request.headers else self._lookup(request.url)
        if credentials is not None:
            headers = request.headers.plus("Authorization", basic(credentials))
            request = replace(request, headers=headers)
        reply = self._inner.send(request)
        return replace(reply, was_authenticated="authorization" in request.headers)


def basic(credentials: Credentials) -> str:
    """The field value for the basic scheme, in UTF-8 (RFC 7617 §2.1).

    >>> basic(Credentials(user="me", password="secret"))
    'Basic bWU6c2VjcmV0'
    """
    token = base64.b64encode(f"{credentials.user}:{credentials.password}".encode())
    return f"Basic {token.decode('ascii')}"

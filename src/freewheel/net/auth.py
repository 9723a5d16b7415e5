"""Credentials by index: who is told which, and that nobody else is."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from freewheel import errors
from freewheel.events import Reporter, Warned
from freewheel.httpcache.message import Request
from freewheel.model import url as urls
from freewheel.model.url import Credentials
from freewheel.net.protocol import Reply, Transport


class IndexCredentials(Struct, frozen=True, kw_only=True):
    """The credentials that belong to an index and all below the same scheme, host and port."""

    url: str
    credentials: Credentials


def origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what credentials are never sent across (RFC 9110 §4.3.1)."""
    return urls.scheme(url), urls.host(url), urls.port(url)


def nearest(url: str, places: Sequence[str]) -> str | None:
    """Of the URLs at the same origin, the one that shares the longest path with `url`; the first of equals.

    >>> nearest("https://a.example/b/c", ["https://a.example/", "https://a.example/b/", "http://a.example/b/c"])
    'https://a.example/b/'
    """
    at_origin = [place for place in places if origin(place) == origin(url)]
    return max(at_origin, key=lambda place: _shared_segments(place, url), default=None)


def choose(url: str, known: Sequence[IndexCredentials]) -> Credentials | None:
    """The credentials of the index nearest to `url`."""
    place = nearest(url, [index.url for index in known])
    return next((index.credentials for index in known if index.url == place), None)


def _shared_segments(index_url: str, url: str) -> int:
    count = 0
    for ours, theirs in zip(urlsplit(index_url).path.split("/"), urlsplit(url).path.split("/"), strict=False):
        if ours != theirs:
            break
        count += 1
    return count


class Authority(Protocol):
    """What knows credentials. Safe from many threads."""

    def known(self, url: str) -> Credentials | None:
        """What to send with the first request; reads nothing but files, and these once."""

    def ask(self, url: str, *, refused: Credentials | None, may_prompt: bool = True) -> Credentials | None:
        """Other credentials than the `refused` ones, which keyrings and people may be asked for; None for none."""

    def accepted(self, url: str, credentials: Credentials) -> None:
        """Hear that what `ask` gave was right."""


class AuthenticatingTransport:
    """Gives each request the credentials for its URL; an Authorization field or credentials given already stay.

    Where a server wants others (401), `authority` is asked for them, and the request sent once more. Stands above the
    cache, which keeps what was got with credentials among those who have them. A request that nothing may be sent for
    (NotStored) may be answered by what a keyring's credentials gave before.
    """

    def __init__(self, *, inner: Transport, authority: Authority, reporter: Reporter) -> None:
        self._inner = inner
        self._authority = authority
        self._reporter = reporter

    def send(self, request: Request) -> Reply:
        """What the inner transport answers to the request with credentials."""
        if request.credentials is not None or "authorization" in request.headers:
            given = request.credentials
            return replace(
                self._inner.send(request), was_authenticated=True, credentials_from=given.source if given else ""
            )
        sent = self._authority.known(request.url)
        try:
            reply = self._send(request, sent)
        except errors.NotStored:
            other = self._authority.ask(request.url, refused=sent, may_prompt=False)
            if other is None:
                raise
            return self._send(request, other)
        if reply.response.status != 401:
            return reply
        other = self._authority.ask(request.url, refused=sent)
        if other is not None:
            reply.body.close()
            sent, reply = other, self._send(request, other)
            if reply.response.status < 400:
                self._authority.accepted(request.url, other)
        if sent is not None and reply.response.status == 401:
            message = f"401 Error, Credentials not correct for {request.url}"
            self._reporter.emit(Warned(message=message))
        return reply

    def _send(self, request: Request, credentials: Credentials | None) -> Reply:
        reply = self._inner.send(replace(request, credentials=credentials))
        if credentials is None:
            return replace(reply, was_authenticated=False)
        return replace(reply, was_authenticated=True, credentials_from=credentials.source)


def basic(credentials: Credentials) -> str:
    """The field value for the basic scheme, in UTF-8 (RFC 7617 §2.1); a user alone has an empty password.

    >>> basic(Credentials(user="me", password="secret"))
    'Basic bWU6c2VjcmV0'
    """
    token = base64.b64encode(f"{credentials.user}:{credentials.password or ''}".encode())
    return f"Basic {token.decode('ascii')}"

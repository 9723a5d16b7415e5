"""The cache as a transport of httpx, which comes with the extra `httpx`; imported nowhere else."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import httpx

from freewheel import errors
from freewheel.http.cache import caching, settings
from freewheel.http.log import log
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.policy import Role
from freewheel.httpcache.status import appended
from freewheel.model import url as urls
from freewheel.model.digest import Digest
from freewheel.net.bodies import CHUNK_SIZE
from freewheel.net.framing import stated_length
from freewheel.net.lazy import LazyTransport
from freewheel.net.protocol import Body, Reply, Transport

_PATIENCE = 5.0
"""Seconds to wait for an answer that somebody else is getting: httpx's own time limit."""

_SYNCHRONOUS = "FreewheelTransport is synchronous: it serves httpx.Client, not httpx.AsyncClient"


class FreewheelTransport(httpx.BaseTransport):
    """Keeps and reuses responses as RFC 9111 says, around `inner`: `httpx.HTTPTransport()`, or what is given.

    `cache`, `role`, `clock`, `heuristic_fraction` and `stale_on_error` are those of `freewheel.http.Client`. Time
    limits, TLS, proxies and HTTP/2 are the inner transport's; redirects, cookies, log-ins and content codings are, as
    ever, the httpx client's. Responses have this cache's member at the end of Cache-Status (RFC 9211), and the same
    as a value in `response.extensions["cache_status"]`. What goes wrong on the network is raised as httpx raises it.

    Safe from many threads. Synchronous: an `httpx.AsyncClient` gets a TypeError.
    """

    def __init__(
        self,
        cache: str | os.PathLike[str] | None = None,
        *,
        inner: httpx.BaseTransport | None = None,
        role: Role = Role.PRIVATE,
        clock: Callable[[], float] = time.time,
        heuristic_fraction: float = 0.1,
        stale_on_error: bool = True,
    ) -> None:
        if inner is not None and not isinstance(inner, httpx.BaseTransport):
            raise TypeError(f"inner is a transport, such as httpx.HTTPTransport(), not {type(inner).__name__}")
        self._inner = inner
        self._log = log()
        chosen = settings(
            cache, role=role, clock=clock, stale_on_error=stale_on_error, heuristic_fraction=heuristic_fraction
        )
        network = LazyTransport(connect=self._connect)
        self._transport = LazyTransport(connect=lambda: caching(network, chosen, self._log, patience=_PATIENCE))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The response, from the store or from the inner transport; httpx reads and closes its stream."""
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise httpx.UnsupportedProtocol(f"not an absolute http: or https: URL: {request.url}", request=request)
        message = _to_message(request)
        try:
            reply = self._transport.send(message)
        except errors.FreewheelError as error:
            _raise_as_httpx(error, request)
        self._log.answered(message, reply)
        return _to_httpx(reply, request)

    def close(self) -> None:
        """Close the inner transport; what is kept stays."""
        if self._inner is not None:
            self._inner.close()

    async def __aenter__(self) -> NoReturn:
        raise TypeError(_SYNCHRONOUS)

    async def handle_async_request(self, _: httpx.Request) -> NoReturn:
        """Not there: raises TypeError."""
        raise TypeError(_SYNCHRONOUS)

    async def aclose(self) -> None:
        """Nothing was opened for an asynchronous client."""

    def _connect(self) -> Transport:
        if self._inner is None:
            self._inner = httpx.HTTPTransport()
        return _Below(self._inner)


class _HttpxRequest(Request, frozen=True, kw_only=True):
    """A request with the one of httpx's that it stands for: its stream and its extensions are none of the cache's."""

    original: httpx.Request


class _HttpxReply(Reply, frozen=True, kw_only=True):
    """An answer of the inner transport, with what that tells beside it."""

    extensions: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class _Below:
    """The inner transport, as the cache knows transports."""

    inner: httpx.BaseTransport

    def send(self, request: Request) -> Reply:
        """What it answers; raises Unreachable, UntrustedCertificate, with httpx's own exception as their cause."""
        original = request.original if isinstance(request, _HttpxRequest) else None
        sent = httpx.Request(
            request.method,
            request.url if original is None else original.url,
            headers=_encoded(request.headers),
            stream=None if original is None else original.stream,
            extensions=None if original is None else dict(original.extensions),
        )
        try:
            response = self.inner.handle_request(sent)
        except httpx.TransportError as error:
            raise _network_error(request.url, error) from error
        head = Response(
            status=response.status_code,
            reason=response.reason_phrase,
            headers=Headers(tuple(_decoded(response.headers.raw))),
        )
        length = stated_length(head, method=request.method)
        return _HttpxReply(
            response=head,
            body=_InnerBody(response, request.url, length=length),
            url=request.url,
            extensions=response.extensions,
        )


class _InnerBody:
    """The stream of an inner transport's response, read by size."""

    blob: Digest | None = None
    will_be_kept = False

    def __init__(self, response: httpx.Response, url: str, *, length: int | None) -> None:
        self._response = response
        self._url = url
        self._length = length
        self._received = 0
        self._pieces: Iterator[bytes] | None = None
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most `size` bytes; raises IncompleteBody with httpx's own exception as its cause."""
        if self._pieces is None:
            stream = self._response.stream
            self._pieces = iter(stream) if isinstance(stream, httpx.SyncByteStream) else iter(())
        try:
            while not self._rest and (piece := next(self._pieces, None)) is not None:
                self._rest = piece
        except httpx.TransportError as error:
            raise errors.IncompleteBody(
                url=self._url, expected=self._length, received=self._received, reason=_reason(error)
            ) from error
        data, self._rest = self._rest[:size], self._rest[size:]
        self._received += len(data)
        return data

    def close(self) -> None:
        """Close the stream."""
        self._response.close()


class _Stream(httpx.SyncByteStream):
    """A body as httpx reads and closes it."""

    def __init__(self, body: Body, request: httpx.Request) -> None:
        self._body = body
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        try:
            while data := self._body.read(CHUNK_SIZE):
                yield data
        except errors.FreewheelError as error:
            _raise_as_httpx(error, self._request)

    def close(self) -> None:
        """Close the body."""
        self._body.close()

    def __del__(self) -> None:
        self.close()


def _to_message(request: httpx.Request) -> Request:
    url, _ = urls.split_credentials(str(request.url))
    headers = Headers(tuple(_decoded(request.headers.raw)))
    return _HttpxRequest(url=url, method=request.method, headers=headers, original=request)


def _to_httpx(reply: Reply, request: httpx.Request) -> httpx.Response:
    told, head = reply.cache_status, reply.response
    extensions: dict[str, object] = {"http_version": b"HTTP/1.1"}
    if isinstance(reply, _HttpxReply):
        extensions |= reply.extensions
    extensions["reason_phrase"] = head.reason.encode("latin-1")
    extensions["cache_status"] = told
    return httpx.Response(
        head.status,
        headers=_encoded(head.headers if told is None else appended(head.headers, told)),
        stream=_Stream(reply.body, request),
        extensions=extensions,
    )


def _decoded(lines: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    return ((name.decode("latin-1"), value.decode("latin-1")) for name, value in lines)


def _encoded(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _network_error(url: str, error: httpx.TransportError) -> errors.NetworkError:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return errors.UntrustedCertificate(url=url, reason=cause.verify_message)
    return errors.Unreachable(url=url, reason=_reason(error))


def _raise_as_httpx(error: errors.FreewheelError, request: httpx.Request) -> NoReturn:
    """Raise the exception of httpx's that an error comes from, or one that says the same."""
    for cause in _causes(error):
        if isinstance(cause, httpx.HTTPError):
            raise cause
    if isinstance(error, errors.IncompleteBody):
        message = f"the body ended after {error.received} bytes"
        raise httpx.RemoteProtocolError(message, request=request) from error
    raise httpx.TransportError(str(error), request=request) from error


def _causes(error: BaseException) -> list[BaseException]:
    """An error and what it comes from, outermost first."""
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__

"""The client: requests in, responses out, a cache in between."""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from freewheel.http.cache import caching, settings
from freewheel.http.log import log
from freewheel.http.request import Fields, Request, to_message
from freewheel.http.response import Response, from_reply
from freewheel.httpcache.message import Headers
from freewheel.httpcache.policy import Role
from freewheel.net.framing import check_request
from freewheel.net.lazy import LazyTransport
from freewheel.net.protocol import Transport
from freewheel.net.proxies import proxy_for
from freewheel.net.redirects import RedirectingTransport
from freewheel.net.resuming import ResumingTransport
from freewheel.net.retry import Backoff, RetryingTransport

if TYPE_CHECKING:
    from freewheel.net.wire import UrllibTransport


@dataclass(frozen=True, slots=True, kw_only=True)
class _Connecting:
    """How the network is reached."""

    timeout: float
    retries: int
    proxy: str | None
    authorities: str | None


class Client:
    """Sends requests, and keeps and reuses responses as RFC 9111 says; a context manager. Safe from many threads.

    `cache` is a folder, made when something is first kept, that any number of programs may use at once; without one
    up to 64 MB are kept in memory. `role` says whom the cache serves: `Role.PRIVATE` one user, `Role.SHARED` several.
    `clock` gives seconds since the epoch.

    A response that states no lifetime is fresh for `heuristic_fraction` of the time since its Last-Modified, a week
    at most; a bare 301 or 308 for three hours. With `stale_on_error` a stale response answers when the origin cannot
    be reached or fails, unless the response forbids that.

    Nothing is added to a request but what HTTP needs: Host, the length of the content, and the conditions of the
    cache's own validation. `user_agent` goes with requests that have no User-Agent; without it none is sent. The user
    agent is your program (RFC 9110 §3.5), which alone knows its name, and SHOULD give it (§10.1.5).

    Nothing is read from the environment: `proxy` is a proxy's URL, for all but loopback, `authorities` a file of PEM
    certificates or a folder of them; without it the system's trust store decides. `timeout` is in seconds, to
    connect, for each piece that is read, and to wait for an answer that another thread or program is getting. Up to
    `retries` times an idempotent request is sent again that met an unreachable host or a failure in passing, and a
    body that breaks off is carried on.

    Making a client reads nothing, writes nothing and starts nothing; ValueError or TypeError for what cannot be
    meant.
    """

    def __init__(
        self,
        cache: str | os.PathLike[str] | None = None,
        *,
        role: Role = Role.PRIVATE,
        clock: Callable[[], float] = time.time,
        heuristic_fraction: float = 0.1,
        stale_on_error: bool = True,
        user_agent: str | None = None,
        timeout: float = 15.0,
        retries: int = 0,
        proxy: str | None = None,
        authorities: str | os.PathLike[str] | None = None,
    ) -> None:
        if not 0 < timeout < math.inf:
            raise ValueError(f"timeout is a number of seconds above 0: {timeout!r}")
        if retries < 0:
            raise ValueError(f"retries is a number from 0 on: {retries!r}")
        if user_agent is not None:
            check_request("GET", Headers((("User-Agent", user_agent),)))
        self._user_agent = user_agent
        self._log = log()
        self._connecting = _Connecting(
            timeout=timeout,
            retries=retries,
            proxy=proxy,
            authorities=None if authorities is None else os.fspath(authorities),
        )
        self._wire: UrllibTransport | None = None
        chosen = settings(
            cache, role=role, clock=clock, stale_on_error=stale_on_error, heuristic_fraction=heuristic_fraction
        )
        self._clock = clock
        self._transport: Transport = LazyTransport(
            connect=lambda: caching(self._network(), chosen, self._log, patience=timeout)
        )
        self._following: Transport = RedirectingTransport(inner=self._transport)

    def send(self, request: Request, *, follow_redirects: bool = False) -> Response:
        """The response, from the store or from the origin, whatever its status; its body is still to be read.

        With `follow_redirects` those of GET and HEAD are followed, up to 20, each stored by its own rules. Raises
        NetworkError: Unreachable, UntrustedCertificate, ProxyRefused, UnusableProxy, TooManyRedirects,
        UnusableRedirect; and UnusableCertificates. ValueError for a request that cannot be sent.
        """
        message = to_message(request, user_agent=self._user_agent)
        reply = (self._following if follow_redirects else self._transport).send(message)
        self._log.answered(message, reply)
        return from_reply(reply)

    def get(self, url: str, fields: Fields = (), *, follow_redirects: bool = False) -> Response:
        """The response to a GET request; as `send`."""
        return self.send(Request(url, fields=fields), follow_redirects=follow_redirects)

    def close(self) -> None:
        """Close the idle connections; what is kept stays. A client may be used again afterwards."""
        if self._wire is not None:
            self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _network(self) -> Transport:
        retries = self._connecting.retries
        layers: Transport = LazyTransport(connect=self._connect)
        if retries:
            layers = RetryingTransport(
                inner=layers,
                backoff=Backoff(retries=retries),
                sleep=time.sleep,
                clock=self._clock,
                chance=random.random,
                reporter=self._log,
            )
            layers = ResumingTransport(inner=layers, retries=retries, reporter=self._log)
        return layers

    def _connect(self) -> Transport:
        # What is answered from the store alone needs no HTTP library.
        from freewheel.net.wire import UrllibTransport, WireSettings

        chosen = self._connecting
        proxies = {} if chosen.proxy is None else {"all": chosen.proxy}
        self._wire = UrllibTransport(
            settings=WireSettings(
                connect_timeout=chosen.timeout,
                read_timeout=chosen.timeout,
                authorities=chosen.authorities,
                allows_plain=True,
            ),
            reporter=self._log,
            proxy_for=lambda url: proxy_for(url, proxies=proxies, no_proxy=""),
        )
        return self._wire

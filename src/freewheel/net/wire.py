"""HTTP/1.1 through urllib3: certificates, proxies and time limits, and its errors made ours."""

from __future__ import annotations

import re
import ssl
import sys
import threading
from collections.abc import Callable
from enum import Enum
from http.client import HTTPException, RemoteDisconnected

import urllib3
from msgspec import Struct, field
from urllib3 import exceptions
from urllib3.response import BaseHTTPResponse

from freewheel import errors
from freewheel.events import Reporter, Requested
from freewheel.httpcache.message import Request, Response
from freewheel.model import url as urls
from freewheel.net import certificates
from freewheel.net.auth import basic
from freewheel.net.certificates import ClientCertificate
from freewheel.net.connections import BadAnswer, StaleConnection, fields_of, read_by_the_standard
from freewheel.net.forks import PerProcess
from freewheel.net.framing import check_request, stated_length
from freewheel.net.origins import TrustedHosts
from freewheel.net.protocol import Reply
from freewheel.net.retry import IDEMPOTENT

_CONNECTIONS = 32
"""How many idle connections to one host are kept: more than threads ask at once."""

_DRAIN_LIMIT = 1 << 16
"""A rest of a body up to this size (bytes) is read away to keep the connection; a new one costs more."""

_PROXIES = ("http", "https")
"""How a proxy can be spoken to."""

_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
"""OpenSSL's reasons when what it reads is no TLS."""

_TUNNEL = re.compile(r"Tunnel connection failed: ([0-9]{3})")
"""What http.client says when a proxy refuses a CONNECT."""


_NO_RETRIES = urllib3.Retry.from_int(False, redirect=False)
"""What urllib3 would make of False for each request."""


class _Route(Enum):
    """How an origin is spoken to."""

    PLAIN = "without TLS"
    VERIFIED = "with a verified certificate"
    TRUSTED = "with any certificate"


class _Pools:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.by_route: dict[tuple[str | None, _Route], urllib3.PoolManager] = {}


class WireSettings(Struct, frozen=True, kw_only=True):
    """How to connect; time limits in seconds.

    Without `authorities` (a file of PEM certificates, or a folder of them) the system's trust store decides.
    `client_certificate` is shown to origins that ask for one, never to proxies. `trusted_hosts` are not verified.
    Plain HTTP is spoken to loopback and to `trusted_hosts`, or with `allows_plain` to any host.
    """

    connect_timeout: float = 15.0
    read_timeout: float = 15.0
    authorities: str | None = None
    client_certificate: ClientCertificate | None = None
    trusted_hosts: TrustedHosts = field(default_factory=TrustedHosts)
    allows_plain: bool = False


class UrllibTransport:
    """Sends every request over a socket. Follows nothing, decodes nothing, repeats only what an idle connection lost.

    `proxy_for` tells the proxy's URL for a URL, or None. Raises Unreachable, UntrustedCertificate,
    ClientCertificateRefused, ProxyRefused; and, before anything is sent, InsecureOrigin, UnusableProxy and
    UnusableCertificates.
    """

    def __init__(
        self, *, settings: WireSettings, reporter: Reporter, proxy_for: Callable[[str], str | None] = lambda _: None
    ) -> None:
        self._settings = settings
        self._timeout = urllib3.Timeout(connect=settings.connect_timeout, read=settings.read_timeout)
        self._reporter = reporter
        self._proxy_for = proxy_for
        # A fork would share connections, on which answers would be mixed up.
        self._pools = PerProcess(_Pools)

    def send(self, request: Request) -> Reply:
        """One request on one connection of the pool; ValueError for what is no request."""
        check_request(request.method, request.headers, length=len(request.content or b""))
        url, _ = urls.split_credentials(urls.without_fragment(request.url))
        if not (self._settings.allows_plain or self._settings.trusted_hosts.is_secure(url)):
            raise errors.InsecureOrigin(url=url, host=urls.host(url))
        proxy = self._proxy_for(url)
        pool = self._pool(url, proxy)
        self._reporter.emit(Requested(method=request.method, url=url))
        raw = self._answer(pool, request, url, proxy)
        if raw.status == 407 and proxy is not None:
            raw.close()
            bare, credentials = urls.split_credentials(proxy)
            raise errors.ProxyRefused(url=url, proxy=bare, status=407, had_credentials=credentials is not None)
        response = Response(status=raw.status, reason=raw.reason or "", headers=fields_of(raw))
        return Reply(
            response=response,
            body=_WireBody(raw, url, length=stated_length(response, method=request.method)),
            url=url,
            was_authenticated=request.credentials is not None or "Authorization" in request.headers,
        )

    def _fields(self, request: Request) -> urllib3.HTTPHeaderDict:
        """The request's own, and none of urllib3's."""
        fields = urllib3.HTTPHeaderDict()
        if "User-Agent" not in request.headers:
            fields["User-Agent"] = urllib3.util.SKIP_HEADER
        if "Accept-Encoding" not in request.headers:
            fields["Accept-Encoding"] = urllib3.util.SKIP_HEADER
        for name, value in request.headers:
            fields.add(name, value)
        if request.credentials is not None:
            fields["Authorization"] = basic(request.credentials)
        return fields

    def _answer(self, pool: urllib3.PoolManager, request: Request, url: str, proxy: str | None) -> BaseHTTPResponse:
        fields = self._fields(request)
        handled = sys.exception()  # which became the context of whatever fails here, and has nothing to do with it
        while True:
            try:
                # `request` would send the method in capitals, which makes it another one (RFC 9110 §9.1).
                return pool.urlopen(
                    request.method,
                    url,
                    headers=fields,
                    body=request.content,
                    redirect=False,
                    retries=_NO_RETRIES,
                    preload_content=False,
                    decode_content=False,
                    timeout=self._timeout,
                )
            except exceptions.HTTPError as error:
                # A server may close an idle connection just when it is used again, which says nothing of the next
                # one (RFC 9112 §9.3.1). Each turn uses up a connection that was idle.
                if request.method in IDEMPOTENT and any(
                    isinstance(cause, StaleConnection) for cause in _chain(error, handled)
                ):
                    continue
                raise self._error(url, proxy, error, handled) from error

    def close(self) -> None:
        """Close the idle connections."""
        kept = self._pools.get()
        with kept.lock:
            pools = list(kept.by_route.values())
            kept.by_route.clear()
        for pool in pools:
            pool.clear()

    def _pool(self, url: str, proxy: str | None) -> urllib3.PoolManager:
        if proxy is not None and urls.scheme(proxy) not in _PROXIES:
            raise errors.UnusableProxy(url=url, proxy=urls.split_credentials(proxy)[0])
        route = _Route.VERIFIED
        if urls.scheme(url) == "http":
            route = _Route.PLAIN
        elif url in self._settings.trusted_hosts:
            route = _Route.TRUSTED
        pools = self._pools.get()
        with pools.lock:
            if (pool := pools.by_route.get((proxy, route))) is None:
                try:
                    pool = _new_pool(self._settings, proxy, route=route)
                except exceptions.HTTPError as error:
                    reason = "the proxy's URL cannot be used"
                    raise errors.Unreachable(url=url, reason=reason) from error
                pools.by_route[proxy, route] = pool
        return pool

    def _error(
        self, url: str, proxy: str | None, error: exceptions.HTTPError, handled: BaseException | None
    ) -> errors.NetworkError:
        refused = next((cause for cause in _chain(error, handled) if certificates.is_about_ours(cause)), None)
        if refused is not None:
            was_shown = self._settings.client_certificate is not None
            return errors.ClientCertificateRefused(url=url, reason=_text(refused), was_shown=was_shown)
        return network_error(url, error, proxy=proxy, handled=handled)


class _WireBody:
    """What is still to come on a connection, which goes back to its pool at the end."""

    blob = None
    will_be_kept = False

    def __init__(self, raw: BaseHTTPResponse, url: str, *, length: int | None) -> None:
        self._raw = raw
        self._url = url
        self._length = length
        self._received = 0
        self._is_closed = False
        self._is_broken = False
        self._reason: str | None = None

    def read(self, size: int) -> bytes:
        """At most `size` bytes; raises IncompleteBody, and again when read on: that is no end."""
        if self._is_closed:
            return b""
        if self._is_broken:
            raise self._incomplete()
        try:
            data = self._raw.read(size, decode_content=False)
        except exceptions.HTTPError as error:
            self._is_broken, self._reason = True, _body_reason(_chain(error))
            raise self._incomplete() from error
        self._received += len(data)
        return data

    def _incomplete(self) -> errors.IncompleteBody:
        return errors.IncompleteBody(
            url=self._url, expected=self._length, received=self._received, reason=self._reason
        )

    def close(self) -> None:
        """Give the connection back if little is left to read on it, else close it."""
        if self._is_closed:
            return
        self._is_closed = True
        rest = self._raw.length_remaining
        if rest is not None and rest <= _DRAIN_LIMIT:
            self._raw.drain_conn()
        self._raw.close()


def _new_pool(settings: WireSettings, proxy: str | None, *, route: _Route) -> urllib3.PoolManager:
    if route is _Route.PLAIN:
        # A plain request to a proxy behind TLS is encrypted for the proxy, which is none of the origin's business.
        context = _proxy_context(settings, proxy)
    else:
        context = certificates.verifying(settings.authorities) if route is _Route.VERIFIED else _trusting_context()
        certificates.show(context, settings.client_certificate)
    if proxy is None:
        return read_by_the_standard(urllib3.PoolManager(maxsize=_CONNECTIONS, ssl_context=context))
    bare, credentials = urls.split_credentials(proxy)
    manager = urllib3.ProxyManager(
        bare,
        maxsize=_CONNECTIONS,
        proxy_headers=None if credentials is None else {"Proxy-Authorization": basic(credentials)},
        ssl_context=context,
        proxy_ssl_context=_proxy_context(settings, proxy),
    )
    return read_by_the_standard(manager)


def _proxy_context(settings: WireSettings, proxy: str | None) -> ssl.SSLContext:
    if proxy is not None and proxy in settings.trusted_hosts:
        return _trusting_context()
    return certificates.verifying(settings.authorities)


def _trusting_context() -> ssl.SSLContext:
    # The user named this host as trusted: a warning per request would only say that again.
    urllib3.disable_warnings(exceptions.InsecureRequestWarning)
    return certificates.trusting()


def network_error(
    url: str, error: exceptions.HTTPError, *, proxy: str | None, handled: BaseException | None = None
) -> errors.NetworkError:
    """What went wrong before an answer came, without any part of a proxy's credentials.

    `handled` is what was being handled before, which is no cause of this.
    """
    causes = _chain(error, handled)
    bare, credentials = (None, None) if proxy is None else urls.split_credentials(proxy)
    by_proxy = bare if any(isinstance(cause, exceptions.ProxyError) for cause in causes) else None
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        reason = certificate.verify_message or _text(certificate)
        problem = certificates.problem_of(certificate)
        return errors.UntrustedCertificate(url=url, reason=reason, problem=problem, proxy=by_proxy)
    status = _tunnel_status(causes)
    if bare is not None and status is not None and status < 500:
        return errors.ProxyRefused(url=url, proxy=bare, status=status, had_credentials=credentials is not None)
    return errors.Unreachable(url=url, reason=_reason(causes, by_proxy))


def _reason(causes: list[BaseException], proxy: str | None) -> str:
    reason = _connection_reason(causes)
    return reason if proxy is None else f"the proxy {proxy} does not work: {reason}"


def _tunnel_status(causes: list[BaseException]) -> int | None:
    """The status with which a proxy refused to make a connection (RFC 9110 §9.3.6)."""
    found = (_TUNNEL.match(str(cause)) for cause in causes if isinstance(cause, OSError))
    return next((int(match[1]) for match in found if match), None)


def _body_reason(causes: list[BaseException]) -> str | None:
    """Why a body broke off, where there is more to say than that it did."""
    for cause in causes:
        if isinstance(cause, exceptions.ReadTimeoutError):
            return "nothing came within the time limit"
        if isinstance(cause, BadAnswer):
            return f"it {cause}"
        if isinstance(cause, ssl.SSLEOFError):
            return "TLS was cut short"
        if isinstance(cause, ConnectionError):
            return _text(cause)
    return None


def _connection_reason(causes: list[BaseException]) -> str:
    malformed = next((cause for cause in causes if isinstance(cause, BadAnswer)), None)
    if malformed is not None:
        return f"its answer {malformed}"
    for kind, reason in (
        (exceptions.NameResolutionError, "the host name cannot be resolved"),
        (exceptions.ReadTimeoutError, "no answer within the time limit"),
        (exceptions.LocationParseError, "this is no URL that can be asked for"),
        (RemoteDisconnected, "the connection was closed without an answer"),
        (HTTPException, "what came is no HTTP/1.1"),
        (ssl.SSLEOFError, "TLS was cut short: where none is spoken, it may be an http: URL, or another port"),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    if any(isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS for cause in causes):
        return "no TLS is spoken there: it may be an http: URL, or another port"
    system = next((cause for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
    if system is not None:
        return _text(system)
    if any(isinstance(cause, exceptions.ConnectTimeoutError) for cause in causes):
        return "no connection within the time limit"
    return type(causes[-1]).__name__


def _chain(error: BaseException, handled: BaseException | None = None) -> list[BaseException]:
    """An error and what it wraps, whichever way urllib3 wraps it, outermost first; without `handled` and its own."""
    found: list[BaseException] = []
    pending: list[object] = [error]
    while pending:
        current = pending.pop(0)
        if isinstance(current, BaseException) and current is not handled and current not in found:
            found.append(current)
            pending += [current.__cause__, current.__context__, *current.args]
    return found


def _text(error: BaseException) -> str:
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__

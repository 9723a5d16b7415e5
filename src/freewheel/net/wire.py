"""HTTP/1.1 through urllib3: certificates, proxies and time limits, and its errors made ours."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import RemoteDisconnected
from pathlib import Path

import truststore
import urllib3
from urllib3 import exceptions
from urllib3.response import BaseHTTPResponse

from freewheel import errors
from freewheel.events import Reporter, Requested
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.model import url as urls
from freewheel.net.auth import basic
from freewheel.net.bodies import stated_length
from freewheel.net.origins import TrustedHosts
from freewheel.net.protocol import Reply

_CONNECTIONS = 32
"""How many idle connections to one host are kept: more than threads ask at once."""

_DRAIN_LIMIT = 1 << 16
"""A rest of a body up to this size (bytes) is read away to keep the connection; a new one costs more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettings:
    """How to connect; time limits in seconds.

    Without `ca_bundle` (a file of PEM certificates, or a folder of them) the system's trust store decides.
    `client_certificate` is a PEM file with certificate and key. `trusted_hosts` are not verified.
    """

    user_agent: str
    connect_timeout: float = 15.0
    read_timeout: float = 15.0
    ca_bundle: str | None = None
    client_certificate: str | None = None
    trusted_hosts: TrustedHosts = field(default_factory=TrustedHosts)


class UrllibTransport:
    """Sends every request over a socket. Follows nothing, repeats nothing, decodes nothing.

    `proxy_for` tells the proxy's URL for a URL, or None. Raises Unreachable, UntrustedCertificate, and
    InsecureOrigin before anything is sent.
    """

    def __init__(
        self, *, settings: WireSettings, reporter: Reporter, proxy_for: Callable[[str], str | None] = lambda _: None
    ) -> None:
        self._settings = settings
        self._reporter = reporter
        self._proxy_for = proxy_for
        self._lock = threading.Lock()
        self._pools: dict[tuple[str | None, bool], urllib3.PoolManager] = {}

    def send(self, request: Request) -> Reply:
        """One request on one connection of the pool."""
        url, _ = urls.split_credentials(urls.without_fragment(request.url))
        if not self._settings.trusted_hosts.is_secure(url):
            raise errors.InsecureOrigin(url=url, host=urls.host(url))
        pool = self._pool(url)
        self._reporter.emit(Requested(method=request.method, url=url))
        fields = urllib3.HTTPHeaderDict({"User-Agent": self._settings.user_agent})
        for name, value in request.headers:
            fields.add(name, value)
        try:
            raw = pool.request(
                request.method,
                url,
                headers=fields,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=self._settings.connect_timeout, read=self._settings.read_timeout),
            )
        except exceptions.HTTPError as error:
            raise network_error(url, error) from error
        headers = Headers(tuple(raw.headers.iteritems()))
        response = Response(status=raw.status, reason=raw.reason or "", headers=headers)
        return Reply(
            response=response,
            body=_WireBody(raw, url, length=stated_length(response, method=request.method)),
            url=url,
            was_authenticated="authorization" in request.headers,
        )

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.clear()

    def _pool(self, url: str) -> urllib3.PoolManager:
        proxy = self._proxy_for(url)
        verify = url not in self._settings.trusted_hosts
        with self._lock:
            if (pool := self._pools.get((proxy, verify))) is None:
                try:
                    pool = _new_pool(self._settings, proxy, verify=verify)
                except (OSError, exceptions.HTTPError) as error:
                    raise _unusable_settings(url, self._settings, error) from error
                self._pools[proxy, verify] = pool
        return pool


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

    def read(self, size: int) -> bytes:
        """At most `size` bytes; raises IncompleteBody."""
        if self._is_closed:
            return b""
        try:
            data = self._raw.read(size, decode_content=False)
        except exceptions.HTTPError as error:
            raise errors.IncompleteBody(url=self._url, expected=self._length, received=self._received) from error
        self._received += len(data)
        return data

    def close(self) -> None:
        """Give the connection back if little is left to read on it, else close it."""
        if self._is_closed:
            return
        self._is_closed = True
        rest = self._raw.length_remaining
        if rest is not None and rest <= _DRAIN_LIMIT:
            self._raw.drain_conn()
        self._raw.close()


def _new_pool(settings: WireSettings, proxy: str | None, *, verify: bool) -> urllib3.PoolManager:
    context = _verifying_context(settings.ca_bundle) if verify else _trusting_context()
    if settings.client_certificate is not None:
        context.load_cert_chain(settings.client_certificate)
    if proxy is None:
        return urllib3.PoolManager(maxsize=_CONNECTIONS, ssl_context=context)
    bare, credentials = urls.split_credentials(proxy if urls.is_url(proxy) else f"http://{proxy}")
    headers = None
    if credentials is not None:
        headers = {"Proxy-Authorization": basic(credentials)}
    return urllib3.ProxyManager(
        bare,
        maxsize=_CONNECTIONS,
        proxy_headers=headers,
        ssl_context=context,
        proxy_ssl_context=_verifying_context(settings.ca_bundle),
    )


def _verifying_context(ca_bundle: str | None) -> ssl.SSLContext:
    if ca_bundle is None:
        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if Path(ca_bundle).is_dir():
        context.load_verify_locations(capath=ca_bundle)
    else:
        context.load_verify_locations(cafile=ca_bundle)
    return context


def _trusting_context() -> ssl.SSLContext:
    # The user named this host as trusted: a warning per request would only say that again.
    urllib3.disable_warnings(exceptions.InsecureRequestWarning)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _unusable_settings(url: str, settings: WireSettings, error: Exception) -> errors.NetworkError:
    if isinstance(error, exceptions.HTTPError):
        return errors.Unreachable(url=url, reason="the proxy's URL cannot be used")
    files = " or ".join(path for path in (settings.ca_bundle, settings.client_certificate) if path is not None)
    return errors.UntrustedCertificate(url=url, reason=f"{files} cannot be read as certificates: {_text(error)}")


def network_error(url: str, error: exceptions.HTTPError) -> errors.NetworkError:
    """What went wrong before an answer came, without any part of a proxy's URL."""
    causes = list(_chain(error))
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return errors.UntrustedCertificate(url=url, reason=certificate.verify_message or _text(certificate))
    reason = _connection_reason(causes)
    if any(isinstance(cause, exceptions.ProxyError) for cause in causes):
        reason = f"the proxy does not work: {reason}"
    return errors.Unreachable(url=url, reason=reason)


def _connection_reason(causes: list[BaseException]) -> str:
    for kind, reason in (
        (exceptions.NameResolutionError, "the host name cannot be resolved"),
        (exceptions.ReadTimeoutError, "no answer within the time limit"),
        (exceptions.LocationParseError, "this is no URL that can be asked for"),
        (RemoteDisconnected, "the connection was closed without an answer"),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return reason
    system = next((cause for cause in causes if isinstance(cause, OSError) and cause.strerror), None)
    if system is not None:
        return _text(system)
    if any(isinstance(cause, exceptions.ConnectTimeoutError) for cause in causes):
        return "no connection within the time limit"
    return type(causes[-1]).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """An error and what it wraps, whichever way urllib3 wraps it, outermost first."""
    found: list[BaseException] = []
    pending: list[object] = [error]
    while pending:
        current = pending.pop(0)
        if isinstance(current, BaseException) and current not in found:
            found.append(current)
            pending += [current.__cause__, current.__context__, *current.args]
    return found


def _text(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or type(error).__name__

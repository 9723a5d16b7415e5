"""The layers of HTTP, joined: redirects, the cache, retries, credentials, the wire; and files beside them."""

from __future__ import annotations

import os
import platform
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from freewheel import __version__
from freewheel.config.values import Location, NetworkConfig
from freewheel.errors import InvalidOptionValue
from freewheel.events import Reporter
from freewheel.httpcache.message import Request
from freewheel.httpcache.policy import Policy, Role
from freewheel.model.url import Credentials
from freewheel.net.auth import AuthenticatingTransport, IndexCredentials, lookup_of
from freewheel.net.caching import CachingTransport
from freewheel.net.local_files import LocalFileTransport
from freewheel.net.origins import TrustedHosts, parse_trusted_hosts
from freewheel.net.protocol import Reply, Transport
from freewheel.net.proxies import proxy_for
from freewheel.net.redirects import RedirectingTransport
from freewheel.net.retry import Backoff, RetryingTransport
from freewheel.net.schemes import SchemeTransport
from freewheel.net.scopes import SECRET_SIZE, Scopes, stored_secret
from freewheel.wiring.stores import Stores

if TYPE_CHECKING:
    import netrc

_POLICY = Policy(
    heuristic_fraction=0.0,  # a page that states no lifetime is asked for once a run
    lifetimes={404: 600.0, 410: 600.0, 301: 10_800.0, 308: 10_800.0},
    keeps_failures=False,  # a proxy that gives its error pages a lifetime must not make an index fail for as long
)
"""An index that lacks a project is not asked for it again for ten minutes, while another one has it; permanent
redirects that state no lifetime hold for three hours."""


def transport(
    config: NetworkConfig,
    known: Sequence[IndexCredentials],
    *,
    cache: Stores | None,
    reporter: Reporter,
    clock: Callable[[], float],
) -> Transport:
    """Everything between a request and a socket; `known` may grow meanwhile, without `cache` nothing is kept."""
    trusted = _trusted(config)
    lookup = lookup_of(known, netrc=netrc_lookup(config.netrc))
    layers: Transport = LazyTransport(connect=lambda: _wire(config, trusted, reporter))
    layers = AuthenticatingTransport(inner=layers, lookup=lookup)
    layers = RetryingTransport(
        inner=layers,
        backoff=Backoff(retries=config.retries),
        sleep=time.sleep,
        clock=clock,
        chance=random.random,
        reporter=reporter,
    )
    if cache is not None:
        scope = Scopes(
            lookup=lookup,
            trusted=trusted,
            secret=lambda: stored_secret(cache.entries, new=lambda: os.urandom(SECRET_SIZE)),
            client_certificate=config.client_certificate,
        )
        layers = CachingTransport(
            inner=layers,
            entries=cache.entries,
            blobs=cache.blobs,
            clock=clock,
            role=Role.PRIVATE,
            policy=_POLICY,
            reporter=reporter,
            scope=scope,
        )
    layers = RedirectingTransport(inner=layers)
    return SchemeTransport(transports={"http": layers, "https": layers, "file": LocalFileTransport()})


class LazyTransport:
    """A transport that the first request makes: where everything is reused, no HTTP library is imported."""

    def __init__(self, *, connect: Callable[[], Transport]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._connected: Transport | None = None

    def send(self, request: Request) -> Reply:
        """What the transport answers."""
        with self._lock:
            if self._connected is None:
                self._connected = self._connect()
        return self._connected.send(request)


def _wire(config: NetworkConfig, trusted: TrustedHosts, reporter: Reporter) -> Transport:
    from freewheel.net.wire import UrllibTransport, WireSettings

    proxies = {scheme: _with_credentials(location) for scheme, location in config.proxies}
    settings = WireSettings(
        user_agent=f"freewheel/{__version__} (Python {platform.python_version()}; {platform.system()})",
        connect_timeout=config.timeout,
        read_timeout=config.timeout,
        ca_bundle=config.ca_bundle or config.ca_folder,
        client_certificate=config.client_certificate,
        trusted_hosts=trusted,
    )
    return UrllibTransport(
        settings=settings,
        reporter=reporter,
        proxy_for=lambda url: proxy_for(url, proxies=proxies, no_proxy=config.no_proxy),
    )


def _trusted(config: NetworkConfig) -> TrustedHosts:
    try:
        return parse_trusted_hosts(config.trusted_hosts)
    except ValueError as error:
        raise InvalidOptionValue(
            problem=f"option --trusted-host: {error} is no host or host:port",
            option="trusted-host",
            value=str(error),
            source="the options",
        ) from error


def _with_credentials(location: Location) -> str:
    """A proxy's URL with user and password in it, as urllib3 takes it."""
    if location.credentials is None:
        return location.url
    from urllib.parse import quote

    user, password = (quote(part, safe="") for part in (location.credentials.user, location.credentials.password))
    scheme, _, rest = location.url.partition("://")
    return f"{scheme}://{user}:{password}@{rest}"


def netrc_lookup(paths: Sequence[str]) -> Callable[[str], Credentials | None]:
    """From a host to its credentials in the first netrc file that exists; one that cannot be read holds none."""
    tables: list[netrc.netrc | None] = []

    def find(host: str) -> Credentials | None:
        if not tables:
            tables.append(_first_netrc(paths))
        table = tables[0]
        found = table.authenticators(host) if table is not None else None
        return None if found is None else Credentials(user=found[0], password=found[2] or "")

    return find


def _first_netrc(paths: Sequence[str]) -> netrc.netrc | None:
    import netrc

    for path in paths:
        try:
            return netrc.netrc(path)
        except FileNotFoundError:
            continue
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            return None
    return None

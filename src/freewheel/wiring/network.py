"""The layers of HTTP, joined: redirects, the cache, retries, credentials, the wire; and files beside them."""

from __future__ import annotations

import os
import platform
import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from freewheel import __version__
from freewheel.config.values import FreshnessConfig, Location, NetworkConfig
from freewheel.errors import InvalidOptionValue
from freewheel.events import Reporter
from freewheel.httpcache.policy import Policy, Role
from freewheel.net.accounts import AccountingTransport
from freewheel.net.aside import Aside
from freewheel.net.auth import AuthenticatingTransport, Authority
from freewheel.net.bypass import BypassingTransport
from freewheel.net.caching import CachingTransport, OtherCache
from freewheel.net.credentials import Person
from freewheel.net.demands import DemandingTransport, Demands, Disconnected
from freewheel.net.lazy import LazyTransport
from freewheel.net.local_files import LocalFileTransport
from freewheel.net.origins import TrustedHosts, parse_trusted_hosts
from freewheel.net.protocol import Transport
from freewheel.net.proxies import proxy_for
from freewheel.net.redirects import RedirectingTransport
from freewheel.net.resuming import ResumingTransport
from freewheel.net.retry import Backoff, RetryingTransport
from freewheel.net.schemes import SchemeTransport
from freewheel.net.scopes import SECRET_SIZE, Scopes, stored_secret
from freewheel.net.user_agent import NamingTransport
from freewheel.net.whole_parts import WholePartsTransport
from freewheel.wiring.stores import Stores

if TYPE_CHECKING:
    from freewheel.net.wire import UrllibTransport
    from freewheel.store.foreign import ForeignFolder

POLICY = Policy(
    heuristic_fraction=0.0,  # a page that states no lifetime is asked for once a run
    lifetimes={404: 600.0, 410: 600.0, 301: 10_800.0, 308: 10_800.0},
    stale_while_validating=True,
    keeps_parts=False,  # the metadata that is read in parts is kept by itself
    keeps_failures=False,  # a proxy that gives its error pages a lifetime must not make an index fail for as long
)
"""An index that lacks a project is not asked for it again for ten minutes, while another one has it; permanent
redirects that state no lifetime hold for three hours."""

_USER_AGENT = f"freewheel/{__version__} (Python {platform.python_version()}; {platform.system()})"


def transport(
    config: NetworkConfig,
    freshness: FreshnessConfig,
    *,
    authority: Authority,
    person: Person | None,
    shared_pages: Sequence[str],
    cache: Stores | None,
    reporter: Reporter,
    clock: Callable[[], float],
    at_end: Callable[[Callable[[], None]], object],
    pips: ForeignFolder | None = None,
    shared: OtherCache | None = None,
) -> Transport:
    """Everything between a request and a socket; without `cache` nothing is kept. `pips` is pip's, to take over from.

    So is what is `shared`, which comes first. `shared_pages` are URLs of pages with links to the files of many
    projects. `at_end` is given what closes the connections.
    """
    trusted = _trusted(config)
    layers: Transport = Disconnected(has_cache=cache is not None)
    if not freshness.offline:
        layers = LazyTransport(connect=lambda: _connected(_wire(config, trusted, person, reporter), at_end))
        layers = RetryingTransport(
            inner=layers,
            backoff=Backoff(retries=config.retries),
            sleep=time.sleep,
            clock=clock,
            chance=random.random,
            reporter=reporter,
        )
        layers = ResumingTransport(inner=layers, retries=config.resume_retries, reporter=reporter)
        layers = WholePartsTransport(inner=layers)
    layers = _cached(
        layers,
        cache,
        pips,
        shared,
        policy=_policy(freshness),
        trusted=trusted,
        client_certificate=config.client_certificate,
        reporter=reporter,
        clock=clock,
    )
    layers = AuthenticatingTransport(inner=layers, authority=authority, reporter=reporter)
    layers = RedirectingTransport(inner=layers)
    layers = SchemeTransport(transports={"http": layers, "https": layers, "file": LocalFileTransport()})
    layers = DemandingTransport(inner=layers, demands=_demands(freshness, shared_pages))
    return NamingTransport(inner=layers, user_agent=_USER_AGENT)


def _cached(
    inner: Transport,
    cache: Stores | None,
    pips: ForeignFolder | None,
    shared: OtherCache | None,
    *,
    policy: Policy,
    trusted: TrustedHosts,
    client_certificate: str | None,
    reporter: Reporter,
    clock: Callable[[], float],
) -> Transport:
    """What is asked for through the cache, if there is one; either way the account of it is told."""
    if cache is None:
        return AccountingTransport(inner=BypassingTransport(inner=inner), reporter=reporter)
    scope = Scopes(
        trusted=trusted,
        secret=lambda: stored_secret(cache.own_entries, new=lambda: os.urandom(SECRET_SIZE)),
        client_certificate=client_certificate,
    )
    caching = CachingTransport(
        inner=inner,
        entries=cache.entries,
        blobs=cache.blobs,
        clock=clock,
        role=Role.PRIVATE,
        policy=policy,
        reporter=reporter,
        scope=scope,
        locks=cache.locks,
        aside=Aside(),
        others=(
            *([] if shared is None else [shared]),
            *([] if pips is None else [_pips(pips, cache, policy=policy, reporter=reporter, clock=clock)]),
        ),
    )
    return AccountingTransport(inner=caching, reporter=reporter)


def _pips(
    folder: ForeignFolder, cache: Stores, *, policy: Policy, reporter: Reporter, clock: Callable[[], float]
) -> OtherCache:
    # Nothing of it is imported for those who did not ask.
    from freewheel.net.pip_responses import PipResponses

    return PipResponses(
        folder=folder, entries=cache.entries, blobs=cache.blobs, clock=clock, policy=policy, reporter=reporter
    )


def _policy(freshness: FreshnessConfig) -> Policy:
    # Who says "offline" knows that nobody is asked, whatever an index demands.
    return replace(POLICY, max_stale_overrides=freshness.offline or freshness.prefer_offline)


def _demands(freshness: FreshnessConfig, shared_pages: Sequence[str]) -> Demands:
    return Demands(
        refresh=freshness.refresh,
        projects=freshness.refresh_projects,
        shared_pages=frozenset(shared_pages),
        offline=freshness.offline,
        prefer_offline=freshness.prefer_offline,
    )


def _connected(wire: UrllibTransport, at_end: Callable[[Callable[[], None]], object]) -> Transport:
    at_end(wire.close)
    return wire


def _wire(config: NetworkConfig, trusted: TrustedHosts, person: Person | None, reporter: Reporter) -> UrllibTransport:
    from freewheel.net.certificates import ClientCertificate
    from freewheel.net.wire import UrllibTransport, WireSettings

    ours = None
    if (path := config.client_certificate) is not None:
        passphrase = (lambda: None) if person is None else (lambda: person.passphrase(path))
        ours = ClientCertificate(path=path, passphrase=passphrase)
    proxies = {scheme: with_credentials(location) for scheme, location in config.proxies}
    settings = WireSettings(
        connect_timeout=config.timeout,
        read_timeout=config.timeout,
        authorities=config.ca_bundle or config.ca_folder,
        client_certificate=ours,
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


def with_credentials(location: Location) -> str:
    """A proxy's URL with user and password in it, as urllib3 takes it."""
    if location.credentials is None:
        return location.url
    from urllib.parse import quote

    user, password = location.credentials.user, location.credentials.password
    user_info = quote(user, safe="") + ("" if password is None else f":{quote(password, safe='')}")
    scheme, _, rest = location.url.partition("://")
    return f"{scheme}://{user_info}@{rest}"

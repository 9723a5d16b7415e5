"""Section 4.2: age and freshness lifetime."""

from __future__ import annotations

import math

from msgspec import Struct

from freewheel.httpcache import cache_control, dates
from freewheel.httpcache.cache_control import ResponseDirectives
from freewheel.httpcache.message import Headers
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.stored_response import StoredResponse

HEURISTICALLY_CACHEABLE = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
"""Statuses that may be stored and reused without a stated lifetime (RFC 9110 §15.1)."""


class Freshness(Struct, frozen=True, kw_only=True):
    """A stored response's freshness lifetime and its age at some moment, in seconds.

    >>> Freshness(lifetime=600, age=30.5).is_fresh, Freshness(lifetime=600, age=30.5).ttl
    (True, 569)
    """

    lifetime: float
    age: float

    @property
    def is_fresh(self) -> bool:
        """Whether the lifetime exceeds the age (§4.2)."""
        return self.lifetime > self.age

    @property
    def ttl(self) -> int:
        """Whole seconds of freshness left; negative when stale."""
        return math.floor(self.lifetime - self.age)

    @property
    def staleness(self) -> float:
        """Seconds since it became stale; zero when fresh."""
        return max(0.0, self.age - self.lifetime)


def freshness(stored: StoredResponse, *, now: float, role: Role, policy: Policy) -> Freshness:
    """How fresh a stored response is."""
    return Freshness(lifetime=freshness_lifetime(stored, role=role, policy=policy), age=current_age(stored, now=now))


def current_age(stored: StoredResponse, *, now: float) -> float:
    """The age in seconds (§4.2.3)."""
    apparent_age = max(0.0, stored.response_time - stored.date_value)
    # A clock that was set back between two readings makes no time negative.
    response_delay = abs(stored.response_time - stored.request_time)
    corrected_age_value = age_value(stored.response.headers) + response_delay
    corrected_initial_age = max(apparent_age, corrected_age_value)
    # Nor does it make a response from the future younger than its distance from now.
    resident_time = abs(now - stored.response_time)
    return corrected_initial_age + resident_time


def age_value(headers: Headers) -> int:
    """The Age field in seconds: its first value, if that is a number, else 0 (§5.1)."""
    return cache_control.delta_seconds(next(iter(headers.members("Age")), None))


def freshness_lifetime(stored: StoredResponse, *, role: Role, policy: Policy) -> float:
    """The lifetime in seconds: the first that is stated of s-maxage, max-age and Expires, else a guess (§4.2.1)."""
    headers = stored.response.headers
    directives = cache_control.of_response(headers)
    if role is Role.SHARED and directives.s_maxage is not None:
        return directives.s_maxage
    if directives.max_age is not None:
        return directives.max_age
    expires = headers.get_all("Expires")
    if expires:
        # §4.2, §5.3: an invalid Expires lies in the past; of several none is believed.
        expires_value = dates.parse(expires[0], now=stored.response_time) if len(expires) == 1 else None
        return 0.0 if expires_value is None else max(0.0, expires_value - stored.date_value)
    return _heuristic_lifetime(stored, directives, policy)


def states_lifetime(headers: Headers, directives: ResponseDirectives, role: Role) -> bool:
    """Whether a response says for how long it is fresh, if only for no time at all (§4.2.1)."""
    is_shared_stated = role is Role.SHARED and directives.s_maxage is not None
    return is_shared_stated or directives.max_age is not None or "Expires" in headers


def allows_stale(directives: ResponseDirectives, role: Role) -> bool:
    """Whether a response leaves it to caches and clients to reuse it when it is stale (§4.2.4)."""
    if directives.no_cache or directives.must_revalidate:
        return False
    # §5.2.2.8, and §5.2.2.10: s-maxage implies proxy-revalidate.
    return role is Role.PRIVATE or not (directives.proxy_revalidate or directives.s_maxage is not None)


def _heuristic_lifetime(stored: StoredResponse, directives: ResponseDirectives, policy: Policy) -> float:
    """The lifetime of a response that states none (§4.2.2)."""
    status = stored.response.status
    if status not in HEURISTICALLY_CACHEABLE and not directives.public:
        return 0.0
    if status in policy.lifetimes:
        return policy.lifetimes[status]
    last_modified = stored.response.headers.get("Last-Modified")
    last_modified_value = None if last_modified is None else dates.parse(last_modified, now=stored.response_time)
    if last_modified_value is None:
        return 0.0
    since = max(0.0, stored.date_value - last_modified_value)
    return min(since * policy.heuristic_fraction, policy.heuristic_limit)

"""Section 3: may this response be stored, and which of its fields."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from freewheel.httpcache import cache_control, freshness, keys, validation
from freewheel.httpcache.cache_control import ResponseDirectives
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.model import url as urls

UNDERSTOOD = frozenset(
    {200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, *range(400, 418), 421, 422, 426, *range(500, 506)}
)
"""Final statuses whose caching requirements this cache knows and obeys (§5.2.2.3); 206 and 304 are never stored."""

_REFUSALS = frozenset({401, 403, 407, 429})
"""Statuses that depend on who asks, or how often, more than on what is asked for."""

_OF_THE_REQUESTS_OWN = {
    412: ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"),
    416: ("Range",),
}
"""Statuses that answer one request's conditions or range (RFC 9110 §15.5.13, §15.5.17), and the fields with these."""

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"})
"""Fields for one connection alone (RFC 9110 §7.6.1)."""

_OF_PROXIES = frozenset({"proxy-authenticate", "proxy-authentication-info", "proxy-authorization"})
"""Fields between a client and its proxy (RFC 9111 §3.1)."""

_GOVERNING = frozenset({"age", "cache-control", "date", "expires", "vary"})
"""Fields without which a stored response could be reused against its sender's will."""


WITH_CREDENTIALS = "the request has credentials (Authorization)"
"""Why a shared cache stores no answer that does not say that others may have it (§3.5)."""


class Store(Struct, frozen=True, kw_only=True):
    """The response may be stored, with these fields and not the others that it has."""

    headers: Headers


class DoNotStore(Struct, frozen=True, kw_only=True):
    """The response must not be stored, or would be of no use; `reason` is a clause a person can read."""

    reason: str


Storing: TypeAlias = Store | DoNotStore


def may_store(request: Request, response: Response, *, role: Role, policy: Policy) -> Storing:
    """Whether and how a complete final response may be stored (RFC 9111 §3)."""
    directives = cache_control.of_response(response.headers)
    reason = (
        _unless_understood(request, response, directives)
        or _unless_permitted(request, response, directives, role)
        or _unless_useful(request, response, directives, role, policy)
    )
    if reason is not None:
        return DoNotStore(reason=reason)
    dropped = unstored_fields(response.headers, role)
    if _GOVERNING & dropped:
        return DoNotStore(reason="a field that governs reuse may not be stored")
    return Store(headers=response.headers.without(dropped))


def unstored_fields(headers: Headers, role: Role) -> frozenset[str]:
    """The names, in lower case, of the fields that may not be stored (§3.1, §5.2.2.4, §5.2.2.7)."""
    directives = cache_control.of_response(headers)
    named = {name.lower() for name in headers.members("Connection")}
    excluded = directives.no_cache_fields
    if role is Role.SHARED:
        excluded |= directives.private_fields
    return _HOP_BY_HOP | _OF_PROXIES | named | excluded


def names_credentials(response: Response) -> bool:
    """Whether a redirect leads to a URL with user or password, which must not lie on a disk."""
    try:
        return urls.split_credentials(response.headers.get("Location") or "")[1] is not None
    except ValueError:
        return True


def _unless_understood(request: Request, response: Response, directives: ResponseDirectives) -> str | None:
    if request.method != "GET":
        return f"responses to {request.method} are not stored"
    if (peculiarity := keys.peculiarity(request)) is not None:
        return f"it answers this request's own {peculiarity} alone"
    if response.status < 200:
        return "the response is not final"
    if response.status in (206, 304):
        return f"status {response.status} says nothing that stands alone"
    # Whoever asks for the same without these fields would get an answer to what was never asked.
    if any(name in request.headers for name in _OF_THE_REQUESTS_OWN.get(response.status, ())):
        return f"status {response.status} answers this request's own fields alone"
    # §5.2.2.3: must-understand lets only those store who understand the status.
    if directives.must_understand and response.status not in UNDERSTOOD:
        return "the status is not understood, and must be (must-understand)"
    return None


def _unless_permitted(request: Request, response: Response, directives: ResponseDirectives, role: Role) -> str | None:
    # §5.2.1.5
    if cache_control.of_request(request.headers).no_store:
        return "the request forbids it (no-store)"
    # §5.2.2.5
    if directives.forbids_storing:
        return "the response forbids it (no-store)"
    if role is Role.SHARED:
        # §5.2.2.7
        if directives.private:
            return "the response is for one user (private)"
        # §3.5
        is_allowed = directives.public or directives.must_revalidate or directives.s_maxage is not None
        has_credentials = "Authorization" in request.headers or request.credentials is not None
        if has_credentials and not is_allowed:
            return WITH_CREDENTIALS
    # §4.1: nothing could ever select it.
    if request.digest is None and keys.is_unmatchable(keys.nominate(request.headers, response.headers)):
        return "no other request selects it (Vary: *)"
    return None


def _unless_useful(
    request: Request, response: Response, directives: ResponseDirectives, role: Role, policy: Policy
) -> str | None:
    if (response.status in _REFUSALS or response.status >= 500) and not policy.keeps_failures:
        return "failures are not kept"
    # Identity beats freshness: bytes with a stated digest need no lifetime.
    if request.digest is not None and response.status == 200:
        return None
    has_lifetime = freshness.states_lifetime(response.headers, directives, role)
    is_cacheable = (
        has_lifetime
        or directives.public
        or (role is Role.PRIVATE and bool(directives.private or directives.private_fields))
        or response.status in freshness.HEURISTICALLY_CACHEABLE
    )
    if not is_cacheable:
        return f"status {response.status} is stored only if the response says so"
    has_guessed_lifetime = policy.lifetimes.get(response.status, 0) > 0
    if not (has_lifetime or has_guessed_lifetime or validation.has_validator(response.headers)):
        return "the response has neither a lifetime nor a validator"
    return None

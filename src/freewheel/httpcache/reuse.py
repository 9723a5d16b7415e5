"""Section 4: use the stored response, validate it, or forward."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from freewheel.httpcache import answer, cache_control, freshness, keys, partial, parts, validation
from freewheel.httpcache.cache_control import RequestDirectives, ResponseDirectives
from freewheel.httpcache.freshness import Freshness
from freewheel.httpcache.message import Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.ranges import Span
from freewheel.httpcache.status import CacheStatus
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants

_FOR_THE_ORIGIN = ("If-Match", "If-Unmodified-Since")
"""Conditions that a cache does not evaluate (§4.3.2)."""


class UseStored(Struct, frozen=True, kw_only=True):
    """Hand out `response`, with the body of `stored`, or that `span` of it, if it `has_body`.

    `validation` is to be sent alongside, without delaying this answer, where the stored response is stale and
    `stale-while-revalidate` allows it.
    """

    stored: StoredResponse
    response: Response
    has_body: bool
    status: CacheStatus
    span: Span | None = None
    validation: Request | None = None


class Validate(Struct, frozen=True, kw_only=True):
    """Send `request`, whose answer tells whether `stored` may be used."""

    stored: StoredResponse
    request: Request
    status: CacheStatus


class Forward(Struct, frozen=True, kw_only=True):
    """Send `request`; `stored` is what it selected and could not use, if there is such a response."""

    request: Request
    status: CacheStatus
    stored: StoredResponse | None = None


class Complete(Struct, frozen=True, kw_only=True):
    """Send `request`, which asks for the `missing` bytes of `stored`, an incomplete response (§3.4)."""

    stored: StoredResponse
    request: Request
    missing: Span
    status: CacheStatus


class Unsatisfiable(Struct, frozen=True, kw_only=True):
    """Send nothing: the request allows only a stored response, and none may be used (§5.2.1.7)."""

    response: Response
    status: CacheStatus


Decision: TypeAlias = UseStored | Validate | Complete | Forward | Unsatisfiable


def decide(request: Request, stored: StoredVariants, *, now: float, role: Role, policy: Policy) -> Decision:
    """What to do with a request, given everything stored under its cache key; `now` in seconds since the epoch."""
    asked = cache_control.of_request(request.headers)
    decision = _decide(request, asked, stored, now=now, role=role, policy=policy)
    if asked.only_if_cached and not isinstance(decision, UseStored):
        return Unsatisfiable(
            response=Response(status=504, reason="Gateway Timeout"), status=CacheStatus(detail="only-if-cached")
        )
    return decision


def may_use_stale_on_error(
    request: Request, stored: StoredResponse, *, now: float, role: Role, policy: Policy
) -> bool:
    """Whether a stored response answers when the origin cannot be reached or fails (§4.2.4, RFC 5861 §4).

    `stale-if-error` of response or request permits it for as long as it says; where neither says so, the policy does
    for any time. Directives that demand validation forbid it, and so does what the request says of age and staleness.
    """
    directives = cache_control.of_response(stored.response.headers)
    asked = cache_control.of_request(request.headers)
    if stored.is_invalidated or asked.no_cache or not freshness.allows_stale(directives, role):
        return False
    known = freshness.freshness(stored, now=now, role=role, policy=policy)
    is_too_stale = asked.max_stale is not None and not _is_within(asked.max_stale, known)
    if is_too_stale or _objection(asked, directives, known) is not None:
        return False
    windows = [window for window in (directives.stale_if_error, asked.stale_if_error) if window is not None]
    return any(_is_within(window, known) for window in windows) if windows else policy.stale_on_error


def use(request: Request, stored: StoredResponse, status: CacheStatus, *, age: float) -> UseStored:
    """The answer that a stored response of this `age` (seconds) gives."""
    given = answer.answer(request, stored, age=age)
    return UseStored(stored=stored, response=given.response, has_body=given.has_body, span=given.span, status=status)


def _decide(
    request: Request,
    asked: RequestDirectives,
    stored: StoredVariants,
    *,
    now: float,
    role: Role,
    policy: Policy,
) -> UseStored | Validate | Complete | Forward:
    # Only responses to GET are stored, and a HEAD may be answered from one (RFC 9110 §9.3.2).
    if request.method not in ("GET", "HEAD"):
        return Forward(request=request, status=CacheStatus(fwd="method"))
    peculiarity = keys.peculiarity(request)
    if peculiarity is not None:
        return Forward(request=request, status=CacheStatus(fwd="bypass", detail=peculiarity))
    if stored.is_empty:
        return Forward(request=request, status=CacheStatus(fwd="uri-miss"))
    if any(name in request.headers for name in _FOR_THE_ORIGIN):
        return Forward(request=request, status=CacheStatus(fwd="request"))
    identified = None if request.digest is None else stored.identified(request.digest)
    if identified is not None:
        # Identity beats freshness: these bytes are what was asked for.
        age = freshness.current_age(identified, now=now)
        return use(request, identified, CacheStatus(hit=True, detail="digest"), age=age)
    selected = stored.select(request.headers)
    if selected is None:
        incomplete = stored.select_incomplete(request.headers)
        if incomplete is None or request.method != "GET":
            status = CacheStatus(fwd="vary-miss" if stored.variants or incomplete is None else "uri-miss")
            return Forward(request=request, status=status)
        return _use_parts(request, asked, incomplete, now=now, role=role, policy=policy)
    if request.digest is not None and selected.response.status == 200:
        return Forward(request=request, status=CacheStatus(fwd="miss", detail="digest"))
    return _use_or_validate(request, asked, selected, now=now, role=role, policy=policy)


def _use_or_validate(
    request: Request,
    asked: RequestDirectives,
    selected: StoredResponse,
    *,
    now: float,
    role: Role,
    policy: Policy,
) -> UseStored | Validate | Forward:
    directives = cache_control.of_response(selected.response.headers)
    known = freshness.freshness(selected, now=now, role=role, policy=policy)
    is_overridden = policy.max_stale_overrides and _is_within(asked.max_stale, known)
    may_be_stale = is_overridden or freshness.allows_stale(directives, role)
    is_accepted = known.is_fresh or (may_be_stale and _is_within(asked.max_stale, known))
    is_tolerated = (
        may_be_stale and policy.stale_while_validating and _is_within(directives.stale_while_revalidate, known)
    )
    obstacle = None
    if not is_overridden:
        obstacle = _invalidity(selected, directives, known, is_reusable=is_accepted or is_tolerated)
    obstacle = obstacle or _objection(asked, directives, known)
    conditional = None if obstacle is None and is_accepted else validation.conditional_request(request, selected)
    if obstacle is None:
        used = use(request, selected, CacheStatus(hit=True, ttl=known.ttl), age=known.age)
        return used if is_accepted else replace(used, validation=conditional or request)
    if conditional is None:
        return Forward(request=request, status=obstacle, stored=selected)
    return Validate(stored=selected, request=conditional, status=obstacle)


def _use_parts(
    request: Request,
    asked: RequestDirectives,
    incomplete: StoredResponse,
    *,
    now: float,
    role: Role,
    policy: Policy,
) -> UseStored | Complete | Forward:
    """An incomplete response answers a request for what is here of it, or for all once the rest came (§3.4)."""
    range_asked = answer.range_asked(request, incomplete)
    wanted = Span(0, incomplete.size) if range_asked is None else range_asked.within(incomplete.size)
    # §3.3: it answers for nothing but what is here, so that a range beyond its end is the origin's to refuse.
    if wanted is not None and parts.pieces(incomplete.parts, wanted) is not None:
        if request.digest is not None and range_asked is None:
            # Nobody has held what the parts make together against the digest.
            return Forward(request=request, status=CacheStatus(fwd="miss", detail="digest"))
        decision = _use_or_validate(request, asked, incomplete, now=now, role=role, policy=policy)
        if isinstance(decision, UseStored):
            return replace(decision, validation=None)
        # Nothing validates a part alone: the origin is asked for it as if it were not here.
        return Forward(request=request, status=decision.status)
    rest = partial.request_for_the_rest(request, incomplete)
    status = CacheStatus(fwd="partial")
    if rest is None:
        return Forward(request=request, status=status)
    return Complete(stored=incomplete, request=rest[0], missing=rest[1], status=status)


def _is_within(window: float | None, known: Freshness) -> bool:
    return window is not None and known.staleness <= window


def _invalidity(
    selected: StoredResponse, directives: ResponseDirectives, known: Freshness, *, is_reusable: bool
) -> CacheStatus | None:
    """Why the stored response must be validated, whoever asks."""
    if selected.is_invalidated:
        return CacheStatus(fwd="stale", ttl=known.ttl, detail="invalidated")
    # §5.2.2.4
    if directives.no_cache:
        return CacheStatus(fwd="stale", ttl=known.ttl, detail="no-cache")
    return None if is_reusable else CacheStatus(fwd="stale", ttl=known.ttl)


def _objection(asked: RequestDirectives, directives: ResponseDirectives, known: Freshness) -> CacheStatus | None:
    """Why this request does not want what others may have (§5.2.1)."""
    # §5.2.1.4
    if asked.no_cache:
        return CacheStatus(fwd="request", ttl=known.ttl, detail="no-cache")
    # §5.2.1.1; at equal age too, so that max-age=0 always asks. RFC 8246 §2: a fresh immutable response stays
    # what it is, so that only no-cache asks for more.
    is_old = asked.max_age is not None and known.age >= asked.max_age
    if is_old and not (directives.immutable and known.is_fresh):
        return CacheStatus(fwd="request", ttl=known.ttl, detail="max-age")
    # §5.2.1.1: who names an age wants nothing stale, unless max-stale says so.
    if asked.max_age is not None and asked.max_stale is None and not known.is_fresh:
        return CacheStatus(fwd="request", ttl=known.ttl, detail="max-age")
    # §5.2.1.3
    if asked.min_fresh is not None and known.lifetime - known.age < asked.min_fresh:
        return CacheStatus(fwd="request", ttl=known.ttl, detail="min-fresh")
    return None

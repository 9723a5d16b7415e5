"""Sections 3.2, 4.3.3 to 4.4: what an answer to a forwarded request means for the requester and the store."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from freewheel.httpcache import cache_control, freshness, invalidation, keys, reuse, storing, validation
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import Forward, UseStored, Validate
from freewheel.httpcache.status import CacheStatus
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model.digest import Digest, sha256_of

FAILURES = frozenset({500, 502, 503, 504})
"""Statuses that stand for an origin that cannot answer (RFC 5861 §4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request of somebody's, what was decided and sent for it, and the head of the answer that came.

    Times in seconds since the epoch: when the request was sent, and when the answer's head was here.
    """

    request: Request
    decision: Validate | Forward
    response: Response
    request_time: float
    response_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOut:
    """Answer with `used`, and keep `stored` under the key; the answer that came is of no further use."""

    used: UseStored
    stored: StoredVariants


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAgain:
    """Send the request without conditions: the answer to them concerned nothing that is stored (§4.3.3)."""

    decision: Forward


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Pass the answer on, and keep it with `headers` once its whole body is here, besides `others`."""

    exchange: Exchange
    headers: Headers
    others: StoredVariants
    status: CacheStatus

    def stored(self, *, body: Digest | bytes, size: int, checked: tuple[Digest, ...] = ()) -> StoredVariants:
        """What to keep under the key.

        `body` is the blob that holds the body, or the body itself; `size` in bytes; `checked` has the stated
        digests that it was found to have.
        """
        asked = self.exchange.request
        new = StoredResponse(
            url=keys.normalized(asked.url),
            response=replace(self.exchange.response, headers=self.headers),
            nominated=keys.nominate(asked.headers, self.headers),
            request_time=self.exchange.request_time,
            response_time=self.exchange.response_time,
            size=size,
            digest=sha256_of(body) if isinstance(body, bytes) else body,
            checked=checked,
            body=body if isinstance(body, bytes) else None,
        )
        return self.others.storing(new, asked.headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOn:
    """Pass the answer on, keep nothing of it, and leave `stored` under the key.

    `reason` says why, as a clause; everything under the keys of `invalidated`, URLs, is to be invalidated.
    """

    status: CacheStatus
    stored: StoredVariants
    reason: str
    invalidated: tuple[str, ...] = ()


Outcome: TypeAlias = HandOut | SendAgain | Keep | PassOn


def receive(exchange: Exchange, stored: StoredVariants, *, role: Role, policy: Policy) -> Outcome:
    """What to do with an answer; `stored` is what the decision was taken on."""
    decision, response = exchange.decision, exchange.response
    if isinstance(decision, Validate) and response.status == 304:
        return _not_modified(exchange, decision, stored, role=role, policy=policy)
    if response.status in FAILURES:
        # §4.3.3: a failing origin may be taken for one that did not answer.
        used = reuse_on_failure(
            exchange.request, decision, now=exchange.response_time, role=role, policy=policy, status=response.status
        )
        if used is not None:
            return HandOut(used=used, stored=stored)
    if exchange.request.method == "HEAD" and response.status == 200:
        return _described(exchange, stored, role=role)
    verdict = storing.may_store(exchange.request, response, role=role, policy=policy)
    if isinstance(verdict, storing.Store):
        return Keep(
            exchange=exchange,
            headers=verdict.headers,
            others=stored,
            status=_answered(exchange, is_stored=True),
        )
    return PassOn(
        status=_answered(exchange),
        stored=_without_superseded(exchange, stored),
        reason=verdict.reason,
        invalidated=invalidation.invalidated_urls(exchange.request, response),
    )


def reuse_on_failure(
    request: Request,
    decision: Validate | Forward,
    *,
    now: float,
    role: Role,
    policy: Policy,
    status: int | None = None,
) -> UseStored | None:
    """The stored response that answers instead of an origin that failed, with `status` or without one (§4.2.4)."""
    candidate = decision.stored
    if candidate is None or not reuse.may_use_stale_on_error(request, candidate, now=now, role=role, policy=policy):
        return None
    ttl = freshness.freshness(candidate, now=now, role=role, policy=policy).ttl
    described = replace(decision.status, fwd_status=status, ttl=ttl, detail="stale-on-error")
    return reuse.use(request, candidate, described, now=now)


def _not_modified(
    exchange: Exchange, decision: Validate, stored: StoredVariants, *, role: Role, policy: Policy
) -> Outcome:
    """A 304 to conditions of the cache's own (§4.3.3, §4.3.4)."""
    named, headers = decision.stored, exchange.response.headers
    candidates = stored.matching(exchange.request.headers)
    identified = validation.identified_by(exchange.response, candidates, named=named)
    if not identified:
        if validation.confirms(exchange.response, named):
            return _handed_out(exchange, named, stored, role=role, policy=policy)
        again = Forward(request=exchange.request, status=decision.status, stored=named)
        return SendAgain(decision=again)
    freshened = {old: _freshened(exchange, old, role) for old in identified}
    if cache_control.of_response(headers).no_store:
        # §5.2.2.5: what came may answer this request, and leaves nothing behind.
        remaining = StoredVariants(variants=tuple(old for old in stored.variants if old not in freshened))
    else:
        remaining = StoredVariants(variants=tuple(freshened.get(old, old) for old in stored.variants))
    used = freshened[named if named in freshened else identified[0]]
    return _handed_out(exchange, used, remaining, role=role, policy=policy)


def _handed_out(
    exchange: Exchange, used: StoredResponse, stored: StoredVariants, *, role: Role, policy: Policy
) -> HandOut:
    now = exchange.response_time
    ttl = freshness.freshness(used, now=now, role=role, policy=policy).ttl
    status = replace(_answered(exchange), ttl=ttl)
    return HandOut(used=reuse.use(exchange.request, used, status, now=now), stored=stored)


def _described(exchange: Exchange, stored: StoredVariants, *, role: Role) -> PassOn:
    """An answer to HEAD freshens what it agrees with, and makes the rest be validated (§4.3.5)."""
    candidates = stored.matching(exchange.request.headers)
    if not cache_control.of_response(exchange.response.headers).no_store:
        for old in candidates:
            agrees = validation.agrees(exchange.response, old)
            new = _freshened(exchange, old, role) if agrees else replace(old, is_invalidated=True)
            stored = stored.replacing(old, new)
    return PassOn(status=_answered(exchange), stored=stored, reason="an answer to HEAD has no body")


def _freshened(exchange: Exchange, old: StoredResponse, role: Role) -> StoredResponse:
    headers = exchange.response.headers
    return validation.freshen(
        old,
        headers.without(storing.unstored_fields(headers, role)),
        request=exchange.request.headers,
        request_time=exchange.request_time,
        response_time=exchange.response_time,
    )


def _without_superseded(exchange: Exchange, stored: StoredVariants) -> StoredVariants:
    """What is left when an answer that is not kept has taken the place of a stale response.

    A fresh one stays: the requester alone wanted more. So does any when the origin refused or failed.
    """
    decision, status = exchange.decision, exchange.response.status
    has_news = status < 400 or status in (404, 410)
    if decision.stored is None or decision.status.fwd != "stale" or not has_news:
        return stored
    return stored.without(decision.stored)


def _answered(exchange: Exchange, *, is_stored: bool = False) -> CacheStatus:
    return replace(exchange.decision.status, fwd_status=exchange.response.status, ttl=None, stored=is_stored)

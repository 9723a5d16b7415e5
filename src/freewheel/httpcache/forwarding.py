"""Sections 3.2 to 3.4, 4.3.3 to 4.4: what an answer to a forwarded request means for the requester and the store."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from freewheel.httpcache import cache_control, freshness, invalidation, keys, partial, reuse, storing, validation
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.partial import Joined, PartSent
from freewheel.httpcache.parts import Part
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import Complete, Forward, UseStored, Validate
from freewheel.httpcache.status import CacheStatus
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model.digest import Digest, sha256_of

FAILURES = frozenset({500, 502, 503, 504})
"""Statuses that stand for an origin that cannot answer (RFC 5861 §4)."""


class Exchange(Struct, frozen=True, kw_only=True):
    """A request of somebody's, what was decided and sent for it, and the head of the answer that came.

    Times in seconds since the epoch: when the request was sent, and when the answer's head was here.
    """

    request: Request
    decision: Validate | Complete | Forward
    response: Response
    request_time: float
    response_time: float


class HandOut(Struct, frozen=True, kw_only=True):
    """Answer with `used`, and keep `stored` under the key; the answer that came is of no further use."""

    used: UseStored
    stored: StoredVariants


class SendAgain(Struct, frozen=True, kw_only=True):
    """Send the request without conditions: the answer to them concerned nothing that is stored (§4.3.3)."""

    decision: Forward


class Keep(Struct, frozen=True, kw_only=True):
    """Pass the answer on, and keep it with `headers` once its whole body is here, besides `others`.

    With `joined` what came belongs between stored pieces, and the answer is theirs together. Where the body breaks
    off and `is_resumable`, its beginning is kept as an incomplete response.
    """

    exchange: Exchange
    headers: Headers
    others: StoredVariants
    status: CacheStatus
    joined: Joined | None = None
    is_resumable: bool = False

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

    def unfinished(self, *, body: Digest | bytes, received: int) -> StoredVariants:
        """What to keep of a body that broke off after `received` bytes, of which there is at least one."""
        stated = self.exchange.response.headers.members("Content-Length")  # equal ones, if there are several
        size = int(stated[0]) if stated else received
        return _with_part(self.exchange, self.headers, self.others, _part(0, received, body), size=size)


class KeepPart(Struct, frozen=True, kw_only=True):
    """Pass a partial response on, and keep what comes of it as a part of an incomplete response (§3.4)."""

    exchange: Exchange
    headers: Headers
    sent: PartSent
    others: StoredVariants
    status: CacheStatus

    def stored(self, *, body: Digest | bytes, received: int) -> StoredVariants:
        """What to keep under the key, once `received` bytes are here, of which there is at least one."""
        part = _part(self.sent.span.start, received, body)
        return _with_part(self.exchange, self.headers, self.others, part, size=self.sent.total)


class PassOn(Struct, frozen=True, kw_only=True):
    """Pass the answer on, keep nothing of it, and leave `stored` under the key.

    `reason` says why, as a clause; everything under the keys of `invalidated`, URLs, is to be invalidated.
    """

    status: CacheStatus
    stored: StoredVariants
    reason: str
    joined: Joined | None = None
    invalidated: tuple[str, ...] = ()


Outcome: TypeAlias = HandOut | SendAgain | Keep | KeepPart | PassOn


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
    if exchange.request.method == "HEAD" and response.status == 200 and keys.peculiarity(exchange.request) is None:
        return _described(exchange, stored, role=role, policy=policy)
    if isinstance(decision, Complete) and response.status in (206, 304, 412, 416):
        return _completed(exchange, decision, stored, role=role, policy=policy)
    if response.status == 206:
        return _partial(exchange, stored, role=role, policy=policy)
    return _final(exchange, stored, role=role, policy=policy)


def _final(exchange: Exchange, stored: StoredVariants, *, role: Role, policy: Policy) -> Keep | PassOn:
    """A final response that stands alone."""
    verdict = storing.may_store(exchange.request, exchange.response, role=role, policy=policy)
    if isinstance(verdict, storing.Store):
        return Keep(
            exchange=exchange,
            headers=verdict.headers,
            others=stored,
            status=_answered(exchange, is_stored=True),
            is_resumable=partial.may_keep_unfinished(exchange.request, exchange.response),
        )
    return PassOn(
        status=_answered(exchange),
        stored=_without_superseded(exchange, stored),
        reason=verdict.reason,
        invalidated=invalidation.invalidated_urls(exchange.request, exchange.response),
    )


def _completed(
    exchange: Exchange, decision: Complete, stored: StoredVariants, *, role: Role, policy: Policy
) -> Keep | PassOn | SendAgain:
    """An answer to the cache's own request for what is missing of an incomplete response (§3.4)."""
    unstored = storing.unstored_fields(exchange.response.headers, role)
    joined = partial.joined(exchange.response, decision.stored, decision.missing, unstored=unstored)
    if joined is None:
        return SendAgain(decision=Forward(request=exchange.request, status=decision.status))
    status = _answered(exchange)
    outcome = _final(replace(exchange, response=joined.response), stored, role=role, policy=policy)
    if isinstance(outcome, PassOn):
        # §5.2.2.5: what came forbids to keep it, and so what it would have belonged to. §5.2.1.5: a request forbids
        # only that of what came.
        is_forbidden = not cache_control.of_request(exchange.request.headers).no_store
        left = stored.without(decision.stored) if is_forbidden else stored
        return replace(outcome, joined=joined, status=status, stored=left)
    return replace(outcome, joined=joined, status=replace(status, stored=True))


def _partial(exchange: Exchange, stored: StoredVariants, *, role: Role, policy: Policy) -> KeepPart | PassOn:
    """A part that the requester asked for (§3.3, §3.4)."""
    passed = PassOn(status=_answered(exchange), stored=stored, reason="a part that no whole can be made of")
    if not policy.keeps_parts:
        return replace(passed, reason="parts are not kept")
    sent = partial.part_sent(exchange.response)
    if sent is None:
        return passed
    whole = partial.as_whole(exchange.response, size=sent.total)
    if not partial.may_keep_unfinished(exchange.request, whole):
        return passed
    verdict = storing.may_store(exchange.request, whole, role=role, policy=policy)
    if isinstance(verdict, storing.DoNotStore):
        return replace(passed, reason=verdict.reason)
    outdated = [
        old
        for old in stored.matching(exchange.request.headers)
        if not partial.is_same(verdict.headers, old.response.headers)
    ]
    return KeepPart(
        exchange=exchange,
        headers=verdict.headers,
        sent=sent,
        others=stored.without(*outdated),
        status=_answered(exchange, is_stored=True),
    )


def _part(start: int, size: int, body: Digest | bytes) -> Part:
    if isinstance(body, bytes):
        return Part(start=start, size=size, digest=sha256_of(body), body=body)
    return Part(start=start, size=size, digest=body)


def _with_part(
    exchange: Exchange, headers: Headers, others: StoredVariants, part: Part, *, size: int
) -> StoredVariants:
    asked = exchange.request
    new = partial.combined(
        others.select_incomplete(asked.headers),
        part,
        request=asked,
        response=Response(status=200, reason="OK", headers=headers),
        size=size,
        request_time=exchange.request_time,
        response_time=exchange.response_time,
    )
    return others.storing_incomplete(new, asked.headers)


def reuse_on_failure(
    request: Request,
    decision: Validate | Complete | Forward,
    *,
    now: float,
    role: Role,
    policy: Policy,
    status: int | None = None,
) -> UseStored | None:
    """The stored response that answers instead of an origin that failed, with `status` or without one (§4.2.4)."""
    candidate = None if isinstance(decision, Complete) else decision.stored
    if candidate is None or not reuse.may_use_stale_on_error(request, candidate, now=now, role=role, policy=policy):
        return None
    known = freshness.freshness(candidate, now=now, role=role, policy=policy)
    described = replace(decision.status, fwd_status=status, ttl=known.ttl, detail="stale-on-error")
    return reuse.use(request, candidate, described, age=known.age)


def _not_modified(
    exchange: Exchange, decision: Validate, stored: StoredVariants, *, role: Role, policy: Policy
) -> Outcome:
    """A 304 to conditions of the cache's own (§4.3.3, §4.3.4)."""
    named = decision.stored
    candidates = stored.matching(exchange.request.headers)
    identified = validation.identified_by(exchange.response, candidates, named=named)
    if not identified:
        if validation.confirms(exchange.response, named):
            return _handed_out(exchange, named, stored, role=role, policy=policy)
        again = Forward(request=exchange.request, status=decision.status, stored=named)
        return SendAgain(decision=again)
    freshened = {old: _freshened(exchange, old, role) for old in identified}
    used = freshened[named if named in freshened else identified[0]]
    # §5.2.1.5: what the request forbids to store changes nothing that is stored; it may be answered all the same.
    if not cache_control.of_request(exchange.request.headers).no_store:
        for old, new in freshened.items():
            kept = _kept(exchange, new, role=role, policy=policy)
            stored = stored.without(old) if kept is None else stored.replacing(old, kept)
    return _handed_out(exchange, used, stored, role=role, policy=policy)


def _handed_out(
    exchange: Exchange, used: StoredResponse, stored: StoredVariants, *, role: Role, policy: Policy
) -> HandOut:
    known = freshness.freshness(used, now=exchange.response_time, role=role, policy=policy)
    status = replace(_answered(exchange), ttl=known.ttl)
    return HandOut(used=reuse.use(exchange.request, used, status, age=known.age), stored=stored)


def _described(exchange: Exchange, stored: StoredVariants, *, role: Role, policy: Policy) -> PassOn:
    """An answer to HEAD freshens what it agrees with, and makes the rest be validated (§4.3.5)."""
    said = cache_control.of_response(exchange.response.headers)
    asked = cache_control.of_request(exchange.request.headers)
    if not (said.no_store or asked.no_store):
        for old in stored.matching(exchange.request.headers):
            kept = None
            if validation.agrees(exchange.response, old):
                kept = _kept(exchange, _freshened(exchange, old, role), role=role, policy=policy)
            stored = stored.replacing(old, kept or replace(old, is_invalidated=True))
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


def _kept(exchange: Exchange, freshened: StoredResponse, *, role: Role, policy: Policy) -> StoredResponse | None:
    """A freshened response as it may stay in the store; None where, by its new fields, it may not (§3, §3.2)."""
    asked = replace(exchange.request, method="GET")
    verdict = storing.may_store(asked, freshened.response, role=role, policy=policy)
    if isinstance(verdict, storing.DoNotStore):
        return None
    return replace(freshened, response=replace(freshened.response, headers=verdict.headers))


def _without_superseded(exchange: Exchange, stored: StoredVariants) -> StoredVariants:
    """What is left when an answer that is not kept has taken the place of a stale response.

    A fresh one stays: the requester alone wanted more. So does any when the origin refused or failed.
    """
    decision, status = exchange.decision, exchange.response.status
    has_news = status < 400 or status in (404, 410)
    if isinstance(decision, Complete) or decision.stored is None or decision.status.fwd != "stale" or not has_news:
        return stored
    return stored.without(decision.stored)


def _answered(exchange: Exchange, *, is_stored: bool = False) -> CacheStatus:
    return replace(exchange.decision.status, fwd_status=exchange.response.status, ttl=None, stored=is_stored)

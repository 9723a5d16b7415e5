"""Section 4: one forward for several requests at once, which its answer may satisfy together."""

from __future__ import annotations

from typing import TypeAlias

from msgspec.structs import replace

from freewheel.httpcache import cache_control, freshness, reuse, validation
from freewheel.httpcache.message import Request
from freewheel.httpcache.reuse import Complete, Decision, Forward, UseStored, Validate
from freewheel.httpcache.stored_response import StoredResponse

Forwarded: TypeAlias = Validate | Complete | Forward
"""What goes to the origin."""

_OWN = (*validation.CONDITIONS, "If-Match", "If-Unmodified-Since", "If-Range", "Range")
"""Fields whose answer is of use to nobody else."""


def may_wait(request: Request, decision: Forwarded) -> bool:
    """Whether the answer to another request for the same may come to satisfy this one."""
    if request.method != "GET" or any(name in request.headers for name in _OWN):
        return False
    # A request that wants more than what is stored would want more than what comes to be stored; what has to be
    # validated for each request (§5.2.2.4) is not shared either.
    wants_its_own = decision.status.fwd in ("request", "method", "bypass") or decision.status.detail == "no-cache"
    return not wants_its_own and not cache_control.of_request(request.headers).no_store


def satisfied(
    request: Request, waited: Forwarded, decision: Decision, *, since: float, now: float
) -> UseStored | None:
    """The answer to a request that waited, by what somebody else's forward left in the store.

    `waited` is what was decided before, `decision` now. What the origin sent, or confirmed, after `since`, when this
    request was made, is as new as its own answer would be, though it may be stale by its own account.
    """
    if isinstance(decision, UseStored):
        used = decision
    elif isinstance(decision, Validate | Forward) and (stored := _confirmed(decision, since)) is not None:
        used = reuse.use(request, stored, decision.status, age=freshness.current_age(stored, now=now))
    else:
        return None
    status = replace(waited.status, collapsed=True, ttl=used.status.ttl, detail=None)
    return replace(used, status=status)


def _confirmed(decision: Validate | Forward, since: float) -> StoredResponse | None:
    """What is stale and nothing worse, and was asked for since."""
    is_merely_stale = decision.status.fwd == "stale" and decision.status.detail is None
    stored = decision.stored
    return stored if stored is not None and is_merely_stale and stored.request_time >= since else None

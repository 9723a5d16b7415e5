"""What a run is told of a request: read off the cache's own account of it (RFC 9211), and nowhere else."""

from __future__ import annotations

from freewheel.events import Answered, Missed, Reporter, Reused
from freewheel.httpcache.message import Request
from freewheel.httpcache.status import CacheStatus, ForwardReason
from freewheel.net.protocol import Reply, Transport
from freewheel.net.purpose import Purpose

_REASONS: dict[ForwardReason | None, str] = {
    "uri-miss": "nothing is stored for it",
    "vary-miss": "what is stored answers other request fields",
    "miss": "nothing stored has the stated digest",
    "request": "the request wants a new answer",
    "stale": "what is stored is stale",
    "partial": "only a part of it is stored",
    "method": "it was not only to be read",
    "bypass": "the cache was passed by",
}
"""Why a request went forward (RFC 9211 §2.2)."""


def reused(purpose: Purpose, status: CacheStatus, *, size: int) -> Reused:
    """A stored body answers, `size` bytes of it."""
    return Reused(
        kind=purpose.kind,
        subject=purpose.subject,
        size=size,
        validated=_is_confirmed(status),
        cache_status=str(status),
    )


def is_stale(status: CacheStatus) -> bool:
    """Whether the stored body that answers is a stale one, which nobody has just confirmed."""
    return (status.ttl or 0) < 0 and not _is_confirmed(status)


def _is_confirmed(status: CacheStatus) -> bool:
    """Whether its origin was asked just now, by this request or by one that it waited for."""
    return status.fwd_status == 304 or status.collapsed


def missed(
    purpose: Purpose, status: CacheStatus, *, size: int, loss: str | None = None, unkept: str | None = None
) -> Missed:
    """`size` bytes came over the network: why and, if nothing of them stays, why the next time they will again.

    `loss` is what was wrong with something stored, `unkept` why the answer is not stored; both are clauses.
    """
    reason = loss or _REASONS.get(status.fwd, _REASONS["bypass"])
    if unkept is not None:
        reason = f"{reason}; not stored: {unkept}"
    return Missed(kind=purpose.kind, subject=purpose.subject, reason=reason, size=size, cache_status=str(status))


class AccountingTransport:
    """Tells of each response what the cache below did."""

    def __init__(self, *, inner: Transport, reporter: Reporter) -> None:
        self._inner = inner
        self._reporter = reporter

    def send(self, request: Request) -> Reply:
        """What the inner transport answers."""
        reply = self._inner.send(request)
        told = None if reply.cache_status is None else str(reply.cache_status)
        status = reply.response.status
        self._reporter.emit(Answered(method=request.method, url=reply.url, status=status, cache_status=told))
        return reply

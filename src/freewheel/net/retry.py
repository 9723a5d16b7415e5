"""A second try, and a few more, for what may well work the next time."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from freewheel import errors
from freewheel.events import Noted, Reporter, Warned
from freewheel.httpcache import dates
from freewheel.httpcache.message import Request, Response
from freewheel.net.protocol import Reply, Transport

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods whose repetition changes nothing (RFC 9110 §9.2.2)."""

TRANSIENT = frozenset({408, 500, 502, 503, 504, 520, 524, 527})
"""Statuses of servers and proxies in passing trouble, and of those that waited too long (RFC 9110 §15.5.9)."""

_ASKED_TO_WAIT = frozenset({413, 429, 503})
"""Statuses that mean "later" when they come with Retry-After (RFC 9110 §10.2.3, RFC 6585 §4)."""


class Backoff(Struct, frozen=True, kw_only=True):
    """How often to try again and how long to wait before: `first`, then twice that, and so on; seconds.

    A random part of up to `jitter` of the wait is taken off, so that many clients do not come back as one.
    Retry-After is obeyed up to `longest_retry_after`; beyond it the answer stands.
    """

    retries: int = 5
    first: float = 0.25
    longest: float = 30.0
    jitter: float = 0.5
    longest_retry_after: float = 60.0


def seconds_before(attempt: int, *, backoff: Backoff, chance: float) -> float:
    """The wait before the retry number `attempt`, which counts from 1; `chance` lies in 0 to 1.

    >>> [seconds_before(n, backoff=Backoff(jitter=0), chance=0) for n in (1, 2, 3)]
    [0.25, 0.5, 1.0]
    """
    full = min(backoff.first * 2.0 ** (attempt - 1), backoff.longest)
    return full * (1 - backoff.jitter * chance)


def retry_after(response: Response, *, now: float) -> float | None:
    """The seconds that Retry-After asks to wait, from a number or a date; None without a valid one."""
    value = (response.headers.get("retry-after") or "").strip()
    if value.isascii() and value.isdecimal():
        return float(value)
    moment = dates.parse(value, now=now)
    return None if moment is None else max(0.0, moment - now)


def wait_before_retry(
    response: Response, attempt: int, *, backoff: Backoff, now: float, chance: float
) -> float | None:
    """The seconds to wait before asking again, or None when this answer stands."""
    asked = retry_after(response, now=now)
    if asked is not None and response.status in TRANSIENT | _ASKED_TO_WAIT:
        return asked if asked <= backoff.longest_retry_after else None
    return seconds_before(attempt, backoff=backoff, chance=chance) if response.status in TRANSIENT else None


class RetryingTransport:
    """Repeats idempotent requests that met an unreachable host or a transient status.

    The last answer is given back as it came; when none came, Unreachable tells the number of attempts.
    `sleep` takes seconds, `clock` gives seconds since the epoch, `chance` a random number in 0 to 1.
    """

    def __init__(
        self,
        *,
        inner: Transport,
        backoff: Backoff,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        chance: Callable[[], float],
        reporter: Reporter,
    ) -> None:
        self._inner = inner
        self._backoff = backoff
        self._sleep = sleep
        self._clock = clock
        self._chance = chance
        self._reporter = reporter

    def send(self, request: Request) -> Reply:
        """The first answer that stands."""
        retries = self._backoff.retries if request.method in IDEMPOTENT else 0
        for attempt in range(1, retries + 1):
            try:
                reply = self._inner.send(request)
            except errors.Unreachable as error:
                wait = seconds_before(attempt, backoff=self._backoff, chance=self._chance())
                problem = error.reason
            else:
                asked = wait_before_retry(
                    reply.response, attempt, backoff=self._backoff, now=self._clock(), chance=self._chance()
                )
                if asked is None:
                    return reply
                wait, problem = asked, f"status {reply.response.status}"
                reply.body.close()
            # The first is worth a person's attention, who may be waiting for many seconds.
            message = f"{request.url}: {problem}; retry {attempt} of {retries}."
            self._reporter.emit(Warned(message=message) if attempt == 1 else Noted(message=message))
            self._sleep(wait)
        try:
            return self._inner.send(request)
        except errors.Unreachable as error:
            error.attempts = retries + 1
            raise

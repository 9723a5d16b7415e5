"""The RFC 9111 loop: the one place where `httpcache` meets a store and a wire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace

from freewheel import errors
from freewheel.events import Healed, Reporter, StaleUsed
from freewheel.httpcache import collapsing, forwarding, reuse, storing, validation
from freewheel.httpcache.collapsing import Forwarded
from freewheel.httpcache.forwarding import Exchange, HandOut, Keep, KeepPart, Outcome, PassOn, SendAgain
from freewheel.httpcache.keys import cache_key
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.partial import Joined
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import Complete, Decision, Forward, Unsatisfiable, UseStored, Validate
from freewheel.httpcache.status import CacheStatus
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.net import accounts
from freewheel.net.bodies import JoinedBody, body_of, chunks
from freewheel.net.collapsing import OngoingForwards
from freewheel.net.protocol import Body, Reply, Transport
from freewheel.net.purpose import Purpose, purpose_of_request
from freewheel.net.receiving import Asked, Receiver
from freewheel.net.responses import StoredResponses
from freewheel.store.protocol import Blobs, Entries, Locks, Miss


class OtherCache(Protocol):
    """Another program's cache, or that of other machines, of which what is missing here may be taken over."""

    def take_over(self, request: Request, purpose: Purpose) -> bool:
        """Store here what that has for a request; whether there is something now. Reads a file, or a few."""


_PATIENCE = {"page": 30.0, "metadata": 30.0, "download": 600.0}
"""Seconds that a request waits for another one for the same, by what is asked for: then twice beats waiting."""


class CachingTransport:
    """Answers from the store what may be reused, and stores what may be stored while it passes by.

    `clock` gives seconds since the epoch. `scope` names who may reuse what a request gives; empty means anybody.
    What has a stated digest is reused by it, whatever the fields of the response say. `purpose` tells what a request
    is for: a small page lies in its record, and its body goes when a newer one has come. Requests for the same that
    are made at once, also by other processes where there are `locks`, are sent once (§4): each waits for another for
    `patience` seconds at most, or for as long as fits what it asks for. `aside` runs what is to happen alongside;
    without it nothing is validated so (RFC 5861 §3). `others` are asked in order for what anybody
    may reuse, and is not here.
    """

    def __init__(
        self,
        *,
        inner: Transport,
        entries: Entries,
        blobs: Blobs,
        clock: Callable[[], float],
        reporter: Reporter,
        scope: Callable[[Request], str],
        role: Role = Role.PRIVATE,
        policy: Policy | None = None,
        purpose: Callable[[Request], Purpose] = purpose_of_request,
        locks: Locks | None = None,
        patience: float | None = None,
        aside: Callable[[Callable[[], None]], None] | None = None,
        others: Sequence[OtherCache] = (),
    ) -> None:
        self._inner = inner
        self._others = others
        self._responses = StoredResponses(entries=entries, blobs=blobs)
        self._receiver = Receiver(responses=self._responses, reporter=reporter)
        self._ongoing = OngoingForwards(locks=locks)
        self._patience = _PATIENCE if patience is None else dict.fromkeys(_PATIENCE, patience)
        self._aside = aside
        self._scope = scope
        self._purpose = purpose
        self._clock = clock
        self._reporter = reporter
        self._role = role
        self._policy = policy or Policy()

    def send(self, request: Request) -> Reply:
        """A stored answer, a validated one, or one from below."""
        asked, step = self._reuse(self._ask(request))
        if isinstance(step, Validate | Complete | Forward) and collapsing.may_wait(request, step):
            return self._share(asked, step)
        return self._act(asked, step, _nobody_waits)

    def _reuse(self, asked: Asked) -> tuple[Asked, Reply | Unsatisfiable | Forwarded]:
        """The answer from the store, or what is to be done without one; and what is known now."""
        may_be_elsewhere = bool(self._others) and not asked.scope and asked.variants.is_empty
        while True:
            decision = self._decide(asked)
            if not isinstance(decision, UseStored):
                identified = self._identified(asked)
                if may_be_elsewhere and identified is None:
                    may_be_elsewhere, asked = False, self._from_elsewhere(asked)
                    continue
                return asked, decision if identified is None else identified
            handed = self._hand_out(asked, decision)
            if isinstance(handed, Reply):
                return asked, handed
            asked = self._without(asked, decision.stored, handed)

    def _from_elsewhere(self, asked: Asked) -> Asked:
        """What is known once another cache has been asked for what is not here."""
        if not any(other.take_over(asked.request, asked.purpose) for other in self._others):
            return asked
        return replace(self._ask(asked.request), since=asked.since, loss=asked.loss)

    def _act(self, asked: Asked, step: Reply | Unsatisfiable | Forwarded, release: Callable[[], None]) -> Reply:
        if isinstance(step, Validate | Complete | Forward):
            return self._forward(asked, step, release)
        release()
        if isinstance(step, Reply):
            return step
        return _without_body(asked.request, step.response, step.status)

    def _share(self, asked: Asked, waited: Forwarded) -> Reply:
        """Forward a request, unless another one for the same brings the answer (§4)."""
        # A validation costs no more than a lock.
        brings_body = not isinstance(waited, Validate)
        ongoing = self._ongoing.join(
            _name_of_forward(asked), patience=self._patience[asked.purpose.kind], among_processes=brings_body
        )
        release = _nobody_waits if ongoing is None else ongoing.end
        try:
            if ongoing is not None and not ongoing.may_have_waited:
                return self._forward(asked, waited, release)
            news = self._ask(asked.request)
            if news.variants == asked.variants:
                # Bytes with a stated digest may have come from another URL.
                nothing_came = asked.request.digest is None
                return self._act(*((asked, waited) if nothing_came else self._reuse(asked)), release)
            asked = replace(news, since=asked.since, loss=asked.loss)
            used = collapsing.satisfied(
                asked.request, waited, self._decide(asked), since=asked.since, now=self._clock()
            )
            handed = None if used is None else self._hand_out(asked, used)
            if isinstance(handed, Reply):
                release()
                return handed
            return self._act(*self._reuse(asked), release)
        except BaseException:
            release()
            raise

    def _decide(self, asked: Asked) -> Decision:
        return reuse.decide(asked.request, asked.variants, now=self._clock(), role=self._role, policy=self._policy)

    # What is known

    def _ask(self, request: Request) -> Asked:
        purpose = self._purpose(request)
        scope = self._scope(request)
        found = self._responses.find(request.url, scope)
        if not isinstance(found, Miss):
            return Asked(request=request, scope=scope, purpose=purpose, since=self._clock(), variants=found)
        loss = None
        if found.is_damage:
            self._responses.put(request.url, scope, StoredVariants())
            self._heal(purpose, found)
            loss = found.reason
        return Asked(
            request=request, scope=scope, purpose=purpose, since=self._clock(), variants=StoredVariants(), loss=loss
        )

    def _without(self, asked: Asked, lost: StoredResponse, miss: Miss) -> Asked:
        """What is known once a stored body turned out to be gone."""
        # Somebody may have stored another one meanwhile, with a body of its own.
        found = self._responses.find(asked.request.url, asked.scope)
        now = asked.variants if isinstance(found, Miss) else found
        left = now.without(*_with_the_body_of(now, lost))
        if left != now:
            self._responses.put(asked.request.url, asked.scope, left)
        if miss.is_damage:
            self._heal(asked.purpose, miss)
        return replace(asked, variants=left, loss=miss.reason)

    def _heal(self, purpose: Purpose, miss: Miss) -> None:
        self._reporter.emit(Healed(kind=purpose.kind, subject=purpose.subject, reason=miss.reason))

    # What is stored

    def _identified(self, asked: Asked) -> Reply | None:
        """The bytes with the stated digest, from whatever URL they came."""
        request, purpose = asked.request, asked.purpose
        if request.digest is None or request.method != "GET":
            return None
        found = self._responses.identified(request.url, request.digest, is_page=purpose.kind == "page")
        if isinstance(found, Miss):
            if found.is_damage:
                self._heal(purpose, found)
            return None
        body, size = found
        response = Response(status=200, reason="OK", headers=Headers((("Content-Length", str(size)),)))
        status = CacheStatus(hit=True, detail="digest")
        self._reporter.emit(accounts.reused(purpose, status, size=size))
        return Reply(response=response, body=body, url=request.url, cache_status=status)

    def _hand_out(self, asked: Asked, used: UseStored) -> Reply | Miss:
        body = self._responses.open(used.stored, used.span) if used.has_body else None
        if isinstance(body, Miss):
            return body
        if used.stored.response.status == 200:
            size = used.stored.size if used.span is None else used.span.size
            self._reporter.emit(accounts.reused(asked.purpose, used.status, size=size))
            if used.validation is None and accounts.is_stale(used.status):
                self._reporter.emit(StaleUsed(subject=asked.purpose.subject, age=self._age(used.stored)))
        if used.validation is not None:
            self._validate_aside(asked, used.stored, used.validation)
        if body is None:
            return _without_body(asked.request, used.response, used.status)
        return Reply(response=used.response, body=body, url=asked.request.url, cache_status=used.status)

    def _validate_aside(self, asked: Asked, stored: StoredResponse, request: Request) -> None:
        """Validate what was handed out stale, without anybody waiting for it (RFC 5861 §3)."""
        ongoing = None if self._aside is None else self._ongoing.lead(_name_of_forward(asked))
        if self._aside is None or ongoing is None:
            return
        status = CacheStatus(fwd="stale")
        has_conditions = any(name in request.headers for name in validation.CONDITIONS)
        decision = (
            Validate(stored=stored, request=request, status=status)
            if has_conditions
            else Forward(request=request, status=status, stored=stored)
        )

        def validate() -> None:
            try:
                outcome, reply = self._exchange(asked, decision)
                if isinstance(outcome, HandOut):
                    self._receiver.freshen(asked, outcome.stored)
                elif not isinstance(outcome, SendAgain):
                    reply = self._receiver.hand_on(asked, outcome, reply, release=ongoing.end)
                    for _ in chunks(reply.body):
                        pass
                reply.body.close()
            except errors.FreewheelError:
                return  # Whoever needs it once it may not be used stale will hear why.
            finally:
                ongoing.end()

        self._aside(validate)

    # What comes from below

    def _forward(self, asked: Asked, decision: Forwarded, release: Callable[[], None]) -> Reply:
        try:
            outcome, reply = self._exchange(asked, decision)
        except errors.Unreachable as error:
            handed = self._instead_of_failing(asked, decision)
            if handed is not None:
                release()
                return handed
            if decision.stored is not None and decision.stored.response.status == 200:
                error.stored_age = self._age(decision.stored)
            raise
        if isinstance(outcome, SendAgain):
            reply.body.close()
            return self._forward(asked, outcome.decision, release)
        if isinstance(outcome, HandOut):
            reply.body.close()
            return self._hand_out_confirmed(asked, outcome, release)
        joined = None if isinstance(outcome, KeepPart) else outcome.joined
        if joined is not None:
            body = self._join(joined, reply)
            if isinstance(body, Miss):
                reply.body.close()
                asked = self._without(asked, decision.stored, body) if decision.stored is not None else asked
                return self._forward(asked, _anew(asked), release)
            reply = replace(reply, response=joined.response, body=body)
        return self._receiver.hand_on(asked, outcome, reply, release=release)

    def _exchange(self, asked: Asked, decision: Forwarded) -> tuple[Outcome, Reply]:
        """Send what was decided, and see what the answer means."""
        request_time = self._clock()
        reply = self._inner.send(decision.request)
        exchange = Exchange(
            request=asked.request,
            decision=decision,
            response=reply.response,
            request_time=request_time,
            response_time=self._clock(),
        )
        outcome = forwarding.receive(exchange, asked.variants, role=self._role, policy=self._policy)
        if isinstance(outcome, Keep) and storing.names_credentials(reply.response):
            status = replace(outcome.status, stored=False)
            outcome = PassOn(status=status, stored=asked.variants, reason="its Location holds credentials")
        return outcome, reply

    def _join(self, joined: Joined, reply: Reply) -> Body | Miss:
        before = self._responses.open_pieces(joined.before)
        if isinstance(before, Miss):
            return before
        after = self._responses.open_pieces(joined.after)
        if isinstance(after, Miss):
            before.close()
            return after
        return JoinedBody((before, reply.body, after))

    def _instead_of_failing(self, asked: Asked, decision: Forwarded) -> Reply | None:
        used = forwarding.reuse_on_failure(
            asked.request, decision, now=self._clock(), role=self._role, policy=self._policy
        )
        handed = None if used is None else self._hand_out(asked, used)
        return handed if isinstance(handed, Reply) else None

    def _hand_out_confirmed(self, asked: Asked, outcome: HandOut, release: Callable[[], None]) -> Reply:
        """Answer with what is stored; where that cannot be, send the request as if nothing were."""
        handed = self._hand_out(asked, outcome.used)
        if isinstance(handed, Reply):
            is_stored = self._receiver.freshen(asked, outcome.stored)
            release()
            status = outcome.used.status
            return handed if is_stored else replace(handed, cache_status=replace(status, stored=False))
        asked = self._without(asked, outcome.used.stored, handed)
        return self._forward(asked, _anew(asked), release)

    def _age(self, stored: StoredResponse) -> float:
        """For how many seconds a response has been here, or has been known to hold."""
        return max(0.0, self._clock() - stored.response_time)


def _nobody_waits() -> None:
    """Nobody waits."""


def _name_of_forward(asked: Asked) -> str:
    key = cache_key(asked.request.url)
    return f"{asked.scope} {key}" if asked.scope else key


def _anew(asked: Asked) -> Forward:
    return Forward(request=asked.request, status=CacheStatus(fwd="uri-miss"))


def _with_the_body_of(variants: StoredVariants, lost: StoredResponse) -> tuple[StoredResponse, ...]:
    """Whatever is stored with the same body; 304s may have changed the fields that it was found with."""
    if lost.digest is None:
        return tuple(stored for stored in variants.incomplete if stored.parts == lost.parts)
    return tuple(stored for stored in variants.variants if stored.digest == lost.digest)


def _without_body(request: Request, response: Response, status: CacheStatus) -> Reply:
    return Reply(response=response, body=body_of(b""), url=request.url, cache_status=status)

"""The RFC 9111 loop: the one place where `httpcache` meets a store and a wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from freewheel import errors
from freewheel.events import Healed, Missed, Reporter, Reused, StaleUsed
from freewheel.httpcache import forwarding, reuse
from freewheel.httpcache.forwarding import Exchange, HandOut, Keep, PassOn, SendAgain
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import Forward, Unsatisfiable, UseStored, Validate
from freewheel.httpcache.status import CacheStatus
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model import url as urls
from freewheel.model.digest import Digest
from freewheel.net.bodies import body_of, stated_length
from freewheel.net.keeping import NEVER_INLINE, Keeper, Kept, PassingBody
from freewheel.net.protocol import Reply, Transport
from freewheel.net.purpose import Purpose, purpose_of
from freewheel.net.responses import StoredResponses
from freewheel.store.protocol import Blobs, Entries, Miss

INLINE_LIMIT = 4096
"""Bytes up to which a page lies in its record: one read instead of two, and one block on most disks."""

_REASONS = {
    "uri-miss": "nothing is stored for it",
    "vary-miss": "what is stored answers other request fields",
    "miss": "nothing stored has the stated digest",
    "request": "the request wants a new answer",
    "stale": "what is stored is stale",
}
"""Why a request went forward, by the reasons of RFC 9211 §2.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request, what it is for, and what is stored for it; `loss` says what was wrong with something stored.

    The scope is taken once: whatever becomes known meanwhile, an answer stays among those who asked as this request.
    """

    request: Request
    scope: str
    purpose: Purpose
    variants: StoredVariants
    loss: str | None = None


class CachingTransport:
    """Answers from the store what may be reused, and stores what may be stored while it passes by.

    `clock` gives seconds since the epoch. `scope` names who may reuse what a request gives; empty means anybody.
    What has a stated digest is reused by it, whatever the fields of the response say.
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
    ) -> None:
        self._inner = inner
        self._responses = StoredResponses(entries=entries, blobs=blobs, reporter=reporter)
        self._scope = scope
        self._clock = clock
        self._reporter = reporter
        self._role = role
        self._policy = policy or Policy()

    def send(self, request: Request) -> Reply:
        """A stored answer, a validated one, or one from below."""
        asked = self._ask(request)
        while True:
            decision = reuse.decide(request, asked.variants, now=self._clock(), role=self._role, policy=self._policy)
            if isinstance(decision, UseStored):
                handed = self._hand_out(asked, decision)
                if isinstance(handed, Reply):
                    return handed
                asked = self._without(asked, decision.stored.digest, handed)
                continue
            identified = self._identified(asked)
            if identified is not None:
                return identified
            if isinstance(decision, Unsatisfiable):
                return _without_body(request, decision.response, decision.status)
            return self._forward(asked, decision)

    # What is known

    def _ask(self, request: Request) -> _Asked:
        # Whoever asks for a page names the media types that it can read; a file is taken as it is.
        is_file = request.headers.get("Accept") == "*/*"
        purpose = purpose_of(request.url, is_file=is_file)
        scope = self._scope(request)
        found = self._responses.find(request.url, scope)
        if not isinstance(found, Miss):
            return _Asked(request=request, scope=scope, purpose=purpose, variants=found)
        loss = None
        if found.is_damage:
            self._responses.put(request.url, scope, StoredVariants())
            self._heal(purpose, found)
            loss = found.reason
        return _Asked(request=request, scope=scope, purpose=purpose, variants=StoredVariants(), loss=loss)

    def _without(self, asked: _Asked, lost: Digest, miss: Miss) -> _Asked:
        """What is known once a stored body turned out to be gone."""
        left = tuple(stored for stored in asked.variants.variants if stored.digest != lost)
        variants = StoredVariants(variants=left)
        self._responses.put(asked.request.url, asked.scope, variants)
        if miss.is_damage:
            self._heal(asked.purpose, miss)
        return replace(asked, variants=variants, loss=miss.reason)

    def _heal(self, purpose: Purpose, miss: Miss) -> None:
        self._reporter.emit(Healed(kind=purpose.kind, subject=purpose.subject, reason=miss.reason))

    # What is stored

    def _identified(self, asked: _Asked) -> Reply | None:
        """The bytes with the stated digest, from whatever URL they came."""
        request, purpose = asked.request, asked.purpose
        if request.digest is None or request.method != "GET":
            return None
        found = self._responses.identified(request.url, request.digest)
        if isinstance(found, Miss):
            if found.is_damage:
                self._heal(purpose, found)
            return None
        body, size = found
        self._reporter.emit(Reused(kind=purpose.kind, subject=purpose.subject, size=size))
        response = Response(status=200, reason="OK", headers=Headers((("Content-Length", str(size)),)))
        status = CacheStatus(hit=True, detail="digest")
        return Reply(response=response, body=body, url=request.url, cache_status=status)

    def _hand_out(self, asked: _Asked, used: UseStored, *, validated: bool = False) -> Reply | Miss:
        body = self._responses.open(used.stored)
        if isinstance(body, Miss):
            return body
        if used.stored.response.status == 200:
            kind, subject = asked.purpose.kind, asked.purpose.subject
            size = used.stored.size
            self._reporter.emit(Reused(kind=kind, subject=subject, size=size, validated=validated))
            if not validated and (used.status.ttl or 0) < 0:
                self._reporter.emit(StaleUsed(subject=subject, age=self._age(used.stored)))
        if not used.has_body:
            body.close()
            return _without_body(asked.request, used.response, used.status)
        return Reply(response=used.response, body=body, url=asked.request.url, cache_status=used.status)

    # What comes from below

    def _forward(self, asked: _Asked, decision: Forward | Validate) -> Reply:
        request_time = self._clock()
        try:
            reply = self._inner.send(decision.request)
        except errors.Unreachable as error:
            handed = self._instead_of_failing(asked, decision)
            if handed is not None:
                return handed
            if decision.stored is not None and decision.stored.response.status == 200:
                error.stored_age = self._age(decision.stored)
            raise
        exchange = Exchange(
            request=asked.request,
            decision=decision,
            response=reply.response,
            request_time=request_time,
            response_time=self._clock(),
        )
        outcome = forwarding.receive(exchange, asked.variants, role=self._role, policy=self._policy)
        if isinstance(outcome, Keep) and _names_credentials(reply.response):
            reason = "its Location holds credentials"
            status = replace(outcome.status, stored=False)
            outcome = PassOn(status=status, stored=asked.variants, reason=reason)
        if isinstance(outcome, HandOut | SendAgain):
            reply.body.close()
            return self._answer_again(asked, outcome, validated=reply.response.status == 304)
        if isinstance(outcome, Keep):
            return self._keep(asked, outcome, reply)
        self._leave(asked, outcome)
        return self._pass_on(asked, outcome, reply)

    def _instead_of_failing(self, asked: _Asked, decision: Forward | Validate) -> Reply | None:
        used = forwarding.reuse_on_failure(
            asked.request, decision, now=self._clock(), role=self._role, policy=self._policy
        )
        handed = None if used is None else self._hand_out(asked, used)
        return handed if isinstance(handed, Reply) else None

    def _age(self, stored: StoredResponse) -> float:
        """For how many seconds a response has been here, or has been known to hold."""
        return max(0.0, self._clock() - stored.response_time)

    def _answer_again(self, asked: _Asked, outcome: HandOut | SendAgain, *, validated: bool) -> Reply:
        """Answer with what is stored; where that cannot be, send the request as if nothing were."""
        if isinstance(outcome, SendAgain):
            return self._forward(asked, outcome.decision)
        handed = self._hand_out(asked, outcome.used, validated=validated)
        if isinstance(handed, Reply):
            self._replace(asked, asked.variants, outcome.stored)
            return handed
        asked = self._without(asked, outcome.used.stored.digest, handed)
        return self._forward(asked, Forward(request=asked.request, status=CacheStatus(fwd="uri-miss")))

    def _keep(self, asked: _Asked, outcome: Keep, reply: Reply) -> Reply:
        may_inline = asked.purpose.kind == "page" and asked.request.digest is None
        keeper = Keeper(
            create=self._responses.create,
            inline_limit=INLINE_LIMIT if may_inline else NEVER_INLINE,
            on_failure=self._responses.failed,
        )
        if not keeper.start():
            passed = PassOn(
                status=replace(outcome.status, stored=False), stored=asked.variants, reason="the cache cannot keep it"
            )
            return self._pass_on(asked, passed, reply)
        stated = asked.request.digest if reply.response.status == 200 else None
        url = asked.request.url

        def end(received: int, kept: Kept | None) -> None:
            self._missed(asked, outcome.status, reply.response, received)
            if kept is None:
                return
            # Somebody may have stored another variant while this body was on its way.
            found = self._responses.find(url, asked.scope)
            others = StoredVariants() if isinstance(found, Miss) else found
            checked = () if stated is None else (stated,)
            new = replace(outcome, others=others).stored(body=kept, size=received, checked=checked)
            self._replace(asked, others, new)
            if stated is not None and isinstance(kept, Digest) and stated.algorithm != kept.algorithm:
                self._responses.note_digest(url, stated, kept)

        body = self._passing(asked, reply, keeper, end)
        return replace(reply, body=body, cache_status=outcome.status)

    def _pass_on(self, asked: _Asked, outcome: PassOn, reply: Reply) -> Reply:
        def end(received: int, _: Kept | None) -> None:
            self._missed(asked, outcome.status, reply.response, received, outcome.reason)

        body = self._passing(asked, reply, None, end)
        return replace(reply, body=body, cache_status=outcome.status)

    def _passing(
        self, asked: _Asked, reply: Reply, keeper: Keeper | None, end: Callable[[int, Kept | None], None]
    ) -> PassingBody:
        is_file = reply.response.status == 200 and asked.request.method == "GET"
        return PassingBody(
            inner=reply.body,
            url=asked.request.url,
            length=stated_length(reply.response, method=asked.request.method),
            stated=asked.request.digest if is_file else None,
            keeper=keeper,
            on_end=end,
        )

    def _leave(self, asked: _Asked, outcome: PassOn) -> None:
        """Bring the store to what an answer that is not kept leaves of it."""
        self._replace(asked, asked.variants, outcome.stored)
        for url in outcome.invalidated:
            found = self._responses.find(url, asked.scope)
            if not isinstance(found, Miss):
                self._responses.put(url, asked.scope, found.invalidated())

    def _replace(self, asked: _Asked, old: StoredVariants, new: StoredVariants) -> None:
        """Store what has changed, and drop the bodies that nothing leads to any more."""
        if new == old or not self._responses.put(asked.request.url, asked.scope, new):
            return
        if asked.purpose.kind == "page":
            # A page's body is its URL's alone; a file's may be wanted by its digest from elsewhere.
            for blob in set(old.blobs) - set(new.blobs):
                self._responses.drop(blob)

    def _missed(
        self, asked: _Asked, status: CacheStatus, response: Response, received: int, unkept: str | None = None
    ) -> None:
        """Say why something was fetched and, if nothing of it stays, why the next time it will be again."""
        if response.status != 200 or asked.request.method != "GET":
            return
        reason = asked.loss or _REASONS.get(status.fwd or "", "the cache was passed by")
        if unkept is not None:
            reason = f"{reason}; not stored: {unkept}"
        kind, subject = asked.purpose.kind, asked.purpose.subject
        self._reporter.emit(Missed(kind=kind, subject=subject, reason=reason, size=received))


def _names_credentials(response: Response) -> bool:
    """Whether a redirect leads to a URL with user or password, which must not lie on a disk."""
    try:
        return urls.split_credentials(response.headers.get("Location") or "")[1] is not None
    except ValueError:
        return True


def _without_body(request: Request, response: Response, status: CacheStatus) -> Reply:
    return Reply(response=response, body=body_of(b""), url=request.url, cache_status=status)

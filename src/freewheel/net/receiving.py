"""What comes from below becomes an answer, and is kept while it passes by."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from freewheel.events import Reporter
from freewheel.httpcache.forwarding import Keep, KeepPart, PassOn
from freewheel.httpcache.message import Request, Response
from freewheel.httpcache.status import CacheStatus
from freewheel.httpcache.stored_response import StoredVariants
from freewheel.model.digest import Digest
from freewheel.net import accounts
from freewheel.net.bodies import stated_length
from freewheel.net.keeping import NEVER_INLINE, End, Keeper, PassingBody
from freewheel.net.protocol import Reply
from freewheel.net.purpose import Purpose
from freewheel.net.responses import StoredResponses
from freewheel.store.protocol import Miss

INLINE_LIMIT = 4096
"""Bytes up to which a page lies in its record: one read instead of two, and one block on most disks."""

Received: TypeAlias = Keep | KeepPart | PassOn


class Asked(Struct, frozen=True, kw_only=True):
    """A request, what it is for, and what is stored for it; `loss` says what was wrong with something stored.

    The scope is taken once: whatever becomes known meanwhile, an answer stays among those who asked as this request.
    `since` is when the request was made, in seconds since the epoch.
    """

    request: Request
    scope: str
    purpose: Purpose
    since: float
    variants: StoredVariants
    loss: str | None = None


class Receiver:
    """Hands on what comes, and brings the store to what it leaves there."""

    def __init__(self, *, responses: StoredResponses, reporter: Reporter) -> None:
        self._responses = responses
        self._reporter = reporter

    def hand_on(self, asked: Asked, outcome: Received, reply: Reply, *, on_landing: Callable[[], None]) -> Reply:
        """The reply with a body that is kept in passing, where it is to be.

        `on_landing` is called once the store holds what comes of it, however the body ends.
        """
        if isinstance(outcome, PassOn):
            self._leave(asked, outcome)
            on_landing()
            return self._pass_on(asked, outcome.status, reply, outcome.reason)
        keeper = self._keeper(asked, outcome)
        if not keeper.start():
            on_landing()
            return self._pass_on(asked, replace(outcome.status, stored=False), reply, "the cache cannot keep it")

        def end(end: End) -> None:
            self._missed(asked, outcome.status, reply, end)
            try:
                self._keep(asked, outcome, reply.response, end)
            finally:
                on_landing()

        body = PassingBody(
            inner=reply.body,
            url=asked.request.url,
            length=outcome.sent.span.size if isinstance(outcome, KeepPart) else _length(asked, reply),
            stated=_stated(asked, reply.response),
            keeper=keeper,
            on_end=end,
            is_resumable=isinstance(outcome, KeepPart) or outcome.is_resumable,
        )
        return replace(reply, body=body, cache_status=outcome.status)

    def freshen(self, asked: Asked, new: StoredVariants) -> None:
        """Store what a validation has changed, unless somebody else has changed the same meanwhile.

        An older 304 must not undo what a PUT has invalidated since it was asked for (§4.4).
        """
        found = self._responses.find(asked.request.url, asked.scope)
        if not isinstance(found, Miss) and found == asked.variants:
            self.replace(asked, asked.variants, new)

    def replace(self, asked: Asked, old: StoredVariants, new: StoredVariants) -> None:
        """Store what has changed, and drop the bodies that nothing leads to any more."""
        if new == old or not self._responses.put(asked.request.url, asked.scope, new):
            return
        lost = set(old.blobs) - set(new.blobs)
        if asked.purpose.kind != "page":
            # A page's body is its URL's alone, and so is a part; a file's may be wanted by its digest from elsewhere.
            lost &= {part.digest for incomplete in old.incomplete for part in incomplete.parts}
        for blob in lost:
            self._responses.drop(blob)

    def _keeper(self, asked: Asked, outcome: Keep | KeepPart) -> Keeper:
        is_page = asked.purpose.kind == "page" and asked.request.digest is None
        return Keeper(
            create=self._responses.create,
            inline_limit=INLINE_LIMIT if is_page or isinstance(outcome, KeepPart) else NEVER_INLINE,
        )

    def _pass_on(self, asked: Asked, status: CacheStatus, reply: Reply, reason: str) -> Reply:
        body = PassingBody(
            inner=reply.body,
            url=asked.request.url,
            length=_length(asked, reply),
            stated=_stated(asked, reply.response),
            keeper=None,
            on_end=lambda end: self._missed(asked, status, reply, end, reason),
        )
        return replace(reply, body=body, cache_status=status)

    def _keep(self, asked: Asked, outcome: Keep | KeepPart, response: Response, end: End) -> None:
        url = asked.request.url
        # Somebody may have stored another variant while this body was on its way.
        found = self._responses.find(url, asked.scope)
        others = StoredVariants() if isinstance(found, Miss) else found
        self.replace(asked, others, _with_what_came(asked, outcome, response, end, others))
        stated = _stated(asked, response)
        blob = end.kept if end.is_whole and isinstance(outcome, Keep) else None
        if stated is not None and isinstance(blob, Digest) and stated.algorithm != blob.algorithm:
            self._responses.note_digest(url, stated, blob)

    def _leave(self, asked: Asked, outcome: PassOn) -> None:
        """Bring the store to what an answer that is not kept leaves of it."""
        self.replace(asked, asked.variants, outcome.stored)
        # §4.4: a change that took credentials concerns what anybody may see of the same as well.
        for url, scope in product(outcome.invalidated, dict.fromkeys((asked.scope, ""))):
            found = self._responses.find(url, scope)
            if not isinstance(found, Miss) and not self._responses.put(url, scope, found.invalidated()):
                self._responses.put(url, scope, StoredVariants())  # which needs no room

    def _missed(self, asked: Asked, status: CacheStatus, reply: Reply, end: End, unkept: str | None = None) -> None:
        """Say why something was fetched and, if nothing of it stays, why the next time it will be again."""
        if reply.response.status != 200 or asked.request.method != "GET":
            return
        told = accounts.missed(asked.purpose, status, size=end.received, loss=asked.loss, unkept=unkept)
        self._reporter.emit(told)


def _with_what_came(
    asked: Asked, outcome: Keep | KeepPart, response: Response, end: End, others: StoredVariants
) -> StoredVariants:
    """What belongs under the key once a body has ended, besides what others stored meanwhile."""
    if end.kept is not None and isinstance(outcome, KeepPart):
        return replace(outcome, others=others).stored(body=end.kept, received=end.received)
    if end.kept is not None and isinstance(outcome, Keep):
        outcome = replace(outcome, others=others)
        if not end.is_whole:
            return outcome.unfinished(body=end.kept, received=end.received)
        stated = _stated(asked, response)
        checked = () if stated is None else (stated,)
        return outcome.stored(body=end.kept, size=end.received, checked=checked)
    if isinstance(outcome, Keep) and outcome.joined is not None:
        # What did not make a whole is not tried again.
        return others.without(*asked.variants.incomplete)
    return others


def _stated(asked: Asked, response: Response) -> Digest | None:
    is_file = response.status == 200 and asked.request.method == "GET"
    return asked.request.digest if is_file else None


def _length(asked: Asked, reply: Reply) -> int | None:
    return stated_length(reply.response, method=asked.request.method)

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
from freewheel.net.framing import stated_length
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

    def hand_on(self, asked: Asked, outcome: Received, reply: Reply, *, release: Callable[[], None]) -> Reply:
        """The reply with a body that is kept in passing, where it is to be.

        `release` is called once the store holds what comes of it, however the body ends.
        """
        if isinstance(outcome, PassOn):
            self._leave(asked, outcome)
            release()
            return self._pass_on(asked, outcome.status, reply, outcome.reason)
        keeper = self._keeper(asked, outcome)
        length = outcome.sent.span.size if isinstance(outcome, KeepPart) else _length(asked, reply)
        if not (self._responses.has_room(length or 0) and keeper.start()):
            release()
            return self._pass_on(asked, replace(outcome.status, stored=False), reply, "the cache cannot keep it")

        def end(end: End) -> None:
            self._missed(asked, outcome.status, reply, end)
            try:
                self._keep(asked, outcome, reply.response, end)
            finally:
                release()

        body = PassingBody(
            inner=reply.body,
            url=asked.request.url,
            length=length,
            stated=_stated(asked, reply.response),
            keeper=keeper,
            on_end=end,
            is_resumable=isinstance(outcome, KeepPart) or outcome.is_resumable,
        )
        return replace(reply, body=body, cache_status=outcome.status)

    def freshen(self, asked: Asked, new: StoredVariants) -> bool:
        """Store what a validation has changed, unless somebody else has changed the same meanwhile; whether it was.

        An older 304 must not undo what a PUT has invalidated since it was asked for (§4.4).
        """
        found = self._responses.find(asked.request.url, asked.scope)
        return not isinstance(found, Miss) and found == asked.variants and self.replace(asked, asked.variants, new)

    def replace(self, asked: Asked, old: StoredVariants, new: StoredVariants) -> bool:
        """Store what has changed, and drop the bodies that nothing leads to any more; whether it is stored."""
        if new == old:
            return True
        if not self._responses.put(asked.request.url, asked.scope, new):
            return False
        lost = set(old.blobs) - set(new.blobs)
        if asked.purpose.kind != "page":
            # A page's body is its URL's alone, and so is a part; a file's may be wanted by its digest from elsewhere.
            lost &= {part.digest for incomplete in old.incomplete for part in incomplete.parts}
        for blob in lost:
            self._responses.drop(blob)
        return True

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
        others = StoredVariants()
        is_first = asked.variants.is_empty and self._add(asked, outcome, response, end)
        if not is_first:
            # Somebody may have stored another variant while this body was on its way.
            found = self._responses.find(asked.request.url, asked.scope)
            others = others if isinstance(found, Miss) else found
            self.replace(asked, others, _with_what_came(asked, outcome, response, end, others))
        if end.is_whole and isinstance(outcome, Keep) and isinstance(end.kept, Digest):
            self._note(asked, response, end.kept, is_of_many=end.was_there and end.kept not in others.blobs)

    def _add(self, asked: Asked, outcome: Keep | KeepPart, response: Response, end: End) -> bool:
        """Store what came as the first of its URL; False where nothing came of it, or something is there already."""
        new = _with_what_came(asked, outcome, response, end, StoredVariants())
        return not new.is_empty and self._responses.add(asked.request.url, asked.scope, new)

    def _note(self, asked: Asked, response: Response, blob: Digest, *, is_of_many: bool) -> None:
        """Note by what a new blob is wanted besides its URL."""
        stated = _stated(asked, response)
        if stated is not None and stated.algorithm != blob.algorithm:
            self._responses.note_digest(asked.request.url, stated, blob)
        if is_of_many or (asked.purpose.kind == "page" and stated is not None):
            self._responses.share(blob)

    def _leave(self, asked: Asked, outcome: PassOn) -> None:
        """Bring the store to what an answer that is not kept leaves of it."""
        self.replace(asked, asked.variants, outcome.stored)
        # §4.4: a change that took credentials concerns what anybody may see of the same as well.
        for url, scope in product(outcome.invalidated, dict.fromkeys((asked.scope, ""))):
            self._responses.invalidate(url, scope)

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

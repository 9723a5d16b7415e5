"""Responses of pip's HTTP cache, taken over into our own store: copied, checked, and stored like any other."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from freewheel.events import Adopted, Noted, Reporter
from freewheel.httpcache import adoption, keys, pips_entry
from freewheel.httpcache.adoption import Adopt, DoNotAdopt, Found
from freewheel.httpcache.message import Request
from freewheel.httpcache.policy import Policy
from freewheel.httpcache.stored_response import StoredVariants
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.bodies import CHUNK_SIZE
from freewheel.net.checksums import Checksums
from freewheel.net.keeping import NEVER_INLINE, Keeper, Kept
from freewheel.net.purpose import Purpose
from freewheel.net.receiving import INLINE_LIMIT
from freewheel.net.responses import StoredResponses
from freewheel.store.foreign import ForeignFile, ForeignFolder
from freewheel.store.protocol import Blobs, Entries, Miss

FOLDER = "http-v2"
"""Where pip (23.3 and newer) keeps responses, below its cache's root."""

_NOBODY = ""
"""The scope of what anybody may reuse: for no other anything is taken over."""


_IN_MOTION = "pip is replacing it"
_NO_ROOM = "our own cache cannot keep it"


class PipResponses:
    """Takes over what pip keeps for a URL. Safe from many threads: what two do at once is done twice, and the same.

    Why something is left where it is, is told at -v. `clock` gives seconds since the epoch.
    """

    def __init__(
        self,
        *,
        folder: ForeignFolder,
        entries: Entries,
        blobs: Blobs,
        clock: Callable[[], float],
        policy: Policy,
        reporter: Reporter,
    ) -> None:
        self._folder = folder
        self._responses = StoredResponses(entries=entries, blobs=blobs)
        self._clock = clock
        self._policy = policy
        self._reporter = reporter
        self._told: set[str] = set()

    def take_over(self, request: Request, purpose: Purpose) -> bool:
        """Store what pip has for a request without credentials; whether it did."""
        # What else tells who asks lies in a scope of its own, of which nobody asks here (`net.scopes`).
        has_credentials = request.credentials is not None or "Authorization" in request.headers
        if request.method != "GET" or has_credentials or keys.peculiarity(request) is not None:
            return False
        found = self._take_over(request, purpose)
        if isinstance(found, Miss | DoNotAdopt):
            is_there = isinstance(found, DoNotAdopt) or found.is_damage
            if is_there and request.url not in self._told:
                self._told.add(request.url)
                message = f"What pip's cache has of {purpose.subject} is not used: {found.reason}."
                self._reporter.emit(Noted(message=message))
            return False
        self._reporter.emit(Adopted(kind=purpose.kind, subject=purpose.subject, size=found))
        return True

    def _take_over(self, request: Request, purpose: Purpose) -> int | Miss | DoNotAdopt:
        """The size of what was stored."""
        place = (FOLDER, *pips_entry.place(request.url))
        record = self._folder.read(*place)
        if isinstance(record, Miss):
            return record
        data, written = record
        body = self._folder.open(*place[:-1], f"{place[-1]}{pips_entry.BODY}")
        if isinstance(body, Miss):
            return body  # which for pip is no entry
        with body.stream:
            if not self._folder.is_still(written):
                return DoNotAdopt(reason=_IN_MOTION)
            try:
                entry = pips_entry.read(data)
            except ValueError as error:
                return DoNotAdopt(reason=str(error))
            found = Found(entry=entry, recorded_at=written.modified, body_at=body.modified, size=body.size)
            decision = adoption.decide(request, found, now=self._clock(), policy=self._policy)
            if isinstance(decision, DoNotAdopt):
                return decision
            return self._store(request, purpose, decision, body)

    def _store(self, request: Request, purpose: Purpose, decision: Adopt, body: ForeignFile) -> int | DoNotAdopt:
        stated = None if decision.stored is not None and decision.stored.response.status != 200 else request.digest
        is_page = purpose.kind == "page" and stated is None
        keeper = Keeper(create=self._responses.create, inline_limit=INLINE_LIMIT if is_page else NEVER_INLINE)
        try:
            kept = self._copy(body, keeper, stated)
            if isinstance(kept, DoNotAdopt):
                return kept
        finally:
            keeper.discard()
        if decision.stored is not None:
            stored = replace(
                decision.stored,
                digest=sha256_of(kept) if isinstance(kept, bytes) else kept,
                body=kept if isinstance(kept, bytes) else None,
                checked=() if stated is None else (stated,),
            )
            is_kept = self._responses.add(request.url, _NOBODY, StoredVariants(variants=(stored,)))
            if not is_kept and isinstance(self._responses.find(request.url, _NOBODY), Miss):
                return DoNotAdopt(reason=_NO_ROOM)
        if isinstance(kept, Digest):
            self._note(request, purpose, kept, stated, was_there=keeper.was_there)
        return body.size

    def _copy(self, body: ForeignFile, keeper: Keeper, stated: Digest | None) -> Kept | DoNotAdopt:
        """The bytes in our store, if they are as many as there were, and have the digest that is stated."""
        checksums = Checksums(() if stated is None else (stated.algorithm,))
        if not (self._responses.has_room(body.size) and keeper.start()):
            return DoNotAdopt(reason=_NO_ROOM)
        try:
            while data := body.stream.read(CHUNK_SIZE):
                checksums.update(data)
                keeper.write(data)
        except OSError as error:
            return DoNotAdopt(reason=f"it cannot be read ({error.strerror or error})")
        # pip writes the body after the record: the one that was read may be that of an older record.
        if checksums.size != body.size or not self._folder.is_still(body):
            return DoNotAdopt(reason=_IN_MOTION)
        if stated is not None and (actual := checksums.digest(stated.algorithm)) != stated:
            return DoNotAdopt(
                reason=f"its {stated.algorithm} digest is {actual.value}, and {stated.value} was stated"
            )
        kept = keeper.finish()
        return DoNotAdopt(reason=_NO_ROOM) if kept is None else kept

    def _note(
        self, request: Request, purpose: Purpose, blob: Digest, stated: Digest | None, *, was_there: bool
    ) -> None:
        """Note by what a blob is wanted besides its URL."""
        if stated is not None and stated.algorithm != blob.algorithm:
            self._responses.note_digest(request.url, stated, blob)
        if was_there or (purpose.kind == "page" and stated is not None):
            self._responses.share(blob)

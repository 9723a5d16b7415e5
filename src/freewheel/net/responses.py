"""Stored responses: entries for what was said, blobs for the bodies, and which blob has a stated digest."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from functools import lru_cache

from freewheel import errors
from freewheel.httpcache import parts
from freewheel.httpcache.keys import cache_key
from freewheel.httpcache.parts import Part, Piece
from freewheel.httpcache.ranges import Span
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants, from_fields, to_fields
from freewheel.model import digest as digests
from freewheel.model.digest import Digest
from freewheel.net.bodies import JoinedBody, LimitedBody, StreamBody
from freewheel.net.protocol import Body
from freewheel.net.purpose import NO_PROJECT, purpose_of
from freewheel.store.protocol import Blobs, BlobWriter, Entries, Miss
from freewheel.store.record import Record
from freewheel.store.verify import verified

RESPONSES, DIGESTS, SHARED = "http", "digest", "shared"
"""The kinds of entries: responses by scope and cache key; the blob that has a stated digest; blobs of many."""

SHARED_BY_ALL = "GET "
"""What the keys of responses begin with that anybody may reuse; those of others begin with their scope."""

_REMEMBERED = 256
"""How many entries are remembered as they were last read."""

_NOTHING: tuple[None, StoredVariants] = (None, StoredVariants())


class StoredResponses:
    """Reads and writes the two tables; every method is safe from many threads, and none raises StoreError.

    A scope names who may reuse what a URL gave: responses of different scopes never meet.
    """

    def __init__(self, *, entries: Entries, blobs: Blobs) -> None:
        self._entries = entries
        self._blobs = blobs
        self._last_read: dict[tuple[str, str, str], tuple[Record | None, StoredVariants]] = {}
        self._outdated: set[tuple[str, str, str]] = set()

    def find(self, url: str, scope: str) -> StoredVariants | Miss:
        """Everything stored for a URL."""
        address = _address(url, scope)
        if address in self._outdated:
            return Miss(reason="it was changed since, which the cache could not note")
        found = self._entries.get(*address)
        if isinstance(found, Miss):
            return found
        record, variants = self._last_read.get(address, _NOTHING)
        # A store that remembers what it read gives the same record for as long as nobody has changed it.
        if record is not found:
            try:
                variants = from_fields(found.fields)
            except ValueError:
                return Miss(reason="the record has another shape", is_damage=True)
            if len(self._last_read) >= _REMEMBERED:
                self._last_read.clear()
            self._last_read[address] = (found, variants)
        return variants

    def put(self, url: str, scope: str, variants: StoredVariants) -> bool:
        """Keep these instead of what was stored for a URL; none at all leaves no entry. Whether it worked."""
        address = _address(url, scope)
        if variants.is_empty:
            self._entries.remove(*address)
            return True
        has_worked = self._attempt(lambda: self._entries.put(*address, _record(variants)))
        if has_worked:
            self._outdated.discard(address)
        return has_worked

    def add(self, url: str, scope: str, variants: StoredVariants) -> bool:
        """Keep these where nothing is stored for a URL; whether it worked, and nothing was."""
        address = _address(url, scope)
        try:
            is_new = self._entries.add(*address, _record(variants))
        except errors.StoreError:
            return False
        if is_new:
            self._outdated.discard(address)
        return is_new

    def invalidate(self, url: str, scope: str) -> None:
        """Have everything stored for a URL validated before it is used again; or gone, where that cannot be noted."""
        found = self.find(url, scope)
        if isinstance(found, Miss) or self.put(url, scope, found.invalidated()):
            return
        address = _address(url, scope)
        if not self._entries.remove(*address):  # which needs no room, but may be forbidden
            self._outdated.add(address)

    def open(self, stored: StoredResponse, span: Span | None = None) -> Body | Miss:
        """The body, or that span of it, checked against its digest before anything of it is handed out."""
        if stored.digest is None:
            wanted = parts.pieces(stored.parts, span or Span(0, stored.size))
            return Miss(reason="a part of it is missing") if wanted is None else self.open_pieces(wanted)
        body = self._open(stored.digest) if stored.body is None else StreamBody(stream=io.BytesIO(stored.body))
        return body if span is None or isinstance(body, Miss) else _cut(body, span)

    def open_pieces(self, pieces: Sequence[Piece]) -> Body | Miss:
        """Pieces of parts, put together; each part is checked as a body is."""
        opened: list[Body] = []
        for piece in pieces:
            body = self._open_part(piece.part)
            if isinstance(body, Miss):
                JoinedBody(opened).close()
                return body
            opened.append(_cut(body, piece.span))
        return JoinedBody(opened)

    def identified(self, url: str, stated: Digest, *, is_page: bool) -> tuple[StreamBody, int] | Miss:
        """The bytes with a strong digest, checked, from whatever URL they came; and their number.

        That they were wanted here too is noted once, so that their last use can be seen. With `is_page` they may be
        what a page said, which would go with it.
        """
        found = self._entries.get(*_address_of_digest(url, stated)) if stated.is_strong else Miss(reason="weak")
        noted = None if isinstance(found, Miss) else digests.identity(found.blobs)
        # A SHA-256 digest names its blob: whatever a record says, no other bytes have it.
        blob = digests.identity((stated,)) or noted
        if blob is None:
            return Miss(reason="no file with this digest is known")
        body = self._open(blob)
        if isinstance(body, Miss):
            return body
        if noted is None:
            self.note_digest(url, stated, blob)
            if is_page:
                self.share(blob)
        size = body.stream.seek(0, os.SEEK_END)
        body.stream.seek(0)
        return body, size

    def note_digest(self, url: str, stated: Digest, blob: Digest) -> None:
        """Remember which blob has a digest; weak ones are not remembered, as they identify nothing."""
        if stated.is_strong:
            record = Record(fields={}, blobs=(blob,))
            self._attempt(lambda: self._entries.put(*_address_of_digest(url, stated), record))

    def share(self, blob: Digest) -> None:
        """Remember that a blob is wanted by more than one URL, or by its digest."""
        self._attempt(lambda: self._entries.put(*_address_of_shared(blob), Record(fields={})))

    def drop(self, blob: Digest) -> None:
        """Remove a blob, unless others want it as well."""
        if isinstance(self._entries.get(*_address_of_shared(blob)), Miss):
            self._blobs.remove(blob)

    def has_room(self, size: int) -> bool:
        """Whether a body of `size` bytes could be kept, as far as that is known without trying."""
        return self._blobs.has_room(size)

    def create(self) -> BlobWriter:
        """Begin a blob; raises StoreError, the one method that does."""
        return self._blobs.create()

    def _open(self, blob: Digest) -> StreamBody | Miss:
        stream = self._blobs.open(blob)
        if isinstance(stream, Miss):
            return stream
        found = verified(stream, blob)
        if isinstance(found, Miss):
            self._blobs.remove(blob)
            return found
        return StreamBody(stream=found, blob=blob)

    def _open_part(self, part: Part) -> StreamBody | Miss:
        if part.body is not None:
            return StreamBody(stream=io.BytesIO(part.body))
        body = self._open(part.digest)
        if not isinstance(body, Miss):
            size = body.stream.seek(0, os.SEEK_END)
            if size != part.size:
                body.close()
                return Miss(reason=f"it has {size} bytes instead of {part.size}", is_damage=True)
        return body

    def _attempt(self, action: Callable[[], None]) -> bool:
        try:
            action()
        except errors.StoreError:
            return False
        return True


def _record(variants: StoredVariants) -> Record:
    return Record(fields=to_fields(variants), blobs=variants.blobs)


def _cut(body: StreamBody, span: Span) -> Body:
    body.stream.seek(span.start)
    return LimitedBody(inner=body, left=span.size)


@lru_cache(maxsize=1024)
def _address(url: str, scope: str) -> tuple[str, str, str]:
    key = cache_key(url)
    return RESPONSES, purpose_of(url).project, f"{scope} {key}" if scope else key


def _address_of_shared(blob: Digest) -> tuple[str, str, str]:
    return SHARED, NO_PROJECT, str(blob)


def _address_of_digest(url: str, stated: Digest) -> tuple[str, str, str]:
    return DIGESTS, purpose_of(url).project, str(stated)

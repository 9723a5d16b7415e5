"""Parts of a file over HTTP (RFC 9110 §14): a stream that asks for what is read of it, and for no more."""

from __future__ import annotations

import io
import os

from msgspec import Struct

from freewheel import errors
from freewheel.httpcache import cache_control
from freewheel.httpcache.message import Request
from freewheel.httpcache.ranges import parse_content_range
from freewheel.model.digest import Digest
from freewheel.net.bodies import read_within
from freewheel.net.protocol import Reply, Transport
from freewheel.net.purpose import FILE_FIELDS

TAIL = 65_558
"""Bytes that are asked for first, from the end: as far as `zipfile` looks for an archive's end. The central directory
of most wheels lies in it, and often METADATA, which archivers put before it (PEP 427)."""

_ROUND = 1 << 15
"""Bytes that are asked for at least, and before what joins a part that is here: more than most METADATA have,
compressed, with their header. So one request brings a large directory and METADATA, which stands before it."""


class _Part(Struct, frozen=True, kw_only=True):
    """`data` from `start`, of a file with `total` bytes; the sender's strong validator, or None."""

    data: bytes
    start: int
    total: int
    validator: str | None

    @property
    def end(self) -> int:
        return self.start + len(self.data)


class RemoteFile(io.RawIOBase):
    """The file at a URL, read only, from one thread; the first request is for its end.

    `size` (bytes) and `digest` are what its index states; what is read is held against no digest: a server may hand
    out parts of another file. After the first read `may_be_kept` says whether anything of it may outlast the run
    (RFC 9111 §5.2.2.5), and `received` counts bytes.

    Reading raises RangesRefused where the server does otherwise than asked, where the file changed meanwhile, and
    where more than half of it would have been read; and what the transport raises.
    """

    def __init__(
        self, *, url: str, transport: Transport, size: int | None = None, digest: Digest | None = None
    ) -> None:
        super().__init__()
        self._url = url
        self._digest = digest
        self._transport = transport
        self._stated_size = size
        self._parts: list[_Part] = []
        self._position = 0
        self.may_be_kept = True
        self.received = 0

    def begin(self) -> Reply | None:
        """Ask for the file's end; an answer that is the whole file instead, unread, which the caller closes."""
        reply = self._send(self._wanted_tail())
        if reply.response.status == 200 and not _is_coded(reply):
            return reply
        self._take_tail(reply)
        return None

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The position, in bytes from the start."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move, and the new position; asks for the file's end where its size is not known."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        self._position = max(0, (self._total if origin is None else origin) + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all of the rest where it is negative."""
        total = self._total
        end = total if size < 0 else min(total, self._position + size)
        found = bytearray()
        while self._position < end:
            part = self._part_at(self._position) or self._ask(self._position, end)
            piece = part.data[self._position - part.start : end - part.start]
            self._position += len(piece)
            found += piece
        return bytes(found)

    @property
    def _total(self) -> int:
        return (self._parts[0] if self._parts else self._take_tail(self._send(self._wanted_tail()))).total

    def _part_at(self, position: int) -> _Part | None:
        return next((part for part in self._parts if part.start <= position < part.end), None)

    def _wanted_tail(self) -> str:
        # Where the size is known an ordinary range does: some servers know no suffixes.
        size = self._stated_size
        return f"bytes=-{TAIL}" if size is None else f"bytes={max(0, size - TAIL)}-{max(0, size - 1)}"

    def _take_tail(self, reply: Reply) -> _Part:
        size = self._stated_size
        part = self._take(reply, most=TAIL)
        if part.end != part.total or (part.start > 0 and len(part.data) != TAIL):
            raise self._refused("it answered with another part than the end")
        if size is not None and part.total != size:
            raise self._refused(f"the file has {part.total} bytes, and its index says {size}")
        return part

    def _ask(self, start: int, end: int) -> _Part:
        """What is missing from `start` on, up to the next part that is here."""
        total = self._parts[0].total
        known = min((part.start for part in self._parts if part.start > start), default=total)
        end = min(max(end, start + _ROUND), known)
        if end == known:
            start = max(start - _ROUND, max((part.end for part in self._parts if part.end <= start), default=0))
        if self.received + end - start > total // 2 + TAIL:
            raise self._refused("most of the file would have to be read")
        part = self._take(self._send(f"bytes={start}-{end - 1}"), most=end - start)
        if (part.start, part.end) != (start, end):
            raise self._refused(f"it answered with bytes {part.start} to {part.end} for {start} to {end}")
        return part

    def _send(self, wanted: str) -> Reply:
        headers = FILE_FIELDS.plus("Range", wanted)
        if self._parts and self._parts[0].validator is not None:
            headers = headers.plus("If-Range", self._parts[0].validator)  # RFC 9110 §13.1.5
        return self._transport.send(Request(url=self._url, headers=headers, digest=self._digest))

    def _take(self, reply: Reply, *, most: int) -> _Part:
        known = self._parts[0] if self._parts else None
        try:
            part = self._understood(reply, most)
        finally:
            reply.body.close()
        if known is not None and (known.total, known.validator) != (part.total, part.validator):
            raise self._refused("the file changed meanwhile")
        if cache_control.of_response(reply.response.headers).forbids_storing:
            self.may_be_kept = False
        self.received += len(part.data)
        self._parts.append(part)
        return part

    def _understood(self, reply: Reply, most: int) -> _Part:
        headers = reply.response.headers
        if reply.response.status != 206:
            raise self._refused(f"the status is {reply.response.status}", status=reply.response.status)
        if _is_coded(reply):
            raise self._refused("the part is encoded")
        stated = headers.get("Content-Range") or ""
        sent = parse_content_range(stated)
        if sent is None or sent.total is None:
            raise self._refused("it does not say which part it sends")
        if sent.span.size > most:
            raise self._refused(f"it sends {stated}")
        data = read_within(reply.body, sent.span.size)
        if data is None or len(data) != sent.span.size:
            raise self._refused("the part is longer or shorter than stated")
        return _Part(data=data, start=sent.span.start, total=sent.total, validator=_strong(headers.get("ETag")))

    def _refused(self, reason: str, *, status: int | None = None) -> errors.RangesRefused:
        return errors.RangesRefused(url=self._url, reason=reason, status=status)


def _is_coded(reply: Reply) -> bool:
    return any(coding.lower() != "identity" for coding in reply.response.headers.members("Content-Encoding"))


def _strong(tag: str | None) -> str | None:
    """A validator by which parts may be put together (RFC 9110 §8.8.1)."""
    return tag if tag is not None and tag.startswith('"') else None

"""Bodies that break off and are carried on where they ended (RFC 9110 §14), as one body for whoever reads it."""

from __future__ import annotations

import hashlib

from msgspec.structs import replace

from freewheel import errors
from freewheel.events import DownloadInterrupted, DownloadResumed, Reporter
from freewheel.httpcache import validation
from freewheel.httpcache.message import Request, Response
from freewheel.httpcache.ranges import parse_content_range
from freewheel.model import url as urls
from freewheel.model.digest import Digest
from freewheel.net.bodies import CHUNK_SIZE
from freewheel.net.framing import stated_length
from freewheel.net.protocol import Body, Reply, Transport

_SEVERAL_PARTS = "multipart/byteranges"
"""The media type of an answer to several ranges, which are never asked for (RFC 9110 §14.6)."""


class ResumingTransport:
    """Answers a GET with a body that outlives its connection: up to `retries` further requests ask for the rest.

    Stands below the cache, which sees one response with one body, and keeps it or not by the first one's fields.
    """

    def __init__(self, *, inner: Transport, retries: int, reporter: Reporter) -> None:
        self._inner = inner
        self._retries = retries
        self._reporter = reporter

    def send(self, request: Request) -> Reply:
        """What the inner transport answers."""
        reply = self._inner.send(request)
        is_whole = request.method == "GET" and reply.response.status == 200 and "Range" not in request.headers
        if not is_whole or not self._retries:
            return reply
        body = _ResumingBody(
            request=request, reply=reply, inner=self._inner, retries=self._retries, reporter=self._reporter
        )
        return replace(reply, body=body)


class _ResumingBody:
    """A 200 response's body, over several connections if need be; raises IncompleteBody when it cannot go on."""

    blob: Digest | None = None
    will_be_kept = False

    def __init__(self, *, request: Request, reply: Reply, inner: Transport, retries: int, reporter: Reporter) -> None:
        self._request = replace(request, headers=request.headers.without(validation.CONDITIONS))
        self._body: Body = reply.body
        self._inner = inner
        self._retries = retries
        self._reporter = reporter
        self._validator = validation.strong_validator(reply.response.headers)
        self._headers = reply.response.headers
        self._size = stated_length(reply.response)
        self._end = self._size
        self._received = 0
        self._attempts = 0
        # What has a stated digest is checked at its end; else what comes again is held against what was here.
        self._seen = hashlib.sha256() if request.digest is None else None

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        while True:
            try:
                data = self._read_on(size)
            except errors.IncompleteBody as interruption:
                self._body.close()
                self._go_on(interruption)
                continue
            self._received += len(data)
            if self._seen is not None:
                self._seen.update(data)
            return data

    def _read_on(self, size: int) -> bytes:
        """More of the body in use, which may be a part that ends before the whole does, or says that it does."""
        data = self._body.read(size)
        received = self._received + len(data)
        reason = None
        if self._end is not None and received > self._end:
            reason = "more came than was stated"
        if reason is not None or (not data and self._size is not None and received < self._size):
            raise errors.IncompleteBody(
                url=self._request.url, expected=self._size, received=self._received, reason=reason
            )
        return data

    def close(self) -> None:
        """Let go of the connection in use."""
        self._body.close()

    def _go_on(self, interruption: errors.IncompleteBody) -> None:
        reason = interruption.reason
        while self._attempts < self._retries:
            self._attempts += 1
            self._reporter.emit(DownloadInterrupted(received=self._received, size=self._size, attempt=self._attempts))
            try:
                reply = self._inner.send(self._request_for_the_rest())
            except errors.Unreachable:
                continue
            try:
                problem = self._problem_with(reply)
            except errors.IncompleteBody:
                reply.body.close()
                continue
            if problem is None:
                self._body = reply.body
                return
            reply.body.close()
            reason = problem
            break
        raise errors.IncompleteBody(
            url=interruption.url,
            expected=self._size,
            received=self._received,
            attempts=self._attempts + 1,
            reason=reason,
        ) from interruption

    @property
    def _asks_for_part(self) -> bool:
        """Where it surely is one of the same file; else the whole is asked for again, and its start compared."""
        return bool(self._received) and (self._validator is not None or self._seen is None)

    def _request_for_the_rest(self) -> Request:
        headers = self._request.headers
        if self._asks_for_part:
            headers = headers.plus("Range", f"bytes={self._received}-")
            if self._validator is not None:
                headers = headers.plus("If-Range", self._validator)
        return replace(self._request, headers=headers)

    def _problem_with(self, reply: Reply) -> str | None:
        """Why what comes now does not follow on what is here; None where it does, read up to where that ends."""
        response = reply.response
        if response.status not in (200, 206):
            return f"the rest was refused with status {response.status}"
        if self._is_of_another_file(response):
            return "the file has changed meanwhile"
        if response.status == 206:
            return self._problem_with_part(response)
        size = stated_length(response)
        if None not in (self._size, size) and size != self._size:
            return "the file has changed meanwhile"
        self._end = self._size = self._size if size is None else size
        return None if self._catches_up(reply.body) else "the file has changed meanwhile"

    def _problem_with_part(self, response: Response) -> str | None:
        """RFC 9110 §15.3.7.3: parts of one representation alone may be put together, and only where it is known."""
        if not self._asks_for_part:
            return "a part came that was not asked for"
        stated = response.headers.get("Content-Range")
        if stated is None or (response.headers.get("Content-Type") or "").lower().startswith(_SEVERAL_PARTS):
            return "a part came that does not say which"
        found = parse_content_range(stated)
        total = self._size if found is None or found.total is None else found.total
        if found is None or total is None or stated_length(response) not in (None, found.span.size):
            return f"a part came that contradicts itself, or says nothing: {stated}"  # §14.4
        if found.span.start != self._received or total != (self._size or total) or found.span.end > total:
            return f"another part came than was asked for: {stated}"
        self._size, self._end = total, found.span.end
        name = urls.filename(self._request.url)
        self._reporter.emit(DownloadResumed(filename=name, received=self._received, size=self._size))
        return None

    def _is_of_another_file(self, response: Response) -> bool:
        """Whether an answer states other validators or codings; parts need not state any (RFC 9110 §15.3.7)."""
        ours, theirs = self._headers, response.headers
        is_part = response.status == 206
        if ours.members("Content-Encoding") != theirs.members("Content-Encoding"):
            return not is_part or "Content-Encoding" in theirs
        if not is_part and self._seen is None:
            return False  # a stated digest tells more of a whole file than validators do
        both = [name for name in ("ETag", "Last-Modified") if name in ours and name in theirs]
        return any(ours.get(name) != theirs.get(name) for name in both)

    def _catches_up(self, body: Body) -> bool:
        again, left = hashlib.sha256(), self._received
        while left:
            data = body.read(min(left, CHUNK_SIZE))
            if not data:
                return False
            again.update(data)
            left -= len(data)
        return self._seen is None or again.digest() == self._seen.digest()

"""Bodies that break off and are carried on where they ended (RFC 9110 §14), as one body for whoever reads it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from freewheel import errors
from freewheel.events import DownloadInterrupted, DownloadResumed, Reporter
from freewheel.httpcache import validation
from freewheel.httpcache.message import Request, Response
from freewheel.model import url as urls
from freewheel.model.digest import Digest
from freewheel.net.bodies import CHUNK_SIZE, stated_length
from freewheel.net.protocol import Body, Reply, Transport

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", re.IGNORECASE)


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
        self._size = stated_length(reply.response)
        self._received = 0
        self._attempts = 0
        # What has a stated digest is checked at its end; else what comes again is held against what was here.
        self._seen = hashlib.sha256() if request.digest is None else None

    def read(self, size: int) -> bytes:
        """At most `size` bytes."""
        while True:
            try:
                data = self._body.read(size)
            except errors.IncompleteBody as interruption:
                self._body.close()
                self._go_on(interruption)
                continue
            self._received += len(data)
            if self._seen is not None:
                self._seen.update(data)
            return data

    def close(self) -> None:
        """Let go of the connection in use."""
        self._body.close()

    def _go_on(self, interruption: errors.IncompleteBody) -> None:
        while self._attempts < self._retries:
            self._attempts += 1
            self._reporter.emit(DownloadInterrupted(received=self._received, size=self._size, attempt=self._attempts))
            try:
                reply = self._inner.send(self._request_for_the_rest())
            except errors.Unreachable:
                continue
            try:
                if self._carries_on(reply):
                    self._body = reply.body
                    return
            except errors.IncompleteBody:
                reply.body.close()
                continue
            reply.body.close()
            break
        raise errors.IncompleteBody(
            url=interruption.url,
            expected=self._size,
            received=self._received,
            attempts=self._attempts + 1,
            reason=interruption.reason,
        ) from interruption

    def _request_for_the_rest(self) -> Request:
        """A part where it surely is one of the same file; else the whole again, whose start is compared."""
        headers = self._request.headers
        if self._received and (self._validator is not None or self._seen is None):
            headers = headers.plus("Range", f"bytes={self._received}-")
            if self._validator is not None:
                headers = headers.plus("If-Range", self._validator)
        return replace(self._request, headers=headers)

    def _carries_on(self, reply: Reply) -> bool:
        """Whether what comes now follows on what is here; reads away what is here already."""
        response = reply.response
        if response.status == 206:
            if not self._is_the_rest(response):
                return False
            name = urls.filename(self._request.url)
            self._reporter.emit(DownloadResumed(filename=name, received=self._received, size=self._size))
            return True
        return response.status == 200 and self._has_the_size(response) and self._catches_up(reply.body)

    def _has_the_size(self, response: Response) -> bool:
        size = stated_length(response)
        return self._size is None or size is None or size == self._size

    def _is_the_rest(self, response: Response) -> bool:
        """RFC 9110 §15.3.7.3: parts of one representation alone may be put together."""
        found = _CONTENT_RANGE.fullmatch((response.headers.get("Content-Range") or "").strip())
        if found is None or int(found[1]) != self._received:
            return False
        if self._size is not None and found[2] not in ("*", str(self._size)):
            return False
        tag = response.headers.get("ETag")
        return tag is None or tag == self._validator or not (self._validator or "").startswith('"')

    def _catches_up(self, body: Body) -> bool:
        again, left = hashlib.sha256(), self._received
        while left:
            data = body.read(min(left, CHUNK_SIZE))
            if not data:
                return False
            again.update(data)
            left -= len(data)
        return self._seen is None or again.digest() == self._seen.digest()

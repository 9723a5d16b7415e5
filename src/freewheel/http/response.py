"""What a program gets: status, fields, a body to read, and how the cache came by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from freewheel.errors import FreewheelError, UndecodableContent
from freewheel.httpcache.status import CacheStatus
from freewheel.net import codings
from freewheel.net.bodies import CHUNK_SIZE
from freewheel.net.codings import Source
from freewheel.net.protocol import Reply


class Body:
    """The bytes of a body, read once, from one thread; a context manager that closes it.

    Reading raises IncompleteBody where the connection ended first, DigestMismatch instead of the end where the
    request stated another digest, and UndecodableContent where `Response.decoded` gave it. A body that is read to its
    end is closed, and kept where it may be; one that is closed before leaves nothing that could be taken for it.
    """

    def __init__(self, source: Source, close: Callable[[], None]) -> None:
        self._source = source
        self._close = close
        self._is_closed = False
        self._has_ended = False

    @property
    def is_cut_off(self) -> bool:
        """Whether it was closed before its end."""
        return self._is_closed and not self._has_ended

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, all the rest where it is negative; empty at the end. ValueError once it is closed."""
        if size < 0:
            return b"".join(self)
        if self._has_ended or not size:
            return b""
        if self._is_closed:
            raise ValueError("the body is closed")
        try:
            data = self._source.read(size)
        except FreewheelError:
            self.close()
            raise
        if not data:
            self._has_ended = True
            self.close()
        return data

    def __iter__(self) -> Iterator[bytes]:
        """The rest in pieces of 128 kB at most."""
        while data := self.read(CHUNK_SIZE):
            yield data

    def close(self) -> None:
        """Let go of the connection or file; may be called at any time, and again."""
        if not self._is_closed:
            self._is_closed = True
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


@dataclass(slots=True, kw_only=True)
class Response:
    """A response, whatever its status; a context manager that closes its body.

    `fields` are the header fields as (name, value) pairs, in the order, spelling and number in which they came. Of a
    stored response those for one connection are gone, and Age is as of now (RFC 9111 §3.1, §4). `url` is that of the
    last request, where redirects were followed. `cache_status` is the account of what the cache did (RFC 9211); its
    `str` is a member of the Cache-Status field. `body` has the bytes as they were sent, still coded.
    """

    status: int
    reason: str
    fields: list[tuple[str, str]]
    url: str
    cache_status: CacheStatus
    body: Body

    def field(self, name: str) -> str | None:
        """The value of a field in any spelling, several lines joined by commas (RFC 9110 §5.3); None without any."""
        wanted = name.lower()
        lines = [value for line_name, value in self.fields if line_name.lower() == wanted]
        return ", ".join(lines) if lines else None

    def decoded(self) -> Body:
        """The body without its content codings, instead of `body`; memory stays small however far it unfolds.

        Raises UndecodableContent for a coding that is not in `known_codings()`.
        """
        values = [value for name, value in self.fields if name.lower() == "content-encoding"]
        try:
            source = codings.undone(self.body, values)
        except ValueError as error:
            self.close()
            raise UndecodableContent(url=self.url, reason=str(error)) from error
        return Body(_Decoded(self.body, source, self.url), self.body.close)

    def close(self) -> None:
        """Close the body."""
        self.body.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _Decoded:
    body: Body
    source: Source
    url: str

    def read(self, size: int, /) -> bytes:
        if self.body.is_cut_off:
            raise ValueError("the body is closed")
        try:
            return self.source.read(size)
        except ValueError as error:
            raise UndecodableContent(url=self.url, reason=str(error)) from error


def from_reply(reply: Reply) -> Response:
    """The response in what the layers below answered."""
    response = reply.response
    return Response(
        status=response.status,
        reason=response.reason,
        fields=list(response.headers.lines),
        url=reply.url,
        cache_status=reply.cache_status or CacheStatus(),
        body=Body(reply.body, reply.body.close),
    )

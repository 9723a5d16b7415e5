"""A transport that answers from a table and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from freewheel.errors import IncompleteBody, NetworkError
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.model.digest import Digest
from freewheel.net.protocol import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Canned:
    """An answer that waits for its request; its body raises IncompleteBody after `breaks_after` bytes."""

    response: Response = field(default_factory=lambda: Response(status=200, reason="OK"))
    content: bytes = b""
    breaks_after: int | None = None
    blob: Digest | None = None


def canned(
    content: str | bytes = b"",
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    breaks_after: int | None = None,
) -> Canned:
    """An answer from its parts."""
    body = content.encode() if isinstance(content, str) else content
    lines = Headers(tuple((headers or {}).items()))
    return Canned(response=Response(status=status, headers=lines), content=body, breaks_after=breaks_after)


Script = Canned | NetworkError | Sequence[Canned | NetworkError]
"""What happens to a URL's requests: always the same, or one after the other, the last one again and again."""


class FakeTransport:
    """Answers by URL from `table`, or by a function of the request; 404 for what is not there.

    `log` has every request in order, `open_bodies` says how many answers nobody closed.
    """

    def __init__(self, table: Mapping[str, Script] | Callable[[Request], Canned]) -> None:
        self.log: list[Request] = []
        self.open_bodies = 0
        self._table = table
        self._lock = Lock()

    def send(self, request: Request) -> Reply:
        """The next answer for the request's URL; an error in the table is raised."""
        with self._lock:
            turn = sum(1 for earlier in self.log if earlier.url == request.url)
            self.log.append(request)
        answer = self._table(request) if callable(self._table) else _in_turn(self._table.get(request.url), turn)
        if isinstance(answer, NetworkError):
            raise answer
        with self._lock:
            self.open_bodies += 1
        return Reply(response=answer.response, body=CannedBody(answer, request.url, self._closed), url=request.url)

    def requests_for(self, url: str) -> list[Request]:
        """The requests for a URL."""
        return [request for request in self.log if request.url == url]

    def _closed(self) -> None:
        with self._lock:
            self.open_bodies -= 1


class CannedBody:
    """The body of a canned answer."""

    def __init__(self, answer: Canned, url: str, when_closed: Callable[[], None]) -> None:
        self.blob = answer.blob
        self.will_be_kept = False
        self._answer = answer
        self._url = url
        self._when_closed = when_closed
        self._position = 0
        self._is_closed = False

    def read(self, size: int) -> bytes:
        """At most `size` bytes; raises IncompleteBody where the answer says so."""
        content, breaks_after = self._answer.content, self._answer.breaks_after
        end = len(content) if breaks_after is None else min(len(content), breaks_after)
        if self._position == end and breaks_after is not None:
            raise IncompleteBody(url=self._url, expected=len(content), received=end)
        piece = content[self._position : min(end, self._position + size)]
        self._position += len(piece)
        return piece

    def close(self) -> None:
        """Count as closed, once."""
        if not self._is_closed:
            self._is_closed = True
            self._when_closed()


def _in_turn(script: Script | None, turn: int) -> Canned | NetworkError:
    if script is None:
        return canned(status=404)
    if isinstance(script, Canned | NetworkError):
        return script
    return script[min(turn, len(script) - 1)]

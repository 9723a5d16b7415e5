"""Transports that answer from a function, and what their answers are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from freewheel.errors import FreewheelError
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.model.digest import Digest
from freewheel.net.protocol import Reply


@dataclass(slots=True)
class FakeBody:
    """Bytes in pieces; after them `failure`, if there is one. Notes whether it was closed."""

    pieces: list[bytes]
    failure: FreewheelError | None = None
    is_closed: bool = False
    blob: Digest | None = None
    will_be_kept: bool = False

    def read(self, size: int) -> bytes:
        if not self.pieces:
            if self.failure is not None:
                raise self.failure
            return b""
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def close(self) -> None:
        self.is_closed = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a fake origin says to one request."""

    status: int = 200
    fields: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    failure: FreewheelError | None = None


@dataclass(slots=True)
class FakeTransport:
    """Answers with `respond`, and keeps the requests and the bodies it gave out."""

    respond: Callable[[Request], Answer | FreewheelError]
    requests: list[Request] = field(default_factory=list)
    bodies: list[FakeBody] = field(default_factory=list)

    def send(self, request: Request) -> Reply:
        self.requests.append(request)
        answer = self.respond(request)
        if isinstance(answer, FreewheelError):
            raise answer
        body = FakeBody(pieces=[answer.content] if answer.content else [], failure=answer.failure)
        self.bodies.append(body)
        response = Response(status=answer.status, reason="", headers=Headers(tuple(answer.fields.items())))
        return Reply(response=response, body=body, url=request.url)

    @property
    def urls(self) -> list[str]:
        return [request.url for request in self.requests]


def in_turn(answers: Sequence[Answer | FreewheelError]) -> FakeTransport:
    """A transport that gives these answers, one after the other."""
    left = list(answers)
    return FakeTransport(lambda _: left.pop(0))

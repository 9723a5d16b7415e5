"""Whatever an origin sends: an error in words, or an answer whose body is what its framing says. Never a hang."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freewheel.errors import NetworkError
from freewheel.events import Recorder
from freewheel.httpcache.message import Request
from freewheel.net.bodies import read_all
from freewheel.net.protocol import Reply
from freewheel.net.wire import UrllibTransport, WireSettings
from tests.support.answers import RequestHead
from tests.support.origin import CLOSE, Origin, Script, chunked, message

CONTENT = b"here it is: 5\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"

valid = st.sampled_from(
    [
        message(CONTENT),
        message(CONTENT, f"Content-Length: {len(CONTENT)}"),
        message(CONTENT, length=False),
        message(CONTENT, version="HTTP/1.0"),
        message(chunked(CONTENT), "Transfer-Encoding: chunked", length=False),
        message(chunked(CONTENT[:7], CONTENT[7:], trailers=b"A: b\r\n"), "Transfer-Encoding: chunked", length=False),
        message(CONTENT, "Transfer-Encoding: odd", length=False),
        message(status="304 Not Modified", length=False),
        message(status="204 No Content", length=False),
        b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + message(CONTENT, "Vary: a,", " b"),
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n"
        + message(chunked(CONTENT), "Transfer-Encoding: chunked", length=False),
    ]
)

pieces = st.sampled_from(
    [
        b"\r\n", b"\n", b"\r", b"\0", b" ", b":", b";", b",", b"-", b"+", b"_", b"0", b"1", b"9", b"f", b"x", b"\xff",
        b"\r\n\r\n", b"0\r\n\r\n", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 A\r\n\r\n", b"Content-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n", b"HTTP/1.0", b"HEAD", b"304", b"101",
    ]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutation:
    """Takes `size` bytes away at a place and puts others there; the place is a share of the whole."""

    place: float
    size: int
    put: bytes

    def of(self, sent: bytes) -> bytes:
        start = int(self.place * len(sent))
        return sent[:start] + self.put + sent[start + self.size :]


mutations = st.builds(
    Mutation,
    place=st.floats(0, 1),
    size=st.integers(0, 3) | st.integers(0, 60),
    put=st.just(b"") | pieces | st.binary(max_size=4),
)


@dataclass(slots=True)
class Loopback:
    """One origin for all examples: `/mutated` is answered with `sent`, anything else with its own name."""

    sent: bytes = b""
    closes: bool = True
    origin: Origin = field(init=False)
    wire: UrllibTransport = field(init=False)

    def answer(self, head: RequestHead) -> Script:
        if head.target != "/mutated":
            return [message(head.target.encode())]
        return [self.sent, CLOSE] if self.closes else [self.sent]

    def ask(self, name: str) -> Reply:
        return self.wire.send(Request(url=f"{self.origin.url}{name}"))


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    found = Loopback()
    with Origin(answer=found.answer) as found.origin:
        wire_settings = WireSettings(read_timeout=0.1)
        found.wire = UrllibTransport(settings=wire_settings, reporter=Recorder())
        yield found
        found.wire.close()


@settings(max_examples=150)
@given(valid, st.lists(mutations, max_size=3))
@example(message(CONTENT), [])
@example(message(chunked(CONTENT), "Transfer-Encoding: chunked", length=False), [Mutation(1, 0, message(b"forged"))])
@example(message(CONTENT, length=False), [Mutation(0, 0, b"HTTP/1.1 103 A\r\n\r\n")])
def test_an_answer_is_framed_or_an_error(loopback: Loopback, sent: bytes, changes: list[Mutation]) -> None:
    for change in changes:
        sent = change.of(sent)
    loopback.sent, loopback.closes = sent, True
    body = None
    with suppress(NetworkError):
        reply = loopback.ask("mutated")
        body = read_all(reply.body)
        assert body == _body_by(reply, sent)
    assert changes or body == (b"" if re.match(rb"HTTP/1.1 [23]04", sent) else CONTENT)


@settings(max_examples=60)
@given(valid, st.lists(mutations, max_size=3), st.integers(0, 10**9))
def test_what_follows_is_the_next_answer(
    loopback: Loopback, sent: bytes, changes: list[Mutation], number: int
) -> None:
    for change in changes:
        sent = change.of(sent)
    # What has no end of its own would be waited for until the time limit.
    loopback.sent, loopback.closes = sent, not re.search(rb"(?i)length|chunked|04 N", sent)
    with suppress(NetworkError):
        read_all(loopback.ask("mutated").body)
    reply = loopback.ask(f"next-{number}")
    assert (reply.response.status, read_all(reply.body)) == (200, f"/next-{number}".encode())


def _body_by(reply: Reply, sent: bytes) -> bytes | None:
    """The body after RFC 9112 §6.3, restated on all bytes at once, for a stream that has ended; None for no body."""
    rest = sent
    while found := re.search(rb"\r?\n\r?\n", rest):
        interim, rest = rest[: found.start()], rest[found.end() :]
        if not re.match(rb"HTTP/1\.[0-9][ \t]+1", interim):
            break
    headers = reply.response.headers
    if reply.response.status in (204, 304):
        return b""
    codings = [coding.strip().lower() for coding in ",".join(headers.get_all("Transfer-Encoding")).split(",")]
    if codings[-1] == "chunked":
        return _dechunked(rest)
    if "Transfer-Encoding" in headers or "Content-Length" not in headers:
        return rest
    size = int(headers.members("Content-Length")[0])
    return rest[:size] if len(rest) >= size else None


def _dechunked(rest: bytes) -> bytes | None:
    content = b""
    while found := re.match(rb"([0-9A-Fa-f]+)[ \t]*(?:;[^\r\n]*)?\r\n", rest):
        size, rest = int(found[1], 16), rest[found.end() :]
        if not size:
            return content
        content, end, rest = content + rest[:size], rest[size : size + 2], rest[size + 2 :]
        if end != b"\r\n":
            return None
    return None

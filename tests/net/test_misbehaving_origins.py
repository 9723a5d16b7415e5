"""The wire against an origin that sends whatever a test says: the right answer, or an error in words.

On a connection that is used again, what follows is always the answer to the next request.
"""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest
import urllib3

from freewheel import errors
from freewheel.events import Recorder, Requested
from freewheel.httpcache.message import Headers, Request
from freewheel.model.url import Credentials
from freewheel.net.bodies import read_all
from freewheel.net.connections import WireResponse
from freewheel.net.framing import LARGEST_HEAD
from freewheel.net.protocol import Reply
from freewheel.net.wire import UrllibTransport, WireSettings
from tests.support.origin import CLOSE, CUT, RESET, End, Origin, Script, Tell, Wait, chunked, message

NEXT = message(b"the next answer")
HINT = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 3\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A reply, read to its end."""

    reply: Reply
    content: bytes

    @property
    def status(self) -> int:
        return self.reply.response.status

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        return self.reply.response.headers.lines

    @property
    def fields_named(self) -> set[str]:
        return {name for name, _ in self.fields}


@dataclass(slots=True)
class Client:
    """The wire, and origins that live as long as the test."""

    stack: ExitStack
    recorder: Recorder = field(default_factory=Recorder)
    origin: Origin = field(init=False)
    wire: UrllibTransport = field(init=False)

    def meet(self, *scripts: Script, tls: Path | None = None, timeout: float = 15.0) -> None:
        """Have an origin with these scripts, and a wire that trusts it."""
        self.origin = self.stack.enter_context(Origin(*scripts, tls=tls))
        settings = WireSettings(
            read_timeout=timeout,
            authorities=None if tls is None else str(tls),
        )
        self.wire = UrllibTransport(settings=settings, reporter=self.recorder)
        self.stack.callback(self.wire.close)

    def send(self, method: str = "GET", **fields: str) -> Reply:
        headers = Headers(tuple(fields.items()))
        return self.wire.send(Request(url=self.origin.url, method=method, headers=headers))

    def get(self, method: str = "GET") -> Got:
        reply = self.send(method)
        content = read_all(reply.body)
        return Got(reply=reply, content=content)


@pytest.fixture
def client() -> Iterator[Client]:
    with ExitStack() as stack:
        yield Client(stack)


# Interim responses


@pytest.mark.parametrize(
    "interim",
    [
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n", id="100"),
        pytest.param(b"HTTP/1.1 102 Processing\r\n\r\n", id="102"),
        pytest.param(HINT, id="103"),
        pytest.param(HINT + b"HTTP/1.1 100 Continue\r\n\r\n" + HINT + b"HTTP/1.1 199\r\nA: b\r\n\r\n", id="several"),
    ],
)
def test_interim_responses_are_passed_over(client: Client, interim: bytes) -> None:
    """RFC 9110 §15.2: and none of their fields is the answer's."""
    client.meet([interim + message(b"here", "Vary: x")], [interim, message(b"there")], [NEXT])
    first = client.get()
    assert (first.status, first.content) == (200, b"here")
    assert first.fields == (("Vary", "x"), ("Content-Length", "4"))
    assert client.get().content == b"there"
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 1, 1]


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_an_interim_response_comes_before_an_answer_without_body(client: Client, method: str) -> None:
    client.meet([HINT + message(status="304 Not Modified", length=False)], [NEXT])
    assert client.get(method).status == 304
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 1]


def test_endless_interim_responses_have_an_end(client: Client) -> None:
    client.meet([HINT * (LARGEST_HEAD // len(HINT) + 1), message()])
    assert why(client) == "its answer has a longer head than any"


# Heads


def why(client: Client) -> str:
    """What is said of an answer that never came."""
    with pytest.raises(errors.Unreachable) as caught:
        client.get()
    return caught.value.reason


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "the connection was closed without an answer"),
        (b"HTTP/1.1 20", "its answer breaks off in its head"),
        (b"HTTP/1.1 200 OK\r\n", "its answer breaks off in its head"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", "its answer breaks off in its head"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1", "its answer breaks off in its head"),
        (HINT, "its answer breaks off in its head"),
        (b"hello\r\n" + message(), "its answer begins with 'hello', which is no status line of HTTP/1.1"),
        (b"\r\n" + message(), "its answer begins with '', which is no status line of HTTP/1.1"),
        (b"HTTP/2 200\r\n\r\n", "its answer begins with 'HTTP/2 200', which is no status line of HTTP/1.1"),
        (message(status="099 Low"), "its answer begins with 'HTTP/1.1 099 Low', which is no status line of HTTP/1.1"),
        (
            message(status="1000 High"),
            "its answer begins with 'HTTP/1.1 1000 High', which is no status line of HTTP/1.1",
        ),
        (message(status="2_0"), "its answer begins with 'HTTP/1.1 2_0', which is no status line of HTTP/1.1"),
        (
            message(status="101 Switching Protocols", length=False),
            "its answer switches to another protocol, which was not asked for",
        ),
        (b"HTTP/1.1 200 OK\r\nA: " + b"x" * LARGEST_HEAD, "its answer has a longer head than any"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: x\r\n" * (LARGEST_HEAD // 6), "its answer has a longer head than any"),
        (message(b"12345", "Content-Length: 3"), "its answer states the Content-Length '3, 5'"),
        (message(b"12345", "Content-Length: 3, 5", length=False), "its answer states the Content-Length '3, 5'"),
        (message(b"12345", "Content-Length: -5", length=False), "its answer states the Content-Length '-5'"),
        (message(b"12345", "Content-Length: +5", length=False), "its answer states the Content-Length '+5'"),
        (message(b"12345", "Content-Length: 0x5", length=False), "its answer states the Content-Length '0x5'"),
        (message(b"12345", "Content-Length:", length=False), "its answer states the Content-Length ''"),
        (message(b"1", "Content-Length: 1", " 1", length=False), "its answer states the Content-Length '1 1'"),
        (
            message(b"12345", "Content-Length: " + "9" * 19, length=False),
            "its answer states the Content-Length '9999999999999999999'",
        ),
        (
            message(chunked(b"x"), "Transfer-Encoding: gzip, chunked", length=False),
            "its answer has the transfer coding 'gzip', which was not asked for",
        ),
        (
            message(chunked(chunked(b"x")), "Transfer-Encoding: chunked, chunked", length=False),
            "its answer is chunked in a way that nobody knows",
        ),
        (
            message(chunked(b"x"), "Transfer-Encoding: chunked;x=1", length=False),
            "its answer is chunked in a way that nobody knows",
        ),
    ],
)
def test_what_is_no_answer_is_told_in_words(client: Client, sent: bytes, reason: str) -> None:
    """RFC 9112 §2, 4, 6.3 and 8; the next request has a connection of its own."""
    client.meet([sent, CLOSE], [NEXT])
    assert why(client) == reason
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 2]


@pytest.mark.parametrize("sent", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
def test_what_is_no_answer_is_not_waited_for(client: Client, sent: bytes) -> None:
    client.meet([sent, Wait(Event())])
    assert why(client).startswith("its answer ")


@pytest.mark.parametrize(
    ("lines", "fields"),
    [
        pytest.param(b"A: 1\nB:2\n", (("A", "1"), ("B", "2")), id="lone line feeds"),
        pytest.param(b"A: 1,\r\n  2,\r\n\t3\r\n", (("A", "1, 2, 3"),), id="folded lines"),
        pytest.param(b" A: 1\r\n  2\r\nB: 2\r\n", (("B", "2"),), id="whitespace before the first field"),
        pytest.param(b"A : 1\r\nB\t:\t2\t\r\n", (("A", "1"), ("B", "2")), id="whitespace before the colon"),
        pytest.param(b"A: x\ry\0z\r\n", (("A", "x y z"),), id="a carriage return and a NUL in a value"),
        pytest.param(b"A: 1\r\nno field\r\nB: 2\r\n", (("A", "1"), ("B", "2")), id="a line without colon"),
        pytest.param(b"a b: 1\r\n: 2\r\nB: 2\r\n", (("B", "2"),), id="a name that is none"),
        pytest.param(b"Vary: a\r\nB: 1\r\nvary: b\r\n", (("Vary", "a"), ("B", "1"), ("vary", "b")), id="order"),
        pytest.param(b"A: caf\xe9 \xff\r\n", (("A", "caf\xe9 \xff"),), id="bytes beyond ASCII"),
        pytest.param(b"A:\r\n", (("A", ""),), id="an empty value"),
        pytest.param(b"A: " + b"x" * 100_000 + b"\r\n", (("A", "x" * 100_000),), id="a long line"),
        pytest.param(
            b"".join(b"A%d: x\r\n" % n for n in range(200)), tuple((f"A{n}", "x") for n in range(200)), id="many"
        ),
    ],
)
def test_fields_are_read_as_the_standard_has_it(
    client: Client, lines: bytes, fields: tuple[tuple[str, str], ...]
) -> None:
    """RFC 9112 §2.2 and 5, RFC 9110 §5.5."""
    client.meet([b"HTTP/1.1 200 OK\r\n" + lines + b"Content-Length: 4\r\n\r\nhere"], [NEXT])
    got = client.get()
    assert got.fields == (*fields, ("Content-Length", "4"))
    assert got.content == b"here"
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 1]


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        (b"HTTP/1.1 200 \r\n", 200, ""),
        (b"HTTP/1.1 200\r\n", 200, ""),
        (b"HTTP/1.1  299   Very fine \r\n", 299, "Very fine"),
        (b"HTTP/1.1 999 R\xe9sum\xe9\n", 999, "R\xe9sum\xe9"),
        (b"HTTP/1.7 599 OK\r\n", 599, "OK"),
    ],
)
def test_status_lines_may_be_sloppy(client: Client, line: bytes, status: int, reason: str) -> None:
    """RFC 9112 §4."""
    client.meet([line + b"Content-Length: 1\r\n\r\nx"])
    got = client.get()
    assert (got.status, got.reply.response.reason, got.content) == (status, reason, b"x")


# Bodies


@pytest.mark.parametrize(
    ("sent", "content"),
    [
        pytest.param(message(b"here"), b"here", id="a length"),
        pytest.param(message(b"here", "Content-Length: 4"), b"here", id="the same length twice"),
        pytest.param(message(b"here", "Content-Length: 4, 4", length=False), b"here", id="and in one line"),
        pytest.param(message(b""), b"", id="no length to speak of"),
        pytest.param(message(chunked(b"he", b"re"), CHUNKED, length=False), b"here", id="chunks"),
        pytest.param(message(chunked(), CHUNKED, length=False), b"", id="no chunk"),
        pytest.param(
            message(chunked(b"here", trailers=b"Content-Length: 1\r\nA: b\r\n"), CHUNKED, length=False),
            b"here",
            id="trailers",
        ),
        pytest.param(
            message(b'0002;a=b\r\nhe\r\n2 ; c="d"\r\nre\r\n00;x\r\n\r\n', CHUNKED, length=False),
            b"here",
            id="extensions",
        ),
        pytest.param(message(chunked(b"x" * 300_000), CHUNKED, length=False), b"x" * 300_000, id="a large chunk"),
        pytest.param(
            message(chunked(*[b"x"] * 500), "TRANSFER-ENCODING: Chunked", length=False), b"x" * 500, id="many"
        ),
        pytest.param(
            message(chunked(gzip.compress(b"here")), CHUNKED, "Content-Encoding: gzip", length=False),
            gzip.compress(b"here"),
            id="a content coding, which stays",
        ),
        pytest.param(
            message(b"here", version="HTTP/1.0", status="200 OK\r\nConnection: keep-alive"), b"here", id="1.0"
        ),
    ],
)
def test_a_body_ends_where_it_says(client: Client, sent: bytes, content: bytes) -> None:
    """Behaviour 47; RFC 9112 §6.3 and 7.1. The connection has another use, however the bytes come."""
    middle = len(sent) // 2
    client.meet([sent], [sent[:middle], sent[middle:]], [NEXT])
    assert client.get().content == content
    assert client.get().content == content
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 1, 1]


@pytest.mark.parametrize(
    ("sent", "content"),
    [
        pytest.param(message(b"here", length=False), b"here", id="nothing said"),
        pytest.param(message(b"", length=False), b"", id="nothing sent"),
        pytest.param(message(b"here", version="HTTP/1.0", length=False), b"here", id="1.0"),
        pytest.param(message(b"here", "Transfer-Encoding: odd", length=False), b"here", id="an unknown coding"),
        pytest.param(message(b"here", "Transfer-Encoding: odd"), b"here", id="and a length"),
        pytest.param(
            message(b"here", "Transfer-Encoding: odd", "Content-Length: 2", length=False), b"here", id="wrong"
        ),
        pytest.param(message(b"here", "Transfer-Encoding: chunked, odd", length=False), b"here", id="after chunks"),
        pytest.param(message(b"here", "Transfer-Encoding: identity", length=False), b"here", id="an old one"),
    ],
)
def test_a_body_that_says_nothing_of_its_end_ends_with_the_connection(
    client: Client, sent: bytes, content: bytes
) -> None:
    """RFC 9112 §6.3; a Content-Length beside a transfer coding is not handed on (§6.1)."""
    client.meet([sent, CLOSE], [NEXT])
    got = client.get()
    assert got.content == content
    assert "Content-Length" not in got.reply.response.headers
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 2]


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(message(chunked(b"here"), CHUNKED, "Content-Length: 2", length=False), id="with a length"),
        pytest.param(message(chunked(b"here"), CHUNKED, "Content-Length: x", length=False), id="with a wrong one"),
        pytest.param(
            message(chunked(b"here"), CHUNKED, "Connection: keep-alive", version="HTTP/1.0", length=False),
            id="in 1.0",
        ),
        pytest.param(message(b"here", "Connection: Foo, Close"), id="at its word"),
        pytest.param(message(b"here", version="HTTP/1.0"), id="1.0"),
    ],
)
def test_some_connections_are_not_used_again(client: Client, sent: bytes) -> None:
    """RFC 9112 §6.1 and 9.3: though the origin would go on."""
    client.meet([sent], [NEXT])
    got = client.get()
    assert got.content == b"here"
    assert (
        CHUNKED.split(":", maxsplit=1)[0] not in got.reply.response.headers
        or "Content-Length" not in got.reply.response.headers
    )
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 2]


LENGTH_10 = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
@pytest.mark.parametrize(
    ("sent", "received"),
    [
        pytest.param(LENGTH_10, 0, id="before a body"),
        pytest.param(LENGTH_10 + b"here", 4, id="within a body"),
        pytest.param(IN_CHUNKS, 0, id="before a chunk"),
        pytest.param(IN_CHUNKS + b"1", 0, id="within a chunk's size"),
        pytest.param(IN_CHUNKS + b"4\r\nhe", 2, id="within a chunk"),
        pytest.param(IN_CHUNKS + b"4\r\nhere", 4, id="before a chunk's end"),
        pytest.param(IN_CHUNKS + b"4\r\nhere\r", 4, id="within a chunk's end"),
        pytest.param(IN_CHUNKS + b"4\r\nhere\r\n", 4, id="between chunks"),
        pytest.param(IN_CHUNKS + b"4\r\nhere\r\n0", 4, id="within the last chunk's size"),
    ],
)
def test_a_body_that_breaks_off_is_incomplete(client: Client, sent: bytes, received: int, end: End) -> None:
    """Behaviour 44; RFC 9112 §8. What came is handed out first."""
    told = Event()
    client.meet([sent, Wait(told), end], [NEXT])
    reply = client.send()
    told.set()
    with pytest.raises(errors.IncompleteBody) as caught:
        read_all(reply.body)
    assert caught.value.expected == (10 if sent.startswith(LENGTH_10) else None)
    # Where a connection is reset, what is on its way is lost.
    assert caught.value.received == received or (end is RESET and caught.value.received < received)
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 2]


def test_nothing_but_trailers_is_missing_of_a_whole_body(client: Client) -> None:
    """RFC 9112 §8: the last chunk was there."""
    client.meet([IN_CHUNKS + b"4\r\nhere\r\n0\r\nA: ", CLOSE], [NEXT])
    assert client.get().content == b"here"
    assert client.get().content == b"the next answer"


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        (b"x\r\nhere\r\n", "it has 'x' where a chunk's size should be"),
        (b"\r\n4\r\nhere\r\n", "it has '' where a chunk's size should be"),
        (b"-4\r\nhere\r\n", "it has '-4' where a chunk's size should be"),
        (b"+4\r\nhere\r\n", "it has '+4' where a chunk's size should be"),
        (b"0x4\r\nhere\r\n", "it has '0x4' where a chunk's size should be"),
        (b"0_4\r\nhere\r\n", "it has '0_4' where a chunk's size should be"),
        (b" 4\r\nhere\r\n", "it has ' 4' where a chunk's size should be"),
        (b"4\nhere\r\n", "it has '4' where a chunk's size should be"),
        (b"4 4\r\nhere\r\n", "it has '4 4' where a chunk's size should be"),
        (b"f" * 16 + b"\r\nhere\r\n", "it has 'ffffffffffffffff' where a chunk's size should be"),
        (b"3\r\nhere\r\n", "it has a chunk of another size than it says"),
        (b"5\r\nhere\r\n0\r\n\r\n", "it has a chunk of another size than it says"),
        (b"4\r\nhere\n0\r\n\r\n", "it has a chunk of another size than it says"),
        (b"4;" + b"x" * 20_000, "it has '4;" + "x" * 38 + "' where a chunk's size should be"),
        (b"4\r\nhere\r\n0\r\n" + b"A: b\r\n" * 20_000, "it has more trailers than any"),
    ],
)
def test_a_chunk_that_is_none_is_found_out(client: Client, chunks: bytes, reason: str) -> None:
    """RFC 9112 §7.1 and 8."""
    client.meet([IN_CHUNKS + chunks + b"0\r\n\r\n", CLOSE], [NEXT])
    with pytest.raises(errors.IncompleteBody) as caught:
        client.get()
    assert caught.value.reason == reason
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 2]


# What comes after a body


EXCESS = message(b"forged")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("is_at_once", [True, False], ids=["at once", "later"])
@pytest.mark.parametrize(
    ("method", "sent", "content"),
    [
        ("GET", message(b"here"), b"here"),
        ("GET", message(chunked(b"here"), CHUNKED, length=False), b"here"),
        ("GET", message(status="304 Not Modified", length=False), b""),
        ("GET", message(status="304 Not Modified\r\nContent-Length: 99", length=False), b""),
        ("GET", message(status="204 No Content", length=False), b""),
        ("HEAD", message(b"", "Content-Length: 4", length=False), b""),
        ("HEAD", message(b"", CHUNKED, length=False), b""),
    ],
)
def test_what_follows_a_body_is_never_an_answer(
    *, client: Client, method: str, sent: bytes, content: bytes, is_at_once: bool, tls: bool, tmp_path: Path
) -> None:
    """RFC 9112 §6.3: neither a body that must not be there, nor what is longer than it says."""
    told = Event()
    script: Script = [sent + EXCESS, Tell(told)] if is_at_once else [sent, EXCESS, Tell(told)]
    client.meet(script, [NEXT], tls=tmp_path / "ca.pem" if tls else None)
    assert client.get(method).content == content
    assert told.wait(60)
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 2]


def test_a_body_that_nobody_reads_is_not_in_the_way(client: Client) -> None:
    client.meet([message(b"x" * 1000)], [message(chunked(b"x" * 1000), CHUNKED, length=False)], [NEXT])
    for _ in range(2):
        client.send().body.close()
    assert client.get().content == b"the next answer"
    assert client.origin.connections == [1, 1, 2]


# Time


def test_a_head_that_never_ends_meets_the_time_limit(client: Client) -> None:
    client.meet([b"HTTP/1.1 200 OK\r\nConten", Wait(Event())], timeout=0.05)
    assert why(client) == "no answer within the time limit"


@pytest.mark.parametrize("sent", [LENGTH_10 + b"he", IN_CHUNKS + b"4\r\nhe", b"HTTP/1.1 200 OK\r\n\r\nhe"])
def test_a_body_that_never_ends_meets_the_time_limit(client: Client, sent: bytes) -> None:
    client.meet([sent, Wait(Event())], timeout=0.05)
    reply = client.send()
    assert reply.body.read(100) == b"he"
    for _ in range(2):
        with pytest.raises(errors.IncompleteBody) as caught:
            reply.body.read(100)
        assert (caught.value.received, caught.value.reason) == (2, "nothing came within the time limit")


def test_drips_are_an_answer(client: Client) -> None:
    sent = HINT + message(chunked(b"he", b"re"), CHUNKED, length=False)
    client.meet([sent[place : place + 1] for place in range(len(sent))], [NEXT])
    assert client.get().content == b"here"
    assert client.get().content == b"the next answer"


# TLS that is cut short


@pytest.mark.parametrize(
    ("sent", "is_whole"),
    [
        (message(b"here"), True),
        (message(chunked(b"here"), CHUNKED, length=False), True),
        (message(b"here", length=False), False),
        (LENGTH_10 + b"here", False),
        (IN_CHUNKS + b"4\r\nhere\r\n", False),
    ],
)
@pytest.mark.parametrize("end", [CLOSE, CUT], ids=["with an alert", "without"])
def test_a_tls_stream_without_its_end_is_whole_only_where_the_body_says_so(
    *, client: Client, tmp_path: Path, sent: bytes, is_whole: bool, end: End
) -> None:
    """RFC 9112 §9.8: anybody on the way could have cut it."""
    client.meet([sent, end], tls=tmp_path / "ca.pem")
    reply = client.send()
    assert reply.body.read(4) == b"here"
    if is_whole or (end is CLOSE and sent == message(b"here", length=False)):
        assert reply.body.read(4) == b""
        return
    with pytest.raises(errors.IncompleteBody) as caught:
        reply.body.read(4)
    assert caught.value.received == 4
    assert caught.value.reason == ("TLS was cut short" if sent == message(b"here", length=False) else None)


def test_a_handshake_that_is_cut_off_is_told_in_words(client: Client, tmp_path: Path) -> None:
    client.meet([], tls=tmp_path / "ca.pem")
    with Origin() as mute:
        url = mute.url.replace("http:", "https:")
        with pytest.raises(errors.Unreachable) as caught:
            client.wire.send(Request(url=url))
    assert caught.value.reason.isascii()
    assert "_ssl" not in caught.value.reason


# Connections that were idle


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("end", [CLOSE, CUT, RESET], ids=["closed", "cut", "reset"])
def test_an_idle_connection_that_ends_costs_no_attempt(client: Client, tmp_path: Path, end: End, tls: bool) -> None:
    """RFC 9112 §9.3.1: it is asked on another at once, and nobody hears of it."""
    client.meet([message(b"1")], [end], [message(b"2")], tls=tmp_path / "ca.pem" if tls else None)
    assert client.get().content == b"1"
    assert client.get().content == b"2"
    assert client.origin.connections == [1, 1, 2]
    assert client.recorder.events == [Requested(method="GET", url=client.origin.url)] * 2


def test_a_new_connection_that_ends_is_a_failure(client: Client) -> None:
    client.meet([message(b"1")], [CLOSE], [CLOSE], [NEXT])
    client.get()
    assert why(client) == "the connection was closed without an answer"
    assert client.origin.connections == [1, 1, 2]


def test_what_may_change_something_is_not_sent_twice(client: Client) -> None:
    client.meet([message(b"1")], [CLOSE], [NEXT])
    client.get()
    with pytest.raises(errors.Unreachable):
        client.get("POST")
    assert len(client.origin.asked) == 2


def test_an_answer_that_broke_off_is_not_asked_for_again_here(client: Client) -> None:
    client.meet([message(b"1")], [b"HTTP/1.1 2", CLOSE], [NEXT])
    client.get()
    assert why(client) == "its answer breaks off in its head"


# What is sent


def sent(client: Client) -> list[tuple[str, str]]:
    return [(name.lower(), value) for name, value in client.origin.asked[-1].head.lines]


def test_a_request_has_what_it_needs_and_nothing_twice(client: Client) -> None:
    """RFC 9112 §3.2, RFC 9110 §7.2 and 10.1.5."""
    client.meet([message()], [message()], [message()])
    host = client.origin.url.split("/")[2]
    client.send(Accept="a/b").body.close()
    assert sent(client) == [
        ("host", host),
        ("accept", "a/b"),
    ]
    client.send(**{"user-agent": "mine/2", "Authorization": "x", "accept-encoding": "gzip"}).body.close()
    assert sent(client) == [
        ("host", host),
        ("user-agent", "mine/2"),
        ("authorization", "x"),
        ("accept-encoding", "gzip"),
    ]
    given = Credentials(user="me", password="s3cret")
    request = Request(url=f"{client.origin.url}a b?c=d#e", method="POST", headers=Headers((("A", "1"), ("A", "2"))))
    client.wire.send(Request(url=request.url, method="POST", headers=request.headers, credentials=given)).body.close()
    asked = client.origin.asked[-1].head
    assert (asked.method, asked.target) == ("POST", "/a%20b?c=d")
    assert [value for name, value in asked.lines if name == "A"] == ["1", "2"]
    assert asked.field("content-length") == "0"
    assert asked.field("authorization") == "Basic bWU6czNjcmV0"


@pytest.mark.parametrize(
    ("method", "name", "value"),
    [
        ("G T", "A", "b"),
        ("", "A", "b"),
        ("GET\r\n", "A", "b"),
        ("GET", "A B", "b"),
        ("GET", "", "b"),
        ("GET", "A:", "b"),
        ("GET", "\u2603", "b"),
        ("GET", "A", "b\r\nC: d"),
        ("GET", "A", "b\r\n c"),
        ("GET", "A", "b\0"),
        ("GET", "A", "\u2603"),
    ],
)
def test_what_is_no_request_is_never_sent(client: Client, method: str, name: str, value: str) -> None:
    """RFC 9112 §11.1."""
    client.meet([message()])
    with pytest.raises(ValueError, match=r"is no|has a line break"):
        client.send(method, **{name: value})
    assert client.origin.asked == client.recorder.events == []


# What is relied on


def test_the_python_in_use_has_what_the_wire_relies_on() -> None:
    """Private names, and those that http.client calls on a response: see net/connections.py."""
    connection, response = http.client.HTTPConnection, http.client.HTTPResponse
    called = connection.getresponse.__code__.co_names
    assert {"response_class", "begin", "will_close", "close"} <= set(called)
    assert {"isclosed"} <= set(connection.putrequest.__code__.co_names)
    assert response.isclosed.__code__.co_names == ("fp",)
    assert {"fp", "readline"} <= set(response._read_status.__code__.co_names)  # type: ignore[attr-defined]
    assert "fp" in response.__init__.__code__.co_names
    assert issubclass(WireResponse, response)


def test_the_urllib3_in_use_has_what_the_wire_relies_on(client: Client) -> None:
    client.meet([message(b"1")])
    with urllib3.PoolManager() as manager:
        raw = manager.request("GET", client.origin.url, preload_content=False)
        assert isinstance(raw._original_response, http.client.HTTPResponse)  # type: ignore[attr-defined]
        assert set(manager.pool_classes_by_scheme) == {"http", "https"}
        raw.close()

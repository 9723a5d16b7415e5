"""An origin that misbehaves below the cache and what stands above and below it: nothing wrong is ever kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freewheel import errors
from freewheel.events import Recorder, Requested
from freewheel.httpcache.message import Request
from freewheel.httpcache.stored_response import StoredResponse, from_fields
from freewheel.net.bodies import read_all
from freewheel.net.caching import CachingTransport
from freewheel.net.protocol import Reply
from freewheel.net.redirects import RedirectingTransport
from freewheel.net.resuming import ResumingTransport
from freewheel.net.retry import Backoff, RetryingTransport
from freewheel.net.wire import UrllibTransport, WireSettings
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.record import Record
from freewheel.store.root import CacheRoot
from tests.net.caches import holds
from tests.support.clock import FakeClock
from tests.support.origin import CLOSE, RESET, Action, Origin, Script, chunked, message

CONTENT = b"a body of which parts can be told apart " * 300
FRESH = "Cache-Control: max-age=600"
TAG = 'ETag: "1"'
CHUNKED = "Transfer-Encoding: chunked"


@dataclass(slots=True)
class Stack:
    """The layers of the commands around one origin, without their waits; the cache lies in `folder`."""

    folder: Path
    stack: ExitStack
    clock: FakeClock = field(default_factory=FakeClock)
    recorder: Recorder = field(default_factory=Recorder)
    waits: list[float] = field(default_factory=list)
    origin: Origin = field(init=False)
    transport: RedirectingTransport = field(init=False)

    def meet(self, *scripts: Script, retries: int = 3) -> None:
        self.origin = self.stack.enter_context(Origin(*scripts))
        wire = UrllibTransport(settings=WireSettings(), reporter=self.recorder)
        self.stack.callback(wire.close)
        retrying = RetryingTransport(
            inner=wire,
            backoff=Backoff(retries=retries, jitter=0),
            sleep=self.waits.append,
            clock=self.clock,
            chance=lambda: 0.0,
            reporter=self.recorder,
        )
        root = CacheRoot(path=self.folder, is_writable=True)
        caching = CachingTransport(
            inner=ResumingTransport(inner=retrying, retries=retries, reporter=self.recorder),
            entries=LocalEntries(root=root, clock=self.clock),
            blobs=LocalBlobs(root=root),
            clock=self.clock,
            reporter=self.recorder,
            scope=lambda _: "",
        )
        self.transport = RedirectingTransport(inner=caching)

    def send(self, path: str = "page") -> Reply:
        return self.transport.send(Request(url=f"{self.origin.url}{path}"))

    def get(self, path: str = "page") -> bytes:
        return read_all(self.send(path).body)

    @property
    def wholes(self) -> list[StoredResponse]:
        """Every complete response that the cache has."""
        found = LocalEntries(root=CacheRoot(path=self.folder), clock=self.clock).scan("http")
        records = [record for _, record in found if isinstance(record, Record)]
        return [stored for record in records for stored in from_fields(record.fields).variants]

    @property
    def requested(self) -> int:
        return sum(isinstance(event, Requested) for event in self.recorder.events)


@pytest.fixture
def layers(tmp_path: Path) -> Iterator[Stack]:
    with ExitStack() as stack:
        yield Stack(tmp_path / "cache", stack)


WRONG: dict[str, list[Action]] = {
    "a length that is too long": [message(CONTENT[:-9], FRESH, TAG, f"Content-Length: {len(CONTENT)}", length=False)],
    "two lengths": [message(CONTENT, FRESH, TAG, "Content-Length: 7")],
    "a length that is none": [message(CONTENT, FRESH, TAG, "Content-Length: much", length=False)],
    "chunks that stop": [message(chunked(CONTENT)[:-5], FRESH, TAG, CHUNKED, length=False)],
    "a chunk that is longer than it says": [
        message(chunked(CONTENT).replace(b"2ee0", b"2edf", 1), FRESH, TAG, CHUNKED, length=False)
    ],
    "a head that stops": [message(CONTENT, FRESH, TAG)[:60]],
    "no HTTP": [b"220 ready\r\n" + message(CONTENT, FRESH, TAG)],
    "another protocol": [message(status="101 Switching Protocols", length=False)],
    "a reset": [message(CONTENT, FRESH, TAG)[:5000], RESET],
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_nothing_wrong_is_kept(layers: Stack, wrong: list[Action]) -> None:
    """Behaviours 44 and 45: nor handed out as if it were whole; the next answer is right and is."""
    assert b"%x\r\n" % len(CONTENT) == b"2ee0\r\n"
    layers.meet([*wrong, CLOSE], [message(CONTENT, FRESH, TAG)], retries=0)
    with pytest.raises(errors.NetworkError):
        layers.get()
    assert layers.wholes == []
    assert [layers.get(), layers.get()] == [CONTENT] * 2
    assert layers.requested == 2


def test_interim_responses_leave_no_trace(layers: Stack) -> None:
    """Behaviour 22; RFC 9111 §3: a final response alone is stored."""
    hints = b'HTTP/1.1 103 Early Hints\r\nCache-Control: no-store\r\nETag: "hint"\r\nVary: *\r\nLink: <x>\r\n\r\n'
    layers.meet([hints * 3 + message(CONTENT, FRESH, TAG)], [hints + message(status="304 Not", length=False)])
    layers.get()
    again = layers.send()
    assert read_all(again.body) == CONTENT
    assert [name for name, _ in again.response.headers if name in ("Link", "Vary")] == []
    assert not holds(layers.folder, b"hint")
    layers.clock.advance(601)
    assert layers.get() == CONTENT
    assert layers.origin.asked[-1].head.field("if-none-match") == '"1"'


@pytest.mark.parametrize(
    "sent",
    [
        message(chunked(CONTENT), FRESH, CHUNKED, "Content-Length: 3", length=False),
        message(
            chunked(CONTENT, trailers=b"Content-Length: 3\r\nCache-Control: no-store\r\n"),
            FRESH,
            CHUNKED,
            length=False,
        ),
        message(CONTENT, FRESH, "Transfer-Encoding: odd", "Content-Length: 3", length=False),
        message(CONTENT, FRESH, version="HTTP/1.0", length=False),
        message(CONTENT, FRESH, f"Content-Length: {len(CONTENT)}, {len(CONTENT)}", length=False),
    ],
    ids=["chunks and a length", "trailers", "an unknown coding and a length", "1.0", "a list of lengths"],
)
def test_odd_framing_is_kept_right(layers: Stack, sent: bytes) -> None:
    """Behaviour 47: what is stored has no fields that contradict it (RFC 9112 §6.1)."""
    layers.meet([sent, CLOSE])
    assert [layers.get(), layers.get()] == [CONTENT] * 2
    stored = layers.send()
    stored.body.close()
    assert "Transfer-Encoding" not in stored.response.headers
    assert set(stored.response.headers.members("Content-Length")) <= {str(len(CONTENT))}
    assert layers.requested == 1


@pytest.mark.parametrize("end", [CLOSE, RESET], ids=["closed", "reset"])
def test_a_body_in_pieces_is_one_in_the_cache(layers: Stack, end: Action) -> None:
    """Behaviour 46: over connections that end within it, and an answer that is no HTTP between them."""
    rest = message(CONTENT[9000:], TAG, f"Content-Range: bytes 9000-11999/{len(CONTENT)}", status="206 Part")
    layers.meet(
        [message(CONTENT, FRESH, TAG)[:-7000], CLOSE],
        [b"HTTP/1.1 2", end],
        [
            message(CONTENT[5000:9000], TAG, f"Content-Range: bytes 5000-8999/{len(CONTENT)}", status="206 Part"),
        ],
        [rest],
    )
    assert len(CONTENT) == 12_000
    assert layers.get() == CONTENT
    assert [asked.head.field("range") for asked in layers.origin.asked] == [
        None, "bytes=5000-", "bytes=5000-", "bytes=9000-",
    ]  # fmt: skip
    assert layers.get() == CONTENT
    assert layers.requested == 4
    assert layers.waits == [0.25]


def test_a_file_that_changed_meanwhile_is_not_kept_as_either(layers: Stack) -> None:
    """Behaviour 46; RFC 9110 §15.3.7.3."""
    changed = CONTENT[:5000] + CONTENT[5000:].upper()
    layers.meet(
        [message(CONTENT, FRESH, TAG)[:-7000], CLOSE],
        [message(changed, FRESH, 'ETag: "2"')],
        [message(changed, FRESH, 'ETag: "2"')],
    )
    with pytest.raises(errors.IncompleteBody) as caught:
        layers.get()
    assert caught.value.reason == "the file has changed meanwhile"
    assert layers.wholes == []
    assert [layers.get(), layers.get()] == [changed] * 2


def test_each_hop_is_kept_by_its_own_rules(layers: Stack) -> None:
    """Behaviours 42 and 43: through interim responses, bodies that nobody reads, and a loop that comes later."""
    hint = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    layers.meet(
        [hint + message(b"moved", FRESH, "Location: /b", status="301 Moved")],
        [hint + message(b"found", "Cache-Control: no-store", "Location: c#part", status="302 Found")],
        [hint + message(CONTENT, FRESH)],
        [message(b"found", "Location: /d", status="302 Found")],
        [message(b"see", "Location: /b", status="303 See Other")],
        *[[message(b"found", "Location: /b", status="302 Found")]] * 30,
    )
    assert layers.get("a") == CONTENT
    assert [asked.head.target for asked in layers.origin.asked] == ["/a", "/b", "/c"]
    with pytest.raises(errors.TooManyRedirects):
        layers.get("a")
    assert [asked.head.target for asked in layers.origin.asked][3:6] == ["/b", "/d", "/b"]
    assert set(layers.origin.connections) == {1}


def test_a_retry_after_is_obeyed_and_then_the_answer_kept(layers: Stack) -> None:
    busy = message(b"later", "Retry-After: 7", FRESH, status="503 Busy")
    layers.meet([busy], [b"HTTP/1.1 103 A\r\n\r\n", CLOSE], [message(CONTENT, FRESH)])
    assert [layers.get(), layers.get()] == [CONTENT] * 2
    assert layers.waits == [7.0, 0.5]
    assert layers.requested == 3

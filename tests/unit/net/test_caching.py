"""The caching loop where no real server can easily be brought to: failures, and stores that change meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from freewheel import errors
from freewheel.events import Missed, Recorder, Reused, StaleUsed, Warned
from freewheel.httpcache.message import Headers, Request
from freewheel.httpcache.policy import Policy
from freewheel.model.digest import sha256_of
from freewheel.net.bodies import read_all
from freewheel.net.caching import CachingTransport
from freewheel.net.protocol import Reply
from freewheel.net.redirects import RedirectingTransport
from freewheel.store.memory import MemoryBlobs, MemoryBlobWriter, MemoryEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from tests.support.clock import FakeClock
from tests.unit.net.doubles import Answer, FakeTransport, in_turn

URL = "https://index.example/simple/six/"
PAGE = b"page " * 2000
VALIDATED = {"ETag": '"1"'}
FRESH = {"Cache-Control": "max-age=600"}


@dataclass(slots=True)
class Cache:
    """A caching transport in memory, with every part of it in view."""

    origin: FakeTransport
    policy: Policy = field(default_factory=Policy)
    clock: FakeClock = field(default_factory=FakeClock)
    recorder: Recorder = field(default_factory=Recorder)
    blobs: MemoryBlobs = field(default_factory=MemoryBlobs)
    entries: MemoryEntries = field(init=False)

    def __post_init__(self) -> None:
        self.entries = MemoryEntries(clock=self.clock)

    def transport(self) -> CachingTransport:
        return CachingTransport(
            inner=self.origin,
            entries=self.entries,
            blobs=self.blobs,
            clock=self.clock,
            reporter=self.recorder,
            scope=lambda _: "",
            policy=self.policy,
        )

    def send(self, url: str = URL, **fields: str) -> Reply:
        headers = Headers(tuple((name.replace("_", "-"), value) for name, value in fields.items()))
        return self.transport().send(Request(url=url, headers=headers))

    def get(self, url: str = URL, **fields: str) -> bytes:
        return read_all(self.send(url, **fields).body)


def unreachable() -> errors.Unreachable:
    return errors.Unreachable(url=URL, reason="down")


def test_a_stale_page_does_not_answer_for_an_unreachable_index_unless_that_is_wanted() -> None:
    cache = Cache(in_turn([Answer(content=PAGE, fields=VALIDATED), unreachable(), unreachable()]))
    cache.get()
    with pytest.raises(errors.Unreachable):
        cache.get()
    cache.policy = Policy(stale_on_error=True)
    assert cache.get() == PAGE


def test_an_error_says_for_how_long_the_page_that_was_not_used_has_lain_here() -> None:
    """Behaviour 60."""
    cache = Cache(in_turn([Answer(content=PAGE, fields=VALIDATED), unreachable(), unreachable()]))
    with pytest.raises(errors.Unreachable) as nothing_stored:
        cache.send("https://index.example/simple/other/") if cache.get() else None
    assert nothing_stored.value.stored_age is None
    cache.clock.advance(90)
    with pytest.raises(errors.Unreachable) as caught:
        cache.get()
    assert caught.value.stored_age == 90


def test_what_is_stale_is_used_where_that_is_wanted_and_mentioned() -> None:
    """Behaviour 128."""
    cache = Cache(FakeTransport(lambda _: Answer(content=PAGE, fields=VALIDATED)))
    cache.get()
    cache.clock.advance(90)
    assert cache.get(Cache_Control="max-stale") == PAGE
    assert [event for event in cache.recorder.events if isinstance(event, StaleUsed)] == [
        StaleUsed(subject=URL, age=90)
    ]
    assert len(cache.origin.requests) == 1


def test_a_page_without_validators_answers_too_where_stale_is_wanted() -> None:
    cache = Cache(
        in_turn([Answer(content=PAGE, fields=FRESH), unreachable(), Answer(status=503)]),
        policy=Policy(stale_on_error=True),
    )
    cache.get()
    cache.clock.advance(601)
    assert cache.get() == PAGE
    assert cache.get() == PAGE
    assert cache.origin.bodies[-1].is_closed


def test_a_certificate_that_is_not_trusted_is_never_passed_over() -> None:
    refused = errors.UntrustedCertificate(url=URL, reason="self-signed")
    cache = Cache(in_turn([Answer(content=PAGE, fields=VALIDATED), refused]), policy=Policy(stale_on_error=True))
    cache.get()
    with pytest.raises(errors.UntrustedCertificate):
        cache.get()


def test_a_body_that_vanishes_while_it_is_validated_is_asked_for_again() -> None:
    cache = Cache(
        in_turn(
            [
                Answer(content=PAGE, fields=VALIDATED),
                Answer(status=304, fields=VALIDATED),
                Answer(content=PAGE, fields=VALIDATED),
                Answer(status=304, fields=VALIDATED),
            ]
        )
    )
    cache.get()
    cache.blobs.remove(sha256_of(PAGE))
    assert cache.get() == PAGE
    assert [request.headers.get("if-none-match") for request in cache.origin.requests] == [None, '"1"', None]
    assert cache.get() == PAGE


def test_the_callers_own_conditions_are_answered_from_the_store() -> None:
    cache = Cache(in_turn([Answer(content=PAGE, fields={**FRESH, **VALIDATED})]))
    cache.get()
    reply = cache.send(If_None_Match='"1"')
    assert (reply.response.status, read_all(reply.body)) == (304, b"")


def test_an_answer_of_another_shape_in_the_store_is_made_anew() -> None:
    cache = Cache(in_turn([Answer(content=PAGE, fields=FRESH)] * 2))
    cache.get()
    [(info, _)] = cache.entries.scan("http")
    cache.entries.put("http", info.partition, info.key, Record(fields={"variants": "none"}))
    assert cache.get() == PAGE
    assert cache.get() == PAGE
    assert len(cache.origin.requests) == 2


def test_what_is_no_file_and_no_page_is_counted_as_neither() -> None:
    cache = Cache(in_turn([Answer(status=404, fields=FRESH, content=b"no"), Answer(status=500)]))
    cache.get()
    cache.get()
    cache.get("https://index.example/simple/other/")
    assert [event for event in cache.recorder.events if isinstance(event, Missed | Reused)] == []


def test_a_body_cut_short_by_a_transport_that_does_not_notice_is_not_stored() -> None:
    """Behaviour 44."""
    cache = Cache(in_turn([Answer(content=PAGE, fields={**FRESH, "Content-Length": "99999"})]))
    with pytest.raises(errors.IncompleteBody):
        cache.get()
    assert list(cache.entries.scan("http")) == []


def test_reasons_say_why_now_and_why_again() -> None:
    cache = Cache(
        in_turn([Answer(content=PAGE), Answer(content=PAGE, fields=FRESH), Answer(content=PAGE, fields=FRESH)])
    )
    cache.get()
    cache.get()
    cache.get(Cache_Control="no-cache")
    assert [event.reason for event in cache.recorder.events if isinstance(event, Missed)] == [
        "nothing is stored for it; not stored: the response has neither a lifetime nor a validator",
        "nothing is stored for it",
        "the request wants a new answer",
    ]


def test_each_reply_says_how_the_cache_dealt_with_it() -> None:
    cache = Cache(in_turn([Answer(content=PAGE, fields=FRESH)]))
    first = cache.send()
    read_all(first.body)
    second = cache.send()
    second.body.close()
    third = cache.send("https://index.example/simple/other/", Cache_Control="only-if-cached")
    assert [str(reply.cache_status) for reply in (first, second, third)] == [
        "freewheel; fwd=uri-miss; fwd-status=200; stored",
        "freewheel; hit; ttl=600",
        "freewheel; detail=only-if-cached",
    ]


def test_a_redirect_is_stored_though_nobody_reads_its_body() -> None:
    moved = Answer(status=301, fields={**FRESH, "Location": "/there/"}, content=b"moved")
    cache = Cache(in_turn([moved, Answer(content=PAGE, fields=FRESH)]))
    transport = RedirectingTransport(inner=cache.transport())
    for _ in range(2):
        assert read_all(transport.send(Request(url=URL)).body) == PAGE
    assert len(cache.origin.requests) == 2


def test_a_failing_store_is_mentioned_once() -> None:
    """Behaviour 70."""
    cache = Cache(FakeTransport(lambda _: Answer(content=PAGE, fields=FRESH)))
    transport = CachingTransport(
        inner=cache.origin,
        entries=cache.entries,
        blobs=FullBlobs(),
        clock=cache.clock,
        reporter=cache.recorder,
        scope=lambda _: "",
    )
    for url in (URL, "https://files.example/six-1.0.tar.gz", URL):
        reply = transport.send(Request(url=url))
        assert read_all(reply.body) == PAGE
        assert reply.body.blob is None
    assert len([event for event in cache.recorder.events if isinstance(event, Warned)]) == 1
    assert list(cache.entries.scan("http")) == []


class FullBlobs(MemoryBlobs):
    """Blobs on a full disk."""

    def create(self) -> MemoryBlobWriter:
        raise errors.NoSpace(path="cache", reason="full")


def test_the_body_of_a_page_that_changed_goes_when_the_new_one_is_there() -> None:
    old, new = b"o" * 9000, b"n" * 9000
    pages = [Answer(content=old, fields={"ETag": '"1"'}), Answer(content=new, fields={"ETag": '"2"'})]
    cache = Cache(in_turn(pages))
    assert (cache.get(), cache.get()) == (old, new)
    assert isinstance(cache.blobs.open(sha256_of(old)), Miss)
    assert not isinstance(cache.blobs.open(sha256_of(new)), Miss)


def test_a_304_that_forbids_storing_answers_once_and_leaves_no_body() -> None:
    """Behaviour 27."""
    content = b"o" * 9000
    answers = [
        Answer(content=content, fields={"ETag": '"1"'}),
        Answer(status=304, fields={"ETag": '"1"', "Cache-Control": "no-store"}),
    ]
    cache = Cache(in_turn(answers))
    assert (cache.get(), cache.get()) == (content, content)
    assert isinstance(cache.blobs.open(sha256_of(content)), Miss)
    assert list(cache.entries.scan("http")) == []

"""The caching loop where no real server can easily be brought to: failures, and stores that change meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from freewheel import errors
from freewheel.events import Missed, Recorder, Reused, StaleUsed
from freewheel.httpcache.message import Headers, Request
from freewheel.httpcache.policy import Policy
from freewheel.model.digest import sha256_of
from freewheel.net.bodies import read_all
from freewheel.net.caching import CachingTransport
from freewheel.net.protocol import Reply
from freewheel.net.redirects import RedirectingTransport
from freewheel.store.memory import Memory, MemoryBlobs, MemoryBlobWriter, MemoryEntries
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
    waiting: list[Callable[[], None]] = field(default_factory=list)
    patience: float | None = None

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
            patience=self.patience,
            aside=self.waiting.append,
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


def test_a_failing_store_is_gone_without() -> None:
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


WHEEL = "https://files.example/six-1.0-py3-none-any.whl"
CONTENT = bytes(range(256)) * 40
STRONG = {"ETag": '"1"', "Content-Length": str(len(CONTENT))}


def cut_off(after: int, **fields: str) -> Answer:
    failure = errors.IncompleteBody(url=WHEEL, expected=len(CONTENT), received=after)
    return Answer(content=CONTENT[:after], fields={**STRONG, **fields}, failure=failure)


def the_rest(start: int, content: bytes = CONTENT, **fields: str) -> Answer:
    stated = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return Answer(status=206, content=content[start:], fields={"ETag": '"1"', "Content-Range": stated, **fields})


class TestIncompleteResponses:
    """RFC 9111 §3.3 and §3.4."""

    def test_a_download_goes_on_where_it_stopped(self) -> None:
        """Behaviour 46."""
        cache = Cache(in_turn([cut_off(6000), the_rest(6000)]))
        with pytest.raises(errors.IncompleteBody):
            cache.get(WHEEL)
        reply = cache.send(WHEEL)
        assert (reply.response.status, read_all(reply.body)) == (200, CONTENT)
        assert str(reply.cache_status) == "freewheel; fwd=partial; fwd-status=206; stored"
        assert reply.body.blob == sha256_of(CONTENT)
        assert cache.origin.requests[1].headers.lines == (("Range", "bytes=6000-10239"), ("If-Range", '"1"'))
        assert cache.get(WHEEL, Cache_Control="only-if-cached, max-stale") == CONTENT
        # Nothing leads to the beginning any more.
        assert isinstance(cache.blobs.open(sha256_of(CONTENT[:6000])), Miss)

    def test_again_and_again(self) -> None:
        second = the_rest(3000)
        broken = Answer(
            status=206,
            content=CONTENT[3000:7000],
            fields=second.fields,
            failure=errors.IncompleteBody(url=WHEEL, expected=7240, received=4000),
        )
        cache = Cache(in_turn([cut_off(3000), broken, the_rest(7000)]))
        for _ in range(2):
            with pytest.raises(errors.IncompleteBody):
                cache.get(WHEEL)
        assert cache.get(WHEEL) == CONTENT
        assert cache.origin.requests[2].headers.get("Range") == "bytes=7000-10239"

    def test_a_file_that_changed_comes_whole(self) -> None:
        new = Answer(content=b"new", fields={"ETag": '"2"', "Content-Length": "3"})
        cache = Cache(in_turn([cut_off(6000), new]))
        with pytest.raises(errors.IncompleteBody):
            cache.get(WHEEL)
        assert cache.get(WHEEL) == b"new"

    def test_a_damaged_beginning_is_asked_for_again(self) -> None:
        cache = Cache(in_turn([cut_off(6000), the_rest(6000), Answer(content=CONTENT, fields=STRONG)]))
        with pytest.raises(errors.IncompleteBody):
            cache.get(WHEEL)
        cache.blobs.remove(sha256_of(CONTENT[:6000]))
        assert cache.get(WHEEL) == CONTENT
        assert cache.origin.bodies[1].is_closed
        assert "Range" not in cache.origin.requests[2].headers

    def test_what_does_not_make_the_stated_whole_is_not_tried_again(self) -> None:
        other = CONTENT[::-1]
        cache = Cache(in_turn([cut_off(6000), the_rest(6000, other), Answer(content=CONTENT, fields=STRONG)]))
        request = Request(url=WHEEL, digest=sha256_of(CONTENT))
        with pytest.raises(errors.IncompleteBody):
            read_all(cache.transport().send(request).body)
        with pytest.raises(errors.DigestMismatch):
            read_all(cache.transport().send(request).body)
        assert read_all(cache.transport().send(request).body) == CONTENT

    def test_a_body_that_may_not_be_stored_leaves_no_beginning(self) -> None:
        cache = Cache(in_turn([cut_off(6000, **{"Cache-Control": "no-store"}), Answer(content=b"x")]))
        with pytest.raises(errors.IncompleteBody):
            cache.get(WHEEL)
        cache.get(WHEEL)
        assert list(cache.entries.scan("http")) == []
        assert "Range" not in cache.origin.requests[1].headers

    def test_ranges_come_from_what_is_stored(self) -> None:
        """Behaviour 52."""
        cache = Cache(in_turn([Answer(content=CONTENT, fields={**STRONG, **FRESH})]))
        cache.get(WHEEL)
        reply = cache.send(WHEEL, Range="bytes=100-299")
        assert (reply.response.status, read_all(reply.body)) == (206, CONTENT[100:300])
        assert cache.get(WHEEL, Range="bytes=99999-") == b""

    def test_parts_that_were_asked_for_lie_together(self) -> None:
        def part(start: int, end: int) -> Answer:
            stated = f"bytes {start}-{end - 1}/{len(CONTENT)}"
            fields = {"ETag": '"1"', "Content-Range": stated, **FRESH}
            return Answer(status=206, content=CONTENT[start:end], fields=fields)

        cache = Cache(in_turn([part(0, 6000), part(5000, 9000), the_rest(9000, **FRESH)]))
        assert cache.get(WHEEL, Range="bytes=0-5999") == CONTENT[:6000]
        assert cache.get(WHEEL, Range="bytes=5000-8999") == CONTENT[5000:9000]
        assert cache.get(WHEEL, Range="bytes=10-8000") == CONTENT[10:8001]
        assert cache.get(WHEEL) == CONTENT
        assert cache.get(WHEEL) == CONTENT
        assert len(cache.origin.requests) == 3

    def test_a_part_of_another_length_than_stated_is_not_kept(self) -> None:
        short = Answer(status=206, content=b"abc", fields={"ETag": '"1"', "Content-Range": "bytes 0-5/9", **FRESH})
        cache = Cache(in_turn([short, short]))
        for _ in range(2):
            with pytest.raises(errors.IncompleteBody):
                cache.get(WHEEL, Range="bytes=0-5")


def test_a_change_made_with_credentials_concerns_what_anybody_may_see() -> None:
    """RFC 9111 §4.4."""
    cache = Cache(in_turn([Answer(content=PAGE, fields=FRESH), Answer(status=204), Answer(content=b"new")]))
    transport = CachingTransport(
        inner=cache.origin,
        entries=cache.entries,
        blobs=cache.blobs,
        clock=cache.clock,
        reporter=cache.recorder,
        scope=lambda request: request.headers.get("Authorization") or "",
    )
    authorized = Headers((("Authorization", "Basic x"),))
    read_all(transport.send(Request(url=URL)).body)
    read_all(transport.send(Request(url=URL, method="PUT", headers=authorized)).body)
    assert read_all(transport.send(Request(url=URL)).body) == b"new"


class TestAlongside:
    """RFC 5861 §3."""

    def test_a_stale_page_is_handed_out_and_validated_alongside(self) -> None:
        """Behaviour 131."""
        tolerant = {**VALIDATED, "Cache-Control": "max-age=60, stale-while-revalidate=600"}
        new = {"ETag": '"2"', "Cache-Control": "max-age=60"}
        cache = Cache(
            in_turn(
                [
                    Answer(content=PAGE, fields=tolerant),
                    Answer(status=304, fields=tolerant),
                    Answer(content=b"new", fields=new),
                ]
            ),
            policy=Policy(stale_while_validating=True),
        )
        cache.get()
        for expected in (PAGE, PAGE):
            cache.clock.advance(61)
            assert cache.get() == expected
            assert len(cache.waiting) == 1
            cache.waiting.pop()()
        assert cache.origin.requests[1].headers.get("If-None-Match") == '"1"'
        assert cache.get() == b"new"
        assert cache.waiting == []

    def test_that_it_fails_disturbs_nobody(self) -> None:
        tolerant = {**VALIDATED, "Cache-Control": "max-age=60, stale-while-revalidate=600"}
        cache = Cache(
            in_turn([Answer(content=PAGE, fields=tolerant), unreachable()]),
            policy=Policy(stale_while_validating=True),
        )
        cache.get()
        cache.clock.advance(61)
        assert cache.get() == PAGE
        cache.waiting.pop()()
        assert cache.get() == PAGE


class TestRequestsAtOnce:
    """RFC 9111 §4; behaviour 133."""

    def test_one_is_sent_for_all(self) -> None:
        cache = Cache(FakeTransport(lambda _: Answer(content=PAGE, fields=VALIDATED)))
        transport = cache.transport()
        first = transport.send(Request(url=URL))
        found: list[Reply] = []
        others = [threading.Thread(target=lambda: found.append(transport.send(Request(url=URL)))) for _ in range(5)]
        for thread in others:
            thread.start()
        read_all(first.body)
        for thread in others:
            thread.join()
        assert [read_all(reply.body) for reply in found] == [PAGE] * 5
        assert {str(reply.cache_status) for reply in found} == {"freewheel; fwd=uri-miss; ttl=0; collapsed"}
        assert len(cache.origin.requests) == 1

    def test_what_may_not_be_stored_is_sent_for_each(self) -> None:
        cache = Cache(FakeTransport(lambda _: Answer(content=PAGE, fields={"Cache-Control": "no-store"})))
        transport = cache.transport()
        first = transport.send(Request(url=URL))
        found: list[bytes] = []
        thread = threading.Thread(target=lambda: found.append(read_all(transport.send(Request(url=URL)).body)))
        thread.start()
        thread.join()
        assert found == [PAGE]
        assert read_all(first.body) == PAGE

    def test_who_failed_holds_up_nobody(self) -> None:
        cache = Cache(in_turn([unreachable(), Answer(content=PAGE)]))
        transport = cache.transport()
        with pytest.raises(errors.Unreachable):
            transport.send(Request(url=URL))
        assert read_all(transport.send(Request(url=URL)).body) == PAGE

    def test_a_reader_that_asks_again_before_it_has_read_does_not_wait_for_itself(self) -> None:
        cache = Cache(FakeTransport(lambda _: Answer(content=PAGE, fields=VALIDATED)))
        transport = cache.transport()
        replies = [transport.send(Request(url=URL)) for _ in range(2)]
        assert [read_all(reply.body) for reply in replies] == [PAGE] * 2


def test_a_confirmation_does_not_undo_what_was_invalidated_meanwhile() -> None:
    """RFC 9111 §4.4: a PUT succeeds while a validation is on its way, whose 304 is older."""
    revalidated = {**VALIDATED, **FRESH}

    def respond(request: Request) -> Answer:
        if request.method == "PUT":
            return Answer(status=204)
        if "If-None-Match" in request.headers:
            cache.transport().send(Request(url=URL, method="PUT", content=b"new")).body.close()
            return Answer(status=304, fields=revalidated)
        return Answer(content=PAGE, fields=revalidated)

    cache = Cache(FakeTransport(respond))
    cache.get()
    cache.clock.advance(601)
    assert cache.get() == PAGE
    status = cache.send().cache_status
    assert status is not None
    assert (status.hit, status.fwd, status.detail) == (False, "stale", "invalidated")


def test_a_stored_body_that_is_gone_takes_no_newer_response_with_it() -> None:
    """Somebody stores another one between a look at the record and a look at the body."""
    numbers = iter(range(10))
    cache = Cache(FakeTransport(lambda _: Answer(content=PAGE + b"%d" % next(numbers), fields=FRESH)))
    cache.get()
    transport = cache.transport()
    find, seen = transport._responses.find, []

    def find_then_replace(url: str, scope: str) -> object:
        found = find(url, scope)
        if not seen:
            seen.append(found)
            cache.get(Cache_Control="no-cache")  # which drops the first body
        return found

    transport._responses.find = find_then_replace  # type: ignore[method-assign, assignment]
    with_another = transport.send(Request(url=URL))
    assert read_all(with_another.body) == PAGE + b"1"
    assert len(cache.origin.requests) == 2


def test_what_two_urls_gave_stays_while_one_of_them_still_gives_it() -> None:
    cache = Cache(in_turn([Answer(content=PAGE, fields=FRESH), Answer(content=PAGE), Answer(content=b"x" * 9000)]))
    other = f"{URL}other/"
    for url in (other, URL, URL, other):
        cache.get(url)
    assert len(cache.origin.requests) == 3
    assert not isinstance(cache.blobs.open(sha256_of(PAGE)), Miss)


def test_what_needs_no_body_reads_none() -> None:
    """A HEAD and a condition that holds are answered from the record."""
    cache = Cache(in_turn([Answer(content=PAGE, fields={**FRESH, **VALIDATED})]))
    cache.get()
    cache.blobs.remove(sha256_of(PAGE))
    reply = cache.transport().send(Request(url=URL, method="HEAD"))
    assert (reply.response.status, read_all(reply.body)) == (200, b"")
    assert cache.send(If_None_Match='"1"').response.status == 304


def test_what_no_store_has_room_for_is_not_said_to_be_stored() -> None:
    cache = Cache(in_turn([Answer(content=PAGE, fields={"Content-Length": str(len(PAGE))})]))
    cache.blobs = MemoryBlobs(Memory(limit=100))
    reply = cache.send()
    assert str(reply.cache_status) == "freewheel; fwd=uri-miss; fwd-status=200"
    assert read_all(reply.body) == PAGE


def test_nobody_waits_for_a_slow_reader_for_longer_than_is_wanted() -> None:
    cache = Cache(FakeTransport(lambda _: Answer(content=PAGE, fields=VALIDATED)))
    cache.patience = 0.01
    transport = cache.transport()
    slow = transport.send(Request(url=URL))
    found: list[bytes] = []
    thread = threading.Thread(target=lambda: found.append(read_all(transport.send(Request(url=URL)).body)))
    thread.start()
    thread.join(60)
    assert found == [PAGE]
    assert read_all(slow.body) == PAGE

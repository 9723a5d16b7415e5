"""RFC 9111 §3.3 and §3.4, RFC 9110 §14 and §15.3.7: parts are stored, handed out, joined and completed."""

from __future__ import annotations

import pytest

from freewheel.httpcache.forwarding import Exchange, HandOut, Keep, KeepPart, Outcome, PassOn, SendAgain, receive
from freewheel.httpcache.message import Request, Response
from freewheel.httpcache.policy import Role
from freewheel.httpcache.ranges import Span
from freewheel.httpcache.reuse import Complete, Decision, Forward, UseStored, Validate, decide
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model.digest import sha256_of
from tests.unit.httpcache.makers import (
    NOW,
    PLAIN,
    PRIVATE,
    a_part,
    a_request,
    a_response,
    a_stored_response,
    an_incomplete_response,
    date,
    variants,
)

BODY = b"0123456789"
STRONG = ('ETag: "1"', "Cache-Control: max-age=600")
PREFIX = (a_part(0, BODY[:4]),)


def whole(*lines: str, age: float = 0.0) -> StoredResponse:
    return a_stored_response(*STRONG, *lines, body=BODY, age=age)


def part_of_it(*lines: str, age: float = 0.0) -> StoredResponse:
    return an_incomplete_response(*(lines or STRONG), parts=PREFIX, size=10, age=age)


def stored(incomplete: StoredResponse, *complete: StoredResponse) -> StoredVariants:
    return StoredVariants(variants=complete, incomplete=(incomplete,))


def decided(stored: StoredVariants, *lines: str, request: Request | None = None) -> Decision:
    return decide(request or a_request(*lines), stored, now=NOW, role=PRIVATE, policy=PLAIN)


def received(
    response: Response, stored: StoredVariants, *lines: str, request: Request | None = None, role: Role = PRIVATE
) -> Outcome:
    request = request or a_request(*lines)
    decision = decide(request, stored, now=NOW, role=role, policy=PLAIN)
    assert isinstance(decision, Validate | Complete | Forward)
    exchange = Exchange(
        request=request, decision=decision, response=response, request_time=NOW, response_time=NOW + 1
    )
    return receive(exchange, stored, role=role, policy=PLAIN)


def a_206(*lines: str, sent: str = "4-9/10") -> Response:
    return a_response(*(lines or STRONG), f"Content-Range: bytes {sent}", status=206)


class TestRangesOfACompleteResponse:
    @pytest.mark.parametrize(("wanted", "span"), [("0-3", Span(0, 4)), ("4-", Span(4, 10)), ("-2", Span(8, 10))])
    def test_it_is_cut(self, wanted: str, span: Span) -> None:
        """RFC 9110 §15.3.7."""
        used = decided(variants(whole("Content-Length: 10")), f"Range: bytes={wanted}")
        assert isinstance(used, UseStored)
        assert (used.response.status, used.span, used.has_body) == (206, span, True)
        headers = used.response.headers
        assert headers.get_all("Content-Length") == (str(span.size),)
        assert headers.get("Content-Range") == f"bytes {span.start}-{span.end - 1}/10"
        assert headers.get("ETag") == '"1"'

    def test_nothing_of_it_is_asked_for(self) -> None:
        """RFC 9110 §15.5.17."""
        used = decided(variants(whole()), "Range: bytes=10-")
        assert isinstance(used, UseStored)
        assert (used.response.status, used.has_body) == (416, False)
        assert used.response.headers.get("Content-Range") == "bytes */10"

    @pytest.mark.parametrize("value", ["bytes=0-1,3-4", "lines=1-2", "bytes=3-1"])
    def test_what_is_no_single_range_is_answered_with_the_whole(self, value: str) -> None:
        """RFC 9110 §14.2."""
        used = decided(variants(whole()), f"Range: {value}")
        assert isinstance(used, UseStored)
        assert (used.response.status, used.span) == (200, None)

    @pytest.mark.parametrize("method", ["HEAD"])
    def test_other_methods_know_no_ranges(self, method: str) -> None:
        """RFC 9110 §14.2."""
        used = decided(variants(whole()), request=a_request("Range: bytes=0-1", method=method))
        assert isinstance(used, UseStored)
        assert used.response.status == 200

    def test_only_a_success_has_parts(self) -> None:
        missing = a_stored_response("Cache-Control: max-age=600", status=404, body=BODY)
        used = decided(variants(missing), "Range: bytes=0-1")
        assert isinstance(used, UseStored)
        assert used.response.status == 404

    @pytest.mark.parametrize(
        ("lines", "condition", "status"),
        [
            (STRONG, '"1"', 206),
            (STRONG, '"2"', 200),
            (STRONG, 'W/"1"', 200),
            (('ETag: W/"1"', STRONG[1]), 'W/"1"', 200),
            ((f"Last-Modified: {date(-99)}", f"Date: {date()}", STRONG[1]), date(-99), 206),
            ((f"Last-Modified: {date(-99)}", f"Date: {date()}", STRONG[1]), date(-98), 200),
            ((f"Last-Modified: {date()}", f"Date: {date()}", STRONG[1]), date(), 200),
        ],
    )
    def test_if_range_is_compared_strongly(self, lines: tuple[str, ...], condition: str, status: int) -> None:
        """RFC 9110 §13.1.5."""
        found = variants(a_stored_response(*lines, body=BODY))
        used = decided(found, "Range: bytes=0-1", f"If-Range: {condition}")
        assert isinstance(used, UseStored)
        assert used.response.status == status

    def test_a_stale_one_is_validated_first(self) -> None:
        found = variants(whole(age=700))
        decision = decided(found, "Range: bytes=0-1")
        assert isinstance(decision, Validate)
        assert decision.request.headers.lines == (("Range", "bytes=0-1"), ("If-None-Match", '"1"'))
        outcome = received(a_response('ETag: "1"', status=304), found, "Range: bytes=0-1")
        assert isinstance(outcome, HandOut)
        assert (outcome.used.response.status, outcome.used.span) == (206, Span(0, 2))

    def test_one_that_changed_makes_room_for_the_part(self) -> None:
        found = variants(whole(age=700))
        outcome = received(a_206('ETag: "2"', sent="0-1/20"), found, "Range: bytes=0-1")
        assert isinstance(outcome, KeepPart)
        kept = outcome.stored(body=b"ab", received=2)
        assert kept.variants == ()
        assert [part.span for part in kept.incomplete[0].parts] == [Span(0, 2)]


class TestStoringParts:
    def test_a_part_that_was_asked_for_is_kept(self) -> None:
        outcome = received(a_206(sent="2-5/10"), StoredVariants(), "Range: bytes=2-5")
        assert isinstance(outcome, KeepPart)
        assert str(outcome.status) == "freewheel; fwd=uri-miss; fwd-status=206; stored"
        (kept,) = outcome.stored(body=BODY[2:6], received=4).incomplete
        assert (kept.size, kept.digest, kept.parts) == (10, None, (a_part(2, BODY[2:6]),))
        assert (kept.response.status, kept.response.headers.get("Content-Length")) == (200, "10")
        assert "Content-Range" not in kept.response.headers

    @pytest.mark.parametrize(
        "response",
        [
            a_206('ETag: W/"1"', STRONG[1]),
            a_206(STRONG[1]),
            a_206(sent="9-4/10"),
            a_206(sent="4-10/10"),
            a_206(sent="4-9/*"),
            a_206(*STRONG, "Content-Length: 7"),
            a_206(*STRONG, "Content-Range: bytes 0-1/10"),
            a_response(*STRONG, "Content-Type: multipart/byteranges; boundary=x", status=206),
            a_206('ETag: "1"', "Cache-Control: no-store"),
        ],
        ids=lambda response: str(response.headers.lines),
    )
    def test_but_not_where_no_whole_can_be_made_of_it(self, response: Response) -> None:
        """RFC 9110 §15.3.7: without a strong validator, or contradicting itself."""
        outcome = received(response, StoredVariants(), "Range: bytes=4-9")
        assert isinstance(outcome, PassOn)
        assert outcome.stored == StoredVariants()

    def test_parts_with_the_same_strong_validator_lie_together(self) -> None:
        """§3.4: the newest fields stand for the whole."""
        found = stored(part_of_it())
        outcome = received(a_206(*STRONG, "X: new", sent="8-9/10"), found, "Range: bytes=8-9")
        assert isinstance(outcome, KeepPart)
        (kept,) = outcome.stored(body=BODY[8:], received=2).incomplete
        assert kept.parts == (*PREFIX, a_part(8, BODY[8:]))
        assert kept.response.headers.get("X") == "new"
        assert kept.response_time == NOW + 1

    @pytest.mark.parametrize("response", [a_206('ETag: "2"', STRONG[1], sent="8-9/10"), a_206(sent="8-9/11")])
    def test_others_take_their_place(self, response: Response) -> None:
        outcome = received(response, stored(part_of_it()), "Range: bytes=8-9")
        assert isinstance(outcome, KeepPart)
        (kept,) = outcome.stored(body=BODY[8:], received=2).incomplete
        assert kept.parts == (a_part(8, BODY[8:]),)

    def test_what_is_cut_short_is_kept_as_far_as_it_came(self) -> None:
        """§3.3."""
        outcome = received(a_response(*STRONG, "Content-Length: 10"), StoredVariants())
        assert isinstance(outcome, Keep)
        assert outcome.is_resumable
        (kept,) = outcome.unfinished(body=BODY[:4], received=4).incomplete
        assert (kept.size, kept.parts, kept.response.status) == (10, PREFIX, 200)

    @pytest.mark.parametrize(
        "lines",
        [STRONG, ('ETag: W/"1"', STRONG[1], "Content-Length: 10"), (STRONG[1], "Content-Length: 10")],
    )
    def test_unless_the_rest_could_not_be_asked_for(self, lines: tuple[str, ...]) -> None:
        outcome = received(a_response(*lines), StoredVariants())
        assert isinstance(outcome, Keep)
        assert not outcome.is_resumable

    def test_a_stated_digest_does_instead_of_a_validator_where_ranges_are_served(self) -> None:
        request = a_request(digest=sha256_of(BODY))
        for line, is_resumable in (("Accept-Ranges: bytes", True), ("Accept-Ranges: none", False), ("X: y", False)):
            outcome = received(a_response("Content-Length: 10", line), StoredVariants(), request=request)
            assert isinstance(outcome, Keep)
            assert outcome.is_resumable == is_resumable

    def test_a_whole_takes_the_place_of_its_parts(self) -> None:
        found = stored(part_of_it())
        outcome = received(a_response(*STRONG, "Content-Length: 10"), found)
        assert isinstance(outcome, Keep)
        kept = outcome.stored(body=BODY, size=10)
        assert (len(kept.variants), kept.incomplete) == (1, ())

    def test_an_unsafe_request_makes_parts_unusable(self) -> None:
        """§4.4."""
        assert stored(part_of_it()).invalidated() == StoredVariants()


class TestRangesOfAnIncompleteResponse:
    def test_what_is_here_is_handed_out(self) -> None:
        used = decided(stored(part_of_it()), "Range: bytes=1-3")
        assert isinstance(used, UseStored)
        assert (used.response.status, used.span) == (206, Span(1, 4))
        assert used.response.headers.get("Content-Range") == "bytes 1-3/10"

    def test_but_not_when_it_is_stale(self) -> None:
        decision = decided(stored(part_of_it(age=700)), "Range: bytes=1-3")
        assert isinstance(decision, Forward)
        assert str(decision.status).startswith("freewheel; fwd=stale")
        assert decision.request.headers.lines == (("Range", "bytes=1-3"),)

    def test_what_is_not_here_is_asked_for(self) -> None:
        decision = decided(stored(part_of_it()), "Range: bytes=1-4")
        assert isinstance(decision, Forward)
        assert str(decision.status) == "freewheel; fwd=partial"
        assert decision.request.headers.lines == (("Range", "bytes=1-4"),)

    @pytest.mark.parametrize(
        "request_",
        [
            a_request("Range: bytes=10-"),
            a_request("Range: bytes=0-1,2-3"),
            a_request("Range: bytes=0-1", 'If-Range: "2"'),
            a_request('If-None-Match: "1"'),
            a_request(method="HEAD"),
        ],
        ids=lambda request: f"{request.method} {request.headers.lines}",
    )
    def test_what_is_not_wholly_within_it_is_the_origins(self, request_: Request) -> None:
        """§3.3."""
        decision = decided(stored(part_of_it()), request=request_)
        assert isinstance(decision, Forward)
        assert decision.request == request_

    def test_parts_that_make_a_whole_are_not_known_to_have_a_stated_digest(self) -> None:
        found = stored(an_incomplete_response(*STRONG, parts=(a_part(0, BODY),), size=10))
        assert isinstance(decided(found), UseStored)
        decision = decided(found, request=a_request(digest=sha256_of(b"other")))
        assert isinstance(decision, Forward)
        assert str(decision.status) == "freewheel; fwd=miss; detail=digest"

    def test_another_variant_is_none(self) -> None:
        incomplete = an_incomplete_response(*STRONG, "Vary: Accept", parts=PREFIX, size=10, asked=("Accept: x",))
        decision = decided(stored(incomplete), "Range: bytes=0-1", "Accept: y")
        assert isinstance(decision, Forward)
        assert str(decision.status) == "freewheel; fwd=vary-miss"


class TestCompleting:
    def test_the_rest_is_asked_for(self) -> None:
        """Behaviour 46; RFC 9110 §13.1.5."""
        decision = decided(stored(part_of_it(age=700)))
        assert isinstance(decision, Complete)
        assert decision.request.headers.lines == (("Range", "bytes=4-9"), ("If-Range", '"1"'))
        assert str(decision.status) == "freewheel; fwd=partial"

    def test_between_parts_too(self) -> None:
        incomplete = an_incomplete_response(
            *STRONG, parts=(a_part(2, BODY[2:4]), a_part(8, BODY[8:])), size=10, age=700
        )
        decision = decided(stored(incomplete))
        assert isinstance(decision, Complete)
        assert decision.missing == Span(0, 8)

    @pytest.mark.parametrize("lines", [("If-None-Match: x",), ("If-Modified-Since: x",)])
    def test_a_request_with_conditions_of_its_own_is_left_alone(self, lines: tuple[str, ...]) -> None:
        decision = decided(stored(part_of_it()), *lines)
        assert isinstance(decision, Forward)
        assert decision.request.headers.lines == a_request(*lines).headers.lines

    def test_the_rest_makes_a_whole(self) -> None:
        """§3.4."""
        outcome = received(a_206(*STRONG, "X: new"), stored(part_of_it(*STRONG, "X: old", "Y: old", age=700)))
        assert isinstance(outcome, Keep)
        assert outcome.joined is not None
        assert outcome.joined.response.status == 200
        assert outcome.joined.response.headers.get_all("X") == ("new",)
        assert outcome.joined.response.headers.get_all("Content-Length") == ("10",)
        assert "Content-Range" not in outcome.joined.response.headers
        assert [piece.span for piece in outcome.joined.before] == [Span(0, 4)]
        assert outcome.joined.after == ()
        assert str(outcome.status) == "freewheel; fwd=partial; fwd-status=206; stored"
        kept = outcome.stored(body=BODY, size=10)
        assert kept.incomplete == ()
        assert (kept.variants[0].digest, kept.variants[0].response_time) == (sha256_of(BODY), NOW + 1)
        assert kept.variants[0].response.headers.get("Y") == "old"

    @pytest.mark.parametrize(
        "response",
        [
            a_206('ETag: "2"'),
            a_206("X: y"),
            a_206(sent="5-9/10"),
            a_206(sent="4-8/10"),
            a_206(sent="4-9/11"),
            a_response(status=416),
            a_response(status=304),
            a_response(status=412),
        ],
        ids=lambda response: f"{response.status} {response.headers.lines}",
    )
    def test_another_answer_is_none_and_the_whole_is_asked_for(self, response: Response) -> None:
        """RFC 9110 §15.3.7.3."""
        outcome = received(response, stored(part_of_it(age=700)))
        assert isinstance(outcome, SendAgain)
        assert outcome.decision.request == a_request()

    def test_a_new_whole_is_taken(self) -> None:
        outcome = received(a_response('ETag: "2"', STRONG[1], "Content-Length: 3"), stored(part_of_it(age=700)))
        assert isinstance(outcome, Keep)
        assert outcome.joined is None
        assert outcome.stored(body=b"new", size=3).incomplete == ()

    def test_a_rest_that_may_not_be_stored_leaves_nothing(self) -> None:
        """§5.2.2.5."""
        outcome = received(a_206('ETag: "1"', "Cache-Control: no-store"), stored(part_of_it(age=700)))
        assert isinstance(outcome, PassOn)
        assert outcome.joined is not None
        assert outcome.stored == StoredVariants()

    def test_a_rest_that_the_request_does_not_want_stored_leaves_what_is_here(self) -> None:
        """§5.2.1.5."""
        found = stored(part_of_it(age=700))
        outcome = received(a_206('ETag: "1"', STRONG[1]), found, request=a_request("Cache-Control: no-store"))
        assert isinstance(outcome, PassOn)
        assert outcome.joined is not None
        assert outcome.stored == found

    @pytest.mark.parametrize("status", [404, 500, 503])
    def test_a_failure_leaves_what_is_here(self, status: int) -> None:
        found = stored(part_of_it(age=700))
        outcome = received(a_response(status=status), found)
        assert isinstance(outcome, PassOn)
        assert outcome.stored == found

    def test_dates_identify_where_they_are_strong(self) -> None:
        dated = (f"Last-Modified: {date(-99)}", f"Date: {date(-9)}", STRONG[1])
        decision = decided(stored(part_of_it(*dated, age=700)))
        assert isinstance(decision, Complete)
        assert decision.request.headers.get("If-Range") == date(-99)
        assert isinstance(received(a_206(*dated), stored(part_of_it(*dated, age=700))), Keep)
        other = a_206(f"Last-Modified: {date(-98)}", STRONG[1])
        assert isinstance(received(other, stored(part_of_it(*dated, age=700))), SendAgain)

    def test_a_stated_digest_does_where_there_is_no_validator(self) -> None:
        incomplete = an_incomplete_response("Accept-Ranges: bytes", parts=PREFIX, size=10)
        request = a_request(digest=sha256_of(BODY))
        decision = decided(stored(incomplete), request=request)
        assert isinstance(decision, Complete)
        assert decision.request.headers.lines == (("Range", "bytes=4-9"),)
        assert isinstance(received(a_206("X: y"), stored(incomplete), request=request), Keep)
        assert isinstance(decided(stored(incomplete)), Forward)

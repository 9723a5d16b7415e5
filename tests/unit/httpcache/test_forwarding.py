from __future__ import annotations

import pytest

from freewheel.httpcache.forwarding import (
    Exchange,
    HandOut,
    Keep,
    Outcome,
    PassOn,
    SendAgain,
    receive,
    reuse_on_failure,
)
from freewheel.httpcache.message import Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import Forward, Validate, decide
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model.digest import parse, sha256_of
from tests.unit.httpcache.makers import (
    NOW,
    PLAIN,
    PRIVATE,
    SHARED,
    URL,
    a_request,
    a_response,
    a_stored_response,
    date,
    fields,
    variants,
)

ON_ERROR = Policy(stale_on_error=True)


def forwarded(request: Request, stored: StoredVariants, *, role: Role, policy: Policy) -> Validate | Forward:
    decision = decide(request, stored, now=NOW, role=role, policy=policy)
    assert isinstance(decision, Validate | Forward)
    return decision


def received(
    response: Response,
    *stored: StoredResponse,
    request: Request | None = None,
    role: Role = PRIVATE,
    policy: Policy = PLAIN,
) -> Outcome:
    """What comes of an answer that arrives a second after NOW, when the request was decided on and sent."""
    request = request or a_request()
    decision = forwarded(request, variants(*stored), role=role, policy=policy)
    exchange = Exchange(
        request=request, decision=decision, response=response, request_time=NOW, response_time=NOW + 1
    )
    return receive(exchange, variants(*stored), role=role, policy=policy)


def stale(*lines: str, age: float = 700.0, body: bytes = b"body") -> StoredResponse:
    return a_stored_response('ETag: "1"', "Cache-Control: max-age=600", *lines, age=age, body=body)


class TestNotModified:
    """RFC 9111 §4.3.3, §4.3.4."""

    def test_the_freshened_response_is_handed_out_and_kept(self) -> None:
        """Behaviours 21, 24 and 25."""
        outcome = received(a_response('ETag: "1"', "Cache-Control: max-age=50", status=304), stale())
        assert isinstance(outcome, HandOut)
        assert outcome.used.response.status == 200
        assert outcome.used.has_body
        assert outcome.used.response.headers.get("Age") == "1"
        assert str(outcome.used.status) == "freewheel; fwd=stale; fwd-status=304; ttl=49"
        (kept,) = outcome.stored.variants
        assert kept == outcome.used.stored
        assert kept.response.headers.get_all("Cache-Control") == ("max-age=50",)
        assert kept.response_time == NOW + 1

    def test_all_that_share_its_strong_validator_are_freshened(self) -> None:
        twin = stale("Vary: Accept", body=b"twin")
        other = a_stored_response('ETag: "2"', "Vary: Accept", asked=("Accept: x",))
        outcome = received(a_response('ETag: "1"', f"Date: {date()}", status=304), stale(), twin, other)
        assert isinstance(outcome, HandOut)
        assert outcome.used.stored.body == b"twin"
        assert [kept.response_time for kept in outcome.stored.variants] == [NOW + 1, NOW + 1, NOW]

    def test_another_than_the_one_asked_about_may_be_the_one(self) -> None:
        asked_about = stale("Vary: Accept", body=b"asked about")
        other = a_stored_response('ETag: "2"', "Cache-Control: max-age=600", age=700, body=b"other")
        outcome = received(a_response('ETag: "2"', status=304), asked_about, other)
        assert isinstance(outcome, HandOut)
        assert outcome.used.stored.body == b"other"
        assert [kept.response_time for kept in outcome.stored.variants] == [NOW - 700, NOW + 1]

    def test_the_requesters_own_condition_is_answered_from_it(self) -> None:
        outcome = received(a_response(status=304), stale(), request=a_request('If-None-Match: "1"'))
        assert isinstance(outcome, HandOut)
        assert (outcome.used.response.status, outcome.used.has_body) == (304, False)

    def test_fields_that_may_not_be_stored_are_not_taken_over(self) -> None:
        """RFC 9111 §3.1."""
        given = a_response("Connection: X", "X: 1", 'Cache-Control: max-age=9, no-cache="Y"', "Y: 1", status=304)
        outcome = received(given, stale())
        assert isinstance(outcome, HandOut)
        assert {"X", "Y", "Connection"}.isdisjoint(name for name, _ in outcome.used.stored.response.headers)

    def test_with_no_store_it_answers_and_nothing_remains(self) -> None:
        """Behaviour 27."""
        outcome = received(a_response("Cache-Control: no-store", status=304), stale())
        assert isinstance(outcome, HandOut)
        assert outcome.used.response.status == 200
        assert outcome.stored == variants()

    def test_with_a_request_that_must_not_be_stored_it_changes_nothing_stored(self) -> None:
        """RFC 9111 §5.2.1.5."""
        stored = stale()
        given = a_response('ETag: "1"', "Cache-Control: max-age=50", "X: 1", status=304)
        outcome = received(given, stored, request=a_request("Cache-Control: no-store"))
        assert isinstance(outcome, HandOut)
        assert outcome.used.response.status == 200
        assert outcome.stored == variants(stored)

    def test_what_it_makes_private_stays_in_no_shared_cache(self) -> None:
        """RFC 9111 §5.2.2.7."""
        given = a_response('ETag: "1"', "Cache-Control: private, max-age=50", status=304)
        for role, remaining in ((PRIVATE, 1), (SHARED, 0)):
            outcome = received(given, stale(), role=role)
            assert isinstance(outcome, HandOut)
            assert outcome.used.response.status == 200
            assert len(outcome.stored.variants) == remaining

    def test_what_it_no_longer_permits_to_credentials_stays_in_no_shared_cache(self) -> None:
        """RFC 9111 §3.5."""
        stored = a_stored_response('ETag: "1"', "Cache-Control: public, max-age=600", age=700)
        for value, remaining in (("public, max-age=50", 1), ("max-age=50", 0)):
            given = a_response('ETag: "1"', f"Cache-Control: {value}", status=304)
            outcome = received(given, stored, request=a_request("Authorization: Basic x"), role=SHARED)
            assert isinstance(outcome, HandOut)
            assert len(outcome.stored.variants) == remaining

    def test_what_may_not_be_stored_by_the_older_fields_is_not_taken_over_either(self) -> None:
        """RFC 9111 §5.2.2.4."""
        stored = a_stored_response('ETag: "1"', 'Cache-Control: max-age=600, no-cache="X"', age=700)
        outcome = received(a_response('ETag: "1"', "X: 1", "Y: 1", status=304), stored)
        assert isinstance(outcome, HandOut)
        (kept,) = outcome.stored.variants
        assert ("X" in kept.response.headers, "Y" in kept.response.headers) == (False, True)

    def test_must_understand_in_it_overrides_no_store(self) -> None:
        """RFC 9111 §5.2.2.3."""
        given = a_response('ETag: "1"', "Cache-Control: no-store, must-understand, max-age=9", status=304)
        outcome = received(given, stale())
        assert isinstance(outcome, HandOut)
        assert len(outcome.stored.variants) == 1

    def test_a_condition_of_the_requesters_that_is_not_met_gets_the_whole(self) -> None:
        """RFC 9111 §4.3.2."""
        stored, request = stale(), a_request('If-None-Match: "2", "3"')
        decision = forwarded(request, variants(stored), role=PRIVATE, policy=PLAIN)
        assert decision.request.headers.get_all("If-None-Match") == ('"1"',)
        outcome = received(a_response('ETag: "1"', status=304), stored, request=request)
        assert isinstance(outcome, HandOut)
        assert (outcome.used.response.status, outcome.used.has_body) == (200, True)

    def test_about_something_else_it_is_asked_for_again_without_conditions(self) -> None:
        stored, request = stale(), a_request()
        outcome = received(a_response('ETag: "2"', status=304), stored, request=request)
        assert isinstance(outcome, SendAgain)
        assert (outcome.decision.request, outcome.decision.stored) == (request, stored)
        assert outcome.decision.status.fwd == "stale"

    def test_the_strong_form_of_a_weak_tag_confirms_and_freshens_nothing(self) -> None:
        stored = a_stored_response('ETag: W/"1"', "Expires: 0")
        outcome = received(a_response('ETag: "1"', "Cache-Control: max-age=600", status=304), stored)
        assert isinstance(outcome, HandOut)
        assert outcome.used.stored == stored
        assert outcome.stored == variants(stored)

    def test_to_the_requesters_own_condition_it_is_passed_on(self) -> None:
        outcome = received(a_response(status=304), request=a_request("If-None-Match: x"))
        assert isinstance(outcome, PassOn)
        assert str(outcome.status) == "freewheel; fwd=uri-miss; fwd-status=304"


class TestNewResponses:
    """RFC 9111 §3, §4.3.3."""

    def test_what_may_be_stored_is_kept_once_its_body_is_here(self) -> None:
        """Behaviour 26."""
        other = a_stored_response("Vary: Accept", asked=("Accept: x",))
        given = a_response('ETag: "2"', "Connection: close", "Vary: Accept")
        outcome = received(given, stale(), other, request=a_request("Accept: y", url=URL + "#part"))
        assert isinstance(outcome, Keep)
        assert str(outcome.status) == "freewheel; fwd=stale; fwd-status=200; stored"
        new, kept = outcome.stored(body=b"new", size=3).variants
        assert kept == other
        assert new.response == Response(status=200, reason="Reason", headers=fields('ETag: "2"', "Vary: Accept"))
        assert (new.url, new.nominated, new.size, new.body) == (URL, (("accept", "y"),), 3, b"new")
        assert (new.request_time, new.response_time, new.digest) == (NOW, NOW + 1, sha256_of(b"new"))

    def test_a_large_body_is_named_by_its_blob(self) -> None:
        outcome = received(a_response("ETag: x"))
        assert isinstance(outcome, Keep)
        blob, md5 = sha256_of(b"large"), parse("md5:ab")
        (new,) = outcome.stored(body=blob, size=5, checked=(md5,)).variants
        assert (new.blobs, new.body, new.checked) == ((blob,), None, (md5,))

    def test_what_may_not_be_stored_takes_a_stale_response_with_it(self) -> None:
        """Behaviour 27."""
        other = a_stored_response("Vary: Accept", asked=("Accept: x",))
        outcome = received(a_response("Cache-Control: no-store"), stale(), other)
        assert isinstance(outcome, PassOn)
        assert outcome.stored == variants(other)
        assert outcome.reason == "the response forbids it (no-store)"
        assert str(outcome.status) == "freewheel; fwd=stale; fwd-status=200"

    def test_but_no_fresh_one(self) -> None:
        stored = stale(age=0)
        outcome = received(
            a_response("Cache-Control: no-store"), stored, request=a_request("Cache-Control: max-age=0")
        )
        assert isinstance(outcome, PassOn)
        assert outcome.stored == variants(stored)

    @pytest.mark.parametrize(
        ("status", "remains"),
        [(404, False), (410, False), (302, False), (399, False), (400, True), (401, True), (429, True), (500, True)],
    )
    def test_and_none_where_the_origin_refuses_or_fails(self, status: int, remains: bool) -> None:
        stored = stale()
        outcome = received(a_response(status=status), stored)
        assert isinstance(outcome, PassOn)
        assert outcome.stored == (variants(stored) if remains else variants())

    def test_private_responses_are_for_private_caches(self) -> None:
        given = a_response("ETag: x", "Cache-Control: private")
        assert isinstance(received(given), Keep)
        assert isinstance(received(given, role=SHARED), PassOn)


class TestFailures:
    """RFC 9111 §4.2.4, §4.3.3; RFC 5861 §4."""

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_a_stale_response_answers_where_that_is_allowed(self, status: int) -> None:
        """Behaviours 128 and 131."""
        stored = stale()
        outcome = received(a_response(status=status), stored, policy=ON_ERROR)
        assert isinstance(outcome, HandOut)
        assert outcome.used.response.status == 200
        assert outcome.stored == variants(stored)
        expected = f"freewheel; fwd=stale; fwd-status={status}; ttl=-101; detail=stale-on-error"
        assert str(outcome.used.status) == expected

    def test_also_one_without_a_validator(self) -> None:
        stored = a_stored_response("Cache-Control: max-age=0, stale-if-error=60")
        assert isinstance(received(a_response(status=503), stored), HandOut)

    @pytest.mark.parametrize("status", [501, 404, 403, 400])
    def test_other_statuses_are_answers(self, status: int) -> None:
        assert not isinstance(received(a_response(status=status), stale(), policy=ON_ERROR), HandOut)

    def test_where_it_is_not_allowed_the_failure_is_passed_on(self) -> None:
        assert isinstance(received(a_response(status=503), stale()), PassOn)
        must = stale("Cache-Control: must-revalidate")
        assert isinstance(received(a_response(status=503), must, policy=ON_ERROR), PassOn)

    def test_with_nothing_stored_there_is_nothing_to_use(self) -> None:
        assert isinstance(received(a_response(status=503), policy=ON_ERROR), PassOn)

    def test_no_answer_at_all(self) -> None:
        """Behaviours 60 and 128."""
        stored, request = stale(), a_request()
        decision = forwarded(request, variants(stored), role=PRIVATE, policy=PLAIN)
        used = reuse_on_failure(request, decision, now=NOW + 9, role=PRIVATE, policy=ON_ERROR)
        assert used is not None
        assert used.response.headers.get("Age") == "709"
        assert str(used.status) == "freewheel; fwd=stale; ttl=-109; detail=stale-on-error"
        assert reuse_on_failure(request, decision, now=NOW, role=PRIVATE, policy=PLAIN) is None


class TestHead:
    """RFC 9111 §4.3.5; behaviour 52."""

    def test_what_agrees_is_freshened(self) -> None:
        stored = stale("Vary: Accept")
        given = a_response('ETag: "1"', "Content-Length: 4", "Cache-Control: max-age=50")
        outcome = received(given, stored, request=a_request(method="HEAD"))
        assert isinstance(outcome, PassOn)
        (kept,) = outcome.stored.variants
        assert kept.response.headers.get_all("Cache-Control") == ("max-age=50",)
        assert (kept.response_time, kept.size) == (NOW + 1, 4)

    def test_what_disagrees_is_validated_before_any_reuse(self) -> None:
        other = a_stored_response('ETag: "1"', "Vary: Accept", asked=("Accept: x",))
        outcome = received(a_response('ETag: "2"'), stale(), other, request=a_request(method="HEAD"))
        assert isinstance(outcome, PassOn)
        assert [kept.is_invalidated for kept in outcome.stored.variants] == [True, False]

    def test_nothing_is_taken_from_what_must_not_be_stored(self) -> None:
        stored = stale()
        given = a_response('ETag: "1"', "Cache-Control: no-store")
        outcome = received(given, stored, request=a_request(method="HEAD"))
        assert isinstance(outcome, PassOn)
        assert outcome.stored == variants(stored)

    def test_what_by_it_may_not_be_stored_is_validated_before_any_reuse(self) -> None:
        given = a_response('ETag: "1"', "Cache-Control: private, max-age=50")
        outcome = received(given, stale(), request=a_request(method="HEAD"), role=SHARED)
        assert isinstance(outcome, PassOn)
        (kept,) = outcome.stored.variants
        assert kept.is_invalidated
        assert kept.response.headers.get("Cache-Control") == "max-age=600"

    def test_one_that_must_not_be_stored_changes_nothing(self) -> None:
        """RFC 9111 §5.2.1.5."""
        stored, request = stale(), a_request("Cache-Control: no-store", method="HEAD")
        outcome = received(a_response('ETag: "1"', "X: 1"), stored, request=request)
        assert isinstance(outcome, PassOn)
        assert outcome.stored == variants(stored)

    @pytest.mark.parametrize("status", [404, 500])
    def test_only_a_200_tells_of_what_is_stored(self, status: int) -> None:
        stored = stale(age=0)
        request = a_request("Cache-Control: max-age=0", method="HEAD")
        outcome = received(a_response('ETag: "2"', status=status), stored, request=request)
        assert isinstance(outcome, PassOn)
        assert outcome.stored == variants(stored)

    def test_a_304_hands_out_fields_alone(self) -> None:
        outcome = received(a_response(status=304), stale(), request=a_request(method="HEAD"))
        assert isinstance(outcome, HandOut)
        assert not outcome.used.has_body


def test_an_unsafe_request_tells_what_it_invalidates() -> None:
    """RFC 9111 §4.4; behaviour 52."""
    stored = stale(age=0)
    outcome = received(a_response("Location: /x", status=201), stored, request=a_request(method="POST"))
    assert isinstance(outcome, PassOn)
    assert outcome.invalidated == (URL, "https://index.example/x")
    assert outcome.reason == "responses to POST are not stored"

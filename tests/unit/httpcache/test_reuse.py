from __future__ import annotations

import pytest
from msgspec.structs import replace

from freewheel.httpcache.message import Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.reuse import (
    Decision,
    Forward,
    Unsatisfiable,
    UseStored,
    Validate,
    decide,
    may_use_stale_on_error,
)
from freewheel.httpcache.status import CacheStatus
from freewheel.httpcache.stored_response import StoredResponse
from freewheel.httpcache.storing import Store, may_store
from freewheel.model.digest import parse
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

WHILE_VALIDATING = Policy(stale_while_validating=True)
ON_ERROR = Policy(stale_on_error=True)
OVERRIDING = Policy(max_stale_overrides=True)


def decided(
    *stored: StoredResponse, request: Request | None = None, role: Role = PRIVATE, policy: Policy = PLAIN
) -> Decision:
    return decide(request or a_request(), variants(*stored), now=NOW, role=role, policy=policy)


def status(*stored: StoredResponse, request: Request | None = None) -> str:
    return str(decided(*stored, request=request).status)


def fresh(*lines: str, age: float = 100.0) -> StoredResponse:
    """A response with 600 seconds of lifetime, stored `age` seconds ago."""
    return a_stored_response("ETag: x", "Cache-Control: max-age=600", *lines, age=age)


class TestWithoutASuitableStoredResponse:
    def test_nothing_is_stored(self) -> None:
        request = a_request()
        assert decided(request=request) == Forward(request=request, status=CacheStatus(fwd="uri-miss"))

    def test_no_variant_matches(self) -> None:
        """Behaviour 40; RFC 9111 §4.1."""
        stored = fresh("Vary: Accept")
        assert status(stored, request=a_request("Accept: other")) == "freewheel; fwd=vary-miss"
        assert isinstance(decided(stored), UseStored)

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "FOO"])
    def test_the_method_is_another(self, method: str) -> None:
        """Behaviour 52."""
        assert status(fresh(), request=a_request(method=method)) == "freewheel; fwd=method"

    @pytest.mark.parametrize("name", ["If-Match", "If-Unmodified-Since"])
    def test_the_request_has_conditions_for_the_origin(self, name: str) -> None:
        """RFC 9111 §4.3.2."""
        request = a_request(f"{name}: x")
        assert decided(fresh(), request=request) == Forward(request=request, status=CacheStatus(fwd="request"))


class TestFreshResponses:
    def test_a_fresh_response_is_used(self) -> None:
        """Behaviours 22 and 32."""
        stored = fresh()
        used = decided(stored)
        assert isinstance(used, UseStored)
        assert used.stored == stored
        assert (used.has_body, used.validation) == (True, None)
        assert used.response.headers.get("Age") == "100"
        assert str(used.status) == "freewheel; hit; ttl=500"

    def test_until_its_lifetime_is_over(self) -> None:
        """Behaviour 24."""
        assert isinstance(decided(fresh(age=599.5)), UseStored)
        assert isinstance(decided(fresh(age=600)), Validate)

    def test_an_age_on_arrival_counts(self) -> None:
        """Behaviour 35."""
        assert isinstance(decided(fresh("Age: 499")), UseStored)
        assert isinstance(decided(fresh("Age: 500")), Validate)

    def test_head_is_answered_without_the_body(self) -> None:
        used = decided(fresh(), request=a_request(method="HEAD"))
        assert isinstance(used, UseStored)
        assert not used.has_body

    def test_the_requesters_own_condition_is_answered(self) -> None:
        used = decided(fresh(), request=a_request("If-None-Match: x"))
        assert isinstance(used, UseStored)
        assert (used.response.status, used.has_body) == (304, False)

    def test_a_request_that_must_not_be_stored_may_be_answered(self) -> None:
        """RFC 9111 §5.2.1.5."""
        assert isinstance(decided(fresh(), request=a_request("Cache-Control: no-store")), UseStored)


class TestStaleResponses:
    def test_are_validated(self) -> None:
        """Behaviours 21, 24, 31."""
        stored = fresh(f"Last-Modified: {date(-9999)}", age=700)
        decision = decided(stored, request=a_request("Accept: a"))
        assert isinstance(decision, Validate)
        assert decision.stored == stored
        expected = fields("Accept: a", "If-None-Match: x", f"If-Modified-Since: {date(-9999)}")
        assert decision.request.headers == expected
        assert str(decision.status) == "freewheel; fwd=stale; ttl=-100"

    def test_are_forwarded_without_a_validator(self) -> None:
        """Behaviour 33."""
        stored, request = a_stored_response("Expires: 0"), a_request()
        assert decided(stored, request=request) == Forward(
            request=request, status=CacheStatus(fwd="stale", ttl=0), stored=stored
        )

    def test_no_cache_demands_validation_while_fresh(self) -> None:
        """Behaviour 28; RFC 9111 §5.2.2.4."""
        assert status(fresh("Cache-Control: no-cache")) == "freewheel; fwd=stale; ttl=500; detail=no-cache"
        assert isinstance(decided(fresh("Cache-Control: no-cache=Set-Cookie")), UseStored)

    def test_invalidation_demands_validation_while_fresh(self) -> None:
        """RFC 9111 §4.4."""
        stored = a_stored_response("ETag: x", "Cache-Control: max-age=600", is_invalidated=True)
        assert status(stored) == "freewheel; fwd=stale; ttl=600; detail=invalidated"

    def test_a_heuristic_lifetime_counts_where_the_policy_has_one(self) -> None:
        stored = a_stored_response(f"Date: {date(-50)}", f"Last-Modified: {date(-1050)}", age=50)
        assert isinstance(decided(stored, policy=Policy(heuristic_fraction=0.1)), UseStored)
        assert isinstance(decided(stored), Validate)

    def test_s_maxage_counts_in_shared_caches(self) -> None:
        """RFC 9111 §5.2.2.10."""
        stored = fresh("Cache-Control: s-maxage=50")
        assert isinstance(decided(stored), UseStored)
        assert isinstance(decided(stored, role=SHARED), Validate)


class TestWhatTheRequestAsks:
    """RFC 9111 §5.2.1."""

    @pytest.mark.parametrize("line", ["Cache-Control: no-cache", "Pragma: no-cache"])
    def test_no_cache_always_validates(self, line: str) -> None:
        """§5.2.1.4, §5.4."""
        assert status(fresh(), request=a_request(line)) == "freewheel; fwd=request; ttl=500; detail=no-cache"
        assert isinstance(decided(fresh("Cache-Control: immutable"), request=a_request(line)), Validate)

    @pytest.mark.parametrize(("seconds", "expected"), [(101, UseStored), (100, Validate), (0, Validate)])
    def test_max_age_bounds_the_age(self, seconds: int, expected: type) -> None:
        """§5.2.1.1."""
        assert isinstance(decided(fresh(), request=a_request(f"Cache-Control: max-age={seconds}")), expected)

    def test_max_age_0_validates_what_has_just_come(self) -> None:
        """Behaviours 55 and 57."""
        decision = decided(fresh(age=0), request=a_request("Cache-Control: max-age=0"))
        assert isinstance(decision, Validate)
        assert str(decision.status) == "freewheel; fwd=request; ttl=600; detail=max-age"

    def test_max_age_concerns_no_fresh_immutable_response(self) -> None:
        """RFC 8246 §2."""
        request = a_request("Cache-Control: max-age=0")
        assert isinstance(decided(fresh("Cache-Control: immutable"), request=request), UseStored)
        assert isinstance(decided(fresh("Cache-Control: immutable", age=700), request=request), Validate)

    @pytest.mark.parametrize(("seconds", "expected"), [(500, UseStored), (501, Validate)])
    def test_min_fresh_demands_freshness_for_longer(self, seconds: int, expected: type) -> None:
        """§5.2.1.3."""
        decision = decided(fresh(), request=a_request(f"Cache-Control: min-fresh={seconds}"))
        assert isinstance(decision, expected)

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("max-stale", UseStored),
            ("max-stale=100", UseStored),
            ("max-stale=99", Validate),
            ("max-stale=x", Validate),
        ],
    )
    def test_max_stale_accepts_a_stale_response(self, value: str, expected: type) -> None:
        """§5.2.1.2."""
        assert isinstance(decided(fresh(age=700), request=a_request(f"Cache-Control: {value}")), expected)

    def test_a_stale_answer_says_so(self) -> None:
        request = a_request("Cache-Control: max-stale")
        assert status(fresh(age=700), request=request) == "freewheel; hit; ttl=-100"

    @pytest.mark.parametrize("directive", ["must-revalidate", "no-cache"])
    def test_max_stale_yields_to_the_response(self, directive: str) -> None:
        """§4.2.4, §5.2.2.2."""
        stored = fresh(f"Cache-Control: {directive}", age=700)
        assert isinstance(decided(stored, request=a_request("Cache-Control: max-stale")), Validate)

    @pytest.mark.parametrize("directive", ["no-cache", "must-revalidate", "max-age=0, must-revalidate"])
    def test_max_stale_overrides_the_response_where_the_policy_has_it(self, directive: str) -> None:
        """Behaviours 59 and 128."""
        stored = a_stored_response("ETag: x", f"Cache-Control: {directive}", age=700)
        asked = a_request("Cache-Control: max-stale")
        assert isinstance(decided(stored, request=asked, policy=OVERRIDING), UseStored)
        assert isinstance(decided(stored, policy=OVERRIDING), Validate)
        for also in ("no-cache", "max-age=60", "max-stale=5"):
            request = a_request(f"Cache-Control: max-stale, {also}")
            assert isinstance(decided(stored, request=request, policy=OVERRIDING), Validate)

    def test_who_names_an_age_gets_nothing_stale_unless_max_stale_says_so(self) -> None:
        """§5.2.1.1."""
        stored = fresh("Cache-Control: stale-while-revalidate=1000", age=700)
        request = a_request("Cache-Control: max-age=5000")
        assert isinstance(decided(stored, policy=WHILE_VALIDATING), UseStored)
        assert isinstance(decided(stored, request=request, policy=WHILE_VALIDATING), Validate)
        request = a_request("Cache-Control: max-age=5000, max-stale=100")
        assert isinstance(decided(stored, request=request), UseStored)

    def test_max_stale_does_not_lift_max_age(self) -> None:
        request = a_request("Cache-Control: max-stale, max-age=650")
        assert isinstance(decided(fresh(age=700), request=request), Validate)

    def test_only_if_cached_sends_nothing(self) -> None:
        """§5.2.1.7; behaviour 127."""
        request = a_request("Cache-Control: only-if-cached")
        refusal = Unsatisfiable(
            response=Response(status=504, reason="Gateway Timeout"), status=CacheStatus(detail="only-if-cached")
        )
        assert isinstance(decided(fresh(), request=request), UseStored)
        assert decided(request=request) == refusal
        assert decided(fresh(age=700), request=request) == refusal

    def test_offline_is_only_if_cached_and_max_stale(self) -> None:
        """Behaviours 59 and 127."""
        request = a_request("Cache-Control: only-if-cached, max-stale")
        assert isinstance(decided(fresh(age=1e6), request=request), UseStored)


class TestSharedCaches:
    """RFC 9111 §5.2.2.8, §5.2.2.10."""

    @pytest.mark.parametrize("directive", ["proxy-revalidate", "s-maxage=600"])
    def test_validate_what_is_stale_where_private_ones_need_not(self, directive: str) -> None:
        stored = fresh(f"Cache-Control: {directive}, stale-while-revalidate=1000", age=700)
        for request, policy in ((a_request("Cache-Control: max-stale"), PLAIN), (a_request(), WHILE_VALIDATING)):
            assert isinstance(decided(stored, request=request, policy=policy), UseStored)
            assert isinstance(decided(stored, request=request, policy=policy, role=SHARED), Validate)


class TestStaleWhileRevalidate:
    """RFC 5861 §3; behaviour 131."""

    def test_the_stale_response_is_used_and_validated_alongside(self) -> None:
        used = decided(fresh("Cache-Control: stale-while-revalidate=100", age=700), policy=WHILE_VALIDATING)
        assert isinstance(used, UseStored)
        assert used.validation == a_request("If-None-Match: x")
        assert str(used.status) == "freewheel; hit; ttl=-100"

    def test_without_a_validator_it_is_asked_for_alongside(self) -> None:
        stored = a_stored_response("Cache-Control: max-age=5, stale-while-revalidate=100", age=50)
        used = decided(stored, policy=WHILE_VALIDATING)
        assert isinstance(used, UseStored)
        assert used.validation == a_request()

    def test_only_within_its_time_and_where_the_policy_has_it(self) -> None:
        stored = fresh("Cache-Control: stale-while-revalidate=99", age=700)
        assert isinstance(decided(stored, policy=WHILE_VALIDATING), Validate)
        assert isinstance(decided(fresh("Cache-Control: stale-while-revalidate=100", age=700)), Validate)

    @pytest.mark.parametrize("directive", ["must-revalidate", "no-cache"])
    def test_never_against_a_demand_to_validate(self, directive: str) -> None:
        stored = fresh(f"Cache-Control: stale-while-revalidate=100, {directive}", age=700)
        assert isinstance(decided(stored, policy=WHILE_VALIDATING), Validate)

    def test_never_against_the_request(self) -> None:
        stored = fresh("Cache-Control: stale-while-revalidate=100", age=700)
        request = a_request("Cache-Control: max-age=650")
        assert isinstance(decided(stored, request=request, policy=WHILE_VALIDATING), Validate)

    def test_a_fresh_response_is_not_validated(self) -> None:
        used = decided(fresh("Cache-Control: stale-while-revalidate=100"), policy=WHILE_VALIDATING)
        assert isinstance(used, UseStored)
        assert used.validation is None


class TestIdentity:
    """What has a stated digest is reused whatever HTTP says of freshness."""

    stored = a_stored_response("Cache-Control: no-cache, max-age=0", "Vary: *", age=1e9, is_invalidated=True)

    def test_the_bytes_asked_for_are_used(self) -> None:
        request = a_request("Cache-Control: max-age=0", digest=self.stored.digest)
        used = decided(self.stored, request=request)
        assert isinstance(used, UseStored)
        assert str(used.status) == "freewheel; hit; detail=digest"

    def test_a_digest_that_they_were_checked_against_will_do(self) -> None:
        md5 = parse("md5:ab")
        stored = a_stored_response("Vary: *", checked=(md5,))
        assert isinstance(decided(stored, request=a_request(digest=md5)), UseStored)

    def test_fresh_bytes_with_another_digest_are_not(self) -> None:
        request = a_request(digest=parse("sha256:" + "ab" * 32))
        assert decided(fresh(), request=request) == Forward(
            request=request, status=CacheStatus(fwd="miss", detail="digest")
        )

    def test_on_the_way_to_them_freshness_decides(self) -> None:
        """Behaviours 42 and 43: a redirect is no bytes."""
        request = a_request(digest=parse("sha256:" + "ab" * 32))
        redirect = a_stored_response("Cache-Control: max-age=600", "Location: /x", status=301)
        assert isinstance(decided(redirect, request=request), UseStored)
        assert isinstance(decided(a_stored_response("Expires: 0", status=302), request=request), Forward)


class TestStaleOnError:
    """RFC 9111 §4.2.4, RFC 5861 §4; behaviours 60, 128, 131."""

    def may(self, stored: StoredResponse, *lines: str, role: Role = PRIVATE, policy: Policy = PLAIN) -> bool:
        return may_use_stale_on_error(a_request(*lines), stored, now=NOW, role=role, policy=policy)

    def test_the_policy_decides(self) -> None:
        assert self.may(fresh(age=1e6), policy=ON_ERROR)
        assert not self.may(fresh(age=1e6))

    @pytest.mark.parametrize(("window", "expected"), [(100, True), (99, False)])
    def test_or_the_response_or_the_request_within_a_time(self, window: int, expected: bool) -> None:
        assert self.may(fresh(f"Cache-Control: stale-if-error={window}", age=700)) is expected
        assert self.may(fresh(age=700), f"Cache-Control: stale-if-error={window}") is expected

    @pytest.mark.parametrize("directive", ["no-cache", "must-revalidate"])
    def test_the_response_may_forbid_it(self, directive: str) -> None:
        assert not self.may(fresh(f"Cache-Control: {directive}, stale-if-error=1000", age=700), policy=ON_ERROR)

    @pytest.mark.parametrize("directive", ["proxy-revalidate", "s-maxage=5"])
    def test_to_shared_caches_alone(self, directive: str) -> None:
        stored = fresh(f"Cache-Control: {directive}", age=700)
        assert self.may(stored, policy=ON_ERROR)
        assert not self.may(stored, policy=ON_ERROR, role=SHARED)

    @pytest.mark.parametrize("directive", ["no-cache", "max-age=699", "max-age=1000", "min-fresh=1", "max-stale=99"])
    def test_the_request_may_forbid_it(self, directive: str) -> None:
        assert not self.may(fresh(age=700), f"Cache-Control: {directive}", policy=ON_ERROR)

    @pytest.mark.parametrize("directive", ["max-stale", "max-stale=100", "max-age=701, max-stale=100"])
    def test_or_say_how_stale_it_may_be(self, directive: str) -> None:
        assert self.may(fresh(age=700), f"Cache-Control: {directive}", policy=ON_ERROR)

    def test_a_stated_time_counts_more_than_the_policy(self) -> None:
        assert self.may(fresh("Cache-Control: stale-if-error=100", age=700), policy=ON_ERROR)
        assert not self.may(fresh("Cache-Control: stale-if-error=99", age=700), policy=ON_ERROR)

    def test_what_was_invalidated_is_never_used(self) -> None:
        assert not self.may(a_stored_response("ETag: x", is_invalidated=True), policy=ON_ERROR)


class TestRequestsOfTheirOwn:
    """What the key does not have, no stored response answers."""

    @pytest.mark.parametrize(
        ("lines", "url", "expected"),
        [
            (("Host: other.example",), URL, "host"),
            (("Host: index.example:8080",), URL, "host"),
            (("Host: INDEX.example:443",), URL, None),
            (("Content-Length: 1",), URL, "content"),
            (("Content-Length: 0",), URL, None),
            (("Transfer-Encoding: chunked",), URL, "content"),
        ],
    )
    def test_they_are_forwarded_and_not_stored(self, lines: tuple[str, ...], url: str, expected: str | None) -> None:
        request = a_request(*lines, url=url)
        decision = decided(fresh(), request=request)
        stored = may_store(request, a_response("Cache-Control: max-age=600"), role=PRIVATE, policy=PLAIN)
        assert isinstance(decision, UseStored) is (expected is None)
        assert isinstance(stored, Store) is (expected is None)
        if isinstance(decision, Forward):
            assert (decision.status.fwd, decision.status.detail) == ("bypass", expected)

    def test_content_counts(self) -> None:
        request = replace(a_request(), content=b"query")
        decision = decided(fresh(), request=request)
        assert isinstance(decision, Forward)

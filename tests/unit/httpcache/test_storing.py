from __future__ import annotations

import pytest
from msgspec.structs import replace

from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.storing import DoNotStore, Store, may_store
from freewheel.model.digest import parse
from freewheel.model.url import Credentials
from tests.unit.httpcache.makers import PLAIN, PRIVATE, SHARED, a_request, a_response, date, fields

DIGEST = parse("sha256:" + "ab" * 32)


def is_stored(
    response: Response, request: Request | None = None, *, role: Role = PRIVATE, policy: Policy = PLAIN
) -> bool:
    return isinstance(may_store(request or a_request(), response, role=role, policy=policy), Store)


def reason(response: Response, request: Request | None = None, *, role: Role = PRIVATE) -> str:
    verdict = may_store(request or a_request(), response, role=role, policy=PLAIN)
    assert isinstance(verdict, DoNotStore)
    return verdict.reason


def kept(response: Response, *, role: Role = PRIVATE) -> Headers:
    verdict = may_store(a_request(), response, role=role, policy=PLAIN)
    assert isinstance(verdict, Store)
    return verdict.headers


class TestWhichResponses:
    """RFC 9111 §3."""

    @pytest.mark.parametrize(
        "line",
        [
            "ETag: x",
            'ETag: W/"x"',
            "Cache-Control: max-age=600",
            "Cache-Control: max-age=0",
            "Cache-Control: no-cache, max-age=600",
            f"Expires: {date(60)}",
            "Expires: 0",
        ],
    )
    def test_a_200_with_a_validator_or_a_lifetime(self, line: str) -> None:
        """Behaviours 21, 22, 28, 32, 38."""
        assert is_stored(a_response(line))

    def test_a_200_with_last_modified_alone(self) -> None:
        """Behaviour 30."""
        assert is_stored(a_response(f"Last-Modified: {date(-3600)}"))
        assert not is_stored(a_response("Last-Modified: yesterday"))

    @pytest.mark.parametrize(
        "lines", [(), ("Date: x",), ("Cache-Control: public",), ("ETag:",), ("Cache-Control: private",)]
    )
    def test_nothing_without_a_validator_and_a_lifetime(self, lines: tuple[str, ...]) -> None:
        """Behaviour 29."""
        assert reason(a_response(*lines)) == "the response has neither a lifetime nor a validator"

    @pytest.mark.parametrize("status", [200, 201, 226, 299, 302, 307, 399, 403, 404, 499, 500, 503, 599])
    def test_any_final_status_that_states_a_lifetime(self, status: int) -> None:
        assert is_stored(a_response("Cache-Control: max-age=60", status=status))
        assert is_stored(a_response(f"Expires: {date(60)}", status=status))

    def test_no_failures_where_the_policy_says_so(self) -> None:
        """Behaviour 41."""
        policy = Policy(keeps_failures=False)
        for status in (401, 403, 407, 429, 500, 503, 599):
            assert not is_stored(a_response("Cache-Control: max-age=60", status=status), policy=policy)
        assert is_stored(a_response("Cache-Control: max-age=60", status=404), policy=policy)

    @pytest.mark.parametrize("status", [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
    def test_heuristically_cacheable_statuses_without_a_lifetime(self, status: int) -> None:
        """RFC 9110 §15.1."""
        assert is_stored(a_response("ETag: x", status=status))

    @pytest.mark.parametrize("status", [201, 302, 303, 307, 400, 403, 500, 503, 299, 599])
    def test_other_statuses_only_if_the_response_says_so(self, status: int) -> None:
        """Behaviour 41."""
        assert (
            reason(a_response("ETag: x", status=status)) == f"status {status} is stored only if the response says so"
        )
        assert is_stored(a_response("ETag: x", "Cache-Control: public", status=status))
        assert is_stored(a_response("ETag: x", "Cache-Control: private", status=status))
        assert is_stored(a_response("ETag: x", "Cache-Control: private=a", status=status))
        assert not is_stored(a_response("ETag: x", "Cache-Control: private=a", status=status), role=SHARED)

    @pytest.mark.parametrize("status", [206, 304])
    def test_what_is_no_whole_response(self, status: int) -> None:
        """Behaviour 52; RFC 9111 §3.3."""
        assert not is_stored(a_response("ETag: x", "Cache-Control: max-age=60", status=status))

    def test_what_is_not_final(self) -> None:
        assert reason(a_response("Cache-Control: max-age=60", status=103)) == "the response is not final"

    @pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "OPTIONS", "get", "FOO"])
    def test_only_answers_to_get(self, method: str) -> None:
        """Behaviour 52."""
        given = a_response("Cache-Control: max-age=60", "ETag: x")
        assert reason(given, a_request(method=method)) == f"responses to {method} are not stored"

    def test_nothing_that_no_request_selects(self) -> None:
        """Behaviour 39; §4.1."""
        assert not is_stored(a_response("Cache-Control: max-age=60", "Vary: Accept, *"))

    @pytest.mark.parametrize(
        ("status", "line"), [(412, "If-Match: x"), (412, "If-Unmodified-Since: x"), (416, "Range: bytes=9-")]
    )
    def test_nothing_that_answers_one_requests_own_conditions(self, status: int, line: str) -> None:
        """RFC 9110 §15.5.13, §15.5.17."""
        given = a_response("Cache-Control: max-age=60", status=status)
        assert reason(given, a_request(line)) == f"status {status} answers this request's own fields alone"
        assert is_stored(given)

    def test_a_bare_redirect_where_the_policy_gives_it_a_lifetime(self) -> None:
        policy = Policy(lifetimes={301: 3600.0, 404: 0.0, 302: 3600.0})
        assert is_stored(a_response(status=301), policy=policy)
        assert not is_stored(a_response(status=308), policy=policy)
        assert not is_stored(a_response(status=404), policy=policy)
        assert not is_stored(a_response(status=302), policy=policy)


class TestNoStore:
    """Behaviour 27; RFC 9111 §5.2.1.5 and §5.2.2.5."""

    def test_in_the_response(self) -> None:
        given = a_response("ETag: x", "Cache-Control: max-age=60, public", "cache-control: No-Store")
        assert reason(given) == "the response forbids it (no-store)"

    def test_in_the_request(self) -> None:
        given = a_response("ETag: x", "Cache-Control: max-age=60")
        assert reason(given, a_request("Cache-Control: no-store")) == "the request forbids it (no-store)"

    def test_is_absolute_for_what_has_a_stated_digest_too(self) -> None:
        assert not is_stored(a_response("Cache-Control: no-store"), a_request(digest=DIGEST))
        assert not is_stored(a_response(), a_request("Cache-Control: no-store", digest=DIGEST))


class TestIdentity:
    """What has a stated digest needs no caching fields."""

    @pytest.mark.parametrize("lines", [(), ("Vary: *",), ("Cache-Control: no-cache",), ("Expires: 0",)])
    def test_a_200_is_stored_whatever_it_says(self, lines: tuple[str, ...]) -> None:
        assert is_stored(a_response(*lines), a_request(digest=DIGEST))

    @pytest.mark.parametrize("status", [302, 404, 500, 206])
    def test_other_statuses_are_not_those_bytes(self, status: int) -> None:
        assert not is_stored(a_response(status=status), a_request(digest=DIGEST))


class TestMustUnderstand:
    """RFC 9111 §5.2.2.3."""

    @pytest.mark.parametrize(
        "status", [*range(200, 206), *range(300, 304), 307, 308, *range(400, 418), 421, 422, 426, *range(500, 506)]
    )
    def test_overrides_no_store_where_the_status_is_understood(self, status: int) -> None:
        assert is_stored(a_response("Cache-Control: must-understand, no-store, max-age=60", status=status))

    @pytest.mark.parametrize("status", [206, 226, 299, 304, 306, 309, 399, 418, 423, 499, 506, 599])
    def test_forbids_where_it_is_not(self, status: int) -> None:
        assert not is_stored(a_response("Cache-Control: must-understand, no-store, max-age=60", status=status))
        assert not is_stored(a_response("Cache-Control: must-understand, max-age=60", status=status))

    def test_leaves_the_requests_own_no_store_alone(self) -> None:
        given = a_response("Cache-Control: must-understand, no-store, max-age=60")
        assert not is_stored(given, a_request("Cache-Control: no-store"))


class TestSharedCaches:
    def test_private_is_for_one_user(self) -> None:
        """RFC 9111 §5.2.2.7."""
        given = a_response("Cache-Control: private, max-age=60")
        assert is_stored(given)
        assert reason(given, role=SHARED) == "the response is for one user (private)"

    @pytest.mark.parametrize("directive", ["public", "must-revalidate", "s-maxage=60"])
    def test_answers_to_credentials_need_permission(self, directive: str) -> None:
        """RFC 9111 §3.5."""
        request = a_request("Authorization: Basic x")
        assert is_stored(a_response("Cache-Control: max-age=60"), request)
        assert not is_stored(a_response("Cache-Control: max-age=60"), request, role=SHARED)
        assert is_stored(a_response(f"Cache-Control: max-age=60, {directive}"), request, role=SHARED)

    def test_credentials_that_are_not_yet_a_field_count_too(self) -> None:
        """RFC 9111 §3.5."""
        request = replace(a_request(), credentials=Credentials(user="a", password="b"))
        assert is_stored(a_response("Cache-Control: max-age=60"), request)
        assert not is_stored(a_response("Cache-Control: max-age=60"), request, role=SHARED)

    def test_s_maxage_is_a_lifetime_for_them_alone(self) -> None:
        """RFC 9111 §5.2.2.10."""
        given = a_response("Cache-Control: s-maxage=60", status=299)
        assert is_stored(given, role=SHARED)
        assert not is_stored(given)


class TestFields:
    """RFC 9111 §3.1."""

    def test_every_other_field_is_kept_as_received(self) -> None:
        lines = ("ETag: x", "Set-Cookie: a", "x-b: 1", "Set-Cookie: b", "Content-Encoding: gzip", "X-B: 2")
        assert kept(a_response(*lines)) == fields(*lines)

    @pytest.mark.parametrize(
        "name",
        [
            "Connection",
            "Keep-Alive",
            "TE",
            "Transfer-Encoding",
            "Upgrade",
            "Proxy-Connection",
            "proxy-authenticate",
            "Proxy-Authentication-Info",
            "Proxy-Authorization",
        ],
    )
    def test_fields_for_one_connection_or_of_proxies_are_not(self, name: str) -> None:
        """RFC 9110 §7.6.1."""
        assert kept(a_response("ETag: x", f"{name}: chunked")) == fields("ETag: x")

    def test_nor_those_that_connection_names(self) -> None:
        given = a_response(
            "ETag: x", "Connection: close, X-Hop", "Connection: x-other", "X-HOP: 1", "X-Other: 2", "X: 3"
        )
        assert kept(given) == fields("ETag: x", "X: 3")

    def test_nor_those_that_no_cache_names(self) -> None:
        """RFC 9111 §5.2.2.4."""
        given = a_response('Cache-Control: max-age=60, no-cache="Set-Cookie"', "Set-Cookie: a", "X: 1")
        assert kept(given) == fields('Cache-Control: max-age=60, no-cache="Set-Cookie"', "X: 1")

    def test_nor_in_shared_caches_those_that_private_names(self) -> None:
        """RFC 9111 §5.2.2.7."""
        given = a_response('Cache-Control: max-age=60, private="Set-Cookie"', "Set-Cookie: a")
        assert "Set-Cookie" in kept(given)
        assert "Set-Cookie" not in kept(given, role=SHARED)

    @pytest.mark.parametrize(
        "line", ["Connection: Cache-Control", "Connection: vary", 'Cache-Control: no-cache="vary"']
    )
    def test_without_a_field_that_governs_reuse_nothing_is_stored(self, line: str) -> None:
        given = a_response("Cache-Control: max-age=60", "Vary: Accept", line)
        assert reason(given) == "a field that governs reuse may not be stored"

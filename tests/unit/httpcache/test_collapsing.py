"""RFC 9111 §4: one forward for several requests at once."""

from __future__ import annotations

import pytest

from freewheel.httpcache import collapsing
from freewheel.httpcache.message import Request
from freewheel.httpcache.reuse import Complete, Decision, Forward, UseStored, Validate, decide
from freewheel.httpcache.stored_response import StoredResponse
from tests.unit.httpcache.makers import NOW, PLAIN, PRIVATE, a_request, a_stored_response, variants


def decided(request: Request, *stored: StoredResponse) -> Decision:
    return decide(request, variants(*stored), now=NOW, role=PRIVATE, policy=PLAIN)


def may_wait(request: Request, *stored: StoredResponse) -> bool:
    decision = decided(request, *stored)
    assert isinstance(decision, Forward | Validate | Complete)
    return collapsing.may_wait(request, decision)


def stored(*lines: str, age: float = 0.0) -> StoredResponse:
    return a_stored_response('ETag: "1"', *lines, age=age)


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (a_request(), ()),
        (a_request("Accept: x"), (a_stored_response("Vary: Accept", asked=("Accept: y",)),)),
        (a_request(), (stored("Cache-Control: max-age=600", age=700),)),
        (a_request("Cache-Control: max-stale=5"), (stored("Cache-Control: max-age=600", age=700),)),
    ],
)
def test_a_request_that_anybody_could_have_made_may_wait(
    request_: Request, found: tuple[StoredResponse, ...]
) -> None:
    assert may_wait(request_, *found)


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (a_request(method="POST"), ()),
        (a_request(method="HEAD"), ()),
        (a_request("Range: bytes=0-1"), ()),
        (a_request("If-None-Match: x"), ()),
        (a_request("Cache-Control: no-store"), ()),
        (a_request("Cache-Control: no-cache"), (stored("Cache-Control: max-age=600"),)),
        (a_request("Cache-Control: max-age=0"), (stored("Cache-Control: max-age=600"),)),
        (a_request(), (stored("Cache-Control: no-cache"),)),
    ],
)
def test_one_that_wants_an_answer_of_its_own_may_not(request_: Request, found: tuple[StoredResponse, ...]) -> None:
    assert not may_wait(request_, *found)


def satisfied(now_stored: StoredResponse | None, *, since: float = NOW - 10) -> UseStored | None:
    waited = decided(a_request())
    assert isinstance(waited, Forward)
    found = () if now_stored is None else (now_stored,)
    return collapsing.satisfied(a_request(), waited, decided(a_request(), *found), since=since, now=NOW)


def test_what_came_meanwhile_satisfies_it_and_is_said_to_be_collapsed() -> None:
    """RFC 9211 §2.6."""
    used = satisfied(stored("Cache-Control: max-age=600", age=5))
    assert used is not None
    assert str(used.status) == "freewheel; fwd=uri-miss; ttl=595; collapsed"


def test_what_is_stale_at_once_is_as_new_as_its_own_answer_would_be() -> None:
    used = satisfied(stored(age=5))
    assert used is not None
    assert used.response.headers.get("Age") == "5"
    assert satisfied(stored(age=15)) is None


def test_also_where_nothing_could_validate_it() -> None:
    used = satisfied(a_stored_response("Cache-Control: max-age=1", age=5))
    assert used is not None
    assert str(used.status) == "freewheel; fwd=uri-miss; ttl=-4; collapsed"


@pytest.mark.parametrize("line", ["Cache-Control: no-cache", "Cache-Control: no-cache, max-age=600"])
def test_what_has_to_be_validated_for_each_request_satisfies_none_that_waited(line: str) -> None:
    """§5.2.2.4."""
    assert satisfied(stored(line, age=5)) is None


def test_nothing_satisfies_nobody() -> None:
    assert satisfied(None) is None

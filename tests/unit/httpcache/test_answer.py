from __future__ import annotations

import pytest

from freewheel.httpcache.answer import Answer, answer
from freewheel.httpcache.freshness import current_age
from freewheel.httpcache.message import Request
from freewheel.httpcache.stored_response import StoredResponse
from tests.unit.httpcache.makers import NOW, a_request, a_stored_response, date, fields


def answer_at(request: Request, stored: StoredResponse, *, now: float) -> Answer:
    """The answer at some moment."""
    return answer(request, stored, age=current_age(stored, now=now))


def test_age_is_generated_in_place_of_any_other() -> None:
    """RFC 9111 §4, §5.1."""
    stored = a_stored_response(f"Date: {date(-30)}", "Age: 100", "age: 7", age=30)
    assert answer_at(a_request(), stored, now=NOW).response.headers.get_all("Age") == ("130",)
    assert answer_at(a_request(), stored, now=NOW + 0.9).response.headers.get_all("Age") == ("130",)


def test_everything_else_is_as_received() -> None:
    lines = (f"Date: {date()}", "X: 1", "Set-Cookie: a", "x: 2", "Content-Encoding: gzip")
    given = answer_at(a_request(), a_stored_response(*lines, status=404), now=NOW)
    assert given.response.headers == fields(*lines, "Age: 0")
    assert (given.response.status, given.response.reason, given.has_body) == (404, "Reason", True)


def test_a_missing_date_is_when_it_came_in() -> None:
    """RFC 9110 §6.6.1."""
    given = answer_at(a_request(), a_stored_response(age=30), now=NOW)
    assert given.response.headers.get_all("Date") == (date(-30),)


def test_head_gets_no_body() -> None:
    """RFC 9110 §9.3.2."""
    given = answer_at(a_request(method="HEAD"), a_stored_response("Content-Length: 4"), now=NOW)
    assert not given.has_body
    assert given.response.status == 200
    assert given.response.headers.get("Content-Length") == "4"


class TestTheRequestersConditions:
    """RFC 9111 §4.3.2, RFC 9110 §13."""

    stored = a_stored_response('ETag: "1"', f"Last-Modified: {date(-100)}", f"Date: {date(-5)}", age=5)

    def is_not_modified(self, *lines: str, stored: StoredResponse | None = None) -> bool:
        given = answer_at(a_request(*lines), stored or self.stored, now=NOW)
        assert given.has_body is (given.response.status != 304)
        return given.response.status == 304

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ('"1"', True),
            ('W/"1"', True),
            ('"0", W/"1"', True),
            ("*", True),
            ('"0"', False),
            ("", False),
            ("1", False),
        ],
    )
    def test_if_none_match_compares_weakly_with_a_list(self, value: str, expected: bool) -> None:
        """RFC 9110 §13.1.2."""
        assert self.is_not_modified(f"If-None-Match: {value}") is expected

    @pytest.mark.parametrize("value", [r'"a\"', r'"0", "a\"', r'"a\", "0"', r'"0\", "a\"'])
    def test_a_backslash_in_a_tag_escapes_nothing(self, value: str) -> None:
        """RFC 9110 §8.8.3."""
        assert self.is_not_modified(f"If-None-Match: {value}", stored=a_stored_response(r'ETag: "a\"'))
        assert not self.is_not_modified(f"If-None-Match: {value}", stored=a_stored_response('ETag: "b"'))

    def test_if_none_match_on_several_lines(self) -> None:
        assert self.is_not_modified('If-None-Match: "0"', 'If-None-Match: "1"')

    def test_if_none_match_without_a_stored_tag(self) -> None:
        untagged = a_stored_response(f"Last-Modified: {date(-100)}")
        assert not self.is_not_modified('If-None-Match: "1"', stored=untagged)
        assert self.is_not_modified("If-None-Match: *", stored=untagged)

    @pytest.mark.parametrize(("offset", "expected"), [(-101, False), (-100, True), (0, True)])
    def test_if_modified_since(self, offset: float, expected: bool) -> None:
        """RFC 9110 §13.1.3."""
        assert self.is_not_modified(f"If-Modified-Since: {date(offset)}") is expected

    def test_if_modified_since_must_be_one_date(self) -> None:
        assert not self.is_not_modified("If-Modified-Since: 2099-01-01")
        assert not self.is_not_modified(f"If-Modified-Since: {date()}", f"If-Modified-Since: {date()}")

    def test_if_none_match_goes_before_if_modified_since(self) -> None:
        """RFC 9110 §13.2.2."""
        assert not self.is_not_modified('If-None-Match: "0"', f"If-Modified-Since: {date()}")
        assert self.is_not_modified('If-None-Match: "1"', f"If-Modified-Since: {date(-999)}")

    def test_without_last_modified_the_date_counts_and_then_the_arrival(self) -> None:
        dated = a_stored_response(f"Date: {date(-50)}", age=40)
        assert self.is_not_modified(f"If-Modified-Since: {date(-50)}", stored=dated)
        assert not self.is_not_modified(f"If-Modified-Since: {date(-51)}", stored=dated)
        bare = a_stored_response(age=40)
        assert self.is_not_modified(f"If-Modified-Since: {date(-40)}", stored=bare)
        assert not self.is_not_modified(f"If-Modified-Since: {date(-41)}", stored=bare)

    @pytest.mark.parametrize("status", [301, 404, 410])
    def test_conditions_do_not_matter_without_success(self, status: int) -> None:
        """RFC 9110 §13.2.1."""
        assert not self.is_not_modified("If-None-Match: *", stored=a_stored_response('ETag: "1"', status=status))

    def test_a_304_has_the_fields_that_concern_it(self) -> None:
        """RFC 9110 §15.4.5."""
        lines = (f"Date: {date()}", "ETag: x", "Vary: A", "Expires: 0", "Cache-Control: a", "Content-Location: /")
        stored = a_stored_response(*lines, "Content-Type: a", "Content-Length: 4", "X: 1")
        given = answer_at(a_request("If-None-Match: x"), stored, now=NOW)
        assert given.response.headers == fields(*lines, "Age: 0")

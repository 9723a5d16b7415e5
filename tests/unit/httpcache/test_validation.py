from __future__ import annotations

import pytest

from freewheel.httpcache import validation
from freewheel.httpcache.message import Headers
from freewheel.httpcache.stored_response import StoredResponse
from freewheel.model.digest import parse
from tests.unit.httpcache.makers import NOW, a_request, a_response, a_stored_response, date, fields


class TestConditionalRequest:
    """RFC 9111 §4.3.1."""

    def test_has_every_validator_as_it_was_received(self) -> None:
        """Behaviours 21, 30 and 31."""
        modified = date(-3600)
        stored = a_stored_response('ETag: W/"x"', f"Last-Modified: {modified}")
        conditional = validation.conditional_request(a_request("Accept: a"), stored)
        assert conditional is not None
        assert conditional.headers == fields("Accept: a", 'If-None-Match: W/"x"', f"If-Modified-Since: {modified}")

    @pytest.mark.parametrize(
        ("line", "expected"),
        [("ETag: x", "If-None-Match"), (f"Last-Modified: {date()}", "If-Modified-Since")],
    )
    def test_has_the_one_there_is(self, line: str, expected: str) -> None:
        conditional = validation.conditional_request(a_request(), a_stored_response(line))
        assert conditional is not None
        assert [name for name, _ in conditional.headers] == [expected]

    @pytest.mark.parametrize("lines", [(), ("ETag:",), ("Last-Modified: yesterday",)])
    def test_is_none_without_a_validator(self, lines: tuple[str, ...]) -> None:
        assert validation.conditional_request(a_request(), a_stored_response(*lines)) is None

    def test_takes_the_place_of_the_requesters_conditions_and_keeps_the_rest(self) -> None:
        request = a_request("if-none-match: y", "IF-MODIFIED-SINCE: z", "A: 1", digest=parse("sha256:ab"))
        conditional = validation.conditional_request(request, a_stored_response("ETag: x"))
        assert conditional is not None
        assert conditional.headers == fields("A: 1", "If-None-Match: x")
        assert (conditional.url, conditional.method, conditional.digest) == (request.url, "GET", request.digest)


@pytest.mark.parametrize(
    ("one", "other", "weakly", "strongly"),
    [
        ('W/"1"', 'W/"1"', True, False),
        ('W/"1"', 'W/"2"', False, False),
        ('W/"1"', '"1"', True, False),
        ('"1"', '"1"', True, True),
        ('"1"', '"2"', False, False),
        ('w/"1"', '"1"', False, False),
    ],
)
def test_comparing_entity_tags(one: str, other: str, weakly: bool, strongly: bool) -> None:
    """RFC 9110 §8.8.3.2, its own table."""
    assert validation.is_same_weakly(one, other) is weakly
    assert validation.is_same_strongly(one, other) is strongly


class TestWhatA304Freshens:
    """RFC 9111 §4.3.4."""

    first = a_stored_response('ETag: "1"', f"Date: {date(-50)}", body=b"first")
    second = a_stored_response('ETag: "2"', f"Date: {date(-10)}", body=b"second")
    twin = a_stored_response('ETag: "1"', f"Date: {date(-20)}", body=b"twin")
    weak = a_stored_response('ETag: W/"1"', f"Date: {date(-5)}", body=b"weak")
    dated = a_stored_response(f"Last-Modified: {date(-999)}", f"Date: {date(-5)}", body=b"dated")
    bare = a_stored_response("Cache-Control: max-age=5", body=b"bare")

    def identified(
        self, *lines: str, among: tuple[StoredResponse, ...], named: StoredResponse
    ) -> tuple[StoredResponse, ...]:
        return validation.identified_by(a_response(*lines, status=304), among, named=named)

    def test_by_a_strong_validator_all_that_have_it(self) -> None:
        among = (self.second, self.first, self.twin, self.weak)
        assert self.identified('ETag: "1"', among=among, named=self.first) == (self.first, self.twin)

    def test_by_a_strong_validator_nothing_that_has_another(self) -> None:
        assert self.identified('ETag: "3"', among=(self.first,), named=self.first) == ()
        assert self.identified('ETag: "1"', among=(self.weak,), named=self.weak) == ()
        dated = f"Last-Modified: {date(-999)}"
        assert self.identified('ETag: "1"', dated, among=(self.dated,), named=self.dated) == ()

    def test_by_a_weak_validator_the_newest_that_has_it(self) -> None:
        """Behaviour 131."""
        among = (self.first, self.twin, self.second)
        assert self.identified('ETag: W/"1"', among=among, named=self.first) == (self.twin,)
        assert self.identified('ETag: W/"1"', among=(self.weak,), named=self.weak) == (self.weak,)
        assert self.identified('ETag: W/"3"', among=among, named=self.first) == ()

    def test_by_a_date_the_newest_that_has_it(self) -> None:
        among = (self.first, self.dated)
        assert self.identified(f"Last-Modified: {date(-999)}", among=among, named=self.dated) == (self.dated,)
        assert self.identified(f"Last-Modified: {date(-998)}", among=among, named=self.dated) == ()

    def test_without_a_validator_the_one_whose_validators_were_sent(self) -> None:
        """Behaviour 131."""
        assert self.identified(among=(self.second, self.first), named=self.first) == (self.first,)

    def test_a_strong_form_of_the_weak_tag_that_was_sent_confirms_without_freshening(self) -> None:
        assert validation.confirms(a_response('ETag: "1"', status=304), self.weak)
        assert not validation.confirms(a_response('ETag: "2"', status=304), self.weak)
        assert not validation.confirms(a_response('ETag: "1"', status=304), self.dated)
        assert not validation.confirms(a_response(status=304), self.bare)


class TestFreshening:
    """RFC 9111 §3.2."""

    def freshened(self, stored: StoredResponse, *lines: str, request: Headers | None = None) -> StoredResponse:
        return validation.freshen(
            stored, fields(*lines), request=request or fields(), request_time=NOW + 100, response_time=NOW + 101
        )

    def test_fields_are_replaced_and_others_stay(self) -> None:
        """Behaviours 24 and 25."""
        stored = a_stored_response(f"Date: {date()}", "Cache-Control: max-age=5", "X: 1", "X: 2", "Y: 3")
        new = self.freshened(stored, f"Date: {date(99)}", "cache-control: max-age=60", "x: 4", "Z: 5")
        assert sorted(new.response.headers) == sorted(
            fields("Y: 3", f"Date: {date(99)}", "cache-control: max-age=60", "x: 4", "Z: 5")
        )
        assert (new.request_time, new.response_time) == (NOW + 100, NOW + 101)
        assert (new.response.status, new.body, new.digest) == (200, b"body", stored.digest)

    @pytest.mark.parametrize(
        "name",
        ["Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Content-MD5", "Content-Digest"],
    )
    def test_fields_that_describe_the_body_stay(self, name: str) -> None:
        assert self.freshened(a_stored_response(f"{name}: old"), f"{name}: new").response.headers.get(name) == "old"
        assert name not in self.freshened(a_stored_response(), f"{name}: new").response.headers

    def test_an_entity_tag_stays_and_a_missing_one_is_added(self) -> None:
        assert self.freshened(a_stored_response('ETag: W/"1"'), 'ETag: "1"').response.headers.get("ETag") == 'W/"1"'
        assert self.freshened(a_stored_response(), 'ETag: W/"1"').response.headers.get("ETag") == 'W/"1"'

    def test_an_age_of_former_times_goes(self) -> None:
        assert "Age" not in self.freshened(a_stored_response("Age: 500")).response.headers
        assert self.freshened(a_stored_response("Age: 500"), "Age: 3").response.headers.get_all("Age") == ("3",)

    def test_without_a_date_it_was_made_when_it_came_in(self) -> None:
        """RFC 9110 §6.6.1."""
        new = self.freshened(a_stored_response(f"Date: {date(-9999)}"))
        assert new.response.headers.get_all("Date") == (date(101),)

    def test_a_changed_vary_nominates_anew(self) -> None:
        stored = a_stored_response("Vary: Accept", asked=("Accept: a",))
        assert self.freshened(stored, "Vary: Origin", request=fields("Origin: b")).nominated == (("origin", "b"),)

    def test_what_was_invalidated_holds_again(self) -> None:
        assert not self.freshened(a_stored_response(is_invalidated=True)).is_invalidated


class TestAnswersToHead:
    """RFC 9111 §4.3.5."""

    @pytest.mark.parametrize(
        ("head", "expected"),
        [
            (("ETag: x",), True),
            (("ETag: x", f"Last-Modified: {date()}", "Content-Length: 4"), True),
            (("ETag: y",), False),
            (("ETag: x", f"Last-Modified: {date(1)}"), False),
            (("ETag: x", "Content-Length: 5"), False),
            (("Content-Length: 4",), False),
            ((), False),
        ],
    )
    def test_what_it_states_must_agree(self, head: tuple[str, ...], expected: bool) -> None:
        stored = a_stored_response("ETag: x", f"Last-Modified: {date()}", body=b"body")
        assert validation.agrees(a_response(*head), stored) is expected

    def test_without_validators_on_either_side_the_length_decides(self) -> None:
        stored = a_stored_response(body=b"body")
        assert validation.agrees(a_response("Content-Length: 4"), stored)
        assert not validation.agrees(a_response("Content-Length: 5"), stored)
        assert not validation.agrees(a_response("ETag: x"), stored)

from __future__ import annotations

import math

import pytest

from freewheel.httpcache import cache_control
from freewheel.httpcache.cache_control import GREATEST_SECONDS, RequestDirectives, ResponseDirectives
from tests.unit.httpcache.makers import fields


def of_response(*values: str) -> ResponseDirectives:
    return cache_control.of_response(fields(*(f"Cache-Control: {value}" for value in values)))


def of_request(*values: str) -> RequestDirectives:
    return cache_control.of_request(fields(*(f"Cache-Control: {value}" for value in values)))


def test_every_response_directive_is_read() -> None:
    """RFC 9111 §5.2.2, RFC 5861, RFC 8246."""
    assert of_response(
        "no-store, no-cache, private, public, must-revalidate, proxy-revalidate, must-understand, immutable",
        "max-age=1, s-maxage=2, stale-while-revalidate=3, stale-if-error=4",
    ) == ResponseDirectives(
        no_store=True,
        no_cache=True,
        private=True,
        public=True,
        must_revalidate=True,
        proxy_revalidate=True,
        must_understand=True,
        immutable=True,
        max_age=1,
        s_maxage=2,
        stale_while_revalidate=3,
        stale_if_error=4,
    )


def test_every_request_directive_is_read() -> None:
    """RFC 9111 §5.2.1, RFC 5861 §4."""
    assert of_request(
        "no-store, no-cache, only-if-cached, max-age=1, min-fresh=2, max-stale=3, stale-if-error=4"
    ) == RequestDirectives(
        no_store=True, no_cache=True, only_if_cached=True, max_age=1, min_fresh=2, max_stale=3, stale_if_error=4
    )


def test_nothing_is_said_where_nothing_stands() -> None:
    assert of_response() == of_response("", " , ", "community=x, foo") == ResponseDirectives()
    assert of_request() == of_request("community") == RequestDirectives()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("max-age=600", 600),
        ("Max-Age=600", 600),
        ('max-age="600"', 600),
        (r'max-age="6\00"', 600),
        ("max-age=000600", 600),
        ("max-age=0", 0),
        (f"max-age={2**31}", GREATEST_SECONDS),
        (f"max-age={'9' * 5000}", GREATEST_SECONDS),
        (f"max-age={'0' * 5000}7", 7),
    ],
)
def test_seconds(value: str, expected: int) -> None:
    """Behaviour 34; RFC 9111 §1.2.2, §5.2."""
    assert of_response(value).max_age == expected


@pytest.mark.parametrize(
    "value",
    [
        "max-age",
        "max-age=",
        "max-age=-1",
        "max-age=+1",
        "max-age=1.5",
        "max-age=600s",
        "max-age=ten",
        "max-age= 600",
        "max-age =600",
        "max-age 600",
        'max-age=" 600"',
        "max-age='600'",
        "max-age=\N{ARABIC-INDIC DIGIT SIX}",
    ],
)
def test_a_lifetime_that_is_no_number_is_none_at_all(value: str) -> None:
    """RFC 9111 §4.2.1."""
    assert of_response(value).max_age == 0


def test_of_several_lifetimes_the_shortest_counts() -> None:
    """RFC 9111 §4.2.1."""
    assert of_response("max-age=9, max-age=1").max_age == 1
    assert of_response("max-age=1", "max-age=9").max_age == 1
    assert of_response("max-age=9, max-age=x").max_age == 0


def test_of_several_demands_of_a_request_the_strongest_counts() -> None:
    assert of_request("max-age=9, max-age=1, min-fresh=9, min-fresh=1, max-stale, max-stale=5") == RequestDirectives(
        max_age=1, min_fresh=9, max_stale=5
    )


def test_max_stale_alone_accepts_any_staleness() -> None:
    """RFC 9111 §5.2.1.2."""
    assert of_request("max-stale").max_stale == math.inf
    assert of_request("max-stale=x").max_stale == 0


@pytest.mark.parametrize(
    "value", ["no-store", "No-Store", 'no-store="x"', "no-store=1", "no-store x", 'a="b, no-store']
)
def test_what_restricts_holds_in_any_form(value: str) -> None:
    assert of_response(value).no_store


@pytest.mark.parametrize("name", ["public", "immutable", "must-understand"])
def test_what_permits_holds_in_its_own_form_alone(name: str) -> None:
    assert getattr(of_response(name), name.replace("-", "_")) is True
    assert getattr(of_response(f"{name}=1"), name.replace("-", "_")) is False
    assert getattr(of_response(f"{name}, {name}=1"), name.replace("-", "_")) is False


@pytest.mark.parametrize("value", ["x", "no-storage", "max-agee=5", 'community="no-store, private"', "no_store", "'"])
def test_unknown_directives_say_nothing(value: str) -> None:
    """RFC 9111 §5.2.3."""
    assert cache_control.of_response(fields(f"Cache-Control: {value}")) == cache_control.of_response(fields())
    both = cache_control.of_response(fields(f"Cache-Control: {value}, max-age=5"))
    assert both == cache_control.of_response(fields("Cache-Control: max-age=5"))


def test_a_directive_in_quotes_is_none() -> None:
    assert of_response('a="no-store, max-age=1"') == ResponseDirectives()


@pytest.mark.parametrize("name", ["no-cache", "private"])
class TestDirectivesThatMayNameFields:
    """RFC 9111 §5.2.2.4 and §5.2.2.7."""

    def test_without_fields_they_hold_for_the_response(self, name: str) -> None:
        assert self.whole_and_fields(name, name) == (True, frozenset())

    def test_with_fields_they_hold_for_these(self, name: str) -> None:
        expected = (False, frozenset({"set-cookie", "x-user"}))
        assert self.whole_and_fields(name, f'{name}="Set-Cookie, X-User"') == expected
        assert self.whole_and_fields(name, f"{name}=Set-Cookie, {name}=x-user") == expected

    @pytest.mark.parametrize("argument", ["=", '=""', '="a b"', '="a, b c"', '="a', "=a/b"])
    def test_with_something_else_they_hold_for_the_response(self, name: str, argument: str) -> None:
        assert self.whole_and_fields(name, name + argument) == (True, frozenset())

    def test_the_form_for_the_response_wins(self, name: str) -> None:
        assert self.whole_and_fields(name, f"{name}=a, {name}") == (True, frozenset())

    def whole_and_fields(self, name: str, value: str) -> tuple[bool, frozenset[str]]:
        directives = of_response(value)
        attribute = name.replace("-", "_")
        return getattr(directives, attribute), getattr(directives, f"{attribute}_fields")


def test_pragma_counts_where_cache_control_is_missing() -> None:
    """RFC 9111 §5.4."""
    assert cache_control.of_request(fields("Pragma: foo, No-Cache")).no_cache
    assert not cache_control.of_request(fields("Pragma: no-cache", "Cache-Control: max-age=1")).no_cache
    assert not cache_control.of_request(fields("Pragma: foo")).no_cache
    assert not cache_control.of_response(fields("Pragma: no-cache")).no_cache

"""Credentials go to the origin they belong to, and nowhere else."""

from __future__ import annotations

import pytest

from freewheel.httpcache.message import Headers, Request
from freewheel.model.url import Credentials
from freewheel.net.auth import AuthenticatingTransport, basic, choose, from_index_urls, lookup_of
from freewheel.net.redirects import RedirectingTransport
from tests.unit.net.doubles import Answer, FakeTransport, in_turn

ME = Credentials(user="me", password="s@fe")
YOU = Credentials(user="you", password="")
INDEX = "https://me:s%40fe@index.example:8443/team/simple/"


def nobody(_: str) -> Credentials | None:
    return None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://index.example:8443/team/simple/six/", ME),
        ("https://index.example:8443/files/six.whl", ME),
        ("https://INDEX.example:8443/files/six.whl", ME),
        ("https://index.example/team/simple/six/", None),
        ("http://index.example:8443/team/simple/six/", None),
        ("https://index.example.other.example:8443/team/simple/", None),
        ("https://other.example:8443/team/simple/", None),
    ],
)
def test_credentials_stay_with_scheme_host_and_port(url: str, expected: Credentials | None) -> None:
    assert choose(url, from_index_urls([INDEX])) == expected


def test_of_two_indexes_on_one_host_the_nearer_path_decides() -> None:
    known = from_index_urls(["https://me:s%40fe@h.example/a/simple/", "https://you@h.example/b/simple/"])
    assert choose("https://h.example/b/simple/six/", known) == YOU
    assert choose("https://h.example/a/simple/six/", known) == ME
    assert choose("https://h.example/elsewhere/", known) == ME
    assert choose("https://h.example/ab/simple/six/", known) == ME


def test_netrc_is_asked_for_the_host_when_no_index_knows() -> None:
    asked: list[str] = []

    def netrc(host: str) -> Credentials | None:
        asked.append(host)
        return YOU

    lookup = lookup_of(from_index_urls([INDEX]), netrc=netrc)
    assert lookup("https://index.example:8443/x") == ME
    assert asked == []
    assert lookup("https://Other.example/x") == YOU
    assert asked == ["other.example"]


def test_the_field_is_added_and_the_reply_says_so() -> None:
    origin = FakeTransport(lambda _: Answer())
    transport = AuthenticatingTransport(inner=origin, lookup=lookup_of(from_index_urls([INDEX]), netrc=nobody))
    assert transport.send(Request(url="https://index.example:8443/x")).was_authenticated
    assert not transport.send(Request(url="https://other.example/x")).was_authenticated
    assert [request.headers.get("authorization") for request in origin.requests] == [basic(ME), None]


def test_a_field_that_the_caller_gave_stays() -> None:
    origin = FakeTransport(lambda _: Answer())
    transport = AuthenticatingTransport(inner=origin, lookup=lambda _: ME)
    transport.send(Request(url="https://a.example/", headers=Headers((("authorization", "Bearer x"),))))
    assert origin.requests[0].headers.get_all("Authorization") == ("Bearer x",)


def test_a_redirect_to_another_host_does_not_take_them_along() -> None:
    origin = in_turn([Answer(status=302, fields={"Location": "https://cdn.example/f"}), Answer()])
    lookup = lookup_of(from_index_urls([INDEX]), netrc=nobody)
    transport = RedirectingTransport(inner=AuthenticatingTransport(inner=origin, lookup=lookup))
    transport.send(Request(url="https://index.example:8443/f"))
    assert origin.urls == ["https://index.example:8443/f", "https://cdn.example/f"]
    assert [request.headers.get("authorization") for request in origin.requests] == [basic(ME), None]

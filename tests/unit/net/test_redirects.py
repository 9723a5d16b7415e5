"""Redirects, hop by hop."""

from __future__ import annotations

import pytest

from freewheel import errors
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.model.digest import sha256_of
from freewheel.model.url import Credentials
from freewheel.net.redirects import RedirectingTransport, next_request
from tests.unit.net.doubles import Answer, FakeTransport, in_turn


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status=status, fields={"Location": location})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_followed_to_the_answer_whose_url_the_reply_has(status: int) -> None:
    origin = in_turn([redirect("../b/x?y=1#part", status), Answer(content=b"here")])
    reply = RedirectingTransport(inner=origin).send(Request(url="https://a.example/a/x"))
    assert (reply.url, reply.body.read(10)) == ("https://a.example/b/x?y=1", b"here")
    assert origin.bodies[0].is_closed


def test_the_digest_and_the_fields_go_along() -> None:
    request = Request(url="https://a.example/x", headers=Headers((("Accept", "a/b"),)), digest=sha256_of(b""))
    origin = in_turn([redirect("https://b.example/"), Answer()])
    RedirectingTransport(inner=origin).send(request)
    assert origin.requests[1].digest == request.digest
    assert origin.requests[1].headers.get("accept") == "a/b"


@pytest.mark.parametrize(
    ("location", "kept"),
    [("https://a.example/y", True), ("https://b.example/y", False), ("https://a.example:444/y", False)],
)
def test_what_was_said_to_one_origin_is_not_repeated_to_another(location: str, kept: bool) -> None:
    names = ("Authorization", "Cookie", "Host", "Proxy-Authorization")
    request = Request(url="https://a.example/x", headers=Headers(tuple((name, "z") for name in names)))
    response = Response(status=302, headers=Headers((("Location", location),)))
    following = next_request(request, response)
    assert following is not None
    assert [name in following.headers for name in names] == [kept] * 4


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("", "https://a.example/a/x?q=1"),
        ("?r", "https://a.example/a/x?r"),
        ("y", "https://a.example/a/y"),
        ("/../y", "https://a.example/y"),
        ("//b.example/y", "https://b.example/y"),
        (" https://b.example/y ", "https://b.example/y"),
        ("https://b.example", "https://b.example"),
        ("HTTPS://B.example/y", "https://B.example/y"),
        ("#part", "https://a.example/a/x?q=1"),
        ("y#sha256=00", "https://a.example/a/y"),
        ("/caf\xc3\xa9 \xff", "https://a.example/caf%C3%A9 %FF"),
        ("/a%20b%zz", "https://a.example/a%20b%zz"),
    ],
)
def test_where_a_location_leads(location: str, url: str) -> None:
    """RFC 9110 §10.2.2, RFC 3986 §5; bytes beyond ASCII come as the wire reads them, in latin-1."""
    response = Response(status=302, headers=Headers((("Location", location),)))
    following = next_request(Request(url="https://a.example/a/x?q=1#sha256=ff"), response)
    assert following is not None
    assert following.url == url


def test_several_locations_are_none() -> None:
    same = Answer(status=302, fields={"Location": "/y", "location": "/y"})
    assert RedirectingTransport(inner=in_turn([same, Answer()])).send(Request(url="https://a.example/")).url
    different = Answer(status=302, fields={"Location": "/y", "location": "/z"})
    with pytest.raises(errors.UnusableRedirect):
        RedirectingTransport(inner=in_turn([different])).send(Request(url="https://a.example/"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "QUERY"])
def test_the_method_stays_or_the_redirect_is_the_answer(method: str, status: int) -> None:
    """RFC 9110 §15.4: nothing is sent to another URL but what asks for something."""
    origin = in_turn([redirect("/y", status), Answer()])
    reply = RedirectingTransport(inner=origin).send(Request(url="https://a.example/x", method=method))
    is_followed = method in ("GET", "HEAD")
    assert reply.response.status == (200 if is_followed else status)
    assert [request.method for request in origin.requests] == [method] * (2 if is_followed else 1)


def test_a_loop_is_found_out() -> None:
    answers = {"https://a.example/x": redirect("/y"), "https://a.example/y": redirect("/x")}
    with pytest.raises(errors.TooManyRedirects):
        RedirectingTransport(inner=FakeTransport(lambda request: answers[request.url])).send(
            Request(url="https://a.example/x")
        )


def test_credentials_in_a_location_are_for_that_hop_alone() -> None:
    origin = in_turn([redirect("https://u:p@b.example/y"), redirect("https://b.example/z"), Answer()])
    RedirectingTransport(inner=origin).send(Request(url="https://a.example/x"))
    assert origin.urls == ["https://a.example/x", "https://b.example/y", "https://b.example/z"]
    given = Credentials(user="u", password="p")
    assert [request.credentials for request in origin.requests] == [None, given, None]


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("GET", Answer(status=302)),
        ("GET", Answer(status=304)),
        ("POST", redirect("/x")),
        ("GET", redirect("/x", 300)),
    ],
)
def test_what_is_not_followed_is_the_answer(method: str, answer: Answer) -> None:
    origin = in_turn([answer])
    reply = RedirectingTransport(inner=origin).send(Request(url="https://a.example/", method=method))
    assert reply.response.status == answer.status


def test_twenty_are_followed_and_no_more() -> None:
    origin = in_turn([redirect(f"/{number}") for number in range(20)] + [Answer()])
    assert RedirectingTransport(inner=origin).send(Request(url="https://a.example/")).response.status == 200
    endless = FakeTransport(lambda _: redirect("/"))
    with pytest.raises(errors.TooManyRedirects) as caught:
        RedirectingTransport(inner=endless).send(Request(url="https://a.example/start"))
    assert (caught.value.url, caught.value.limit) == ("https://a.example/start", 20)
    assert len(endless.requests) == 21
    assert all(body.is_closed for body in endless.bodies)


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://a.example/", "http://[::1"])
def test_a_redirect_out_of_http_is_refused(location: str) -> None:
    origin = in_turn([redirect(location)])
    with pytest.raises(errors.UnusableRedirect) as caught:
        RedirectingTransport(inner=origin).send(Request(url="https://a.example/"))
    assert caught.value.locations == (location,)
    assert all(body.is_closed for body in origin.bodies)

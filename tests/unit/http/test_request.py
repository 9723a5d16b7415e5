from __future__ import annotations

from typing import Any

import pytest

from freewheel.http import Request
from freewheel.http.request import to_message

URL = "https://origin.example/path?q#part"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("origin.example/path", "absolute"),
        ("/path", "absolute"),
        ("file:///etc/passwd", "absolute"),
        ("ftp://origin.example/", "absolute"),
        ("https:///path", "no host"),
        ("https://[origin.example/", "absolute"),
        ("https://me:secret@origin.example/", "belong into a field"),
        ("https://token@origin.example/", "belong into a field"),
    ],
)
def test_what_is_no_url_to_ask_for_is_refused_without_showing_a_password(url: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        Request(url)
    assert "secret" not in str(caught.value)
    assert "token" not in str(caught.value)


@pytest.mark.parametrize("method", ["", "GET /", "GE\nT"])
def test_a_method_is_a_token(method: str) -> None:
    with pytest.raises(ValueError, match="no method"):
        Request(URL, method=method)


@pytest.mark.parametrize("name", ["", "X One", "X:", "X\r\nY"])
def test_a_fields_name_is_a_token(name: str) -> None:
    with pytest.raises(ValueError, match="no field name"):
        Request(URL, fields=[(name, "1")])


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\0b", "\N{SNOWMAN}"])
def test_a_value_has_no_line_breaks_and_what_a_byte_can_say(value: str) -> None:
    with pytest.raises(ValueError, match="field X-One has a line break") as caught:
        Request(URL, fields=[("X-One", value)])
    assert value not in str(caught.value)


def test_fields_are_kept_line_by_line_and_may_come_from_anywhere() -> None:
    lines = [("Accept", "a/b"), ("accept", "c/d"), ("X-Name", "caf\xe9")]
    request = Request(URL, fields=iter(lines))
    assert request.fields == tuple(lines)
    assert to_message(request, user_agent=None).headers.lines == tuple(lines)
    assert Request(URL, fields={"Accept": "a/b"}) == Request(URL, fields=[("Accept", "a/b")])


def test_a_user_agent_is_added_only_where_there_is_none() -> None:
    mine = Request(URL, fields=[("user-agent", "mine/1")])
    assert to_message(mine, user_agent="program/2").headers.lines == (("user-agent", "mine/1"),)
    assert to_message(Request(URL), user_agent="program/2").headers.lines == (("User-Agent", "program/2"),)


def test_a_digest_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="crc32:00"):
        Request(URL, digest="crc32:00")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"url": b"http://origin.example/"}, "the url must be str, not bytes"),
        ({"url": None}, "the url must be str, not NoneType"),
        ({"url": URL, "method": b"GET"}, "the method must be str, not bytes"),
        ({"url": URL, "fields": {b"Accept": "x"}}, "the field name must be str, not bytes"),
        ({"url": URL, "fields": {"Age": 1}}, "the value of the field Age must be str, not int"),
        ({"url": URL, "content": "text"}, "the content must be bytes, not str"),
        ({"url": URL, "digest": b"sha256:00"}, "the digest must be str, not bytes"),
    ],
)
def test_a_wrong_type_is_named(arguments: dict[str, Any], problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        Request(**arguments)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://origin.example:99999/", "port"),
        ("http://origin.example:0/", "port"),
        ("http://origin.example:abc/", "no host"),
        ("http://origin .example/", "no host"),
        ("http://:80/", "no host"),
        ("http:///page", "no host"),
        ("http://[::1/", "not an absolute"),
        ("http://origin.example/a\nb", "line break"),
        ("ftp://origin.example/", "not an absolute"),
        ("/page", "not an absolute"),
    ],
)
def test_a_url_that_nobody_can_ask_for_is_refused_at_once(url: str, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Request(url)


@pytest.mark.parametrize("url", ["http://[::1]:8080/", "HTTPS://Origin.example", "http://origin.example:/?q=a b"])
def test_odd_urls_that_can_be_asked_for_are_not_refused(url: str) -> None:
    assert Request(url).url == url


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"digest": "sha256:00"}, "64 hexadecimal digits"),
        ({"fields": {"Content-Length": "3"}}, "Content-Length"),
        ({"fields": [("Host", "a"), ("Host", "b")]}, "more than once"),
        ({"method": "GET /"}, "no method"),
    ],
)
def test_a_request_that_would_be_none_is_refused_at_once(wrong: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        Request("http://origin.example/", **wrong)


@pytest.mark.parametrize("fields", ["Accept", b"Accept", ["Accept: a"], [("Accept",)], [("Accept", 1)]])
def test_fields_that_are_no_pairs_of_text_are_refused_at_once(fields: Any) -> None:
    with pytest.raises(TypeError):
        Request("http://origin.example/", fields=fields)


def test_nobody_sees_a_secret_in_what_a_request_looks_like() -> None:
    secret = [("Authorization", "Basic c2VjcmV0"), ("cookie", "c2VjcmV0"), ("Accept", "a/b")]
    shown = repr(Request(URL, fields=secret, content=b"c2VjcmV0"))
    assert "c2VjcmV0" not in shown
    assert all(each in shown for each in (URL, "'Accept', 'a/b'", "Authorization", "8 bytes"))

from __future__ import annotations

import gc
import gzip

import pytest

from freewheel.errors import IncompleteBody
from freewheel.http import Response, UndecodableContent
from freewheel.http.response import from_reply
from freewheel.httpcache.message import Headers
from freewheel.httpcache.message import Response as Head
from freewheel.net.protocol import Reply
from tests.unit.net.doubles import FakeBody

URL = "https://origin.example/page"


def response(
    content: bytes, *fields: tuple[str, str], failure: IncompleteBody | None = None
) -> tuple[Response, FakeBody]:
    body = FakeBody(pieces=[content[start : start + 10] for start in range(0, len(content), 10)], failure=failure)
    head = Head(status=200, reason="OK", headers=Headers(fields))
    return from_reply(Reply(response=head, body=body, url=URL)), body


def test_a_body_is_read_at_once_or_in_pieces() -> None:
    content = b"0123456789" * 3
    assert response(content)[0].body.read() == content
    assert list(response(content)[0].body) == [b"0123456789"] * 3
    found = response(content)[0].body
    assert (found.read(0), found.read(3), found.read(3), found.read(), found.read(3), found.read()) == (
        b"",
        b"012",
        b"345",
        content[6:],
        b"",
        b"",
    )


def test_what_is_read_to_its_end_is_closed() -> None:
    found, below = response(b"x")
    assert found.body.read() == b"x"
    assert below.is_closed


def test_what_is_closed_cannot_be_read() -> None:
    found, below = response(b"0123456789" * 3)
    with found:
        assert found.body.read(5) == b"01234"
    assert below.is_closed
    with pytest.raises(ValueError, match="closed"):
        found.body.read(5)
    found.close()


def test_a_body_that_broke_off_does_not_seem_whole_afterwards() -> None:
    found, below = response(b"x" * 10, failure=IncompleteBody(url=URL, expected=20, received=10))
    with pytest.raises(IncompleteBody):
        found.body.read()
    assert below.is_closed
    with pytest.raises(ValueError, match="closed"):
        found.body.read()


def test_what_nobody_closes_is_closed_when_it_is_forgotten() -> None:
    found, below = response(b"x")
    del found
    gc.collect()
    assert below.is_closed


def test_the_lines_of_a_field_are_joined() -> None:
    found, _ = response(b"", ("Vary", "Accept"), ("ETag", '"1"'), ("vary", "Origin"))
    assert (found.field("VARY"), found.field("etag"), found.field("Age")) == ("Accept, Origin", '"1"', None)
    assert found.fields == [("Vary", "Accept"), ("ETag", '"1"'), ("vary", "Origin")]


def test_content_is_decoded_where_that_is_asked_for() -> None:
    coded = gzip.compress(b"page " * 50, mtime=0)
    found, below = response(coded, ("Content-Encoding", "gzip"))
    with found.decoded() as body:
        assert body.read() == b"page " * 50
    assert below.is_closed
    assert response(coded, ("Content-Encoding", "gzip"))[0].body.read() == coded
    assert response(b"plain")[0].decoded().read() == b"plain"


def test_a_coding_that_is_not_known_is_an_error_at_once() -> None:
    found, below = response(b"x", ("Content-Encoding", "gzip"), ("content-encoding", "rot13"))
    with pytest.raises(UndecodableContent) as caught:
        found.decoded()
    assert (caught.value.url, caught.value.reason) == (URL, "its content coding 'rot13' is unknown")
    assert below.is_closed


def test_a_coding_that_ends_too_early_is_an_error_at_the_end() -> None:
    found, below = response(gzip.compress(b"page " * 50, mtime=0)[:-3], ("Content-Encoding", "gzip"))
    with pytest.raises(UndecodableContent) as caught:
        found.decoded().read()
    assert caught.value.reason == "its content coding ends too early"
    assert below.is_closed

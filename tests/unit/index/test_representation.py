from __future__ import annotations

import gzip
import zlib

import pytest

from freewheel.errors import IndexPageError
from freewheel.httpcache.message import Headers
from freewheel.index import representation

URL = "https://index.example/simple/six/"
HTML = b'<a href="six-1.0.zip">x</a>'
JSON = b'{"files": [{"url": "six-1.0.zip"}]}'


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


def read(content: bytes, content_type: str | None, **fields: str) -> list[str]:
    lines = [("Content-Type", content_type)] if content_type is not None else []
    lines += [(name.replace("_", "-"), value) for name, value in fields.items()]
    page = representation.read(content, Headers(tuple(lines)), url=URL)
    return [file.filename for file in page.files]


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("text/html", HTML),
        ("Text/HTML; charset=ISO-8859-1", HTML),
        ("application/vnd.pypi.simple.v1+html", HTML),
        ("application/vnd.pypi.simple.v1+json", JSON),
        ("application/vnd.pypi.simple.latest+json; x=y", JSON),
    ],
)
def test_the_media_type_says_how_to_read(content_type: str, content: bytes):
    assert read(content, content_type) == ["six-1.0.zip"]


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        (None, "its media type is not stated"),
        ("", "its media type is not stated"),
        ("application/json", "its media type is application/json"),
        ("application/vnd.pypi.simple.v2+json", "its media type is application/vnd.pypi.simple.v2+json"),
    ],
)
def test_other_media_types_are_no_page(content_type: str | None, reason: str):
    with pytest.raises(IndexPageError) as caught:
        read(JSON, content_type)
    assert caught.value.reason == reason
    assert caught.value.content_type == (content_type or "")
    assert caught.value.url == URL


def test_content_that_is_not_what_its_type_says_is_no_page():
    with pytest.raises(IndexPageError) as caught:
        read(HTML, "application/vnd.pypi.simple.v1+json")
    assert "JSON" in caught.value.reason


@pytest.mark.parametrize(
    "charset", ["utf-8", "latin-1", '"UTF-8"', "no-such-charset", "hex", "idna", "undefined", ""]
)
def test_bytes_that_are_no_characters_and_charsets_that_are_none_spoil_nothing(charset: str):
    content = b'<a href="six-1.0.zip" data-yanked="\xff\xfe">x</a>'
    assert read(content, f"text/html; charset={charset}") == ["six-1.0.zip"]


@pytest.mark.parametrize(
    ("coding", "content"),
    [
        ("gzip", gzip.compress(JSON, mtime=0)),
        ("x-gzip", gzip.compress(JSON[:9], mtime=0) + gzip.compress(JSON[9:], mtime=0)),
        ("gzip", gzip.compress(JSON, mtime=0) + bytes(9)),
        ("deflate", zlib.compress(JSON)),
        ("deflate", zlib.compress(JSON, wbits=9)),
        ("deflate", raw_deflate(JSON)),
        ("GZIP, identity", gzip.compress(JSON, mtime=0)),
        ("deflate, gzip", gzip.compress(zlib.compress(JSON), mtime=0)),
        ("identity", JSON),
        ("", JSON),
    ],
)
def test_content_codings_are_undone_the_last_first(coding: str, content: bytes):
    """Behaviour 47."""
    assert read(content, "application/vnd.pypi.simple.v1+json", Content_Encoding=coding) == ["six-1.0.zip"]


@pytest.mark.parametrize(
    ("coding", "content", "reason"),
    [
        ("compress", JSON, "unknown"),
        ("gzip", JSON, "broken"),
        ("deflate", b"\xff" + JSON, "broken"),
        ("gzip", gzip.compress(JSON, mtime=0)[:-9], "too early"),
    ],
)
def test_a_coding_that_cannot_be_undone_is_no_page(coding: str, content: bytes, reason: str):
    with pytest.raises(IndexPageError) as caught:
        read(content, "application/vnd.pypi.simple.v1+json", Content_Encoding=coding)
    assert reason in caught.value.reason


def test_content_that_grows_beyond_the_limit_is_not_inflated():
    assert representation.decode(gzip.compress(bytes(1000)), ["gzip"], limit=1000) == bytes(1000)
    for content in (gzip.compress(bytes(1001)), gzip.compress(bytes(500)) * 3):
        with pytest.raises(ValueError, match="more than 1000 bytes"):
            representation.decode(content, ["gzip"], limit=1000)

"""Records of pip's HTTP cache: read as pip writes them, and refused as anything else."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from freewheel.httpcache import pips_entry
from tests.support.pips_cache import MARK, Entry

GOOD = Entry(
    fields={"Content-Type": "text/html", "ETag": '"1"', "Vary": "Accept, Cookie"},
    vary={"Accept": "text/html", "Cookie": None},
)


def changed(**members: object) -> bytes:
    """The record of GOOD with other members of its response."""
    value: dict[str, Any] = GOOD.value()
    return MARK + msgspec.msgpack.encode(value | {"response": value["response"] | members})


def test_a_record_is_read() -> None:
    found = pips_entry.read(GOOD.record())
    assert (found.response.status, found.response.reason) == (200, "OK")
    assert dict(found.response.headers.lines) == GOOD.fields
    assert found.asked.lines == (("Accept", "text/html"),)
    assert found.unasked == {"cookie"}
    assert found.named == {"accept", "cookie"}


def test_members_that_are_not_needed_may_be_missing_or_new() -> None:
    value: dict[str, Any] = GOOD.value()
    del value["response"]["version"], value["response"]["decode_content"]
    assert pips_entry.read(MARK + msgspec.msgpack.encode(value | {"more": [1]})) == pips_entry.read(GOOD.record())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not begin"),
        (b"cc=4", "does not begin"),
        (b"cc=5," + GOOD.record()[5:], "does not begin"),
        (b"cc=2," + GOOD.record()[5:], "does not begin"),
        (MARK, "cannot be read"),
        (GOOD.record()[:-1], "cannot be read"),
        (GOOD.record() + b"\x00", "cannot be read"),
        (MARK + msgspec.msgpack.encode([1, 2]), "cannot be read"),
        (MARK + msgspec.msgpack.encode({"response": {}, "vary": {}}), "cannot be read"),
        (MARK + msgspec.msgpack.encode({"response": GOOD.value()["response"]}), "cannot be read"),
        (MARK + b"\x91" * 100_000, "cannot be read"),
        (MARK + b"\x81\xa1x" * 100_000, "cannot be read"),
        (changed(headers={"ETag": 1}), "cannot be read"),
        (changed(headers={"ETag": '"1"\r\nX: y'}), "a field that HTTP does not know"),
        (changed(headers={"E Tag": '"1"'}), "a field that HTTP does not know"),
        (changed(headers={"ETag": "\N{SNOWMAN}"}), "a field that HTTP does not know"),
        (changed(reason="O\nK"), "a reason phrase"),
        (changed(status="200"), "cannot be read"),
        (changed(status=2**63), "status 9223372036854775808"),
        (changed(status=206), "status 206"),
        (changed(status=-1), "status -1"),
        (changed(body=b"text"), "its body lies in it"),
        (changed(body="text"), "cannot be read"),
    ],
)
def test_what_pip_would_not_write_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        pips_entry.read(data)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://host/path", "https://host/path"),
        ("HTTPS://Host:443/Path?Q=1#part", "https://host:443/Path?Q=1"),
        ("https://host", "https://host/"),
        ("https://host?q", "https://host/?q"),
        ("https://host/a/../b%7e", "https://host/a/../b%7e"),
    ],
)
def test_the_place_is_that_of_the_url_as_it_is_asked_for(url: str, key: str) -> None:
    name = hashlib.sha224(key.encode()).hexdigest()
    assert pips_entry.place(url) == (*name[:5], name)

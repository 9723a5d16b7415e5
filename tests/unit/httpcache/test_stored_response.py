from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from freewheel.httpcache import stored_response
from freewheel.httpcache.stored_response import MOST_VARIANTS, StoredVariants
from freewheel.model.digest import parse
from tests.unit.httpcache.makers import NOW, a_stored_response, date, fields, variants

GOLDEN = Path(__file__).parents[2] / "golden" / "http-response.json"

STORED = variants(
    a_stored_response(
        f"Date: {date()}",
        'ETag: "1"',
        "Vary: Accept, Cookie, Origin",
        "X-Odd: caf\xe9",
        asked=("Accept: text/html", "Cookie: secret"),
        age=2.5,
        delay=0.25,
        checked=(parse("md5:" + "0f" * 16),),
        body=b"\x00page",
    ),
    replace(a_stored_response("Content-Length: 4", status=404, is_invalidated=True), body=None),
)


def test_the_format_is_pinned() -> None:
    """Whoever changes these fields makes a new version of the folder that holds them."""
    fields_as_json = json.loads(msgspec.json.encode(stored_response.to_fields(STORED)))
    assert fields_as_json == json.loads(GOLDEN.read_text(encoding="utf-8"))


def test_what_was_pinned_is_read() -> None:
    golden = msgspec.json.decode(GOLDEN.read_bytes())
    golden["variants"][0]["body"] = b"\x00page"
    assert stored_response.from_fields(golden) == STORED


def test_a_record_comes_back_through_its_bytes() -> None:
    packed = msgspec.msgpack.encode(stored_response.to_fields(STORED))
    assert stored_response.from_fields(msgspec.msgpack.decode(packed)) == STORED


def test_unknown_fields_are_passed_over() -> None:
    known = msgspec.to_builtins(stored_response.to_fields(STORED), builtin_types=(bytes,))
    known["later"] = 1
    known["variants"][0]["later"] = 1
    assert stored_response.from_fields(known) == STORED


@pytest.mark.parametrize(
    "change",
    [
        {"url": None},
        {"status": 100},
        {"status": 1000},
        {"status": "200"},
        {"headers": [["a"]]},
        {"headers": {"a": "b"}},
        {"headers": [["a", 1]]},
        {"nominated": [["accept"]]},
        {"request_time": float("nan")},
        {"response_time": float("inf")},
        {"size": -1},
        {"size": 6},
        {"digest": "ab"},
        {"digest": "crc:ab"},
        {"checked": ["?"]},
        {"body": "page"},
        {"is_invalidated": 1},
    ],
)
def test_fields_of_another_shape_are_refused(change: dict[str, Any]) -> None:
    whole = msgspec.to_builtins(stored_response.to_fields(STORED), builtin_types=(bytes,))
    whole["variants"][0] |= change
    with pytest.raises(ValueError, match=r".+"):
        stored_response.from_fields(whole)


@pytest.mark.parametrize("other", [{}, {"variants": None}, {"variants": [1]}, {"variants": [{}]}])
def test_another_record_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        stored_response.from_fields(other)


def test_the_blobs_are_those_of_bodies_that_the_record_does_not_hold() -> None:
    outside = replace(a_stored_response(body=b"large"), body=None)
    assert variants(a_stored_response(), outside, replace(outside, is_invalidated=True)).blobs == (outside.digest,)


def test_a_body_is_known_by_its_digest_and_those_it_was_checked_against() -> None:
    md5 = parse("md5:ab")
    stored = a_stored_response(checked=(md5,))
    assert stored.has(md5)
    assert stored.has(stored.digest)
    assert not stored.has(parse("md5:cd"))
    assert variants(a_stored_response(body=b"other"), stored).identified(md5) == stored
    assert variants(stored).identified(parse("md5:cd")) is None
    assert variants(a_stored_response(status=404, checked=(md5,))).identified(md5) is None


@pytest.mark.parametrize(
    ("line", "expected"), [(f"Date: {date(-9)}", NOW - 9), ("Date: x", NOW - 3), ("X: 1", NOW - 3)]
)
def test_the_date_value_is_the_date_or_the_arrival(line: str, expected: float) -> None:
    assert a_stored_response(line, age=3).date_value == expected


class TestVariants:
    """RFC 9111 §4.1."""

    html = a_stored_response("Vary: Accept", f"Date: {date(-9)}", asked=("Accept: html",), body=b"html")
    german = a_stored_response(
        "Vary: Accept-Language", f"Date: {date(-5)}", asked=("Accept-Language: de",), body=b"german"
    )
    plain = a_stored_response(f"Date: {date()}", body=b"plain")

    def test_a_request_selects_the_newest_that_matches(self) -> None:
        both = fields("Accept: html", "Accept-Language: de")
        assert variants(self.html, self.german).select(both) == self.german
        assert variants(self.german, self.html).select(both) == self.german
        assert variants(self.german, self.html).select(fields("Accept: html")) == self.html
        assert variants(self.german, self.html).select(fields("Accept: json")) is None

    def test_one_without_vary_comes_last(self) -> None:
        assert variants(self.plain, self.html).matching(fields("Accept: html")) == (self.html, self.plain)
        assert variants(self.plain, self.html).select(fields()) == self.plain

    def test_a_new_one_takes_the_place_of_all_that_its_request_might_select(self) -> None:
        new = a_stored_response("Vary: Accept", asked=("Accept: html",), body=b"new")
        before = variants(self.html, self.german, self.plain)
        assert before.storing(new, fields("Accept: html")) == variants(new, self.german)

    def test_the_oldest_go_when_there_are_too_many(self) -> None:
        stored = StoredVariants()
        for number in range(MOST_VARIANTS + 2):
            line = f"Accept: {number}"
            new = a_stored_response("Vary: Accept", asked=(line,), body=b"%d" % number)
            stored = stored.storing(new, fields(line))
        assert [variant.body for variant in stored.variants] == [b"%d" % n for n in range(MOST_VARIANTS + 1, 1, -1)]

    def test_changing_and_removing_one_leaves_the_others(self) -> None:
        both = variants(self.html, self.german)
        assert both.replacing(self.html, self.plain) == variants(self.plain, self.german)
        assert both.without(self.html) == variants(self.german)

    def test_invalidating_concerns_all(self) -> None:
        """RFC 9111 §4.4."""
        assert all(stored.is_invalidated for stored in variants(self.html, self.german).invalidated().variants)

from __future__ import annotations

from freewheel.httpcache.message import Headers
from tests.unit.httpcache.makers import fields


def test_look_ups_ignore_case_and_lines_stay_as_received() -> None:
    """RFC 9110 §5.1, §5.3."""
    headers = fields("ETag: 1", "vary: a", "Vary: b, c")
    assert headers.get("etag") == "1"
    assert headers.get("Date") is None
    assert headers.get_all("VARY") == ("a", "b, c")
    assert headers.members("Vary") == ("a", "b", "c")
    assert "VARY" in headers
    assert "Date" not in headers
    assert 1 not in headers
    assert tuple(headers) == (("ETag", "1"), ("vary", "a"), ("Vary", "b, c"))


def test_changes_make_new_values() -> None:
    headers = fields("A: 1", "B: 2", "a: 3")
    assert headers.without(("A",)) == fields("B: 2")
    assert headers.plus("A", "4") == fields("A: 1", "B: 2", "a: 3", "A: 4")
    assert headers.replacing("a", "5") == fields("B: 2", "a: 5")
    assert headers == fields("A: 1", "B: 2", "a: 3")


def test_what_is_shown_has_no_values() -> None:
    assert repr(Headers((("Authorization", "Basic c2VjcmV0"),))) == "Headers(Authorization)"

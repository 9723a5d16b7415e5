"""RFC 9110 §14."""

from __future__ import annotations

import pytest

from freewheel.httpcache.ranges import ContentRange, Span, parse_content_range, parse_range

HUGE = "9" * 5000


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=2-4", Span(2, 5)),
        ("Bytes=2-", Span(2, 10)),
        ("bytes= 2-4 ", Span(2, 5)),
        ("bytes=0004-00005", Span(4, 6)),
        ("bytes=5-99", Span(5, 10)),
        (f"bytes=5-{HUGE}", Span(5, 10)),
        ("bytes=-3", Span(7, 10)),
        ("bytes=-99", Span(0, 10)),
        (f"bytes=-{HUGE}", Span(0, 10)),
        ("bytes=10-12", None),
        (f"bytes={HUGE}-", None),
        ("bytes=-0", None),
    ],
)
def test_a_range_within_ten_bytes(value: str, span: Span | None) -> None:
    """§14.1.2; None is unsatisfiable."""
    asked = parse_range(value)
    assert asked is not None
    assert asked.within(10) == span


@pytest.mark.parametrize(
    "value", ["bytes=4-2", "bytes=0-1,4-5", "lines=0-1", "bytes=", "bytes=-", "bytes=a-b", "0-1"]
)
def test_several_other_and_malformed_ranges_may_be_passed_over(value: str) -> None:
    """§14.2."""
    assert parse_range(value) is None


def test_of_nothing_there_is_no_part() -> None:
    for value in ("bytes=0-", "bytes=-1"):
        asked = parse_range(value)
        assert asked is not None
        assert asked.within(0) is None


@pytest.mark.parametrize(
    "value", ["bytes 4-2/9", "bytes 0-9/9", "bytes */9", "lines 0-1/9", "bytes=0-1/9", "bytes 0-1", ""]
)
def test_a_content_range_of_which_nothing_can_be_made(value: str) -> None:
    """§14.4."""
    assert parse_content_range(value) is None


def test_a_content_range() -> None:
    assert parse_content_range(" bytes 2-4/10") == ContentRange(span=Span(2, 5), total=10)


def test_the_whole_size_may_be_unknown() -> None:
    assert parse_content_range("bytes 0-1/*") == ContentRange(span=Span(0, 2), total=None)

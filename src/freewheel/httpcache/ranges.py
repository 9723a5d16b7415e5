"""RFC 9110 §14: ranges of bytes, as requests ask for them and as partial responses state them."""

from __future__ import annotations

import re

from msgspec import Struct

_BYTES = re.compile(r"bytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*", re.IGNORECASE)
_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/(?:([0-9]+)|\*)", re.IGNORECASE)
_MOST_DIGITS = 18
"""A number with more digits lies beyond any file."""


class Span(Struct, frozen=True):
    """Bytes from `start` up to, and not including, `end`.

    >>> Span(2, 5).size
    3
    """

    start: int
    end: int

    @property
    def size(self) -> int:
        """The number of bytes."""
        return self.end - self.start


class ByteRange(Struct, frozen=True, kw_only=True):
    """What a Range field asks for: `first` up to and including `last`; without `first` the last `last` bytes."""

    first: int | None
    last: int | None

    def within(self, size: int) -> Span | None:
        """The bytes of a representation of that size; None where it has none of them (§14.1.2)."""
        if self.first is None:
            length = min(self.last or 0, size)
            return Span(size - length, size) if length else None
        end = size if self.last is None else min(self.last + 1, size)
        return Span(self.first, end) if self.first < size else None


class ContentRange(Struct, frozen=True, kw_only=True):
    """Which bytes of a representation a partial response encloses (§14.4); it has `total`, None where unknown."""

    span: Span
    total: int | None


def parse_range(value: str) -> ByteRange | None:
    """The one range of bytes that a Range field asks for.

    None for several ranges, other units and what is malformed: a field that may be ignored, as a server may (§14.2).

    >>> parse_range("bytes=0-99"), parse_range("bytes=-5").within(12)
    (ByteRange(first=0, last=99), Span(start=7, end=12))
    >>> parse_range("bytes=0-1,5-6") is None
    True
    """
    match = _BYTES.fullmatch(value)
    if match is None:
        return None
    first, last, suffix = match.groups()
    if suffix is not None:
        return ByteRange(first=None, last=_number(suffix))
    asked = ByteRange(first=_number(first), last=_number(last) if last else None)
    is_backwards = asked.first is not None and asked.last is not None and asked.last < asked.first
    return None if is_backwards else asked


def parse_content_range(value: str) -> ContentRange | None:
    """What a Content-Range field states of bytes; None where it is of another form, or contradicts itself.

    >>> parse_content_range("bytes 0-99/1000")
    ContentRange(span=Span(start=0, end=100), total=1000)
    >>> parse_content_range("bytes 99-0/1000") is None
    True
    """
    match = _CONTENT_RANGE.fullmatch(value.strip(" \t"))
    if match is None:
        return None
    first, last = _number(match[1]), _number(match[2])
    total = None if match[3] is None else _number(match[3])
    is_possible = first <= last and (total is None or last < total)
    return ContentRange(span=Span(first, last + 1), total=total) if is_possible else None


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    # int() is spared thousands of digits, which it would refuse.
    return 10**_MOST_DIGITS if len(significant) > _MOST_DIGITS else int(significant or "0")

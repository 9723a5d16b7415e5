"""Parts of a body."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freewheel.httpcache.parts import MOST_PARTS, Part, missing, pieces, with_part
from freewheel.httpcache.ranges import Span
from tests.unit.httpcache.makers import a_part

WHOLE = bytes(range(200))

spans = st.tuples(st.integers(0, 199), st.integers(1, 60)).map(lambda pair: (pair[0], min(pair[0] + pair[1], 200)))


def put_together(*ranges: tuple[int, int]) -> tuple[Part, ...]:
    parts: tuple[Part, ...] = ()
    for start, end in ranges:
        parts = with_part(parts, a_part(start, WHOLE[start:end]))
    return parts


@given(st.lists(spans, max_size=8), spans)
def test_what_is_put_together_is_what_was_asked_for(ranges: list[tuple[int, int]], wanted: tuple[int, int]) -> None:
    found = pieces(put_together(*ranges), Span(*wanted))
    held = {position for start, end in ranges for position in range(start, end)}
    assert (found is not None) == (set(range(*wanted)) <= held)
    if found is not None:
        joined = b"".join((piece.part.body or b"")[piece.span.start : piece.span.end] for piece in found)
        assert joined == WHOLE[wanted[0] : wanted[1]]


@given(st.lists(spans, max_size=8))
def test_what_is_missing_makes_a_whole(ranges: list[tuple[int, int]]) -> None:
    parts = put_together(*ranges)
    gap = missing(parts, len(WHOLE))
    if gap is None:
        assert pieces(parts, Span(0, 200)) is not None
    else:
        assert pieces(parts, Span(0, gap.start)) is not None
        assert pieces(parts, Span(gap.end, 200)) is not None
        assert pieces(parts, Span(gap.start, gap.start + 1)) is None


def test_a_part_within_another_is_superfluous() -> None:
    assert put_together((10, 20), (0, 30)) == put_together((0, 30), (10, 20)) == put_together((0, 30))


@pytest.mark.parametrize(("wanted", "count"), [(Span(0, 5), 1), (Span(5, 15), 2), (Span(0, 0), 0)])
def test_no_more_pieces_than_needed(wanted: Span, count: int) -> None:
    found = pieces(put_together((0, 10), (10, 20)), wanted)
    assert found is not None
    assert len(found) == count


def test_the_number_of_parts_is_bounded() -> None:
    parts: tuple[Part, ...] = ()
    for start in range(0, 3 * MOST_PARTS, 2):
        parts = with_part(parts, a_part(start, b"x"))
    assert len(parts) == MOST_PARTS

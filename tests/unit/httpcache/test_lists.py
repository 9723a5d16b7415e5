from __future__ import annotations

import pytest

from freewheel.httpcache import lists


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (("a, b",), ("a", "b")),
        (("a", "b , c"), ("a", "b", "c")),
        ((" , a,,\t, ",), ("a",)),
        (('a="1, 2", b',), ('a="1, 2"', "b")),
        ((r'a="1\", 2", b',), (r'a="1\", 2"', "b")),
        (('"a""b", c',), ('"a""b"', "c")),
        (("",), ()),
        ((), ()),
    ],
)
def test_members_are_what_commas_outside_quotes_separate(lines: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """RFC 9110 §5.6.1."""
    assert lists.members(lines) == expected


def test_an_unclosed_quote_hides_nothing() -> None:
    assert lists.members(['a, b="c, no-store', "d"]) == ("a", 'b="c', "no-store", "d")
    assert lists.members(['"ok, ay", x"y, z']) == ('"ok, ay"', 'x"y', "z")


def test_unclosed_quotes_cost_no_more_than_their_length() -> None:
    assert lists.members(['"' + '\\"' * 100_000]) == ('"' + '\\"' * 100_000,)


@pytest.mark.parametrize(
    ("text", "expected"), [('"a b"', "a b"), (r'"a\"b\\"', 'a"b\\'), ("a", "a"), ('"a', '"a'), ('""', "")]
)
def test_a_quoted_string_says_what_stands_between_its_quotes(text: str, expected: str) -> None:
    """RFC 9110 §5.6.4."""
    assert lists.unquoted(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("no-cache", True), ("a b", False), ("", False), ('"a"', False)])
def test_tokens(text: str, expected: bool) -> None:
    """RFC 9110 §5.6.2."""
    assert lists.is_token(text) is expected

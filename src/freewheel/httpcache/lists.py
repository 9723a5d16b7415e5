"""RFC 9110 §5.6: comma-separated lists, tokens and quoted strings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_COMMA_OR_QUOTE = re.compile(r'[,"]')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ENTITY_TAG = re.compile(r'(?:W/)?"[^"]*"|[^\s,"]+')
_OWS = " \t"


def is_token(text: str) -> bool:
    """Whether `text` is a token (RFC 9110 §5.6.2)."""
    return bool(_TOKEN.fullmatch(text))


def members(lines: Iterable[str]) -> tuple[str, ...]:
    """The members of a field's lines in order, without surrounding whitespace and without empty ones.

    A comma in a quoted string does not separate. A quote that is never closed is an ordinary character, so that
    nothing hides behind it.

    >>> members(['a, "b, c"', ', d'])
    ('a', '"b, c"', 'd')
    >>> members(['x="y, no-store'])
    ('x="y', 'no-store')
    """
    found = (member.strip(_OWS) for line in lines for member in _split(line))
    return tuple(member for member in found if member)


def entity_tags(lines: Iterable[str]) -> tuple[str, ...]:
    r"""The entity tags in a field's lines, in order (RFC 9110 §8.8.3): a backslash in them escapes nothing.

    >>> entity_tags([r'"a\", W/"b,c"', "*"])
    ('"a\\"', 'W/"b,c"', '*')
    """
    return tuple(tag for line in lines for tag in _ENTITY_TAG.findall(line))


def unquoted(text: str) -> str:
    """What a quoted string says (RFC 9110 §5.6.4); other text as it is.

    >>> unquoted('"600"'), unquoted("600")
    ('600', '600')
    """
    return _ESCAPED.sub(r"\1", text[1:-1]) if _QUOTED.fullmatch(text) else text


def _split(line: str) -> Iterator[str]:
    if '"' not in line:
        yield from line.split(",")
        return
    start = position = 0
    while separator := _COMMA_OR_QUOTE.search(line, position):
        if separator.group() == ",":
            yield line[start : separator.start()]
            start = position = separator.end()
        elif quoted := _QUOTED.match(line, separator.start()):
            position = quoted.end()
        else:
            break
    # What is left holds no comma or quote, or a quote that is never closed: then each of its commas separates.
    first, *rest = line[position:].split(",")
    yield line[start:position] + first
    yield from rest

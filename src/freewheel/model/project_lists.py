"""Two lists of projects that exclude one another, filled by options one after the other, in pip's grammar."""

from __future__ import annotations

from collections.abc import Iterable

from freewheel.model.artifact import normalize

ALL = ":all:"
NONE = ":none:"


def filled(first: str, second: str, values: Iterable[tuple[str, str]]) -> tuple[frozenset[str], frozenset[str]]:
    """The lists named `first` and `second` after (list, value) pairs in the order in which they were given.

    Each value is a comma-separated list; `:all:` replaces what came before in both lists and makes names after it
    superfluous, `:none:` empties its own, and a name, which is normalized, leaves the other list.

    >>> [sorted(one) for one in filled("no", "only", [("no", "a,B"), ("only", "b"), ("no", ":none:,c")])]
    [['c'], ['b']]
    """
    lists: dict[str, set[str]] = {first: set(), second: set()}
    for option, value in values:
        own, other = lists[option], lists[second if option == first else first]
        parts = [part.strip() for part in value.split(",")]
        if ALL in parts:
            other.clear()
            own.clear()
            own.add(ALL)
            parts = parts[len(parts) - parts[::-1].index(ALL) :]
            parts = parts if NONE in parts else []
        for name in filter(None, parts):
            if name == NONE:
                own.clear()
            else:
                other.discard(normalize(name))
                own.add(normalize(name))
    return frozenset(lists[first]), frozenset(lists[second])

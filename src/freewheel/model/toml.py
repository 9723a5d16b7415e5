"""TOML read with one kind of error: where in which file, and what is wrong there."""

from __future__ import annotations

import re
import tomllib

from freewheel.errors import MalformedToml

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
"""The end of a TOMLDecodeError's message; Python 3.11 to 3.13 have it nowhere else."""


def parse(text: str, *, path: str, origin: str = "", line: int = 1, column: int = 1) -> dict[str, object]:
    """The tables of a document; raises MalformedToml, whatever is wrong.

    `path` is its file as it may be shown, `origin` who asks for it. `line` and `column`, from 1, are where it begins
    in a file that has other things before it.

    >>> parse("a.b = 1", path="pyproject.toml")
    {'a': {'b': 1}}
    """
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise MalformedToml(origin=origin, path=path, reason="it is nested too deeply") from error
    except ValueError as error:  # TOMLDecodeError, and what Python says of a number with 5,000 digits
        reason = str(error)
        place = _PLACE.search(reason)
        if place is None:
            raise MalformedToml(origin=origin, path=path, reason=reason) from error
        lines = text.split("\n")
        raise MalformedToml(
            origin=origin,
            path=path,
            reason=reason[: place.start()],
            line=int(place["line"] or len(lines)) + line - 1,
            column=int(place["column"] or len(lines[-1]) + 1) + column - 1,
        ) from error

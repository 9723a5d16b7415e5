"""`${NAME}` in requirements files: what a variable stands for is put in, and taken out of what is shown."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from freewheel.model import url as urls

MASK = "****"
TELLING = 8
"""From this length on a value is looked for in all URLs; a shorter one may be any word, and counts at its host."""

_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_DELIMITER = re.compile(r"[/?&=#;,:@+]")
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*:)?//[^\s\"'<>`\x00-\x1f]+")
_ENDS_URL = re.compile(r"[\s\"'<>`]")
_FIRST_STAND_IN = 0xE000  # characters for private use stand for variables where nothing may split these


class UrlPart(Struct, frozen=True, kw_only=True):
    """What stands in a URL at `host` (empty if that is unknown) for variables, and what is `shown` in its place."""

    text: str
    shown: str
    host: str

    def __repr__(self) -> str:
        return "UrlPart(****)"


class Expanded(Struct, frozen=True, kw_only=True):
    """A text with variables put in; `variables` are these in their order, as (how it is written, its value)."""

    written: str
    text: str
    variables: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        return "Expanded(****)"

    def as_written(self, sentence: str) -> str:
        """A sentence about this text, with what is written for each value that stands there by itself."""
        for written, value in self.variables:
            parts = re.split(rf"(?<!\w){re.escape(value)}(?!\w)", sentence)
            sentence = written.join(parts)
        return sentence

    def url_parts(self, *, base: str = "") -> tuple[UrlPart, ...]:
        """What the variables stand for in URLs, and in what may be seen from `base`, if that is one.

        A part reaches from one delimiter of the written text to the next; what lies between delimiters of the value
        itself, in the path or query, is masked where it is met alone. `file:` URLs have no parts: they open nothing.
        """
        if not self.variables:
            return ()
        words = re.split(r"[\s\"'<>]+", self._with_stand_ins())
        return tuple(dict.fromkeys(part for word in words for part in self._parts_of(word, base)))

    def _with_stand_ins(self) -> str:
        names = {written for written, _ in self.variables}
        numbers = iter(range(len(self.variables)))
        return _VARIABLE.sub(
            lambda found: chr(_FIRST_STAND_IN + next(numbers)) if found[0] in names else found[0], self.written
        )

    def _parts_of(self, word: str, base: str) -> Iterator[UrlPart]:
        word = re.sub(r"^-(?=[^-])[A-Za-z]", "", word)  # as in -ihttps://...
        text = self._filled(word, value=True)
        found = _URL.search(text)
        url = found[0] if found else base
        if not url or urls.scheme(url).endswith("file"):
            return
        host = urls.host(url) if urls.is_well_formed(url) else ""
        for piece in _DELIMITER.split(word):
            whole, shown = (self._filled(piece, value=value).strip("/") for value in (True, False))
            if whole != shown:
                yield from (UrlPart(text=one, shown=shown, host=host) for one in _spellings(whole))
        located = set(_DELIMITER.split(_path_and_query(url) if found else text))
        for stand_in in filter(self._value_of, word):
            inner = _DELIMITER.split(self._value_of(stand_in))
            if len(inner) > 1:
                yield from (UrlPart(text=one, shown=MASK, host=host) for one in inner if one and one in located)

    def _filled(self, text: str, *, value: bool) -> str:
        return "".join(
            (self._value_of(one) if value else self.variables[ord(one) - _FIRST_STAND_IN][0])
            if self._value_of(one)
            else one
            for one in text
        )

    def _value_of(self, character: str) -> str:
        number = ord(character) - _FIRST_STAND_IN
        return self.variables[number][1] if 0 <= number < len(self.variables) else ""


def expand(text: str, environ: Mapping[str, str]) -> Expanded:
    """Put in the variables that are set and not empty; their names are upper case, digits and `_` only.

    >>> expand("https://${USER_1}@example.org/${lower}", {"USER_1": "me"}).text
    'https://me@example.org/${lower}'
    """
    found = ((one[0], environ.get(one[1], "")) for one in _VARIABLE.finditer(text))
    return Expanded(
        written=text,
        text=_VARIABLE.sub(lambda one: environ.get(one[1]) or one[0], text),
        variables=tuple((written, value) for written, value in found if value),
    )


def hidden(text: str, parts: Collection[UrlPart]) -> str:
    """A text with what is shown for `parts` wherever they stand in a URL of it; the rest as it is.

    >>> line = expand("-i https://example.org/${TOKEN}/simple", {"TOKEN": "s3cret"})
    >>> hidden("Could not reach https://example.org/s3cret/simple/six/.", line.url_parts())
    'Could not reach https://example.org/${TOKEN}/simple/six/.'
    """
    if not parts:
        return text
    for part in parts:
        if _ENDS_URL.search(part.text):
            text = text.replace(part.text, part.shown)
    return _URL.sub(lambda found: _hidden_in(found[0], parts), text)


def _hidden_in(url: str, parts: Collection[UrlPart]) -> str:
    host = urls.host(url) if urls.is_well_formed(url) else ""
    shown = {
        part.text: part.shown
        for part in reversed(tuple(parts))
        if not host or part.host in ("", host) or len(part.text) >= TELLING
    }
    if not shown:
        return url
    either = "|".join(re.escape(one) for one in sorted(shown, key=len, reverse=True))
    pattern = rf"(?:^|(?<=[/?&=#;,:@+(\[])){f'({either})'}(?=[/?&=#;,:@+]|[.)\]}}!]*$)"
    return re.sub(pattern, lambda found: shown[found[1]], url)


def _path_and_query(url: str) -> str:
    return "?".join(urlsplit(url)[2:4]) if urls.is_well_formed(url) else ""


def _spellings(text: str) -> tuple[str, ...]:
    """A part of a URL as it may be met: encoded or not, with passwords or without."""
    bare = ("//" + text).replace("////", "//") if "://" not in text else text
    seen = (text, quote(text, safe="/:?&=@+,;%~"), unquote(text), urls.redacted(bare), urls.scrubbed(bare))
    return tuple(dict.fromkeys(one.removeprefix("//") for one in seen if one.removeprefix("//")))

"""The text of a requirements file: bytes, lines, and what stands on a line."""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Iterator

from msgspec import Struct

from freewheel.errors import UsageError
from freewheel.options.option import Given, Kind, Option
from freewheel.options.table import of_command
from freewheel.options.words import WordParser

_LINE_OPTIONS = frozenset({
    "index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "requirement", "constraint", "editable",
    "no-binary", "only-binary", "prefer-binary", "pre", "all-releases", "only-final", "require-hashes",
    "no-require-hashes", "use-feature", "config-settings",
})  # fmt: skip
_HASH = Option(name="hash", kind=Kind.ACCUMULATING)

# UTF-32's mark begins with UTF-16's: it has to be looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
"""How zip files begin (wheels are some), and gzip, bzip2 and xz."""
_FIRST_OPTION = re.compile(r"(?:^|\s)(?=-)")


class LogicalLine(Struct, frozen=True, kw_only=True):
    """A line with its continuations; `number` is that of its first line in the file, from 1.

    `text` is what it says without its comment, empty for one that says nothing; `raw` has the comment, too.
    """

    number: int
    text: str
    raw: str


class ParsedLine(Struct, frozen=True, kw_only=True):
    """A requirement with its options, or options alone; `is_editable` tells one that `-e` stands before."""

    requirement: str
    given: tuple[Given, ...]
    is_editable: bool = False


class NoText(ValueError):
    """A file is no text whatever the encoding."""

    def __init__(self, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.hint = hint


def decode(data: bytes) -> str:
    """The text of a file: by its byte order mark, by a coding comment in its first two lines (PEP 263), else UTF-8.

    Raises NoText, UnicodeDecodeError, or LookupError for a coding that does not exist.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    if data.startswith(_ARCHIVES):
        raise NoText("it is an archive and no text", "What is to be installed itself is named without an option.")
    if b"\0" in data:
        raise NoText("it is no text", "UTF-16 and UTF-32 begin with a byte order mark.")
    for line in data.split(b"\n")[:2]:
        coding = _CODING.search(line) if line.startswith(b"#") else None
        if coding is not None:
            return data.decode(coding.group(1).decode("ascii"))
    return data.decode("utf-8")


def logical_lines(text: str) -> Iterator[LogicalLine]:
    r"""The lines that say something.

    >>> [(line.number, line.text) for line in logical_lines("six \\\n >=1  # why\n\n# no\nrich")]
    [(1, 'six  >=1'), (5, 'rich')]
    """
    return (line for line in all_lines(text) if line.text)


def all_lines(text: str) -> Iterator[LogicalLine]:
    """Every line; a backslash at the end joins the next line, but not in a comment's own line."""
    parts: list[str] = []
    first = 0
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        is_comment = _COMMENT.match(line) is not None
        if not parts:
            first = number
        if line.endswith("\\") and not is_comment:
            parts.append(line.strip("\\"))
            if number < len(lines):
                continue
        else:
            # With a space, a comment's line ends what it continues.
            parts.append(f" {line}" if is_comment and parts else line)
        raw = "".join(parts)
        yield LogicalLine(number=first, text=_COMMENT.sub("", raw).strip(), raw=raw)
        parts = []


def parse_line(text: str) -> tuple[str, tuple[Given, ...]]:
    """The requirement on a line (empty if it has none), and the options; raises UsageError.

    >>> parse_line("six>=1 --hash=sha256:ab")
    ('six>=1', (Given(name='hash', value='sha256:ab'),))
    """
    option = _FIRST_OPTION.search(text)
    if option is None:
        return text, ()
    try:
        words = shlex.split(text[option.end() :])
    except ValueError as error:
        raise UsageError(problem=f"the options cannot be told apart: {error}") from error
    given, others = WordParser((_HASH, *_rows())).split(words)
    if others:
        raise UsageError(problem="a requirement stands before its options")
    return text[: option.start()].strip(), given


def read_line(text: str) -> ParsedLine:
    """What a line asks for, an editable requirement apart from the other options; raises UsageError.

    >>> read_line("-e ./project -C a=b").requirement
    './project'
    """
    requirement, given = parse_line(text)
    editable = None if requirement else next((one for one in given if one.name == "editable"), None)
    if editable is None:
        return ParsedLine(requirement=requirement, given=given)
    others = tuple(one for one in given if one is not editable)
    return ParsedLine(requirement=editable.value or "", given=others, is_editable=True)


def _rows() -> Iterator[Option]:
    return (row for row in of_command("install") if row.name in _LINE_OPTIONS)

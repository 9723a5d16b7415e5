"""A key of a configuration file set or taken out, with everything else in the file left as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO

from msgspec import Struct

from freewheel.config.files import key_of, parser_of, sections
from freewheel.errors import CommandMisused

_HEADER = re.compile(r"\[(.+)\]")
_DELIMITER = re.compile(r"[=:]")


class _Section(Struct, frozen=True, kw_only=True):
    """Lines by number: the header's, the first behind the section, and each key's first and the first behind it."""

    header: int
    end: int
    keys: Mapping[str, tuple[int, int]]


def with_value(text: str, section: str, key: str, value: str, *, path: str) -> str:
    """The text of a file with a key set; raises ConfigurationFileError for one that cannot be understood.

    >>> with_value("[global]\\n# mine\\ntimeout: 5\\n", "global", "timeout", "9", path="pip.conf")
    '[global]\\n# mine\\ntimeout = 9\\n'
    """
    wanted = {name: dict(values) for name, values in sections(text, path).items()}
    wanted.setdefault(section, {})[key] = value
    lines, newline = _lines(text)
    setting = newline.join([f"{key} = {value}".replace("\n", f"{newline}\t"), ""])
    found = _sections(lines).get(section)
    if found is None:
        between = [newline] if lines else []
        lines += [*between, f"[{section}]{newline}", setting]
    else:
        start, end = found.keys.get(key, (found.end, found.end))
        lines[start:end] = [setting]
    return _checked("".join(lines), wanted, path)


def without_key(text: str, section: str, key: str, *, path: str) -> str:
    """The text of a file without a key that it has, and without a section that is empty then.

    Raises ConfigurationFileError for a file that cannot be understood.
    """
    wanted = {name: dict(values) for name, values in sections(text, path).items()}
    del wanted[section][key]
    lines, _ = _lines(text)
    found = _sections(lines)[section]
    start, end = found.keys[key]
    del lines[start:end]
    if not wanted[section]:
        del wanted[section]
        rest = lines[found.header + 1 : found.end - (end - start)]
        if not any(line.strip() for line in rest):
            behind = found.header + 1 + len(rest)
            while behind < len(lines) and not lines[behind].strip():
                behind += 1
            del lines[found.header : behind]
        else:
            wanted[section] = {}  # comments stay, and their heading
    return _checked("".join(lines), wanted, path)


def _lines(text: str) -> tuple[list[str], str]:
    """The lines with their ends, the last one too, and how a line ends here."""
    newline = "\r\n" if "\r\n" in text else "\n"
    if text and not text.endswith("\n"):
        text += newline
    return text.splitlines(keepends=True), newline


def _sections(lines: list[str]) -> dict[str, _Section]:
    """Where everything stands, by the rules of `configparser`: what is indented deeper goes on with its key."""
    found: dict[str, _Section] = {}
    header, end, keys = -1, 0, dict[str, tuple[int, int]]()
    name, key, depth = "", "", 0
    for number, line in enumerate(lines):
        stripped = line.strip()
        if not stripped or stripped.startswith(("#", ";")):
            continue
        indent = len(line) - len(line.lstrip())
        heading = _HEADER.match(stripped)
        if key and indent > depth:
            keys[key] = keys[key][0], number + 1
        elif heading is not None:
            if name:
                found[name] = _Section(header=header, end=end, keys=keys)
            name, header, keys, key = heading[1], number, {}, ""
        else:
            key, depth = key_of(_DELIMITER.split(stripped, maxsplit=1)[0].rstrip()), indent
            keys[key] = number, number + 1
        end = number + 1
    if name:
        found[name] = _Section(header=header, end=end, keys=keys)
    return found


def _checked(text: str, wanted: Mapping[str, Mapping[str, str]], path: str) -> str:
    """The text if it says what it should; else, as pip does, a new one without comments."""
    if sections(text, path) == wanted:
        return text
    parser = parser_of("", path)
    for section, values in wanted.items():
        parser.add_section(section)
        for key, value in values.items():
            parser.set(section, key, value)
    written = StringIO()
    parser.write(written)
    if sections(written.getvalue(), path) != wanted:
        raise CommandMisused(problem="A key or value of this form cannot stand in a configuration file.")
    return written.getvalue()

"""Core metadata as it stands in a METADATA or PKG-INFO file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from freewheel.model.artifact import CoreMetadata

_GOING_ON = re.compile(rb"(?:[ \t][^\n]*\n?)*")
_FIELD = re.compile(rb"([!-9;-~]+):([^\n]*)\n?((?:[ \t][^\n]*\n?)*)")  # its name, its line, and those that go on


def header_fields(data: bytes) -> Mapping[str, list[str]]:
    """The values of each field of a METADATA, PKG-INFO or WHEEL file, by its name in lower case.

    >>> header_fields(b"Wheel-Version: 1.0\\nTag: py2\\nTag: py3\\n\\nText: no field")
    {'wheel-version': ['1.0'], 'tag': ['py2', 'py3']}
    """
    values: dict[str, list[str]] = {}
    for name, value in _fields(data):
        values.setdefault(name, []).append(value)
    return values


def parse(data: bytes) -> CoreMetadata:
    """Read the fields that installing needs; of one that may stand once only, the first counts.

    The file is in the form of e-mail headers (core metadata specification), which end at the first line that is
    none. What comes after them, the description, is not read: it is most of the file. Raises ValueError, with the
    reason, when name or version are missing.

    >>> parse(b"Metadata-Version: 2.1\\nName: six\\nVersion: 1.0\\nRequires-Dist: a\\n\\nName: not this\\n").name
    'six'
    """
    values = header_fields(data)
    for required in ("name", "version"):
        if not values.get(required, [""])[0]:
            raise ValueError(f"it has no {required.capitalize()}")
    return CoreMetadata(
        name=values["name"][0],
        version=values["version"][0],
        requires_dist=tuple(values.get("requires-dist", ())),
        requires_python=values.get("requires-python", [""])[0] or None,
        provides_extra=tuple(values.get("provides-extra", ())),
        metadata_version=values.get("metadata-version", ["1.0"])[0],
        dynamic=tuple(name.lower() for name in values.get("dynamic", ())),
    )


def _fields(data: bytes) -> Iterator[tuple[str, str]]:
    """Field names in lower case with their values, lines that go on joined by a space.

    A match for each field, and none of the description, is a third of the time that line after line takes.
    """
    start = _GOING_ON.match(data)
    end = start.end() if start else 0
    while found := _FIELD.match(data, end):
        end = found.end()
        lines: list[bytes] = [found[2], *found[3].split(b"\n")]
        parts = (line.decode("utf-8", "replace").strip() for line in lines)
        yield found[1].decode().lower(), " ".join(filter(None, parts))

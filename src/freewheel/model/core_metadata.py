"""Core metadata as it stands in a METADATA or PKG-INFO file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from freewheel.model.artifact import CoreMetadata

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)")


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
    """Field names in lower case with their values, lines that go on joined by a space."""
    name, parts = "", [""]
    for line in _lines(data):
        if line[:1] in (" ", "\t"):
            parts.append(line.strip())
            continue
        found = _FIELD.fullmatch(line)
        if found is None:
            break
        if name:
            yield name, " ".join(filter(None, parts))
        name, parts = found[1].lower(), [found[2].strip()]
    if name:
        yield name, " ".join(filter(None, parts))


def _lines(data: bytes) -> Iterator[str]:
    """One line at a time, decoded: the description is never touched."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end].rstrip(b"\r").decode("utf-8", "replace")
        start = end + 1

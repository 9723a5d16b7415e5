"""The header fields of METADATA, PKG-INFO and WHEEL files, as far as installing needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from freewheel.model.artifact import CoreMetadata


def header_fields(text: str) -> Mapping[str, list[str]]:
    """The values of each field before the first empty line, by its name in lower case (RFC 5322 §2.2).

    >>> header_fields("Wheel-Version: 1.0\\nTag: py2\\nTag: py3\\n\\nText: no field")
    {'wheel-version': ['1.0'], 'tag': ['py2', 'py3']}
    """
    fields: dict[str, list[str]] = {}
    for name, value in _unfolded(text):
        fields.setdefault(name, []).append(value)
    return fields


def core_metadata(text: str) -> CoreMetadata:
    """The fields of a METADATA or PKG-INFO file that installing needs.

    >>> core_metadata("Name: Rich\\nVersion: 1.0\\nRequires-Dist: a\\nRequires-Dist: b\\n\\nA text").requires_dist
    ('a', 'b')
    """
    fields = header_fields(text)
    return CoreMetadata(
        name=fields.get("name", [""])[0],
        version=fields.get("version", [""])[0],
        requires_dist=tuple(fields.get("requires-dist", ())),
        requires_python=next(iter(fields.get("requires-python", ())), None),
        provides_extra=tuple(fields.get("provides-extra", ())),
        metadata_version=fields.get("metadata-version", ["1.0"])[0],
        dynamic=tuple(value.lower() for value in fields.get("dynamic", ())),
    )


def _unfolded(text: str) -> Iterator[tuple[str, str]]:
    name, value = "", ""
    for line in text.splitlines():
        if not line:
            break
        if line[0] in " \t":
            value += " " + line.strip()
            continue
        if name:
            yield name, value
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
    if name:
        yield name, value

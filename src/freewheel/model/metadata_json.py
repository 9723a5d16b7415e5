"""Core metadata, whole, as JSON has it (PEP 566): for reports, which installing does without."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Final, TypeAlias

MetadataJson: TypeAlias = Mapping[str, str | list[str]]
"""The fields of a METADATA file by their names in JSON (`requires_dist`), each with one text or with several."""

ONCE: Final = (
    "Metadata-Version", "Name", "Version", "Summary", "Description", "Description-Content-Type", "Keywords",
    "Home-page", "Download-URL", "Author", "Author-email", "Maintainer", "Maintainer-email", "License",
    "License-Expression", "Requires-Python",
)  # fmt: skip
"""The fields that may stand once (core metadata specification)."""

SEVERAL: Final = (
    "Dynamic", "Platform", "Supported-Platform", "License-File", "Classifier", "Requires-Dist", "Requires-External",
    "Project-URL", "Provides-Extra", "Provides-Dist", "Obsoletes-Dist",
)  # fmt: skip
"""The fields that may stand several times."""


def metadata_json(data: bytes) -> MetadataJson:
    r"""Everything that a METADATA or PKG-INFO file says, by pip's rules; what is no field of the specification aside.

    Of a field that may stand once the first counts. `packaging.metadata` reads the same files, but takes project
    URLs apart and leaves out whatever is wrong, where a report shall show what stands there.

    >>> metadata_json(b"Name: six\nKeywords: a b\nProject-URL: Home, https://six.example\n\nText\n")["keywords"]
    ['a', 'b']
    """
    from email.parser import Parser  # 1 ms, for reports and inspections only

    message = Parser().parsestr(data.decode("utf-8", "replace"))
    found: dict[str, str | list[str]] = {}
    for field in ONCE:
        if field in message:
            found[_json_name(field)] = _unfolded(str(message[field]))
    for field in SEVERAL:
        if field in message:
            found[_json_name(field)] = [_unfolded(str(value)) for value in message.get_all(field, ())]
    keywords = found.get("keywords")
    if isinstance(keywords, str):
        found["keywords"] = _split_keywords(keywords)
    description = message.get_payload()
    if isinstance(description, str) and description:
        found["description"] = description
    return found


def _json_name(field: str) -> str:
    return field.lower().replace("-", "_")


def _unfolded(value: str) -> str:
    """A value that goes on over several lines, without the indentation of a header."""
    return textwrap.dedent(" " * 8 + value) if "\n" in value else value


def _split_keywords(text: str) -> list[str]:
    """Commas are the standard's way, spaces that of older tools."""
    return [word.strip() for word in text.split(",")] if "," in text else text.split()

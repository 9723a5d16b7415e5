"""All of a distribution's core metadata, for people and for JSON; installing reads less (`core_metadata`)."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

_SINGLE = (
    "Metadata-Version", "Name", "Version", "Summary", "Description", "Description-Content-Type", "Keywords",
    "Home-page", "Download-URL", "Author", "Author-email", "Maintainer", "Maintainer-email", "License",
    "License-Expression", "Requires-Python",
)  # fmt: skip
_FIELDS = (
    "Metadata-Version", "Name", "Version", "Dynamic", "Platform", "Supported-Platform", "Summary", "Description",
    "Description-Content-Type", "Keywords", "Home-page", "Download-URL", "Author", "Author-email", "Maintainer",
    "Maintainer-email", "License", "License-Expression", "License-File", "Classifier", "Requires-Dist",
    "Requires-Python", "Requires-External", "Project-URL", "Provides-Extra", "Provides-Dist", "Obsoletes-Dist",
)  # fmt: skip
"""The fields of the core metadata specification, in the order of the JSON that pip makes of them."""


class FullMetadata(Struct, frozen=True, kw_only=True):
    """Every value of each field, by its name in lower case; lines within a value are kept."""

    values: Mapping[str, Sequence[str]]

    def all_of(self, field: str) -> Sequence[str]:
        """The values of a field that may occur several times."""
        return self.values.get(field.lower(), ())

    def first_of(self, field: str) -> str:
        """The first value of a field; empty where there is none."""
        return next(iter(self.all_of(field)), "")

    def with_missing(self, field: str, values: Sequence[str]) -> FullMetadata:
        """The same with a field that it has not."""
        if self.all_of(field) or not values:
            return self
        return replace(self, values={**self.values, field.lower(): tuple(values)})

    def as_json(self) -> dict[str, object]:
        """In the form of PEP 566, as pip writes it."""
        found: dict[str, object] = {}
        for field in _FIELDS:
            values = self.all_of(field)
            if values:
                key = field.lower().replace("-", "_")
                found[key] = _single(field, values[0]) if field in _SINGLE else list(values)
        return found


def _single(field: str, value: str) -> object:
    if field != "Keywords":
        return value
    return [one.strip() for one in value.split(",")] if "," in value else value.split()


def parse(data: bytes) -> FullMetadata:
    """Read a METADATA or PKG-INFO file; what is no UTF-8 in it is replaced, and what is no field passed over.

    >>> parse(b"Name: six\\nClassifier: a\\nClassifier: b\\n\\nWhat it is.\\n").as_json()
    {'name': 'six', 'description': 'What it is.\\n', 'classifier': ['a', 'b']}
    """
    from email import message_from_string  # 12 ms, for those who look at everything

    message = message_from_string(data.decode("utf-8", "replace"))
    values: dict[str, list[str]] = {}
    for name, value in message.items():
        values.setdefault(name.lower(), []).append(_dedented(str(value)))
    description = message.get_payload()
    if isinstance(description, str) and description:
        values["description"] = [description]
    return FullMetadata(values=values)


def _dedented(value: str) -> str:
    """A value without the indentation that makes further lines part of it, as `importlib.metadata` has it."""
    return textwrap.dedent(" " * 8 + value) if "\n" in value else value

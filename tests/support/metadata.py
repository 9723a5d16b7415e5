"""The text files of a distribution: core metadata and entry points."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

Contents = Mapping[str, str | bytes]
"""Files by their path with forward slashes; text is written in UTF-8."""

EntryPoints = Mapping[str, Mapping[str, str]]
"""Group -> name -> object reference."""


def file_name_part(text: str) -> str:
    """A name as wheel and sdist file names spell it."""
    return re.sub(r"[-_.]+", "_", text).lower()


def as_bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def core_metadata(
    name: str,
    version: str,
    *,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Iterable[str]] | None = None,
    metadata_version: str = "2.1",
    fields: Iterable[tuple[str, str]] = (),
) -> str:
    """The text of METADATA or PKG-INFO; `fields` are further lines at its end."""
    lines = [("Metadata-Version", metadata_version), ("Name", name), ("Version", version)]
    if requires_python is not None:
        lines.append(("Requires-Python", requires_python))
    lines += [("Requires-Dist", requirement) for requirement in requires]
    for extra, requirements in (extras or {}).items():
        lines.append(("Provides-Extra", extra))
        lines += [("Requires-Dist", _in_extra(requirement, extra)) for requirement in requirements]
    lines += fields
    return "".join(f"{field}: {value}\n" for field, value in lines)


def entry_points_text(entry_points: EntryPoints) -> str:
    """The text of `entry_points.txt`."""
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {reference}\n" for name, reference in names.items())
        for group, names in entry_points.items()
    )


def _in_extra(requirement: str, extra: str) -> str:
    bare, semicolon, marker = requirement.partition(";")
    condition = f'extra == "{extra}"'
    return f"{bare.strip()}; ({marker.strip()}) and {condition}" if semicolon else f"{bare.strip()}; {condition}"

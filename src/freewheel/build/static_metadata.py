"""Metadata that a source states itself, so that no backend need be asked (PEP 621, PEP 643)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from freewheel.errors import MalformedToml
from freewheel.model import core_metadata, toml
from freewheel.model.artifact import CoreMetadata, normalize

FIRST_TRUSTED: Final = Version("2.2")
"""The metadata version from which an sdist says which of its fields a build may change (PEP 643)."""

_NEEDED_FIELDS: Final = frozenset({"name", "version", "requires-dist", "requires-python", "provides-extra"})
_NEEDED_KEYS: Final = frozenset({"name", "version", "dependencies", "optional-dependencies", "requires-python"})


def from_pkg_info(data: bytes) -> CoreMetadata | None:
    """What an sdist's PKG-INFO fixes; None where a build may give something else that installing needs."""
    try:
        metadata = core_metadata.parse(data)
        is_trusted = Version(metadata.metadata_version) >= FIRST_TRUSTED
        Version(metadata.version)
    except ValueError:
        return None
    return metadata if is_trusted and not _NEEDED_FIELDS & set(metadata.dynamic) else None


def from_pyproject(text: str) -> CoreMetadata | None:
    """What `[project]` in a `pyproject.toml` fixes; None where a part is dynamic, missing or wrong.

    What is wrong is left to the backend, which tells it in its own words.
    """
    try:
        table = toml.parse(text, path="pyproject.toml").get("project")
        if not isinstance(table, dict) or _NEEDED_KEYS & set(table.get("dynamic", ())):
            return None
        extras = table.get("optional-dependencies", {})
        requires_python = _text(table["requires-python"]) if "requires-python" in table else None
        SpecifierSet(requires_python or "")
        canonicalize_name(table["name"], validate=True)
        return CoreMetadata(
            name=_text(table["name"]),
            version=str(Version(_text(table["version"]))),
            requires_dist=tuple(_requirements(table.get("dependencies", []), extras)),
            requires_python=requires_python,
            provides_extra=tuple(normalize(extra) for extra in extras),
            metadata_version=str(FIRST_TRUSTED),
        )
    except (MalformedToml, ValueError, KeyError, TypeError, AttributeError):
        return None


def _requirements(dependencies: object, extras: Mapping[str, object]) -> Iterator[str]:
    for text in _texts(dependencies):
        yield str(Requirement(text))
    for extra, texts in extras.items():
        for text in _texts(texts):
            yield _in_extra(Requirement(text), normalize(extra))


def _in_extra(requirement: Requirement, extra: str) -> str:
    condition = f'extra == "{extra}"'
    marker = condition if requirement.marker is None else f"({requirement.marker}) and {condition}"
    requirement.marker = None
    separator = " ; " if requirement.url else "; "
    return f"{requirement}{separator}{marker}"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list):
        raise TypeError(value)
    return [_text(item) for item in value]

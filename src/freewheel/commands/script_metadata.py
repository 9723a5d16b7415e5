"""The metadata that a script carries in a comment (PEP 723)."""

from __future__ import annotations

import re

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from freewheel.commands.naming import parse_specifier
from freewheel.errors import ScriptForOtherPython, ScriptMetadataError
from freewheel.model import toml
from freewheel.model import url as urls
from freewheel.model.requirement import Origin, Requirement
from freewheel.model.shape import Shape

_BLOCK = re.compile(r"(?m)^# /// (?P<kind>[a-zA-Z0-9-]+)$\s(?P<content>(^#(| .*)$\s)+)^# ///$")
"""The regular expression that PEP 723 gives."""


class ScriptMetadata(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """What the block says that concerns installing; the rest is for other tools."""

    requires_python: str = ""
    dependencies: list[str] = []


_METADATA = Shape(ScriptMetadata)


def script_requirements(text: str, *, path: str, python: str | None) -> list[Requirement]:
    """What a script needs; `python` is the version it shall run on, three numbers, or None for any.

    Raises ScriptMetadataError, ScriptForOtherPython, MalformedToml, MalformedRequirement.
    """
    path = urls.redacted(path)
    origin = Origin(text=f"--requirements-from-script {path}", is_user=True)
    blocks = [found for found in _BLOCK.finditer(text) if found["kind"] == "script"]
    if len(blocks) != 1:
        problem = "Multiple 'script' blocks found in" if blocks else "File does not contain 'script' metadata:"
        raise ScriptMetadataError(origin=str(origin), path=path, reason=f"{problem} {path!r}")
    (block,) = blocks
    try:
        line = text.count("\n", 0, block.start("content")) + 1
        metadata = _METADATA.of(toml.parse(_content(block), path=path, origin=str(origin), line=line, column=3))
        fits = python is None or _fits(metadata.requires_python, python)
    except ValueError as error:
        reason = f"Wrong 'script' metadata in {path!r}"
        raise ScriptMetadataError(origin=str(origin), path=path, reason=reason, detail=str(error)) from error
    if python is not None and not fits:
        raise ScriptForOtherPython(origin=str(origin), path=path, python=python, required=metadata.requires_python)
    return [parse_specifier(one, origin=origin) for one in metadata.dependencies]


def _content(block: re.Match[str]) -> str:
    """The TOML text in a block, line by line without what makes each a comment."""
    return "".join(line[2:] if line.startswith("# ") else line[1:] for line in block["content"].splitlines(True))


def _fits(requires_python: str, python: str) -> bool:
    try:
        return SpecifierSet(requires_python).contains(python, prereleases=True)
    except InvalidSpecifier:
        raise ValueError(f"requires-python is no version specifier: {requires_python!r}") from None

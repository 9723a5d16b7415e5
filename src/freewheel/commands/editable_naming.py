"""A word that names something to install as editable: a source folder, or a repository."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec.structs import replace
from packaging.requirements import InvalidRequirement
from packaging.requirements import Requirement as ParsedRequirement

from freewheel.build.sdist import is_project
from freewheel.commands.naming import check_repository, egg_of, split_extras
from freewheel.config.platform import Platform
from freewheel.errors import MalformedRequirement, UnusablePath
from freewheel.model import repository
from freewheel.model import requirement as requirements
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName
from freewheel.model.requirement import COMMAND_LINE, NO_URL, Origin, Requirement, SourceRequirement

_EXPECTED = "It should either be a path to a local project or a VCS URL (beginning with {})."


def classify_editable(
    text: str, *, platform: Platform, origin: Origin = COMMAND_LINE
) -> Requirement | SourceRequirement:
    """What `-e` asks for, by pip's rules; paths are seen from the current folder.

    Looks at the file system for what may be a path. Raises MalformedRequirement, UnusablePath.
    """
    try:
        return _classified(text, platform, origin)
    except MalformedRequirement as error:
        raise error.but(text=urls.redacted(error.text)) from None


def _classified(text: str, platform: Platform, origin: Origin) -> Requirement | SourceRequirement:
    named = _with_name(text, origin)
    if named is not None:
        return named
    path, extras = split_extras(text)
    if Path(platform.folder, path).is_dir():
        return _folder(urls.from_path(Path(os.path.normpath(Path(platform.folder, path)))), text, extras, origin)
    if urls.is_local(path):
        return _folder(path, text, extras, origin)
    url = f"git+{text}" if text.lower().startswith("git:") else text
    if not urls.is_vcs(url):
        raise _refusal(text, origin)
    if not urls.is_well_formed(url):
        raise MalformedRequirement(origin=str(origin), text=text, reason=NO_URL)
    check_repository(url, text, origin)
    egg = egg_of(url)
    if egg is None:
        reason = "Could not detect requirement name, please specify one with your_package_name @ URL"
        raise MalformedRequirement(origin=str(origin), text=text, reason=reason)
    return replace(requirements.parse(egg, origin=origin), url=url, is_editable=True)


def _with_name(text: str, origin: Origin) -> Requirement | None:
    """`name[extras] @ URL ; marker`; None for anything else."""
    try:
        url = ParsedRequirement(text).url
    except InvalidRequirement:
        return None
    if url is None:
        return None
    named = requirements.parse(text, origin=origin)
    if not urls.is_vcs(url) and not urls.is_local(url):
        raise _refusal(text, origin)
    check_repository(url, text, origin)
    if urls.is_local(url):
        _check_folder(url, text, origin)
    return replace(named, is_editable=True)


def _folder(
    url: str, text: str, extras: frozenset[NormalizedName], origin: Origin
) -> Requirement | SourceRequirement:
    _check_folder(url, text, origin)
    egg = egg_of(url)
    if egg is not None:
        named = requirements.parse(egg, origin=origin)
        return replace(named, url=url, extras=named.extras | extras, is_editable=True)
    return SourceRequirement(url=url, given=text, extras=extras, origin=origin, is_editable=True)


def _check_folder(url: str, text: str, origin: Origin) -> None:
    try:
        folder = Path(urls.to_path(url, windows=os.name == "nt"), urls.subdirectory(url))
    except ValueError:
        raise UnusablePath(origin=str(origin), path=text, reason="the URL names another machine") from None
    if not is_project(folder):
        reason = "it does not appear to be a Python project: neither 'setup.py' nor 'pyproject.toml' found"
        raise UnusablePath(origin=str(origin), path=text, reason=reason)


def _refusal(text: str, origin: Origin) -> MalformedRequirement:
    return MalformedRequirement(
        origin=str(origin),
        text=text,
        reason=f"it is not a valid editable requirement. {_EXPECTED.format(', '.join(repository.SCHEMES))}",
        hint=repository.scp_hint(text),
        wanted="editable",
    )

"""A word that names something to install: a specifier, a URL, a file or a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec.structs import replace
from packaging.markers import InvalidMarker, Marker

from freewheel.build.sdist import is_project
from freewheel.config.platform import Platform
from freewheel.errors import MalformedRequirement, UnusablePath
from freewheel.model import repository
from freewheel.model import requirement as requirements
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName, normalize, sdist_stem
from freewheel.model.requirement import COMMAND_LINE, NO_URL, Origin, Requirement, SourceRequirement

_PATH_AFTER_AT = "what stands after @ is a URL, and this is none"
_EXTRAS = re.compile(r"^(?P<path>.+)\[(?P<extras>[^\]]*)\]$", re.DOTALL)
_SCHEMES = ("http", "https", "file", "ftp")


def classify(text: str, *, platform: Platform, origin: Origin = COMMAND_LINE) -> Requirement | SourceRequirement:
    """What a word asks for, by pip's rules; paths are seen from the current folder.

    Looks at the file system for what may be a path. Raises MalformedRequirement, UnusablePath.
    """
    try:
        return _classify(text, platform, origin)
    except MalformedRequirement as error:
        raise error.but(text=urls.redacted(error.text)) from None


def _classify(text: str, platform: Platform, origin: Origin) -> Requirement | SourceRequirement:
    if _is_direct(text):
        return _from_url(text, platform, origin)
    name, _, marker_text = text.partition(";")
    path, extras = split_extras(name.strip())
    full_path = Path(os.path.normpath(Path(platform.folder, path)))
    if _looks_like_path(name.strip(), platform) and full_path.is_dir():
        _check_project(full_path, name.strip(), origin)
    elif not _is_archive(path):
        return _specifier(text, full_path, platform, origin)
    elif not full_path.is_file():
        left, at, _ = name.partition("@")
        if at and not _looks_like_path(left, platform):
            return _specifier(text, full_path, platform, origin)
        raise UnusablePath(
            origin=str(origin),
            path=path,
            reason=f"Requirement {name.strip()!r} looks like a filename, but the file does not exist",
            hint="Check the spelling and the current folder; a project of an index has no suffix in its name.",
        )
    return SourceRequirement(
        url=urls.from_path(full_path),
        given=name.strip(),
        extras=extras,
        marker=_marker(marker_text, text, origin),
        origin=origin,
    )


def _from_url(text: str, platform: Platform, origin: Origin) -> Requirement | SourceRequirement:
    """A URL alone; `#egg=` may name the project and its extras. A marker needs a space before it, as in pip."""
    url, _, marker_text = text.partition("; ")
    url = url.strip()
    if not urls.is_well_formed(url):
        raise MalformedRequirement(origin=str(origin), text=text, reason=NO_URL)
    check_repository(url, text, origin)
    url = _absolute(url, platform)
    marker = _marker(marker_text, text, origin)
    egg = egg_of(url)
    if egg is not None:
        return replace(requirements.parse(egg, origin=origin), url=url, marker=marker)
    return SourceRequirement(url=url, given=urls.redacted(url), marker=marker, origin=origin)


def parse_specifier(text: str, *, origin: Origin) -> Requirement:
    """A dependency specifier (PEP 508), in a place where no paths are; raises MalformedRequirement."""
    try:
        requirement = requirements.parse(text, origin=origin)
        _check_reference(requirement.url, text, origin)
    except MalformedRequirement as error:
        raise error.but(text=urls.redacted(error.text)) from None
    return requirement


def _check_reference(reference: str | None, text: str, origin: Origin) -> None:
    if reference is None:
        return
    if not urls.is_url(reference):
        hint = f"Name the path alone ({reference}), or its URL after @: file:///the/whole/path."
        if reference[0].isdigit():
            hint = "A version is asked for with ==."
        raise MalformedRequirement(origin=str(origin), text=text, reason=_PATH_AFTER_AT, hint=hint)
    check_repository(reference, text, origin)


def _specifier(text: str, path: Path, platform: Platform, origin: Origin) -> Requirement:
    hint = None if path.exists() else repository.scp_hint(text)
    if hint is not None:
        raise MalformedRequirement(origin=str(origin), text=text, reason="this is no URL", hint=hint)
    try:
        requirement = parse_specifier(text, origin=origin)
    except MalformedRequirement as error:
        if _looks_like_path(text, platform) and path.exists():
            hint = "a requirements file is named with -r."
            if path.name in ("pyproject.toml", "setup.py"):
                hint = "a project is named by its folder."
            raise error.but(hint=f"The path does exist; {hint}") from None
        raise
    return requirement if requirement.url is None else replace(requirement, url=_absolute(requirement.url, platform))


def _is_direct(text: str) -> bool:
    return urls.is_url(text) and (urls.is_vcs(text) or urls.scheme(text) in _SCHEMES)


def egg_of(url: str) -> str | None:
    """The project, with its extras, that a URL's fragment names (`#egg=...`)."""
    return parse_qs(urlsplit(url).fragment).get("egg", [None])[0]


def check_repository(url: str, text: str, origin: Origin) -> None:
    """Raise MalformedRequirement for a repository that cannot be used."""
    refused = repository.refusal(url) if urls.is_vcs(url) else None
    if refused is not None:
        reason, hint = refused
        raise MalformedRequirement(origin=str(origin), text=text, reason=reason, hint=hint)


def _absolute(url: str, platform: Platform) -> str:
    """`file:folder/six.whl` is seen from the current folder, though no standard has such URLs."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "file" or parts.netloc or not parts.path or parts.path.startswith("/"):
        return url
    path = Path(os.path.normpath(Path(platform.folder, unquote(parts.path))))
    return urls.from_path(path) + (f"#{parts.fragment}" if parts.fragment else "")


def _marker(marker_text: str, text: str, origin: Origin) -> Marker | None:
    if not marker_text.strip():
        return None
    try:
        return Marker(marker_text.strip())
    except InvalidMarker as error:
        raise MalformedRequirement(origin=str(origin), text=text, reason=str(error).partition("\n")[0]) from error


def split_extras(name: str) -> tuple[str, frozenset[NormalizedName]]:
    """`./folder[a,b]` is a path and two extras."""
    found = _EXTRAS.match(name)
    if found is None:
        return name, frozenset()
    extras = (extra.strip() for extra in found["extras"].split(","))
    return found["path"], frozenset(normalize(extra) for extra in extras if extra)


def _looks_like_path(name: str, platform: Platform) -> bool:
    return name.startswith(".") or "/" in name or (platform.is_windows and "\\" in name)


def _is_archive(path: str) -> bool:
    return path.lower().endswith(".whl") or sdist_stem(path) is not None


def _check_project(folder: Path, name: str, origin: Origin) -> None:
    if not is_project(folder):
        raise UnusablePath(
            origin=str(origin),
            path=name,
            reason=f"Directory {name!r} is not installable. Neither 'setup.py' nor 'pyproject.toml' found.",
        )

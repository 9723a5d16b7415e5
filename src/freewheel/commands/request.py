"""What a command was asked for: words and files become requirements, and the options that files add."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from freewheel.commands.editable_naming import classify_editable
from freewheel.commands.naming import classify
from freewheel.commands.requirements_file import FileLine, RequirementsFiles
from freewheel.config.locations import locate
from freewheel.config.platform import Platform
from freewheel.config.settings import Setting
from freewheel.config.values import Config, IndexConfig, Location
from freewheel.errors import MalformedRequirement
from freewheel.model import digest as digests
from freewheel.model.digest import Digest
from freewheel.model.requirement import Requirement, SourceRequirement
from freewheel.model.url import is_url
from freewheel.options.option import Given

_FORMATS = ("no-binary", "only-binary")
_RELEASES = ("all-releases", "only-final", "pre")
_OF_REQUIREMENT = ("hash", "config-settings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for, and the configuration with the options of all files in it.

    URLs are without user and password: `protected` has those that came with them. `notes` are for -v: options
    that have no effect where they stand.
    """

    requirements: tuple[Requirement | SourceRequirement, ...]
    constraints: tuple[Requirement, ...]
    config: Config
    protected: tuple[Location, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Gathering:
    config: Config
    platform: Platform
    requirements: list[Requirement | SourceRequirement] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    protected: list[Location] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def without_credentials(self, requirement: Requirement | SourceRequirement) -> Requirement | SourceRequirement:
        location = Location.of(requirement.url or "")
        if location.credentials is None:
            return requirement
        self.protected.append(location)
        return replace(requirement, url=location.url)


def gather(config: Config, *, platform: Platform, fetch_text: Callable[[Location], str]) -> Request:
    """Read every word and file of a command, in pip's order: constraints, words, editables, files.

    `fetch_text` gives the text at a location (raises NetworkError). Raises RequirementError as well.
    """
    files = RequirementsFiles(environ=config.environment, platform=platform, fetch_text=fetch_text)
    found = _Gathering(config=config, platform=platform)
    for name in config.request.constraint_files:
        _take_all(files.lines(name, "-c"), found)
    for word in config.words:
        found.requirements.append(found.without_credentials(classify(word, platform=platform)))
    for word in config.request.editables:
        found.requirements.append(found.without_credentials(classify_editable(word, platform=platform)))
    for name in config.request.requirement_files:
        _take_all(files.lines(name, "-r"), found)
    return Request(
        requirements=tuple(found.requirements),
        constraints=tuple(found.constraints),
        config=found.config,
        protected=tuple(found.protected),
        notes=tuple(found.notes),
    )


def _take_all(lines: Iterator[FileLine], found: _Gathering) -> None:
    for line in lines:
        if not line.requirement:
            found.notes += [
                f"{line.origin}: --{one.name} has no effect without a requirement"
                for one in line.given
                if one.name in _OF_REQUIREMENT
            ]
            for one in line.given:
                found.config = _with_option(found.config, one, line, found.platform)
            continue
        found.notes += [
            f"{line.origin}: --{one.name} has no effect beside a requirement"
            for one in line.given
            if one.name not in _OF_REQUIREMENT
        ]
        requirement = found.without_credentials(_requirement(line, found.platform))
        if line.option == "-r":
            found.requirements.append(requirement)
        else:
            found.constraints.append(_as_constraint(requirement, line))


def _requirement(line: FileLine, platform: Platform) -> Requirement | SourceRequirement:
    named = classify_editable if line.is_editable else classify
    try:
        requirement = named(line.requirement, platform=platform, origin=line.origin)
    except MalformedRequirement as error:
        # Its text may hold what `${NAME}` stands for.
        raise MalformedRequirement(
            origin=error.origin, text=line.shown, reason=error.reason, hint=error.hint
        ) from None
    return replace(
        requirement,
        digests=(*requirement.digests, *_demanded(line)),
        config_settings=tuple(_settings(line)),
    )


def _as_constraint(requirement: Requirement | SourceRequirement, line: FileLine) -> Requirement:
    if requirement.is_editable:
        reason = "Editable requirements are not allowed as constraints"
    elif isinstance(requirement, SourceRequirement):
        reason = "Unnamed requirements are not allowed as constraints"
    elif requirement.extras:
        reason = "Constraints cannot have extras"
    else:
        return requirement
    raise MalformedRequirement(origin=str(line.origin), text=line.shown, reason=reason)


def _demanded(line: FileLine) -> Iterator[Digest]:
    for one in line.given:
        if one.name != "hash":
            continue
        try:
            digest = digests.parse(one.value or "")
        except ValueError:
            digest = None
        if digest is None or not digest.is_strong:
            raise MalformedRequirement(
                origin=str(line.origin),
                text=line.shown,
                reason=f"--hash={one.value} is no digest: sha256, sha384 or sha512, a colon, and hexadecimal digits",
            )
        yield digest


def _settings(line: FileLine) -> Iterator[tuple[str, str]]:
    for one in line.given:
        if one.name != "config-settings":
            continue
        key, equals, value = (one.value or "").partition("=")
        if not equals:
            raise MalformedRequirement(
                origin=str(line.origin),
                text=line.shown,
                reason="Arguments to --config-settings must be of the form KEY=VAL",
            )
        yield key, value


def _with_option(config: Config, one: Given, line: FileLine, platform: Platform) -> Config:
    """The configuration after an option that stands in a file; each adds to what came before."""
    value = one.value or ""
    if one.name in _FORMATS:
        formats = (*config.resolve.formats, (one.name, value))
        return replace(config, resolve=replace(config.resolve, formats=formats))
    if one.name in _RELEASES:
        releases = (*config.resolve.releases, (one.name, value))
        return replace(config, resolve=replace(config.resolve, releases=releases))
    if one.name == "prefer-binary":
        return replace(config, resolve=replace(config.resolve, prefer_binary=True))
    if one.name == "trusted-host":
        hosts = (*config.network.trusted_hosts, value.lower())
        return replace(config, network=replace(config.network, trusted_hosts=hosts))
    return replace(config, index=_with_index(config, one.name, value, line, platform))


def _with_index(config: Config, name: str, value: str, line: FileLine, platform: Platform) -> IndexConfig:
    index = config.index
    if name == "no-index":
        return replace(index, indexes=(), no_index=True)
    setting = Setting(option=name, text=value, source=str(line.origin))
    if name == "find-links":
        link = locate(_seen_from_file(setting, line), platform, config.environment)
        return replace(index, find_links=(*index.find_links, link))
    if index.no_index or name not in ("index-url", "extra-index-url"):
        return index
    before = index.indexes if name == "extra-index-url" else ()
    return replace(index, indexes=(*before, locate(setting, platform, config.environment)))


def _seen_from_file(setting: Setting, line: FileLine) -> Setting:
    """A path from the file's folder if it is there, else from the current one."""
    if line.folder is None or is_url(setting.text):
        return setting
    beside = Path(line.folder, setting.text)
    return replace(setting, text=str(beside)) if beside.exists() else setting

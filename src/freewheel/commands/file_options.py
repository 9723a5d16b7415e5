"""Options that stand in requirements files, and what they change for everything."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from freewheel.commands.requirements_file import FileLine
from freewheel.config.fetching import opposite_hash_options
from freewheel.config.locations import locate
from freewheel.config.platform import Platform
from freewheel.config.settings import Setting
from freewheel.config.values import Config, IndexConfig
from freewheel.model.url import is_url
from freewheel.options.option import Given

_FORMATS = ("no-binary", "only-binary")
_RELEASES = ("all-releases", "only-final", "pre")
_HASHES = {"require-hashes": True, "no-require-hashes": False}


def with_option(config: Config, one: Given, line: FileLine, platform: Platform) -> Config:
    """The configuration after an option that stands in a file; each adds to what came before.

    Raises InvalidOptionValue, CommandMisused.
    """
    value = one.value or ""
    if one.name in _FORMATS:
        formats = (*config.resolve.formats, (one.name, value))
        return replace(config, resolve=replace(config.resolve, formats=formats))
    if one.name in _RELEASES:
        releases = (*config.resolve.releases, (one.name, value))
        return replace(config, resolve=replace(config.resolve, releases=releases))
    if one.name in _HASHES:
        return _with_hashes(config, line, required=_HASHES[one.name])
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


def _with_hashes(config: Config, line: FileLine, *, required: bool) -> Config:
    if config.request.require_hashes is (not required):
        raise opposite_hash_options(str(line.origin))
    return replace(config, request=replace(config.request, require_hashes=required))

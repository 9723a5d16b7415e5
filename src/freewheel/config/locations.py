"""An index or a folder of archives, as a person names it."""

from __future__ import annotations

from collections.abc import Mapping

from freewheel.config.platform import Platform, absolute
from freewheel.config.settings import Setting
from freewheel.config.values import Location
from freewheel.model import url as urls


def locate(setting: Setting, platform: Platform, environ: Mapping[str, str]) -> Location:
    """The URL, or the `file:` URL of a path; raises InvalidOptionValue for what only begins like a URL."""
    if urls.is_url(setting.text):
        return at_url(setting)
    return Location.of(urls.from_path(platform.path(absolute(setting.text, platform, environ))))


def at_url(setting: Setting) -> Location:
    """The location at a URL; raises InvalidOptionValue."""
    if not urls.is_well_formed(setting.text):
        raise setting.invalid(f"option --{setting.option}: {urls.redacted(setting.text)!r} is no URL")
    return Location.of(setting.text)

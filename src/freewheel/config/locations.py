"""An index or a folder of archives, as a person names it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from freewheel.config.platform import Platform, absolute
from freewheel.config.settings import Setting
from freewheel.config.values import Location
from freewheel.model import url as urls

_HOST_AND_PORT = re.compile(r"[A-Za-z0-9.-]+:[0-9]{1,5}(/.*)?")
_PASSWORD_FIRST = re.compile(r"[^/\\@]+:[^/\\@]*@")


def locate(setting: Setting, platform: Platform, environ: Mapping[str, str]) -> Location:
    """The URL, or the `file:` URL of a path; raises InvalidOptionValue for what only begins like a URL.

    A host with a port and no scheme is a path, which nobody has, as in pip.
    """
    if _PASSWORD_FIRST.match(setting.text):
        shown = urls.redacted(f"//{setting.text}")[2:]
        raise replace(setting, text=shown).invalid(f"option --{setting.option}: {shown!r} has no scheme")
    if urls.is_url(setting.text) and not _HOST_AND_PORT.fullmatch(setting.text):
        return at_url(setting)
    path = platform.path(absolute(setting.text, platform, environ))
    return replace(Location.of(urls.from_path(path)), path=setting.text)


def at_url(setting: Setting) -> Location:
    """The location at a URL; raises InvalidOptionValue."""
    if not urls.is_well_formed(setting.text):
        raise setting.invalid(f"option --{setting.option}: {urls.redacted(setting.text)!r} is no URL")
    return Location.of(setting.text)

"""An index or a folder of archives, as a person names it."""

from __future__ import annotations

from collections.abc import Mapping

from freewheel.config.platform import Platform, absolute
from freewheel.config.values import Location
from freewheel.model import url as urls


def locate(text: str, platform: Platform, environ: Mapping[str, str]) -> Location:
    """The URL, or the `file:` URL of a path."""
    return Location.of(
        text if urls.is_url(text) else urls.from_path(platform.path(absolute(text, platform, environ)))
    )

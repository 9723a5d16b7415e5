"""A configuration from words, variables and files that exist in the test alone."""

from __future__ import annotations

from collections.abc import Mapping

from freewheel.cli.arguments import parse
from freewheel.config.loading import load
from freewheel.config.platform import Platform
from freewheel.config.values import Config

HOME = "/home/me"
LINUX = Platform(
    system="linux",
    prefix="/prefix",
    interpreter="/prefix/bin/python",
    folder="/project",
    home=HOME,
    system_settings="/etc",
)
USER_FILE = f"{HOME}/.config/pip/pip.conf"
LEGACY_FILE = f"{HOME}/.pip/pip.conf"
SITE_FILE = "/prefix/pip.conf"
GLOBAL_FILE = "/etc/pip.conf"
XDG_FILE = "/etc/xdg/pip/pip.conf"
PIP_SERIES = "26.3"
"""The pip that options and configuration are held against."""
DEFAULT_INDEX = "https://default.example.org/simple"


def told(
    words: str | list[str],
    environ: Mapping[str, str] | None = None,
    files: Mapping[str, str] | None = None,
    platform: Platform = LINUX,
    default_index: str = DEFAULT_INDEX,
) -> Config:
    """What freewheel would be told by these words (split at spaces, if a string), in this environment."""
    arguments = parse(words.split() if isinstance(words, str) else words)
    return load(
        arguments,
        environ=environ or {},
        platform=platform,
        read=(files or {}).get,
        default_index=lambda: default_index,
    )

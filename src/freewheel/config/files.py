"""pip's configuration files: where they lie on each platform, and what they say."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from freewheel.config.platform import Platform, absolute, home
from freewheel.config.values import Level
from freewheel.errors import ConfigurationFileError

if TYPE_CHECKING:
    from configparser import RawConfigParser

_UNCLOSED = re.compile(r"(\[[A-Za-z-]+)\s*")
"""The head of a section without its end."""


def levels(
    platform: Platform,
    environ: Mapping[str, str],
    *,
    is_isolated: bool,
    python: str | None,
    exists: Callable[[str], bool],
) -> tuple[Level, ...]:
    """Every file that is read, existing or not, from the nearest level on; none under the null device.

    `python` is the environment that an option names: its folder, or its interpreter. `exists` tells whether a file or
    folder is there.
    """
    named = environ.get("PIP_CONFIG_FILE")
    if is_switched_off(named):
        return ()
    site, everybody = site_file(platform, environ, python), global_files(platform, environ)
    found = [
        Level(name="site", paths=(site,), changed=site),
        Level(name="global", paths=everybody, changed=everybody[0]),
    ]
    own = absolute(named, platform, environ) if named else None
    # As in pip, a file named by PIP_CONFIG_FILE takes the place of the user's, if it exists.
    if not is_isolated and not (own is not None and exists(own)):
        users = user_files(platform, environ)
        in_use = users[1:] if platform.system == "darwin" and not exists(str(Path(users[0]).parent)) else users
        found.insert(1, Level(name="user", paths=users, changed=in_use[0]))
    if own is not None:
        found.insert(0, Level(name="env", paths=(own,), changed=own))
    return tuple(found)


def site_file(platform: Platform, environ: Mapping[str, str], python: str | None = None) -> str:
    """The file of the environment acted on."""
    prefix = environ.get("VIRTUAL_ENV") or platform.prefix
    if python:
        place = platform.path(absolute(python, platform, environ))
        is_interpreter = place.parent.name in ("bin", "Scripts")
        prefix = str(place.parent.parent if is_interpreter else place)
    return str(platform.path(prefix, _name(platform)))


def user_files(platform: Platform, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The user's files, the nearest first; the old place comes last."""
    own, name = home(platform, environ), _name(platform)
    if platform.is_windows:
        roaming = environ.get("APPDATA") or str(platform.path(own, "AppData", "Roaming"))
        return str(platform.path(roaming, "pip", name)), str(platform.path(own, "pip", name))
    settings = environ.get("XDG_CONFIG_HOME") or str(platform.path(own, ".config"))
    places = [platform.path(settings, "pip", name), platform.path(own, ".pip", name)]
    if platform.system == "darwin":
        places.insert(0, platform.path(own, "Library/Application Support/pip", name))
    return tuple(map(str, places))


def global_files(platform: Platform, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The files for everybody, the nearest first: the system's own folder, then XDG's folders from last to first."""
    name = _name(platform)
    if platform.is_windows:
        return (str(platform.path(environ.get("PROGRAMDATA") or r"C:\ProgramData", "pip", name)),)
    if platform.system == "darwin":
        return (str(platform.path("/Library/Application Support/pip", name)),)
    folders = environ.get("XDG_CONFIG_DIRS") or str(platform.path(platform.system_settings, "xdg"))
    shared = [platform.path(folder, "pip", name) for folder in reversed(folders.split(":")) if folder]
    return tuple(map(str, (platform.path(platform.system_settings, name), *shared)))


def read_text(path: str) -> str | None:
    """A file's text; None where there is none to be read, as in pip. Raises ConfigurationFileError."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return None
    except UnicodeDecodeError as error:
        raise ConfigurationFileError(path=path, reason=f"byte {error.start} is not UTF-8") from error


def is_switched_off(config_file: str | None) -> bool:
    """Whether PIP_CONFIG_FILE names the null device: then no file is read at all."""
    return config_file == os.devnull


def sections(text: str, path: str) -> Mapping[str, Mapping[str, str]]:
    """What each section sets, by key in lower case with hyphens; raises ConfigurationFileError without the content.

    >>> sections("[global]\\nNo_Index = yes\\n", "pip.conf")
    {'global': {'no-index': 'yes'}}
    """
    parser = parser_of(text, path)
    return {section: dict(parser.items(section)) for section in parser.sections()}


def parser_of(text: str, path: str) -> RawConfigParser:
    """The standard library's reading of a file; raises ConfigurationFileError."""
    from configparser import Error, RawConfigParser  # 9 ms, and many machines have no such file

    parser = RawConfigParser()
    parser.optionxform = key_of  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(text, source=path)
    except Error as error:
        raise ConfigurationFileError(path=path, reason=_reason(error, text)) from None
    return parser


def key_of(name: str) -> str:
    """The name of an option in a file, however it is spelt there.

    >>> key_of("--Index_URL")
    'index-url'
    """
    return name.lower().replace("_", "-").removeprefix("--")


def _name(platform: Platform) -> str:
    return "pip.ini" if platform.is_windows else "pip.conf"


def _reason(error: Exception, text: str) -> str:
    """What is wrong and on which line: the library's own text quotes the line, and with it a password.

    What begins like a section is shown, if it is a bare name.
    """
    problems = getattr(error, "errors", None)
    line = getattr(error, "lineno", None) or (problems[0][0] if problems else None)
    what = {
        "MissingSectionHeaderError": "something stands before the first [section]",
        "DuplicateOptionError": "an option stands twice in one section",
        "DuplicateSectionError": "a section stands twice",
    }.get(type(error).__name__, "it does not follow the form `option = value` in [sections]")
    if line and (unclosed := _UNCLOSED.fullmatch(text.split("\n")[line - 1])) is not None:
        what = f"`{unclosed[1]}` lacks its closing bracket"
    return f"line {line}: {what}" if line else what

"""`config`: what configuration files and the environment set, and changing the files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from freewheel.config.editing import with_value, without_key
from freewheel.config.files import key_of, sections
from freewheel.config.values import FilesConfig, Level
from freewheel.errors import CommandMisused, ConfigurationFileError, NotWritable
from freewheel.model.url import redacted
from freewheel.options.refused import REFUSED, REFUSED_COMMANDS
from freewheel.options.table import COMMANDS, by_key, known_keys
from freewheel.store.replacing import write_text

PREFIXES = ("PIP_", "FREEWHEEL_")
"""How variables that set options begin; a later one counts more."""

_ENVIRONMENT = ":env:"
_NO_OPTIONS = ("version", "help")
_FOR_ALL = ("global", "freewheel")
_FAR_TO_NEAR = ("global", "user", "site", "env")


class Found(Struct, frozen=True, kw_only=True):
    """A value that is set: `key` is `<section>.<option>`, `place` the file's path or `:env:`."""

    place: str
    key: str
    value: str

    @property
    def shown(self) -> str:
        """The value as everybody may see it: without passwords."""
        return masked(self.key, self.value)


def unread(found: Iterable[Found]) -> Iterator[str]:
    """What files set that no command reads, a sentence each with what may have been meant; pip says nothing of it."""
    for one in found:
        section, _, key = one.key.partition(".")
        if one.place == _ENVIRONMENT or section in REFUSED_COMMANDS:
            continue
        keys = by_key(section) if section in COMMANDS else known_keys() | {row.name for row in REFUSED}
        if section not in COMMANDS and section not in _FOR_ALL:
            maybe = _similar(section, (*_FOR_ALL, *COMMANDS))
            yield f"{one.place}: [{section}] is read by no command{maybe}"
        elif key not in keys and key not in _NO_OPTIONS:
            whose = "an option" if section in _FOR_ALL else f"an option of {section}"
            yield f"{one.place}: {one.key} is not {whose}{_similar(key, keys)}"


def _similar(word: str, words: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(word, list(words), n=1)
    return f"; maybe you meant {found[0]}." if found else "."


def masked(key: str, value: str) -> str:
    """A value without passwords; a proxy needs no scheme to have one.

    >>> masked("global.proxy", "me:secret@proxy.example:3128"), masked("global.timeout", "5")
    ('me:****@proxy.example:3128', '5')
    """
    if key.endswith(("proxy", "PROXY")) and "://" not in value:
        return redacted("//" + value).removeprefix("//")
    return redacted(value)


def checked_action(words: Sequence[str], arguments: Mapping[str, Sequence[str]]) -> tuple[str, Sequence[str]]:
    """The action and its arguments; `arguments` names those of each. Raises CommandMisused."""
    if not words or words[0] not in arguments:
        raise CommandMisused(problem=f"Need an action ({', '.join(sorted(arguments))}) to perform.")
    action, given = words[0], words[1:]
    names = arguments[action]
    if len(given) != len(names):
        example = " ".join([action, *(f"[{name}]" for name in names)])
        problem = f"Got unexpected number of arguments, expected {len(names)}."
        raise CommandMisused(problem=f'{problem} (example: "freewheel config {example}")')
    return action, given


class FileSettings:
    """What is set in the files of one run, and in its environment."""

    def __init__(self, config: FilesConfig, environ: Mapping[str, str], *, is_isolated: bool) -> None:
        self._config = config
        self._variables = {} if is_isolated else variables(environ)

    def levels(self) -> Mapping[str, Level]:
        """Every level by its name."""
        return {level.name: level for level in self._config.levels}

    def looked_at(self) -> tuple[Level, ...]:
        """The levels that `list` and `debug` show, the furthest first; raises CommandMisused."""
        chosen = self._chosen()
        return tuple(level for level in self._far_to_near() if chosen is None or _is_of(level, chosen))

    def found(self, levels: Sequence[Level]) -> Iterator[Found]:
        """Everything that files of these levels and the environment set, the furthest first.

        Raises ConfigurationFileError.
        """
        for level in levels:
            for path in reversed(level.paths):
                yield from found_in(path)
        values = {_option(name): value for name, value in self._variables.items()}
        yield from (
            Found(place=_ENVIRONMENT, key=f"{_ENVIRONMENT}.{key}", value=value) for key, value in values.items()
        )

    def variables(self) -> list[tuple[str, str]]:
        """Variables with their values, by name."""
        return sorted(self._variables.items())

    def value(self, key: str) -> str:
        """The value that counts of those of one level and of the environment; raises CommandMisused."""
        name = self._level().name
        levels = [level for level in self._far_to_near() if _is_of(level, name)]
        values = {found.key: found.value for found in self.found(levels)}
        wanted = key_of(key)
        if wanted not in values:
            _split(wanted)
            raise CommandMisused(problem=f"No such key - {key}")
        return values[wanted]

    def file(self, warn: Callable[[str], None]) -> str:
        """The file that is changed; `warn` is told of where it is another one than it seems.

        Raises CommandMisused.
        """
        return self._changed_level(warn).changed

    def set(self, key: str, value: str, *, warn: Callable[[str], None]) -> str:
        """Set a key, and the path of the file; raises CommandMisused, ConfigurationFileError, NotWritable."""
        path = self.file(warn)
        section, option = _split(key_of(key))
        _write(path, with_value(_text(path), section, option, value, path=path))
        return path

    def unset(self, key: str, *, warn: Callable[[str], None]) -> str:
        """Take a key out of the nearest file that has it; raises CommandMisused and what `set` raises."""
        section, option = _split(key_of(key))
        for path in self._changed_level(warn).paths:
            if option in sections(_text(path), path).get(section, {}):
                _write(path, without_key(_text(path), section, option, path=path))
                return path
        raise CommandMisused(problem=f"No such key - {key}")

    def _far_to_near(self) -> list[Level]:
        return sorted(self._config.levels, key=lambda level: _FAR_TO_NEAR.index(level.name))

    def _chosen(self) -> str | None:
        if len(self._config.chosen) > 1:
            problem = "Need exactly one file to operate upon (--user, --site, --global) to perform."
            raise CommandMisused(problem=problem)
        return next(iter(self._config.chosen), None)

    def _level(self) -> Level:
        """The one level that is read for its values, or changed; raises CommandMisused."""
        by_name, chosen = self.levels(), self._chosen()
        if chosen is None:
            has_site = "site" in by_name and any(map(os.path.exists, by_name["site"].paths))
            chosen = "site" if has_site else "user"
        if chosen in by_name:
            return by_name[chosen]
        if chosen == "user" and "env" in by_name:
            return by_name["env"]
        return Level(name=chosen, paths=(), changed="")

    def _changed_level(self, warn: Callable[[str], None]) -> Level:
        if self._config.are_off:
            problem = f"Cannot write to PIP_CONFIG_FILE when it is set to {os.devnull}"
            raise CommandMisused(problem=problem, hint="Unset PIP_CONFIG_FILE for this command.")
        level = self._level()
        if not level.paths:
            raise CommandMisused(problem=f"--isolated leaves the {level.name}'s configuration file out.")
        if level.name == "env":
            warn(
                f"Because PIP_CONFIG_FILE is set, changes will be applied to '{level.changed}', not to 'user'. "
                "To restore normal behavior, unset PIP_CONFIG_FILE."
            )
        return level


def variables(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that set options, those that count less first; an empty one of ours sets nothing."""
    return {
        name: value
        for prefix in PREFIXES
        for name, value in sorted(environ.items())
        if name.startswith(prefix)
        and name.removeprefix(prefix).lower() not in _NO_OPTIONS
        and (value or prefix == PREFIXES[0])
    }


def found_in(path: str) -> Iterator[Found]:
    """What one file sets; nothing where there is none. Raises ConfigurationFileError."""
    for section, values in sections(_text(path), path).items():
        yield from (Found(place=path, key=f"{section}.{key}", value=value) for key, value in values.items())


def edit(path: str, editor: str | None) -> None:
    """Open a file in an editor, and wait for it; raises CommandMisused, NotWritable."""
    if not editor:
        raise CommandMisused(problem="Could not determine editor to use.", hint="Name one with --editor.")
    _make_folder_of(path)
    if os.name == "nt":
        done = subprocess.run(f'{editor} "{path}"', shell=True, check=False)  # noqa: S602 - a command line, by nature
    else:
        done = subprocess.run(["sh", "-c", f'{editor} "$1"', "sh", path], check=False)
    if done.returncode != 0:
        raise CommandMisused(problem=f"Editor Subprocess exited with exit code {done.returncode}")


def _write(path: str, text: str) -> None:
    _make_folder_of(path)
    write_text(path, text)


def _make_folder_of(path: str) -> None:
    try:
        Path(os.path.realpath(path)).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable(path=path, reason=error.strerror or str(error)) from error


def _is_of(level: Level, name: str) -> bool:
    """Whether a level is looked at as `name`: the file of PIP_CONFIG_FILE is that of the user, as in pip."""
    return level.name == name or (level.name == "env" and name == "user")


def _option(variable: str) -> str:
    prefix = next(prefix for prefix in PREFIXES if variable.startswith(prefix))
    return key_of(variable.removeprefix(prefix))


def _split(key: str) -> tuple[str, str]:
    section, dot, option = key.partition(".")
    if not dot:
        raise CommandMisused(
            problem="Key does not contain dot separated section and key. "
            f"Perhaps you wanted to use 'global.{key}' instead?"
        )
    return section, option


def _text(path: str) -> str:
    """A file's text, line ends as they are; empty where there is none. Raises ConfigurationFileError."""
    try:
        return Path(path).read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ConfigurationFileError(path=path, reason=error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise ConfigurationFileError(path=path, reason=f"byte {error.start} is not UTF-8") from error

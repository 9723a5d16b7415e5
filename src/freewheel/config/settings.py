"""Which value counts when an option is set in several places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from freewheel.errors import InvalidOptionValue
from freewheel.model.url import redacted
from freewheel.options.option import Given, Option
from freewheel.options.words import invalid_choice

COMMAND_LINE = "the command line"
_MOST_DIGITS = 9  # nobody counts further, and Python refuses to read thousands of digits
_TRUE = frozenset({"y", "yes", "t", "true", "on", "1"})
_FALSE = frozenset({"n", "no", "f", "false", "off", "0"})


class Layer(Struct, frozen=True, kw_only=True):
    """Options set in one place: the environment under one prefix, or one section of one file.

    `values` is by key as in files. `is_ours` tells places that only freewheel reads, where a value means what it
    says, from pip's, where some are read the wrong way round. `prefix` is that of environment variables.
    """

    section: str
    place: str
    values: Mapping[str, str]
    is_ours: bool
    prefix: str | None = None

    def source(self, key: str) -> str:
        """How this place is named in a message."""
        name = key if self.prefix is None else self.prefix + key.upper().replace("-", "_")
        return f"{name} in {self.place}"


class Setting(Struct, frozen=True, kw_only=True):
    """A value as somebody wrote it; `layer` is None for the command line."""

    option: str
    text: str
    source: str
    layer: Layer | None = None

    def invalid(self, problem: str) -> InvalidOptionValue:
        """The error for a value that the option cannot have."""
        shown = redacted(self.text)
        return InvalidOptionValue(problem=problem, option=self.option, value=shown, source=self.source)

    def truth(self) -> bool:
        """Yes or no, in pip's spellings; raises InvalidOptionValue."""
        if self.text.lower() in _TRUE:
            return True
        if self.text.lower() in _FALSE:
            return False
        raise self.invalid(
            f"{self.text} is not a valid value for {self.option} option, please specify a boolean value like yes/no, "
            "true/false or 1/0 instead."
        )


class Settings(Struct, frozen=True, kw_only=True):
    """Everything that was set for one command.

    `rows` are the command's options by long name; `layers` begin with the nearest. An option that the command does
    not take is set nowhere. An empty value outside the command line is no value (in a file it also hides the same
    section of files further away, as in pip).
    """

    rows: Mapping[str, Option]
    given: Sequence[Given]
    layers: Sequence[Layer]

    def last_given(self, *names: str) -> Setting | None:
        """The last of these options on the command line; a flag's text is empty."""
        return next(iter(reversed(self._given(*names))), None)

    def in_layer(self, layer: Layer, name: str) -> Setting | None:
        """What one place says of an option, empty values included."""
        return next(self._latest(layer, name), None)

    def nearest(self, name: str) -> Setting | None:
        """The value that counts: the last on the command line, else that of the nearest place."""
        return self.last_given(name) or next(self._in_layers(name), None)

    def text(self, name: str) -> str | None:
        """A value as it stands; None if it is set nowhere."""
        setting = self.nearest(name)
        return None if setting is None else setting.text

    def flag(self, name: str) -> bool:
        """Whether a flag is set; raises InvalidOptionValue."""
        if self.last_given(name):
            return True
        setting = next(self._in_layers(name), None)
        return setting is not None and setting.truth()

    def switch(self, *, on: str | None = None, off: str, default: bool) -> bool:
        """`open_switch` with a default; raises InvalidOptionValue."""
        position = self.open_switch(on=on, off=off)
        return default if position is None else position

    def open_switch(self, *, on: str | None = None, off: str) -> bool | None:
        """Of two opposite flags the last on the command line, or else the nearest; None if neither is set.

        Raises InvalidOptionValue.
        """
        given = self.last_given(off, *filter(None, [on]))
        if given is not None:
            return given.option != off
        for layer in self.layers:
            setting = next((one for one in self._latest(layer, off, *filter(None, [on])) if one.text), None)
            if setting is not None:
                is_plain = setting.option == on or (self.rows[off].inverted and not layer.is_ours)
                return setting.truth() is is_plain
        return None

    def count(self, name: str) -> int:
        """How often a counting flag is set, the value of the nearest place included; raises InvalidOptionValue."""
        setting = next(self._in_layers(name), None)
        return self._count(setting) + len(self._given(name))

    def choice(self, name: str, default: str) -> str:
        """One of the option's choices; raises InvalidOptionValue."""
        setting = self.nearest(name)
        if setting is None:
            return default
        return self._one_of(self.rows[name], setting)

    def chosen(self, name: str) -> tuple[str, ...]:
        """A list of the option's choices; raises InvalidOptionValue."""
        return tuple(self._one_of(self.rows[name], setting) for setting in self.items(name))

    def _one_of(self, row: Option, setting: Setting) -> str:
        if setting.text not in row.choices:
            raise setting.invalid(invalid_choice(f"--{setting.option}", setting.text, row))
        return setting.text

    def seconds(self, name: str, default: float) -> float:
        """A duration above 0; raises InvalidOptionValue."""
        setting = self.nearest(name)
        if setting is None:
            return default
        try:
            number = float(setting.text)
        except ValueError:
            raise setting.invalid(f"option --{name}: invalid floating-point value: {setting.text!r}") from None
        if not 0 < number < float("inf"):
            raise setting.invalid(f"option --{name}: {setting.text} is no number of seconds above 0")
        return number

    def number(self, name: str, default: int) -> int:
        """A whole number of at least 0; raises InvalidOptionValue."""
        setting = self.nearest(name)
        if setting is None:
            return default
        digits = setting.text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
            raise setting.invalid(f"option --{name}: invalid integer value: {setting.text!r}")
        if digits != setting.text:
            raise setting.invalid(f"option --{name}: {setting.text} is less than 0")
        return int(digits)

    def items(self, name: str) -> tuple[Setting, ...]:
        """A list: what the nearest place has, split at white space, and then everything on the command line."""
        setting = next(self._in_layers(name), None)
        layered = () if setting is None else _split(setting)
        return (*layered, *self._given(name))

    def changes(self, *names: str) -> tuple[Setting, ...]:
        """Accumulating values in the order in which they apply; empty ones have no effect.

        As in pip, each kind of section adds its own: `[global]`, then `[<command>]`, then the environment; of
        sections with the same name the nearest counts.
        """
        found: list[Setting] = []
        seen: set[tuple[str, str]] = set()
        for layer in self.layers:
            for setting in self._latest(layer, *names):
                if (setting.option, layer.section) not in seen:
                    seen.add((setting.option, layer.section))
                    found.append(setting)
        return tuple(setting for setting in (*reversed(found), *self._given(*names)) if setting.text)

    def _given(self, *names: str) -> list[Setting]:
        return [
            Setting(option=given.name, text=given.value or "", source=COMMAND_LINE)
            for given in self.given
            if given.name in names
        ]

    def _latest(self, layer: Layer, *names: str) -> Iterator[Setting]:
        """What one place says of some options, from the last of its lines to the first."""
        options = {key: name for name in names if name in self.rows for key in self.rows[name].long_names}
        for key, text in reversed(tuple(layer.values.items())):
            if key in options:
                yield Setting(option=options[key], text=text, source=layer.source(key), layer=layer)

    def _in_layers(self, name: str) -> Iterator[Setting]:
        hidden: set[str] = set()
        for layer in self.layers:
            setting = self.in_layer(layer, name)
            if setting is None or layer.section in hidden:
                continue
            if setting.text:
                yield setting
            else:
                hidden.add(layer.section)

    def _count(self, setting: Setting | None) -> int:
        if setting is None:
            return 0
        if setting.text.isascii() and setting.text.isdigit():
            return int(setting.text)
        try:
            return int(setting.truth())
        except InvalidOptionValue:
            raise setting.invalid(
                f"{setting.text} is not a valid value for {setting.option} option, please instead specify either a "
                "non-negative integer or a boolean value like yes/no or false/true which is equivalent to 1/0."
            ) from None


def _split(setting: Setting) -> tuple[Setting, ...]:
    return tuple(
        Setting(option=setting.option, text=text, source=setting.source, layer=setting.layer)
        for text in setting.text.split()
    )


def environment_layers(environ: Mapping[str, str]) -> tuple[Layer, ...]:
    """The options set by environment variables: `FREEWHEEL_*`, then `PIP_*`; on Windows names come in upper case."""
    return tuple(
        Layer(
            section=prefix,
            place="the environment",
            prefix=prefix,
            is_ours=prefix == "FREEWHEEL_",
            values={
                name.removeprefix(prefix).lower().replace("_", "-"): value
                for name, value in environ.items()
                if name.startswith(prefix)
            },
        )
        for prefix in ("FREEWHEEL_", "PIP_")
    )


def file_layers(path: str, sections: Mapping[str, Mapping[str, str]], command: str) -> tuple[Layer, ...]:
    """The sections of a file that concern a command, the nearest first."""
    return tuple(
        Layer(
            section=section,
            place=f"[{section}] of {path}",
            values=sections[section],
            is_ours=section == "freewheel",
        )
        for section in ("freewheel", command, "global")
        if section in sections
    )

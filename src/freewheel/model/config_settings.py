"""Config settings (PEP 517): what a person tells a build backend, as pairs."""

from __future__ import annotations

from typing import TypeAlias

ConfigSettings: TypeAlias = tuple[tuple[str, str], ...]
"""Names and values in the order given; a name may come again."""


def parse(text: str) -> tuple[str, str]:
    """The name and value that `--config-settings` is given; ValueError, in pip's words, for anything else.

    >>> parse("--build-option=-q")
    ('--build-option', '-q')
    """
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError("Arguments to --config-settings must be of the form KEY=VAL")
    return name, value


def grouped(settings: ConfigSettings) -> dict[str, list[str]]:
    """The values of each name, in order.

    >>> grouped((("a", "1"), ("b", "2"), ("a", "3")))
    {'a': ['1', '3'], 'b': ['2']}
    """
    values: dict[str, list[str]] = {}
    for name, value in settings:
        values.setdefault(name, []).append(value)
    return values

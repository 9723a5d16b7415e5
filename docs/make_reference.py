"""Writes docs/reference/options.md from the table of options: `python docs/make_reference.py`.

A test compares the page with what this makes of the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from freewheel.options.option import Option
from freewheel.options.refused import REFUSED
from freewheel.options.table import COMMANDS, TABLE, VERSION

PAGE = Path(__file__).parent / "reference" / "options.md"


def page() -> str:
    """The whole page, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from (
        "# Options",
        "",
        "Every option can be given on the command line, as an environment variable (`FREEWHEEL_NAME`, or pip's",
        "`PIP_NAME`), or as `name = value` in pip's configuration files; see [Configuration](configuration.md).",
        "Long options may be abbreviated on the command line as long as they stay unique.",
        "",
        "This page is made from the program's own table by `python docs/make_reference.py`.",
        "",
        "| option | commands | what it does |",
        "|---|---|---|",
    )
    everywhere = frozenset(COMMANDS)
    for row in [VERSION, *(row for row in TABLE if row.refusal is None)]:
        commands = "all" if row.commands in (everywhere, frozenset()) else ", ".join(sorted(row.commands))
        yield f"| {_words(row)} | {commands} | {_effect(row)} |"
    yield from ("", "## Refused", "", "pip's options that freewheel does not have; each is refused by name.", "")
    yield from ("| option | commands | why |", "|---|---|---|")
    for row in REFUSED:
        yield f"| {_words(row)} | {', '.join(sorted(row.commands))} | {_escaped(row.refusal or '')} |"


def _words(row: Option) -> str:
    value = f" <{row.metavar or '|'.join(row.choices) or 'value'}>" if row.takes_value else ""
    return ", ".join(f"`{_escaped(word)}`" for word in row.words) + (f" `{_escaped(value.strip())}`" if value else "")


def _effect(row: Option) -> str:
    if row.without_effect is not None:
        return f"Accepted, without effect: {_escaped(row.without_effect)}."
    return _escaped(row.help)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

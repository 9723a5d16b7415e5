"""Writes what can be read off the code: `python docs/make_reference.py`.

That is docs/reference/options.md, from the table of options, and the tree in ARCHITECTURE.md, from the modules'
docstrings. Tests compare both with what this makes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from freewheel.options.option import Option
from freewheel.options.refused import REFUSED
from freewheel.options.table import COMMANDS, TABLE, VERSION

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "options.md"
PLAN = ROOT / "ARCHITECTURE.md"
SOURCE = ROOT / "src" / "freewheel"
FENCE = "```\nsrc/freewheel/\n"


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
        yield f"| {_words(row)} | all | {_escaped(row.refusal or '')} |"


def _words(row: Option) -> str:
    value = f" <{row.metavar or '|'.join(row.choices) or 'value'}>" if row.takes_value else ""
    return ", ".join(f"`{_escaped(word)}`" for word in row.words) + (f" `{_escaped(value.strip())}`" if value else "")


def _effect(row: Option) -> str:
    if row.without_effect is not None:
        return f"Accepted, without effect: {_escaped(row.without_effect)}."
    return _escaped(row.help)


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def plan(before: str) -> str:
    """The text of ARCHITECTURE.md with its tree made anew.

    Packages keep their order, new ones come last; modules stand by name, after the protocol that the others follow.
    """
    head, _, rest = before.partition(FENCE)
    tree, _, tail = rest.partition("```")
    top = [line.split()[0] for line in tree.splitlines() if line.startswith("  ") and line[2] != " "]
    known = {name: number for number, name in enumerate(top)}
    return head + FENCE + "\n".join(_tree(SOURCE, 1, known)) + "\n```" + tail


def _tree(folder: Path, depth: int, known: dict[str, int]) -> Iterator[str]:
    def rank(path: Path) -> tuple[int, int, str]:
        place = known.get(f"{path.name}/", len(known)) if path.is_dir() and depth == 1 else 0
        return path.is_dir(), place, "" if path.name == "protocol.py" else path.name

    def described(path: Path) -> Iterator[str]:
        initial = path / "__init__.py" if path.is_dir() else path
        sentence = (ast.get_docstring(ast.parse(initial.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        name = path.name + ("/" if path.is_dir() else "")
        yield f"{'  ' * depth + name:<28} {sentence}"
        if path.is_dir():
            yield from _tree(path, depth + 1, known)

    modules = [path for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    for path in sorted(modules, key=rank):
        if depth == 1 or path.name != "__init__.py":
            yield from described(path)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    PLAN.write_text(plan(PLAN.read_text(encoding="utf-8")), encoding="utf-8")

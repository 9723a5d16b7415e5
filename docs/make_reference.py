"""Writes what can be read off the code: `python docs/make_reference.py`.

That is docs/reference/options.md, from the table of options; docs/reference/pip-options.md, from that and from
docs/differences.toml; the commands in docs/reference/cache.md, from the same table;
docs/reference/python-interface.md, from the source of `freewheel.http`; and the tree in ARCHITECTURE.md, from the
modules' docstrings. Tests compare all with what this makes, and the second with the installed pip.
"""

from __future__ import annotations

import ast
import runpy
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from freewheel.options.caching import ACTIONS, CACHING, LIMITS
from freewheel.options.option import Group, Option
from freewheel.options.refused import REFUSED, REFUSED_COMMANDS
from freewheel.options.sharing import SHARING
from freewheel.options.table import COMMANDS, TABLE, VERSION

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "options.md"
PIPS_PAGE = ROOT / "docs" / "reference" / "pip-options.md"
DIFFERENCES = ROOT / "docs" / "differences.toml"
INTERFACE = ROOT / "docs" / "reference" / "python-interface.md"
PLAN = ROOT / "ARCHITECTURE.md"
SOURCE = ROOT / "src" / "freewheel"
CACHE = ROOT / "docs" / "reference" / "cache.md"
MADE, END = "<!-- made by docs/make_reference.py -->", "<!-- end -->"
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


def pips_page() -> str:
    """The page that tells what each command and option of pip's does here, as Markdown."""
    return "\n".join(_pips_lines(tomllib.loads(DIFFERENCES.read_text(encoding="utf-8")))) + "\n"


def _pips_lines(differences: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    yield from (
        "# pip's commands and options",
        "",
        "What each command and each option of pip 26.3 does here: *same* as in pip, *differs* in what the last",
        "column says, *accepted* without effect, or *refused* by name. A test holds this page against the installed",
        "pip, so that nothing is missing. What the differences mean in practice:",
        "[Coming from pip](../how-to/coming-from-pip.md).",
        "",
        "This page is made by `python docs/make_reference.py` from the program's table of options and from",
        "`docs/differences.toml`.",
        "",
        "| command | here | |",
        "|---|---|---|",
    )
    commands = differences["commands"]
    for command in COMMANDS:
        yield _pips_row(
            f"`{command}`", *(("differs", str(commands[command])) if command in commands else ("same", ""))
        )
    yield from (_pips_row(f"`{command}`", "refused", f"{why}.") for command, why in REFUSED_COMMANDS.items())
    pips = [row for row in TABLE if not row.is_ours]
    everywhere = [VERSION, *(row for row in pips if row.group is Group.GENERAL)]
    yield from _pips_options("Options of every command", everywhere, None, differences)
    index = [row for row in pips if row.group is Group.INDEX]
    names = ", ".join(f"`{command}`" for command in COMMANDS if command in index[0].commands)
    yield from _pips_options("Options about indexes", index, None, differences, f"Of {names}.")
    for command in COMMANDS:
        own = [row for row in pips if row.group is Group.COMMAND and command in row.commands]
        if own:
            yield from _pips_options(f"`{command}`", own, command, differences)
    yield from ("", "## What pip does not have", "", "| option | commands | what it does |", "|---|---|---|")
    for row in (row for row in TABLE if row.is_ours):
        commands_of = "all" if row.commands == frozenset(COMMANDS) else ", ".join(sorted(row.commands))
        yield f"| {_words(row)} | {commands_of} | {_effect(row)} |"


def _pips_options(
    title: str,
    rows: Iterable[Option],
    command: str | None,
    differences: Mapping[str, Mapping[str, object]],
    more: str | None = None,
) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    if more is not None:
        yield from (more, "")
    yield from ("| option | here | |", "|---|---|---|")
    found = differences["options"]
    own = found.get(command or "")
    for row in rows:
        difference = own.get(row.name) if isinstance(own, dict) else None
        yield _pips_row(_words(row), *_state(row, difference or found.get(row.name)))


def _pips_row(name: str, state: str, more: str) -> str:
    return f"| {name} | {state} | {_escaped(more)} |"


def _state(row: Option, difference: object) -> tuple[str, str]:
    if row.refusal is not None:
        return "refused", f"{row.refusal}."
    if row.without_effect is not None:
        return "accepted", f"{row.without_effect}."
    return ("differs", difference) if isinstance(difference, str) else ("same", "")


def interface() -> str:
    """The page that tells what programs may use, as Markdown."""
    made: str = runpy.run_path(str(ROOT / "docs" / "python_interface.py"))["page"]()
    return made


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


def cache_page(before: str) -> str:
    """The text of docs/reference/cache.md with the tables of its actions and options made anew."""
    head, _, rest = before.partition(f"{MADE}\n")
    _, _, tail = rest.partition(f"{END}\n")
    return f"{head}{MADE}\n" + "\n".join(_actions()) + f"\n{END}\n{tail}"


def _actions() -> Iterator[str]:
    yield from ("", "| command | what it does |", "|---|---|")
    for name, (arguments, text) in ACTIONS.items():
        yield f"| `freewheel cache {_escaped(f'{name} {arguments}'.rstrip())}` | {_escaped(text)} |"
    yield from ("", "| option | |", "|---|---|")
    for row in (*CACHING, *LIMITS, *SHARING):
        yield f"| {_words(row)} | {_effect(row)} |"
    yield ""


if __name__ == "__main__":
    CACHE.write_text(cache_page(CACHE.read_text(encoding="utf-8")), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    PIPS_PAGE.write_text(pips_page(), encoding="utf-8")
    INTERFACE.write_text(interface(), encoding="utf-8")
    PLAN.write_text(plan(PLAN.read_text(encoding="utf-8")), encoding="utf-8")

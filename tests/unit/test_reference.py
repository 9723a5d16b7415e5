"""The reference page says what the table says."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

from freewheel import http
from freewheel.options.table import COMMANDS, TABLE
from tests.support.pips import PipsOptions

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_options_is_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))["page"]()
    assert (DOCS / "reference" / "options.md").read_text(encoding="utf-8") == made


def test_the_page_of_the_python_interface_is_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))["interface"]()
    assert (DOCS / "reference" / "python-interface.md").read_text(encoding="utf-8") == made
    assert set(http.__all__) <= set(re.findall(r"`(?:freewheel\.http\.)?([A-Za-z_]+)`", made))


def test_links_between_pages_lead_somewhere() -> None:
    root = DOCS.parent
    broken = []
    for page in [*root.glob("*.md"), *DOCS.rglob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for target in (part.partition(")")[0] for part in text.split("](")[1:]):
            path = target.partition("#")[0]
            if path and "://" not in path and not (page.parent / path).exists():
                broken.append((page.name, target))
    assert broken == []


def test_the_page_of_pips_options_is_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "make_reference.py"))["pips_page"]()
    assert (DOCS / "reference" / "pip-options.md").read_text(encoding="utf-8") == made


def told_of_pip() -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What the page says: the state of each command, and under each heading that of each option's words."""
    commands: dict[str, str] = {}
    options: dict[str, dict[str, str]] = {}
    heading = ""
    for line in (DOCS / "reference" / "pip-options.md").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ").strip("`")
        elif line.startswith("| `"):
            name, state, _ = re.split(r" (?<!\\)\| ", line.removeprefix("| "), maxsplit=2)
            if not heading:
                commands[name.strip("`")] = state
            elif heading != "What pip does not have":
                found = dict.fromkeys(re.findall(r"`(-[^`]+)`", name), state)
                options.setdefault(heading, {}).update(found)
    return commands, options


def test_each_command_and_option_of_pips_has_its_state(pips_options: PipsOptions) -> None:
    """In the section of its command, or in one that is for several commands."""
    commands, options = told_of_pip()
    assert set(pips_options) <= set(commands)
    assert set(commands.values()) == {"same", "differs", "refused"}
    everywhere = options["Options of every command"] | options["Options about indexes"]
    for command, found in pips_options.items():
        if commands[command] == "refused":
            continue
        here = everywhere | options.get(command, {})
        words = [word for spellings, _, _ in found for word in spellings]
        assert [word for word in words if here.get(word) not in ("same", "differs", "accepted", "refused")] == []
    described = {word for words in options.values() for word in words}
    pips = {word for found in pips_options.values() for spellings, _, _ in found for word in spellings}
    assert described - pips <= {"-V", "--version"}


def test_every_difference_is_one_of_an_option_that_does_something() -> None:
    differences = tomllib.loads((DOCS / "differences.toml").read_text(encoding="utf-8"))
    assert set(differences["commands"]) <= set(COMMANDS)
    pips = [row for row in TABLE if row.help and not row.is_ours]
    for name, difference in differences["options"].items():
        names = difference if isinstance(difference, dict) else [name]
        of = {name} if isinstance(difference, dict) else set(COMMANDS)
        assert set(names) <= {row.name for row in pips if row.commands & of}, name

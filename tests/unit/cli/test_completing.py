"""What words may become."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from freewheel.cli.completing import VARIABLE, World, completions, question
from freewheel.options.table import BEFORE_COMMAND, COMMANDS, of_command


def paths(text: str, only_folders: bool) -> Iterable[str]:
    found = ["src/"] if only_folders else ["pyproject.toml", "src/"]
    return [path for path in found if path.startswith(text)]


_HASH_OPTIONS = [
    word
    for row in of_command("hash")
    if row.help
    for word in (f"--{row.name}" + "=" * row.takes_value, *([f"-{row.short}"] if row.short else []))
]
WORLD = World(
    paths=paths,
    installed=lambda: ["six", "rich", "rich-click"],
    kept=lambda: ["docopt", "docutils", "docopt"],
    set_keys=lambda: ["install.user", "global.timeout"],
)


def completed(line: str) -> list[str]:
    """What the last word of a line may become; a space at its end begins an empty one."""
    words = line.split(" ")
    return completions(("freewheel", *words), len(words), WORLD)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("inst", ["install"]),
        ("", list(COMMANDS)),
        ("--proxy x unin", ["uninstall"]),
        ("-v --log p", ["pyproject.toml"]),
        ("--prox", ["--proxy="]),
        ("--no-such-option x", []),
        ("help c", ["check", "cache", "config", "completion"]),
        ("help cache c", ["check", "config", "completion"]),
        ("cache re", ["remove"]),
        ("cache remove re", []),
        ("config ", ["list", "edit", "get", "set", "unset", "debug"]),
        ("config --ed", ["--editor="]),
        ("index v", ["versions"]),
        ("list --format ", ["columns", "freeze", "json"]),
        ("list --format=j", ["--format=json"]),
        ("list --format = j", ["json"]),
        ("list --format =", ["columns", "freeze", "json"]),
        ("list --nothing=j", []),
        ("cache list --format ", ["human", "abspath", "json"]),
        ("install --report p", ["pyproject.toml"]),
        ("install -r ", ["pyproject.toml", "src/"]),
        ("install --target ", ["src/"]),
        ("install --target=s", ["--target=src/"]),
        ("install -t s", ["src/"]),
        ("install s", ["src/"]),
        ("install --dry", ["--dry-run"]),
        ("install --dry-run --dry", []),
        ("install -r a --requirement", ["--requirement=", "--requirements-from-script="]),
        ("install --retries ", []),
        ("uninstall R", ["rich", "rich-click"]),
        ("uninstall rich r", ["rich-click"]),
        ("show s", ["six"]),
        ("list --exclude r", ["rich", "rich-click"]),
        ("completion --f", ["--fish"]),
        ("cache remove d", ["docopt", "docutils"]),
        ("cache remove docopt d", ["docutils"]),
        ("cache list Docu", ["docutils"]),
        ("cache info d", []),
        ("config get ", ["global.timeout", "install.user"]),
        ("config unset i", ["install.user"]),
        ("config get install.user i", []),
        ("config set in", ["install.", "inspect.", "index."]),
        ("config set install.dry", ["install.dry-run"]),
        ("config set global.platform", ["global.platform"]),
        ("config set nobody.", []),
        ("config set install.dry-run y", []),
        ("hash -", [*_HASH_OPTIONS]),
        ("hash -a sha5", ["sha512"]),
    ],
)
def test_a_word_is_completed(line: str, expected: list[str]) -> None:
    assert completed(line) == expected


def test_without_anything_else_to_offer_there_are_options() -> None:
    assert completed("list ")[:2] == ["--outdated", "--uptodate"]
    assert not [word for word in completed("list ") if not word.startswith("--")]


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_every_option_that_help_shows_is_offered(command: str | None) -> None:
    rows = BEFORE_COMMAND if command is None else of_command(command)
    offered = {word.rstrip("=") for word in completed(f"{command} --" if command else "--")}
    assert offered == {f"--{row.name}" for row in rows if row.help}


def test_the_word_before_the_last() -> None:
    assert completions(("freewheel", "inst", "six"), 1, WORLD) == ["install"]


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"COMP_WORDS": "freewheel inst", "COMP_CWORD": "1"}, None),
        ({VARIABLE: "1", "COMP_WORDS": "freewheel inst", "COMP_CWORD": "1"}, (("freewheel", "inst"), 1)),
        ({VARIABLE: "1", "COMP_WORDS": "freewheel\na b\n", "COMP_CWORD": "2"}, (("freewheel", "a b", ""), 2)),
        ({VARIABLE: "1"}, ((), 0)),
        ({VARIABLE: "1", "COMP_WORDS": "freewheel", "COMP_CWORD": "x"}, ((), 0)),
    ],
)
def test_the_question(environ: dict[str, str], expected: object) -> None:
    assert question(environ) == expected

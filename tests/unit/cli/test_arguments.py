"""The command line taken apart."""

from __future__ import annotations

import pytest

from freewheel.cli.arguments import ACTIONS, help_text, parse, usage
from freewheel.errors import UnknownCommand, UsageError
from freewheel.options.option import Given, ParsedArguments
from freewheel.options.table import COMMANDS, of_command


def test_general_options_stand_before_or_after_the_command_in_their_order() -> None:
    parsed = parse(["-v", "--cache-dir", "x", "install", "six", "--no-cache-dir", "rich"])
    assert parsed == ParsedArguments(
        command="install",
        words=("six", "rich"),
        given=(Given(name="verbose"), Given(name="cache-dir", value="x"), Given(name="no-cache-dir")),
    )


def test_a_commands_own_option_does_not_stand_before_it() -> None:
    with pytest.raises(UsageError) as caught:
        parse(["--no-deps", "install", "six"])
    assert (caught.value.problem, caught.value.command) == ("no such option: --no-deps", "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ()),
        (["help"], ()),
        (["--help"], ()),
        (["-h", "install"], ()),
        (["-v"], ()),
        (["help", "install"], ("install",)),
        (["install", "--help"], ("install",)),
        (["install", "-h", "--no-such-option"], ("install",)),
        (["cache", "dir", "--help"], ("cache",)),
    ],
)
def test_help(words: list[str], expected: tuple[str, ...]) -> None:
    assert parse(words) == ParsedArguments(command="help", words=expected)


@pytest.mark.parametrize("words", [["--version"], ["-V"], ["--version", "install"], ["-v", "--version", "--help"]])
def test_version(words: list[str]) -> None:
    assert parse(words).command == "version"


@pytest.mark.parametrize(
    ("command", "suggestion", "is_refused"),
    [("cachee", "cache", False), ("INSTALL", "install", False), ("frobnicate", None, False), ("search", None, True)],
)
@pytest.mark.parametrize("before", [[], ["help"]])
def test_an_unknown_command(before: list[str], command: str, suggestion: str | None, is_refused: bool) -> None:
    """Behaviour 113, the row about unknown commands."""
    with pytest.raises(UnknownCommand) as caught:
        parse([*before, command])
    assert (caught.value.command, caught.value.suggestion) == (command, suggestion)
    assert (caught.value.refusal is not None) is is_refused


@pytest.mark.parametrize("width", [80, 100, 1000])
@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_help_keeps_within_the_terminal_and_its_columns(command: str | None, width: int) -> None:
    text = help_text(command, width=width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert lines == [line.rstrip() for line in lines]
    options = text[text.index("General options:") :].splitlines()[1:]
    assert {len(line) - len(line.lstrip()) for line in options if line} == {2, 28}
    assert all(line[28:29].isalnum() or line[28:29] == "(" for line in options if line.startswith(" " * 27))


def test_help_for_a_terminal_of_no_width() -> None:
    assert max(map(len, help_text("install", width=0).splitlines())) <= 60


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_each_option_that_does_something(command: str) -> None:
    text = help_text(command)
    assert text.startswith(usage(command))
    lines = text.splitlines()
    for row in of_command(command):
        is_shown = any(line.startswith("  -") and row.words[0] in line.split(",")[0].split() for line in lines)
        assert is_shown == (row.refusal is None and row.without_effect is None), row.name


def test_the_help_of_the_program_shows_each_command() -> None:
    text = help_text(None)
    assert text.startswith("Usage:\n  freewheel <command> [options]\n")
    for command, summary in COMMANDS.items():
        assert f"  {command} " in text
        assert summary in text


def test_the_actions_of_a_command_stand_in_its_usage() -> None:
    assert ACTIONS["cache"][:3] == ("dir", "info", "list")
    assert sorted(ACTIONS["config"]) == ["debug", "edit", "get", "list", "set", "unset"]
    assert ACTIONS["index"] == ("versions",)

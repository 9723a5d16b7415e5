"""Words taken apart as pip does."""

from __future__ import annotations

import pytest

from freewheel.errors import OptionNotSupported, UsageError
from freewheel.options.option import Given, Kind, Option
from freewheel.options.table import of_command
from freewheel.options.words import WordParser


def split(*words: str, command: str = "install") -> tuple[tuple[Given, ...], tuple[str, ...]]:
    return WordParser(of_command(command), command=command).split(words)


def names(*words: str, command: str = "install") -> list[tuple[str, str | None]]:
    return [(given.name, given.value) for given in split(*words, command=command)[0]]


def test_options_and_arguments_mix() -> None:
    given, others = split("six", "--pre", "rich", "-r", "a.txt", "flit")
    assert given == (Given(name="pre"), Given(name="requirement", value="a.txt"))
    assert others == ("six", "rich", "flit")


def test_everything_after_two_dashes_is_an_argument() -> None:
    assert split("--", "--pre", "-r") == ((), ("--pre", "-r"))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("--no-cache", [("no-cache-dir", None)]),
        ("--constr=a", [("constraint", "a")]),
        ("-ra.txt", [("requirement", "a.txt")]),
        ("-vvU", [("verbose", None), ("verbose", None), ("upgrade", None)]),
        ("--cache-dir=", [("cache-dir", "")]),
        ("--no-dependencies", [("no-deps", None)]),
        ("--default-timeout=3", [("timeout", "3")]),
    ],
)
def test_a_word_may_be_short_joined_or_a_prefix(word: str, expected: list[tuple[str, str | None]]) -> None:
    assert names(word) == expected


def test_the_next_word_is_the_value_whatever_it_looks_like() -> None:
    assert names("-C", "--build-option=--x", "--cache-dir", "--pre") == [
        ("config-settings", "--build-option=--x"),
        ("cache-dir", "--pre"),
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--foo"], "no such option: --foo"),
        (["-Z"], "no such option: -Z"),
        (["--no-b"], "ambiguous option: --no-b (--no-binary, --no-build-isolation?)"),
        (["--cache-dir"], "--cache-dir option requires 1 argument"),
        (["--no-cache-dir=1"], "--no-cache-dir option does not take a value"),
    ],
)
def test_an_error_has_pips_words_and_the_command(words: list[str], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        split(*words)
    assert (caught.value.problem, caught.value.command) == (problem, "install")


@pytest.mark.parametrize(
    ("words", "option"),
    [(["--use-deprecated", "legacy-resolver"], "--use-deprecated"), (["--use-dep=legacy-certs"], "--use-deprecated")],
)
def test_an_option_that_is_not_supported_is_refused_by_name_with_the_reason(words: list[str], option: str) -> None:
    with pytest.raises(OptionNotSupported) as caught:
        split(*words)
    assert caught.value.option in (option, words[0])
    assert caught.value.problem.startswith(f"option {caught.value.option} is not supported: ")


def test_a_value_that_pip_does_not_know_either_is_no_matter_of_support() -> None:
    with pytest.raises(UsageError) as caught:
        split("--use-deprecated=tomorrow")
    assert not isinstance(caught.value, OptionNotSupported)
    assert caught.value.problem == (
        "option --use-deprecated: invalid choice: 'tomorrow' (choose from 'legacy-resolver', 'legacy-certs')"
    )


def test_an_option_of_ours_takes_no_abbreviation_from_pip() -> None:
    rows = (
        Option(name="cache-dir", kind=Kind.VALUE),
        Option(name="cache-local", kind=Kind.FLAG, is_ours=True),
        Option(name="cache-lost", kind=Kind.FLAG, is_ours=True),
    )
    parser = WordParser(rows)
    assert parser.split(["--cache", "x"])[0] == (Given(name="cache-dir", value="x"),)
    assert parser.split(["--cache-loc"])[0] == (Given(name="cache-local"),)
    with pytest.raises(UsageError, match="ambiguous"):
        parser.split(["--cache-lo"])


def test_help_ends_the_reading() -> None:
    assert names("--help", "--no-such-option") == [("help", None)]


def test_a_parser_begins_anew_each_time() -> None:
    parser = WordParser(of_command("list"))
    assert parser.split(["-v"]) == parser.split(["-v"])

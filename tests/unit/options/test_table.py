"""The table of options, against itself and against the installed pip."""

from __future__ import annotations

from collections import Counter

import pytest

from freewheel.options.option import Kind
from freewheel.options.refused import REFUSED, REFUSED_COMMANDS
from freewheel.options.table import COMMANDS, TABLE, by_key, known_keys, of_command
from tests.support.pips import PipsOptions


@pytest.mark.parametrize("command", COMMANDS)
def test_no_word_means_two_things_to_one_command(command: str) -> None:
    words = Counter(word for row in of_command(command) for word in row.words)
    assert [word for word, count in words.items() if count > 1] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_pips_is_here_taken_or_refused_by_name(command: str, pips_options: PipsOptions) -> None:
    ours = {word: row for row in of_command(command) for word in row.words}
    for words, takes_value, choices in pips_options[command]:
        for word in words:
            assert word in ours, f"{command} {word}"
            assert ours[word].takes_value == takes_value, word
            if choices:
                assert list(ours[word].choices)[: len(choices)] == choices, word


def test_every_command_of_pips_is_here_or_known_not_to_be(pips_options: PipsOptions) -> None:
    assert set(pips_options) <= COMMANDS.keys() | REFUSED_COMMANDS.keys()


def test_what_is_not_pips_is_marked(pips_options: PipsOptions) -> None:
    pips = {word for options in pips_options.values() for words, _, _ in options for word in words}
    assert {row.name for row in TABLE if row.is_ours} == {row.name for row in TABLE if f"--{row.name}" not in pips}


def test_each_row_says_what_it_does_or_why_not() -> None:
    for row in TABLE:
        assert sum(map(bool, (row.help, row.without_effect, row.refusal))) == 1, row.name


def test_only_flags_are_read_the_wrong_way_round() -> None:
    assert {row.name for row in TABLE if row.inverted and row.kind is not Kind.FLAG} == set()


def test_keys_are_long_names_of_what_is_supported() -> None:
    assert {"cache-dir", "default-timeout", "no-dependencies"} <= known_keys()
    assert not known_keys() & ({row.name for row in REFUSED} - {row.name for row in TABLE if row.refusal is None})
    assert by_key("install")["default-timeout"].name == "timeout"

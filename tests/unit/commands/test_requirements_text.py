"""Bytes and lines of requirements files."""

from __future__ import annotations

import codecs

import pytest

from freewheel.commands.requirements_text import ParsedLine, all_lines, decode, logical_lines, parse_line, read_line
from freewheel.errors import UsageError
from freewheel.options.option import Given


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (b"# -*- coding: latin-1 -*-\n", "latin-1"),
        (b"\n# vim: set fileencoding=cp1252 :\n", "cp1252"),
    ],
)
def test_the_encoding_is_found(mark: bytes, encoding: str) -> None:
    assert decode(mark + "café".encode(encoding)).endswith("café")


def test_a_coding_comment_counts_in_the_first_two_lines_only() -> None:
    assert decode("six\n\n# coding: latin-1\né".encode()).endswith("é")


@pytest.mark.parametrize("data", [b"\xff", b"# coding: no-such-coding\n"])
def test_what_cannot_be_decoded_is_an_error(data: bytes) -> None:
    with pytest.raises((UnicodeDecodeError, LookupError)):
        decode(data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("six\nrich", [(1, "six"), (2, "rich")]),
        ("\r\n  six  \r\n", [(2, "six")]),
        ("# all\n#\nsix # why\n", [(3, "six")]),
        ("six#no-comment", [(1, "six#no-comment")]),
        ("x @ https://example.org/x.whl#sha256=ab # why", [(1, "x @ https://example.org/x.whl#sha256=ab")]),
        ("six \\\n  --hash=a \\\n  --hash=b\nrich", [(1, "six   --hash=a   --hash=b"), (4, "rich")]),
        ("six\\\n==1", [(1, "six==1")]),
        ("six \\\n# comment \\\nrich", [(1, "six"), (3, "rich")]),
        ("six # comment \\\nrich", [(1, "six")]),
        ("six \\", [(1, "six")]),
        ("\\\n\\\nsix", [(1, "six")]),
        ("", []),
    ],
)
def test_lines_are_joined_and_lose_their_comments(text: str, expected: list[tuple[int, str]]) -> None:
    assert [(line.number, line.text) for line in logical_lines(text)] == expected


@pytest.mark.parametrize(
    ("text", "requirement", "given"),
    [
        ("six", "six", []),
        ("six>=1,<2 ; python_version >= '3'", "six>=1,<2 ; python_version >= '3'", []),
        ("six --hash=sha256:a --hash sha256:b", "six", [("hash", "sha256:a"), ("hash", "sha256:b")]),
        ("six\t--hash=sha256:a", "six", [("hash", "sha256:a")]),
        ("six -C 'a=b c'", "six", [("config-settings", "a=b c")]),
        ("-i https://example.org/ --pre", "", [("index-url", "https://example.org/"), ("pre", None)]),
        ("-r other.txt", "", [("requirement", "other.txt")]),
        ("-rother.txt", "", [("requirement", "other.txt")]),
        ("--no-binary=:all:", "", [("no-binary", ":all:")]),
        ("--find 'a folder'", "", [("find-links", "a folder")]),
    ],
)
def test_a_requirement_stands_before_its_options(
    text: str, requirement: str, given: list[tuple[str, str | None]]
) -> None:
    assert parse_line(text) == (requirement, tuple(Given(name=name, value=value) for name, value in given))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("--no-such-option", "no such option: --no-such-option"),
        ("--target x", "no such option: --target"),
        ("-r", "-r option requires 1 argument"),
        ("six --hash='", "the options cannot be told apart: No closing quotation"),
        ("--pre six", "a requirement stands before its options"),
    ],
)
def test_options_that_a_line_cannot_have_are_refused(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_line(text)
    assert caught.value.problem == problem


def test_every_line_keeps_its_comment_and_those_that_say_nothing_are_there() -> None:
    text = "# first\n\nsix \\\n  >=1  # why\n--find-links \\\n./x\nrich \\\n# ends it\nlast\\"
    assert [(line.number, line.raw, line.text) for line in all_lines(text)] == [
        (1, "# first", ""),
        (2, "", ""),
        (3, "six   >=1  # why", "six   >=1"),
        (5, "--find-links ./x", "--find-links ./x"),
        (7, "rich  # ends it", "rich"),
        (9, "last", "last"),
    ]


def test_an_editable_requirement_is_told_from_options() -> None:
    assert read_line("-e ./x -C a=b") == ParsedLine(
        requirement="./x", given=(Given(name="config-settings", value="a=b"),), is_editable=True
    )
    assert read_line("--editable=./x").is_editable
    assert not read_line("six --hash=sha256:ab").is_editable
    assert read_line("--pre") == ParsedLine(requirement="", given=(Given(name="pre"),))

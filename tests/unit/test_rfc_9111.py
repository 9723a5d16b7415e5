"""The page that goes through RFC 9111 leaves no clause out, and names no test that is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = TESTS.parent / "docs" / "reference" / "rfc-9111.md"

CLAUSES = {
    "RFC 9111": (
        "1.2.2 2 3 3.1 3.2 3.3 3.4 3.5 4 4.1 4.2 4.2.1 4.2.2 4.2.3 4.2.4 4.3.1 4.3.2 4.3.3 4.3.4 4.3.5 4.4 5.1 5.2 "
        "5.2.1.1 5.2.1.2 5.2.1.3 5.2.1.4 5.2.1.5 5.2.1.6 5.2.1.7 5.2.2 5.2.2.1 5.2.2.2 5.2.2.3 5.2.2.4 5.2.2.5 "
        "5.2.2.6 5.2.2.7 5.2.2.8 5.2.2.9 5.2.2.10 5.2.3 5.3 5.4"
    ),
    "RFC 5861": "3 4",
    "RFC 8246": "2",
    "RFC 9211": "2 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8",
    "RFC 9110": (
        "5.3 5.6.7 6.6.1 8.8.2.2 8.8.3.2 13.1.2 13.1.3 13.1.5 13.2.1 13.2.2 14.1.2 14.2 14.4 15.1 15.3.7 15.3.7.3 "
        "15.4.5 15.5.13 15.5.17"
    ),
}
"""What each standard asks of a cache, private or shared, by its sections."""

_TEST = re.compile(r"`([\w/]+\.py)::([\w:]+)`")


def tables() -> dict[str, list[list[str]]]:
    """The cells of each row, by the first words of the heading above."""
    found: dict[str, list[list[str]]] = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        heading = section.partition("\n")[0].partition(":")[0]
        rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
        found[heading] = [[cell.strip() for cell in row] for row in rows[2:]]
    return found


@cache
def names(path: Path) -> frozenset[str]:
    """The tests in a file, and the classes that hold them."""

    def found(nodes: list[ast.stmt], within: str = "") -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
                yield node.name
                yield from found(node.body, f"{node.name}::")
            elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield within + node.name

    return frozenset(found(ast.parse(path.read_text(encoding="utf-8")).body))


@pytest.mark.parametrize("standard", CLAUSES)
def test_every_clause_has_its_row(standard: str) -> None:
    rows = tables()[standard]
    assert list(dict.fromkeys(row[0].removeprefix("§") for row in rows)) == CLAUSES[standard].split()
    assert {len(row) for row in rows} == {4}


def test_every_row_names_tests_that_are_there() -> None:
    rows = [row for table in tables().values() for row in table]
    without = [row for row in rows if not _TEST.findall(row[-1])]
    assert without == []
    missing = [
        f"{file}::{name}"
        for row in rows
        for file, name in _TEST.findall(row[-1])
        if not (TESTS / file).is_file() or name not in names(TESTS / file)
    ]
    assert missing == []

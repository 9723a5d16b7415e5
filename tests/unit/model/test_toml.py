"""TOML, and what is wrong with it."""

from __future__ import annotations

import pytest

from freewheel.errors import MalformedToml
from freewheel.model import toml


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\nb = = 2", "x.toml, line 2, column 5"),
        ("a = 1\r\nb = = 2", "x.toml, line 2, column 5"),
        ("a = 1\nb = ", "x.toml, line 2, column 5"),
        ("a = 1\na = 2\n", "x.toml, line 2, column 6"),
        ("a = " + "[" * 100_000, "x.toml"),
        ("a = " + "1" * 5000, "x.toml"),
    ],
)
def test_whatever_is_wrong_is_one_error_with_its_place(text: str, place: str) -> None:
    with pytest.raises(MalformedToml) as caught:
        toml.parse(text, path="x.toml", origin="somebody")
    assert (caught.value.place, caught.value.origin) == (place, "somebody")
    assert "(at " not in caught.value.reason


def test_a_document_in_another_file_has_places_of_that_file() -> None:
    with pytest.raises(MalformedToml) as caught:
        toml.parse("a = 1\nb = = 2", path="tool.py", line=4, column=3)
    assert caught.value.place == "tool.py, line 5, column 7"

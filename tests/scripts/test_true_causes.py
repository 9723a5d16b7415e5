"""An error names what is really wrong, where it was asked for, and a way out that can help."""

from __future__ import annotations

import pytest

from tests.support.cli import Freewheel


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("PIP_CONSTRAINT", ["install", "alpha"]),
        ("FREEWHEEL_BUILD_CONSTRAINT", ["install", "alpha"]),
        ("PIP_REQUIREMENT", ["install"]),
    ],
)
def test_a_missing_file_is_asked_by_the_variable_that_names_it(
    freewheel: Freewheel, variable: str, words: list[str]
) -> None:
    done = freewheel.run(*words, "--no-index", env={variable: "nofile.txt"}, expect=1)
    assert f"asked by: {variable} in the environment" in done.stderr
    assert "the command line" not in done.stderr


def test_a_missing_file_is_asked_by_the_section_that_names_it(freewheel: Freewheel) -> None:
    file = freewheel.cwd / "pip.conf"
    file.write_text("[install]\nconstraint = nofile.txt\n", encoding="utf-8")
    done = freewheel.run("install", "alpha", "--no-index", env={"PIP_CONFIG_FILE": str(file)}, expect=1)
    assert f"asked by: constraint in [install] of {file}" in done.stderr


def test_a_missing_file_on_the_command_line_is_asked_by_it(freewheel: Freewheel) -> None:
    done = freewheel.run("install", "-c", "nofile.txt", "alpha", "--no-index", expect=1)
    assert "asked by: the command line" in done.stderr

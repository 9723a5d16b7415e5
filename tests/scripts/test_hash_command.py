"""`freewheel hash`, which says what pip says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip


@pytest.fixture
def files(freewheel: Freewheel) -> list[str]:
    """Two files of the current folder, as words."""
    for name in ("one.whl", "a b.tar.gz"):
        (freewheel.cwd / name).write_bytes(name.encode() * 1000)
    return ["one.whl", "./a b.tar.gz"]


@pytest.mark.parametrize("options", [(), ("-a", "sha384"), ("--algorithm=sha512",), ("-q",)])
def test_each_file_has_two_lines(freewheel: Freewheel, files: list[str], options: tuple[str, ...]) -> None:
    """-q hides nothing that was asked for."""
    algorithm = "sha384" if "sha384" in options else "sha512" if options[:1] == ("--algorithm=sha512",) else "sha256"
    done = freewheel.run("hash", *options, *files)
    expected = []
    for name in files:
        digest = hashlib.new(algorithm, (freewheel.cwd / name).read_bytes()).hexdigest()
        expected += [f"{name}:", f"--hash={algorithm}:{digest}"]
    assert done.lines == expected


def test_it_is_what_pip_prints(freewheel: Freewheel, environment: Environment, files: list[str]) -> None:
    paths = [freewheel.cwd / name for name in files]
    assert freewheel.run("hash", *paths).stdout == pip(environment, "hash", *paths).stdout


def test_without_a_file_it_shows_how_it_is_called(freewheel: Freewheel) -> None:
    done = freewheel.run("hash", expect=1)
    assert done.stdout == ""
    assert "freewheel hash [options] <file> ..." in done.stderr


def test_a_file_that_is_not_there_is_an_error(freewheel: Freewheel, files: list[str]) -> None:
    done = freewheel.run("hash", files[0], "absent.whl", expect=1)
    assert "absent.whl cannot be used: No such file or directory." in done.stderr
    assert "expected: a file" in done.stderr
    assert len(done.lines) == 2


def test_other_algorithms_are_refused(freewheel: Freewheel, files: list[str]) -> None:
    done = freewheel.run("hash", "-a", "md5", files[0], expect=2)
    assert "invalid choice: 'md5' (choose from 'sha256', 'sha384', 'sha512')" in done.stderr


def test_what_it_prints_is_what_a_requirements_file_takes(freewheel: Freewheel, files: list[str]) -> None:
    """One word for --hash, and nothing that a shell or a file would take apart."""
    line = freewheel.run("hash", files[0]).lines[1]
    assert line.startswith("--hash=sha256:")
    assert line.split() == [line]
    assert Path(freewheel.cwd, files[0]).exists()

"""Reading what the cache holds, with the help of a second process and without it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from freewheel.commands.holdings_reading import holdings
from freewheel.commands.holdings_worker import answer
from freewheel.store.holding import KINDS
from freewheel.store.record import Record
from tests.support.caches import Cache
from tests.support.stores import keep_tree

PROJECTS = 60


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """Sections enough for several questions."""
    cache = Cache(tmp_path)
    for number in range(PROJECTS):
        cache.response(f"https://files.example/p{number}-1.0-py3-none-any.whl", b"%d" % number)
        cache.entries.put("metadata", f"p{number}", "key", Record(fields={"name": f"p{number}", "version": "1.0"}))
    cache.wheel("six", "abc")
    keep_tree(cache.trees)
    return cache


def read(cache: Cache, *, alone: float = 0.0, executable: str = sys.executable) -> set[str]:
    found = [str(one) for one in holdings(cache.contents.catalog, alone=alone, executable=executable)]
    assert len(found) == len(set(found))
    return set(found)


def program(folder: Path, text: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_second_process_tells_the_same_as_the_first_alone(cache: Cache, tmp_path: Path) -> None:
    alone = read(cache, alone=float("inf"))
    assert len(alone) == 2 * PROJECTS + 2
    log = tmp_path / "questions"
    assert read(cache, executable=program(tmp_path, f'tee {log} | exec {sys.executable} "$@"')) == alone
    assert log.read_bytes().count(b"\n") > 1, "it was asked"


def test_only_the_kinds_that_are_asked_for_are_told(cache: Cache) -> None:
    kinds = {one.kind for one in holdings(cache.contents.catalog, {"metadata", "trees"}, alone=0.0)}
    assert kinds == {"metadata", "trees"}


@pytest.mark.parametrize(
    "text",
    [
        "exit 1",
        "printf 'nonsense'; exec cat > /dev/null",
        r"printf '\0\0\0\0\0\0\0\3abc\0\0\0\0\0\0\0\0'; exec cat > /dev/null",
        "head -n 1 > /dev/null",
    ],
    ids=["ends", "talks nonsense", "talks nonsense of the right length", "ends after a question"],
)
def test_what_the_second_process_does_not_tell_is_read_by_the_first(cache: Cache, tmp_path: Path, text: str) -> None:
    alone = read(cache, alone=float("inf"))
    assert read(cache, executable=program(tmp_path, text)) == alone


def test_a_process_that_does_not_start_is_done_without(cache: Cache, tmp_path: Path) -> None:
    assert read(cache, executable=str(tmp_path / "none")) == read(cache, alone=float("inf"))


def test_it_ends_when_nobody_wants_the_rest(cache: Cache, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    executable = program(tmp_path, f'echo $$ > {pid}; exec {sys.executable} "$@"')
    reading = holdings(cache.contents.catalog, alone=0.0, executable=executable)
    next(reading)
    next(reading)
    reading.close()
    if pid.exists() and pid.read_text():  # it may have been ended before it began
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)


def test_what_is_no_text_is_left_to_whoever_asked(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/entries-v1/http/\xff"
    Path(os.fsdecode(folder)).mkdir(parents=True)
    Path(os.fsdecode(folder), "record").write_bytes(b"nonsense")
    question = json.dumps({"sections": [["entries", os.fsdecode(folder)]], "kinds": ["other"]})
    assert answer(question.encode()) == b""


def test_an_answer_has_everything_of_some_sections(cache: Cache) -> None:
    sections = [[one.table, one.path] for one in cache.contents.catalog.sections()]
    question = json.dumps({"sections": sections, "kinds": KINDS})
    assert answer(question.encode()).count(b"files.example") > PROJECTS

"""`cache why`: where each built wheel came from, and whether it would be reused now."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.archives import make_sdist
from tests.support.cli import Freewheel
from tests.support.server import IndexServer

REUSED, BUILT = "  It would be reused.", "  It would be built again:"


@pytest.fixture(autouse=True)
def built(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """Two versions of a project are built from an index."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    for version in ("1.0", "2.0"):
        server.add(make_sdist(archives, "six", version))
        freewheel.run("wheel", "--no-deps", f"six=={version}")
    server.clear()


def kept(freewheel: Freewheel) -> list[Path]:
    return [Path(line) for line in freewheel.run("cache", "list", "--format=abspath").lines]


def test_it_says_where_each_wheel_came_from_and_asks_nobody(freewheel: Freewheel, server: IndexServer) -> None:
    lines = freewheel.run("cache", "why", "--kind=wheels", "Six").lines
    assert {"six-1.0-py3-none-any.whl", "six-2.0-py3-none-any.whl"} <= set(lines)
    assert lines.count(REUSED) == 2
    sources = [line for line in lines if line.startswith("  source: ")]
    assert len(sources) == 2
    assert all(line.startswith(f"  source: {server.url}") and "#sha256=" in line for line in sources), sources
    for path in kept(freewheel):
        assert f"  kept in: {path.parent}" in lines
        record = json.loads((path.parent / "build.json").read_text())
        assert any(
            line.startswith(f"  built: {record['built_at']} by freewheel {record['freewheel']}") for line in lines
        )
    assert server.log == []


def test_a_specifier_tells_wheels_apart(freewheel: Freewheel) -> None:
    lines = freewheel.run("cache", "why", "--kind=wheels", "six<2").lines
    assert [line for line in lines if not line.startswith(" ")] == ["six-1.0-py3-none-any.whl"]


def test_what_has_changed_is_told_old_against_new(freewheel: Freewheel) -> None:
    done = freewheel.run("cache", "why", "--kind=wheels", "six<2", "-C", "speed=fast", env={"CFLAGS": "-O3"})
    start = done.lines.index(BUILT)
    assert done.lines[start + 1 :] == [
        "    config_settings.speed: nothing -> fast",
        "    variables.CFLAGS: nothing -> -O3",
    ]
    shared = freewheel.run("cache", "why", "--kind=wheels", "six<2", "--no-build-isolation").lines
    assert "    isolation.mode: isolated -> shared" in shared


def test_damage_is_told(freewheel: Freewheel) -> None:
    for path in kept(freewheel):
        if path.name.startswith("six-1.0"):
            path.write_bytes(path.read_bytes()[:-1] + b"x")
        else:
            (path.parent / "build.json").write_text("[]")
    lines = freewheel.run("cache", "why", "--kind=wheels", "six").lines
    assert lines.count(BUILT) == 2
    assert {"    the stored wheel is damaged", "    its build.json cannot be read"} <= set(lines)
    assert len(kept(freewheel)) == 2  # nothing is mended by looking


def test_a_project_without_a_wheel_is_warned_of(freewheel: Freewheel) -> None:
    done = freewheel.run("cache", "why", "six>2", "other", expect=1)
    assert done.lines == []
    assert done.stderr.splitlines() == [
        "WARNING: Nothing is kept of six>2.",
        "WARNING: Nothing is kept of other.",
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ((), "Please provide a project or requirement"),
        (("six==",), "Invalid requirement"),
        (("./six",), "takes projects and their versions"),
        (("six-1.0.tar.gz",), "takes projects and their versions"),
        (("git+https://git.example/six@v1",), "takes projects and their versions"),
        (("six @ https://me:s3cret@files.example/six.zip",), "takes projects and their versions"),
    ],
)
def test_mistakes_are_told(freewheel: Freewheel, words: tuple[str, ...], problem: str) -> None:
    """A source is not asked what project it is: wheels of other sources would be told of as if they were its own."""
    (freewheel.cwd / "six-1.0.tar.gz").write_bytes(b"")
    assert problem in freewheel.run("cache", "why", *words, expect=1).stderr


def test_another_interpreter_is_asked_about_with_python(freewheel: Freewheel) -> None:
    done = freewheel.run("--python", sys.executable, "cache", "why", "--kind=wheels", "six<2")
    assert REUSED in done.lines


def test_everything_else_is_explained_too(freewheel: Freewheel, server: IndexServer) -> None:
    server.answer("/simple/*", headers={"Cache-Control": "max-age=600", "ETag": '"1"'})
    server.answer("/files/*", headers={"Cache-Control": "max-age=31536000, immutable"})
    freewheel.run("cache", "purge")
    freewheel.run("install", "--target", "there", "six<2")
    server.clear()
    blocks = freewheel.run("cache", "why", "six").stdout.split("\n  kept in: ")
    told = freewheel.run("cache", "why", "six").stdout
    assert len(blocks) >= 5
    assert "six-1.0-py3-none-any.whl\n  source: " in told
    assert f"six (pages)\n  source: {server.page_url('six')}" in told
    assert "It would be reused without a request: it is fresh for 9 min more." in told
    assert "six-1.0.tar.gz (downloads)" in told
    assert "it is fresh for 364 days more." in told
    assert "six 1.0 (trees)" in told
    assert f"  bytecode: {sys.implementation.cache_tag}-" in told
    assert server.log == []
    only = freewheel.run("cache", "why", "six", "--kind=pages").lines
    assert [line for line in only if not line.startswith(" ")] == ["six (pages)"]

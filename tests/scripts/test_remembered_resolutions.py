"""The second time nothing is searched, as somebody at the command line notices it (or does not)."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from freewheel.store.record import Record, from_bytes, to_bytes
from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.server import IndexServer

FRESH = {"Cache-Control": "max-age=600"}

Resolve = Callable[..., "tuple[list[str], str | None, list[str]]"]


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """`app` has to go back to 1.0, as its 2.0 wants what is not there."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("/simple/*", headers=FRESH)
    for wheel in (
        make_wheel(archives, "app", "1.0", requires=["lib"]),
        make_wheel(archives, "app", "2.0", requires=["lib>1"]),
        make_wheel(archives, "lib", "1.0"),
    ):
        server.add(wheel)


@pytest.fixture
def resolve(freewheel: Freewheel, server: IndexServer) -> Resolve:
    """What is chosen, what became of the resolution (`reused`, `made`), and what was said."""

    def run(*words: str) -> tuple[list[str], str | None, list[str]]:
        server.clear()
        words = ("--dry-run", "--report", "report.json", *(words or ("app",)))
        said = freewheel.run("install", "--target", "here", *words).lines
        found = json.loads((freewheel.cwd / "report.json").read_text(encoding="utf-8"))
        chosen = [f"{one['metadata']['name']} {one['metadata']['version']}" for one in found["install"]]
        account = found["freewheel"]
        (did,) = [what for what in ("reused", "made") if account[what].get("resolution")] or [None]
        return chosen, did, said

    return run


def test_the_second_run_chooses_and_says_the_same_and_reads_no_metadata(
    resolve: Resolve, server: IndexServer
) -> None:
    """Behaviour 128."""
    first = resolve()
    assert first[:2] == (["lib 1.0", "app 1.0"], "made")
    second = resolve()
    assert second[:2] == (first[0], "reused")
    assert server.paths() == {}
    collected = [line for line in first[2] if line.lstrip().startswith(("Collecting", "Would"))]
    assert [line for line in second[2] if line.lstrip().startswith(("Collecting", "Would"))] == collected


def test_a_release_that_could_be_chosen_has_it_searched_again(
    resolve: Resolve, server: IndexServer, archives: Path
) -> None:
    resolve()
    server.add(make_wheel(archives, "lib", "1.5"))
    assert resolve()[1] == "reused"  # the stored page is fresh
    assert resolve("app", "--refresh")[:2] == (["lib 1.5", "app 2.0"], "made")


def test_a_release_for_others_changes_nothing(resolve: Resolve, server: IndexServer, archives: Path) -> None:
    first, _, _ = resolve()
    server.add(make_wheel(archives, "lib", "1.5", tag="cp27-cp27m-win32"))
    assert resolve("app", "--refresh")[:2] == (first, "reused")
    assert "/simple/lib/" in server.paths()


def test_pages_that_are_stale_are_asked_about_and_count_as_the_same(resolve: Resolve, server: IndexServer) -> None:
    server.answer("/simple/*", headers={"Cache-Control": "max-age=0"}, etag=True)
    resolve()
    assert resolve()[1] == "reused"
    assert {(request.path, request.status) for request in server.log} == {
        ("/simple/app/", 304),
        ("/simple/lib/", 304),
    }


def test_what_the_environment_has_counts(freewheel: Freewheel, environment: Environment) -> None:
    words = ("install", "--python", str(environment.python), "app")
    assert "Successfully installed app-1.0 lib-1.0" in freewheel.run(*words).lines
    said = freewheel.run(*words).lines
    assert [line for line in said if line.startswith("Requirement already satisfied: ")]
    assert [line for line in freewheel.run(*words).lines if not line.startswith("Reused")] == said
    freewheel.run("uninstall", "-y", "--python", str(environment.python), "lib")
    assert "Successfully installed lib-1.0" in freewheel.run(*words).lines


def test_environments_that_have_it_and_that_do_not_are_remembered_side_by_side(
    freewheel: Freewheel, environment: Environment, tmp_path: Path
) -> None:
    def did(python: Path) -> str | None:
        freewheel.run("install", "--python", python, "--report", "report.json", "app")
        account = json.loads((freewheel.cwd / "report.json").read_text(encoding="utf-8"))["freewheel"]
        return next((what for what in ("reused", "made") if account[what].get("resolution")), None)

    assert [did(environment.python) for _ in range(3)] == ["made", "made", "reused"]
    others = [make_environment(tmp_path / name).python for name in ("second", "third")]
    assert [did(others[0]), did(environment.python), did(others[1])] == ["reused"] * 3


def test_no_store_leaves_no_resolution(resolve: Resolve, server: IndexServer, freewheel: Freewheel) -> None:
    """RFC 9111 §5.2.2.5."""
    server.answer("/simple/lib/", headers={"Cache-Control": "no-store"})
    for _ in range(2):
        assert resolve()[1] == "made"
    assert not (freewheel.cache / "entries-v1/resolution").exists()


def test_what_builds_need_is_remembered_too(
    freewheel: Freewheel, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    for name in ("one", "two"):
        server.add(make_sdist(archives, name))
    freewheel.run("wheel", "--no-deps", "one")
    server.clear()
    freewheel.run("wheel", "--no-deps", "two")
    assert (build_log.builds("one"), build_log.builds("two")) == (1, 1)
    assert "/simple/setuptools/" not in server.paths()


def test_put_to_the_test_a_wrong_one_is_an_error(freewheel: Freewheel, resolve: Resolve) -> None:
    """Behaviour 126."""
    resolve()
    assert freewheel.run("install", "--dry-run", "--target", "here", "--cache-verify", "app").code == 0
    (path,) = (freewheel.cache / "entries-v1/resolution/_").iterdir()
    envelope = from_bytes(path.read_bytes())
    data = envelope.record.fields["memo"]
    assert isinstance(data, bytes)
    wrong = data.replace(b"app-1.0-py3", b"app-2.0-py3").replace(b"version\xa31.0", b"version\xa32.0")
    path.write_bytes(to_bytes(type(envelope)(
        kind=envelope.kind, partition=envelope.partition, key=envelope.key, record=Record(fields={"memo": wrong})
    )))  # fmt: skip
    done = freewheel.run("install", "--dry-run", "--target", "here", "--cache-verify", "app", expect=1)
    assert "app 1.0 is chosen" in done.stderr
    assert "app 2.0 is no longer chosen" in done.stderr


def test_credentials_in_links_are_known_though_nothing_is_searched(
    freewheel: Freewheel, server: IndexServer, archives: Path
) -> None:
    host = server.url.removeprefix("http://")
    with IndexServer(file_base=f"http://me:secret@{host}files/") as pages:
        pages.answer("/simple/*", headers=FRESH, coding="gzip")
        wheel = make_wheel(archives, "six", "1.0")
        pages.add(wheel)
        server.add(wheel)
        server.answer("/files/*", credentials=("me", "secret"))
        freewheel.variables["PIP_INDEX_URL"] = pages.index_url
        freewheel.run("install", "--dry-run", "--target", "here", "six")
        assert "Successfully installed six-1.0" in freewheel.run("install", "--target", "here", "six").lines


def test_no_index_after_the_first_that_has_a_project_is_asked(freewheel: Freewheel) -> None:
    """Also not when it is found out whether a resolution still holds."""
    with IndexServer() as other:
        words = ("--extra-index-url", other.index_url, "--index-strategy", "first-index", "app")
        for _ in range(2):
            freewheel.run("install", "--dry-run", "--target", "here", *words)
        assert other.log == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names of files are text there")
def test_what_is_no_text_is_searched_each_time(freewheel: Freewheel) -> None:
    freewheel.variables["CFLAGS"] = os.fsdecode(b"-I/\xff")
    for _ in range(2):
        assert "Would install app-1.0 lib-1.0" in freewheel.run("install", "--dry-run", "--target", "x", "app").lines

"""Asking anew, asking nobody, and resuming, as somebody at the command line sees it."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import formatdate
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from freewheel.cli.render import size_text
from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.process import Result
from tests.support.server import IndexServer

SIX, SEVEN = "/simple/six/", "/simple/seven/"
WHEEL = "/files/six-1.0-py3-none-any.whl"
FRESH = {"Cache-Control": "max-age=600"}
DAY = 86_400.0
LARGE = {"large.py": "# " + "".join(sha256(bytes([number])).hexdigest() for number in range(256))}
"""What no archive can make small."""

Fetch = Callable[..., Result]


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "PIP_RETRIES": "0"}
    server.add(make_wheel(archives, "six"), hashes=False, metadata=False)
    server.add(make_wheel(archives, "seven"), hashes=False, metadata=False)


@pytest.fixture
def fetch(freewheel: Freewheel, server: IndexServer) -> Fetch:
    """Download into a new folder; the log then holds this run's requests alone."""
    numbers = count(1)

    def run(*words: str, expect: int = 0) -> Result:
        server.clear()
        return freewheel.run("download", "--dest", f"files-{next(numbers)}", *words, expect=expect)

    return run


def asked(server: IndexServer) -> list[tuple[str, str | None, int]]:
    return [(request.path, request.header("Cache-Control"), request.status) for request in server.log]


def age(server: IndexServer, seconds: float) -> None:
    """Date the answers from now on as if they had been given so long ago."""
    server.clock = lambda: time.time() - seconds


# Asking anew


def test_the_page_of_a_project_is_validated(server: IndexServer, fetch: Fetch) -> None:
    """Behaviours 55, 56 and 57: that page alone, and nothing of it is sent again."""
    server.answer("*", headers=FRESH, etag=True)
    fetch("six", "seven")
    fetch("--refresh-package", "Seven,:none:", "--refresh-package", "SIX", "six", "seven")
    assert asked(server) == [(SIX, "max-age=0", 304)]
    [request] = server.log
    assert request.header("If-None-Match")
    fetch("--refresh-package", ":all:", "six", "seven")
    assert sorted(asked(server)) == [(SEVEN, "max-age=0", 304), (SIX, "max-age=0", 304)]


def test_a_new_release_is_seen_when_asked_for(server: IndexServer, archives: Path, fetch: Fetch) -> None:
    """Behaviour 55."""
    server.answer("*", headers=FRESH)
    fetch("six")
    server.add(make_wheel(archives, "six", "2.0"))
    assert "Saved ./files-2/six-1.0-py3-none-any.whl" in fetch("six").lines
    assert "Saved ./files-3/six-2.0-py3-none-any.whl" in fetch("--refresh-package", "six", "six").lines


def test_a_page_of_links_is_validated_for_any_project(server: IndexServer, fetch: Fetch) -> None:
    """Behaviour 55; as in pip."""
    links = server.put("/links/", f'<a href="{WHEEL}">six</a>', "text/html")
    server.answer("*", headers=FRESH, etag=True)
    words = ("--no-index", "--find-links", links, "six")
    fetch(*words)
    fetch(*words)
    assert asked(server) == []
    fetch("--refresh-package", "six", *words)
    assert asked(server) == [("/links/", "max-age=0", 304)]


def test_everything_is_validated_that_has_no_digest(server: IndexServer, archives: Path, fetch: Fetch) -> None:
    """Behaviour 58: remote requirements files too; 43: and redirects that hold for good."""
    server.add(make_wheel(archives, "eight"))
    requirements = server.put("/requirements.txt", "six\n")
    server.answer("/moved/requirements.txt", redirect=(301, "/requirements.txt"))
    server.answer("*", headers=FRESH, etag=True)
    words = ("-r", requirements.replace("/requirements", "/moved/requirements"), "eight")
    fetch(*words)
    fetch(*words)
    assert asked(server) == []
    server.put("/requirements.txt", "seven\n")
    done = fetch("--refresh", *words)
    assert {status for _, field, status in asked(server) if field == "max-age=0"} == {200, 301, 304}
    assert all("max-age=0" in (field or "") for _, field, _ in asked(server))
    assert "eight" not in "".join(path for path, *_ in asked(server) if path.startswith("/files/"))
    assert "Saved ./files-3/seven-1.0-py3-none-any.whl" in done.lines


def test_asking_anew_and_asking_nobody_exclude_each_other(fetch: Fetch) -> None:
    for words in (("--refresh",), ("--refresh-package", "six")):
        done = fetch("--offline", *words, "six", expect=1)
        assert "ERROR: --offline asks nobody, so that nothing can be refreshed." in done.stderr


def test_an_exact_version_is_not_denied_on_the_word_of_a_stored_page(
    server: IndexServer, archives: Path, fetch: Fetch
) -> None:
    """Behaviour 129: however fresh the page is, and whatever is preferred; one request, and none for a range."""
    server.answer("/simple/*", headers=FRESH, etag=True)
    fetch("six")
    assert "No matching distribution found for six==2.0" in fetch("six==2.0", expect=1).stderr
    assert asked(server) == [(SIX, "no-cache", 304)]
    fetch("six>=2", expect=1)
    assert asked(server) == []
    server.add(make_wheel(archives, "six", "2.0"))
    for words in ((), ("--prefer-offline",)):
        done = fetch(*words, "six==2.0")
        assert "six-2.0-py3-none-any.whl" in done.stdout
    server.add(make_wheel(archives, "six", "3.0"))
    fetch("--offline", "six==3.0", expect=1)
    assert asked(server) == []


# Redirects


@pytest.mark.parametrize(
    ("status", "headers", "asks_again"),
    [(302, {}, True), (308, {}, False), (301, {"Cache-Control": "no-store"}, True)],
)
def test_a_redirect_to_a_file(
    server: IndexServer, fetch: Fetch, status: int, headers: dict[str, str], *, asks_again: bool
) -> None:
    """Behaviours 42 and 43: the redirect is stored by its own rules, the file by its own."""
    server.answer("*", headers=FRESH)
    server.answer("/moved/six-1.0-py3-none-any.whl", redirect=(status, WHEEL))
    server.answer("/moved/*", headers={"Cache-Control": None, **headers})
    server.file_base = "../../moved/"
    fetch("six")
    done = fetch("six")
    moved = [("/moved/six-1.0-py3-none-any.whl", None, status)]
    assert asked(server) == (moved if asks_again else [])
    assert "  Using cached six-1.0-py3-none-any.whl (" in done.stdout
    fetch("--refresh", "six")
    assert [path for path, _, code in asked(server) if code == status] == ["/moved/six-1.0-py3-none-any.whl"]


# Asking nobody


def test_without_a_connection_stale_pages_will_do(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """Behaviour 59: whatever the index demands of validation, sdists included. That pages are stale is said once."""
    server.add(make_sdist(archives, "built", requires=["six"], build_requires=["seven"]))
    server.answer("*", headers={"Cache-Control": "no-cache"}, etag=True)
    age(server, 3 * DAY)
    freewheel.run("install", "--python", environment.python, "built")
    server.clear()
    done = freewheel.run("install", "--offline", "--force-reinstall", "--python", environment.python, "built")
    assert server.log == []
    assert environment.installed() == {"built": "1.0", "six": "1.0"}
    assert done.stderr.count("though that is stale") == 1
    freewheel.run("install", "--force-reinstall", "--python", environment.python, "built", env={"PIP_OFFLINE": "1"})
    assert server.log == []


@pytest.mark.parametrize("lost", ["page", "file", "requirements"])
def test_what_is_not_there_is_named(server: IndexServer, fetch: Fetch, lost: str) -> None:
    """Behaviour 59."""
    requirements = server.put("/requirements.txt", "six\n")
    server.answer("*", headers=FRESH)
    if lost == "file":
        server.answer(WHEEL, headers={"Cache-Control": "no-store"})
    if lost != "page":
        fetch("six")
    words = ("-r", requirements) if lost == "requirements" else ("six",)
    done = fetch("--offline", *words, expect=1)
    url = {"page": server.page_url("six"), "file": server.file_url("six-1.0-py3-none-any.whl")}.get(
        lost, requirements
    )
    assert f"ERROR: {url} is not in the cache, and --offline forbids to ask for it." in done.stderr
    assert server.log == []


@pytest.mark.parametrize("fields", [{}, {"Cache-Control": "no-store"}])
def test_pages_that_are_never_kept_have_a_way_out(
    freewheel: Freewheel, server: IndexServer, archives: Path, fields: dict[str, str]
) -> None:
    """Behaviours 29 and 59: files with a stated digest are kept, and do not help without the page."""
    server.add(make_wheel(archives, "other", requires=["six"]))
    server.answer("/simple/*", headers=fields)
    freewheel.run("install", "--target", "first", "other")
    done = freewheel.run("install", "--offline", "--target", "second", "other", expect=1)
    error, found, hint = done.stderr.splitlines()
    assert error == f"ERROR: {server.page_url('other')} is not in the cache, and --offline forbids to ask for it."
    assert found == "  found: this page was never kept, or has been removed since"
    assert "`freewheel download --dest FOLDER ...`, and install with --no-index --find-links FOLDER" in hint
    freewheel.run("download", "--dest", "folder", "other")
    server.stop()
    freewheel.run("install", "--no-index", "--find-links", "folder", "--target", "third", "other")
    freewheel.run("install", "--offline", "--no-index", "--find-links", "folder", "--target", "fourth", "other")
    assert {path.name for path in (freewheel.cwd / "fourth").glob("*.py")} == {"other.py", "six.py"}


def test_without_a_cache_nobody_is_asked_either(server: IndexServer, fetch: Fetch) -> None:
    """Behaviour 59."""
    assert "and no cache is used." in fetch("--offline", "--no-cache-dir", "six", expect=1).stderr
    assert server.log == []


def test_local_archives_need_no_connection(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    freewheel.run("download", "--offline", "--no-index", "--find-links", archives, "six")
    assert server.log == []


def test_projects_that_an_index_lacks_are_remembered(server: IndexServer, fetch: Fetch) -> None:
    """Behaviours 59 and 130: however long ago that was."""
    server.answer("*", headers=FRESH)
    with IndexServer() as other:
        age(other, 3 * DAY)
        words = ("--extra-index-url", other.index_url, "six")
        fetch(*words)
        other.clear()
        fetch("--offline", *words)
        assert (server.log, other.log) == ([], [])


def test_what_is_stored_is_preferred_and_the_rest_asked_for(server: IndexServer, fetch: Fetch) -> None:
    """Behaviour 128."""
    server.answer("*", headers=FRESH, etag=True)
    age(server, 3 * DAY)
    fetch("six")
    done = fetch("--prefer-offline", "six", "seven")
    assert {path for path, *_ in asked(server)} == {SEVEN, "/files/seven-1.0-py3-none-any.whl"}
    assert done.stderr.count("WARNING") == 1
    assert (
        f"WARNING: {server.page_url('six')} is used as it was less than a minute ago, though that is" in done.stderr
    )


def test_an_index_that_is_gone_is_an_error_that_says_how_old_the_stored_page_is(
    server: IndexServer, fetch: Fetch
) -> None:
    """Behaviour 60; 128: the way out that it names is one."""
    server.answer("*", headers={"Expires": formatdate(0, usegmt=True)}, etag=True)
    server.answer(WHEEL, headers={"Expires": None, **FRESH})
    fetch("six")
    server.stop()
    done = fetch("six", expect=1)
    assert f"ERROR: Could not reach {server.page_url('six')}." in done.stderr
    assert "stored: what it gave less than a minute ago, which is stale" in done.stderr
    assert "--prefer-offline goes with what is stored" in done.stderr
    assert "No matching distribution" not in done.stderr
    assert "Saved ./files-3/six-1.0-py3-none-any.whl" in fetch("--prefer-offline", "six").lines


# Resuming


def test_a_download_that_breaks_off_is_resumed(
    freewheel: Freewheel, server: IndexServer, archives: Path, fetch: Fetch
) -> None:
    """Behaviour 46: in pip's words; the next run has it from the cache, also where the server states Vary."""
    wheel = make_wheel(archives, "large", files=LARGE)
    server.add(wheel, metadata=False)
    path = f"/files/{wheel.name}"
    server.answer("*", headers={**FRESH, "Vary": "Accept-Encoding"}, etag=True)
    server.answer(path, times=2, close_after=4000)
    done = fetch("large")
    size = size_text(wheel.stat().st_size)
    assert done.stderr.splitlines() == [
        "WARNING: Connection interrupted while downloading.",
        f"WARNING: Attempting to resume incomplete download (4.0 kB/{size}, attempt 1)",
        "WARNING: Connection interrupted while downloading.",
        f"WARNING: Attempting to resume incomplete download (8.0 kB/{size}, attempt 2)",
    ]
    assert f"  Resuming download {wheel.name} (4.0 kB/{size})" in done.lines
    requests = server.requests_for(wheel.name)
    assert [(one.status, one.header("Range")) for one in requests] == [
        (200, None),
        (206, "bytes=4000-"),
        (206, "bytes=8000-"),
    ]
    assert requests[1].header("If-Range")
    assert (freewheel.cwd / "files-1" / wheel.name).read_bytes() == wheel.read_bytes()
    assert f"  Using cached {wheel.name} (" in fetch("large").stdout
    assert asked(server) == []


def test_a_resumed_download_is_kept_by_the_same_rules(
    freewheel: Freewheel, server: IndexServer, archives: Path, fetch: Fetch
) -> None:
    """Behaviour 46: not where that is forbidden."""
    wheel = make_wheel(archives, "large", files=LARGE)
    server.add(wheel, metadata=False)
    server.answer("/files/*", headers={"Cache-Control": "no-store"}, etag=True)
    server.answer("/files/*", times=1, close_after=4000)
    fetch("large")
    assert (freewheel.cwd / "files-1" / wheel.name).read_bytes() == wheel.read_bytes()
    assert not list(freewheel.cache.glob("blobs-v1/*/*"))
    assert list(freewheel.temporary.iterdir()) == []
    fetch("large")
    assert len(server.requests_for(wheel.name)) == 1


@pytest.mark.parametrize("retries", ["0", "2"])
def test_resuming_has_an_end_and_leaves_nothing(
    freewheel: Freewheel, server: IndexServer, fetch: Fetch, retries: str
) -> None:
    """Behaviour 45."""
    server.answer(WHEEL, close_after=0, etag=True)
    done = fetch("--resume-retries", retries, "six", expect=1)
    after = "" if retries == "0" else "after 3 attempts "
    assert f"ERROR: Download failed {after}because not enough bytes were received (0 bytes/" in done.stderr
    assert len(server.requests_for(WHEEL)) == int(retries) + 1
    assert not list(freewheel.cache.glob("blobs-v1/*/*"))
    assert not list(freewheel.cache.glob("tmp/*"))
    assert list(freewheel.temporary.iterdir()) == []


@pytest.mark.parametrize("how", [{"FREEWHEEL_NO_CACHE_DIR": "1"}, {"PIP_NO_CACHE_DIR": "1"}])
def test_offline_without_a_cache_is_told_as_that(freewheel: Freewheel, how: dict[str, str]) -> None:
    done = freewheel.run("download", "--offline", "-i", "https://index.example/simple/", "six", env=how, expect=1)
    assert "--offline forbids to ask for it, and no cache is used." in done.stderr
    assert "Run once without" not in done.stderr

"""The HTTP cache, seen from the command line: what is asked for again, and what is kept."""

from __future__ import annotations

import base64
import os
import sys
import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import count
from pathlib import Path

import pytest

from tests.support.answers import Framing
from tests.support.archives import make_sdist, make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.folders import snapshot
from tests.support.pages import HTML_PAGE, write_index
from tests.support.process import Result
from tests.support.server import IndexServer

PAGE = "/simple/six/"
WHEEL = "/files/six-1.0-py3-none-any.whl"
REUSED = "  Using cached six-1.0-py3-none-any.whl ("
FRESH = {"Cache-Control": "max-age=600"}
HOUR = 3600.0

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)
"""
"""A program that runs another and prints how many bytes of memory it had at most."""

OTHER_VERSION = (
    "import freewheel, runpy; freewheel.__version__ = '0.0.1'; runpy.run_module('freewheel', run_name='__main__')"
)
"""A program that is freewheel of another version."""

Fetch = Callable[..., Result]
Serve = Callable[[], Path]


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url


@pytest.fixture
def serve(server: IndexServer, archives: Path) -> Serve:
    """Offer a wheel that is subject to HTTP alone: no digest is stated, and no metadata lies beside it."""

    def offer() -> Path:
        wheel = make_wheel(archives, "six")
        server.add(wheel, hashes=False, metadata=False)
        return wheel

    return offer


@pytest.fixture
def fetch(freewheel: Freewheel, server: IndexServer) -> Fetch:
    """Download into a new folder, in a process of its own; the log then holds this run's requests alone."""
    numbers = count(1)

    def run(*words: str, expect: int = 0) -> Result:
        server.clear()
        folder = f"files-{next(numbers)}"
        return freewheel.run("download", "--dest", folder, *(words or ("six",)), expect=expect)

    return run


def asked(server: IndexServer) -> list[tuple[str, int]]:
    """What was asked for since the last clearing, and the status of the answer."""
    return [(request.path, request.status) for request in server.log]


def age(server: IndexServer, seconds: float) -> None:
    """Date the answers from now on as if they had been given so long ago."""
    server.clock = lambda: time.time() - seconds


def holds(folder: Path, wanted: bytes) -> bool:
    """Whether bytes stand in a file below a folder, or in a name there."""
    return any(
        wanted in bytes(path.relative_to(folder)) or (path.is_file() and wanted in path.read_bytes())
        for path in folder.rglob("*")
    )


# Freshness


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        pytest.param({"etag": True}, "If-None-Match", id="behaviour 21: ETag"),
        pytest.param({"last_modified": 1_500_000_000.0}, "If-Modified-Since", id="behaviour 30: Last-Modified"),
    ],
)
def test_what_has_a_validator_alone_is_asked_about_and_not_sent_again(
    *,
    freewheel: Freewheel,
    environment: Environment,
    server: IndexServer,
    serve: Serve,
    fetch: Fetch,
    settings: dict[str, object],
    field: str,
) -> None:
    serve()
    server.answer("*", **settings)  # type: ignore[arg-type]
    fetch()
    server.clear()
    done = freewheel.run("install", "--python", environment.python, "six")
    assert asked(server) == [(PAGE, 304), (WHEEL, 304)]
    assert all(request.header(field) for request in server.log)
    assert REUSED in done.stdout
    assert environment.installed() == {"six": "1.0"}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(FRESH, id="behaviour 22: max-age"),
        pytest.param({"Expires": formatdate(time.time() + HOUR, usegmt=True)}, id="behaviour 32: Expires"),
        pytest.param({"Cache-Control": 'Max-Age="600"'}, id="behaviour 34: odd spelling"),
    ],
)
def test_what_is_fresh_is_not_asked_about(
    server: IndexServer, serve: Serve, fetch: Fetch, headers: dict[str, str]
) -> None:
    serve()
    server.answer("*", headers=headers)
    fetch()
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]
    done = fetch()
    assert asked(server) == []
    assert REUSED in done.stdout


def test_what_is_fresh_needs_no_server(freewheel: Freewheel, server: IndexServer, serve: Serve, fetch: Fetch) -> None:
    """Behaviour 23."""
    wheel = serve()
    server.answer("*", headers=FRESH)
    fetch()
    server.stop()
    fetch()
    assert (freewheel.cwd / "files-2" / wheel.name).read_bytes() == wheel.read_bytes()


@pytest.mark.parametrize("expires", ["0", "-1", formatdate(0, usegmt=True)])
def test_what_has_expired_is_not_used_without_asking(
    server: IndexServer, serve: Serve, fetch: Fetch, expires: str
) -> None:
    """Behaviour 33."""
    serve()
    server.answer("*", headers={"Expires": expires}, etag=True)
    fetch()
    fetch()
    assert asked(server) == [(PAGE, 304), (WHEEL, 304)]


def test_a_304_makes_fresh_for_as_long_as_it_says(server: IndexServer, serve: Serve, fetch: Fetch) -> None:
    """Behaviour 24."""
    serve()
    server.answer("*", headers=FRESH, etag=True)
    age(server, HOUR)
    fetch()
    age(server, 0)
    fetch()
    assert asked(server) == [(PAGE, 304), (WHEEL, 304)]
    fetch()
    assert asked(server) == []


@pytest.mark.parametrize(("before", "after", "third"), [(0, 600, []), (600, 0, [(PAGE, 304), (WHEEL, 304)])])
def test_a_304_changes_the_lifetime(
    *, server: IndexServer, serve: Serve, fetch: Fetch, before: int, after: int, third: list[tuple[str, int]]
) -> None:
    """Behaviour 25."""
    serve()
    server.answer("*", headers={"Cache-Control": f"max-age={before}"}, etag=True)
    age(server, HOUR)
    fetch()
    server.answer("*", headers={"Cache-Control": f"max-age={after}"})
    age(server, 0)
    fetch()
    assert asked(server) == [(PAGE, 304), (WHEEL, 304)]
    fetch()
    assert asked(server) == third


def test_a_new_answer_takes_the_place_of_the_old_one(
    freewheel: Freewheel, server: IndexServer, serve: Serve, archives: Path, fetch: Fetch
) -> None:
    """Behaviour 26: for pages, and for files whose content changes behind one URL."""
    serve()
    server.answer("*", etag=True)
    fetch()
    changed = make_wheel(archives, "six", files={"six.py": "changed = True\n"})
    server.add(changed, hashes=False, metadata=False)
    server.add(make_wheel(archives, "six", "2.0"), hashes=False, metadata=False)
    server.answer("*", headers=FRESH)
    fetch("six==1.0")
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]
    done = fetch("six")
    assert asked(server) == [("/files/six-2.0-py3-none-any.whl", 200)]
    assert "Saved ./files-3/six-2.0-py3-none-any.whl" in done.lines
    fetch("six==1.0")
    assert asked(server) == []
    assert (freewheel.cwd / "files-4" / changed.name).read_bytes() == changed.read_bytes()


def test_an_answer_without_date_is_asked_about(server: IndexServer, serve: Serve, fetch: Fetch) -> None:
    """Behaviour 38."""
    serve()
    server.answer("*", headers={"Date": None}, etag=True)
    fetch()
    fetch()
    assert asked(server) == [(PAGE, 304), (WHEEL, 304)]


# What is not kept


def test_no_store_leaves_nothing(
    freewheel: Freewheel, environment: Environment, server: IndexServer, archives: Path
) -> None:
    """Behaviour 27: of page, metadata and file, though digests are stated, and of what was made of the file."""
    wheel = make_wheel(
        archives, "six", files={"six.py": "secret = 'in the module'\n"}, fields=[("Summary", "secret")]
    )
    server.add(wheel)
    server.answer("*", headers={"Cache-Control": "no-store"})
    for _ in range(2):
        server.clear()
        freewheel.run("install", "--force-reinstall", "--python", environment.python, "six")
        assert asked(server) == [(PAGE, 200), (f"{WHEEL}.metadata", 200), (WHEEL, 200)]
        assert environment.run_python("import six; print(six.secret)") == "in the module\n"
    assert not holds(freewheel.cache, b"secret")
    assert not holds(freewheel.cache, wheel.name.encode())
    assert not list(freewheel.cache.glob("blobs-v1/*/*"))
    assert list(freewheel.temporary.iterdir()) == []


def test_no_store_takes_away_what_was_kept_before(
    freewheel: Freewheel, server: IndexServer, serve: Serve, archives: Path, fetch: Fetch
) -> None:
    """Behaviour 27: an earlier answer that it supersedes."""
    serve()
    server.answer("*", etag=True)
    fetch()
    assert holds(freewheel.cache, b"six-1.0-py3-none-any.whl")
    server.answer(PAGE, headers={"Cache-Control": "no-store"})
    server.add(make_wheel(archives, "six", "2.0"), hashes=False, metadata=False)
    fetch("six==1.0")
    assert asked(server) == [(PAGE, 200), (WHEEL, 304)]
    assert not holds(freewheel.cache, b'"name": "six"')
    fetch("six==1.0")
    assert [request.header("If-None-Match") for request in server.requests_for(PAGE)] == [None]


def test_what_has_neither_lifetime_nor_validator_is_not_kept(
    freewheel: Freewheel, server: IndexServer, serve: Serve, fetch: Fetch
) -> None:
    """Behaviour 29."""
    wheel = serve()
    fetch()
    assert not holds(freewheel.cache, wheel.name.encode())
    assert not list(freewheel.cache.glob("blobs-v1/*/*"))
    fetch()
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]


def test_what_varies_by_everything_is_not_reused(server: IndexServer, serve: Serve, fetch: Fetch) -> None:
    """Behaviour 39."""
    serve()
    server.answer("*", headers={**FRESH, "Vary": "*"}, etag=True)
    fetch()
    fetch()
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]


def test_what_varies_is_reused_for_the_same_request_fields(server: IndexServer, archives: Path, fetch: Fetch) -> None:
    """Behaviour 40: one URL as a page of links and as a requirements file is asked for with other fields."""
    wheel = make_wheel(archives, "six")
    server.put(f"/{wheel.name}", wheel)
    page = server.put("/links.txt", f'# <a href="{wheel.name}">six</a>\n', "text/html")
    server.answer("*", headers={**FRESH, "Vary": "Accept"})
    as_page = ("--no-index", "--find-links", page, "six")
    fetch(*as_page)
    assert ("/links.txt", 200) in asked(server)
    fetch(*as_page)
    assert asked(server) == []
    done = fetch("-r", page)
    assert asked(server) == [("/links.txt", 200)]
    assert "WARNING" not in done.stderr
    fetch(*as_page, "-r", page)
    assert asked(server) == []


def test_what_varies_by_who_asks_is_reused_by_the_same_program(
    freewheel: Freewheel, server: IndexServer, serve: Serve, fetch: Fetch
) -> None:
    """Behaviour 40: an index may give another page to another program, or to another version of it."""
    serve()
    server.answer("*", headers={**FRESH, "Vary": "User-Agent"})
    fetch()
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]
    fetch()
    assert asked(server) == []
    other = Freewheel(freewheel.folder, command=(sys.executable, "-c", OTHER_VERSION), variables=freewheel.variables)
    server.clear()
    other.run("download", "--dest", "other", "six")
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]


def test_a_failing_server_is_not_remembered(server: IndexServer, serve: Serve, fetch: Fetch) -> None:
    """Behaviour 41."""
    serve()
    server.answer(PAGE, times=1, status=500, headers=FRESH)
    done = fetch("--retries", "0", "six", expect=1)
    assert "status 500" in done.stderr
    fetch()
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]


def test_a_page_that_cannot_be_read_is_not_held_against_its_index(
    server: IndexServer, serve: Serve, fetch: Fetch
) -> None:
    """However long it said that it would be fresh."""
    serve()
    server.put(PAGE, "down for maintenance", "text/plain")
    server.answer(PAGE, headers=FRESH)
    assert "is no project page of an index" in fetch(expect=1).stderr
    fetch(expect=1)
    assert asked(server) == [(PAGE, 200)]
    server.put(PAGE, f'<a href="{WHEEL}">six</a>', "text/html")
    fetch()
    assert asked(server) == [(PAGE, 200), (WHEEL, 206)]  # its end, which is all of it


def test_a_published_project_is_seen_at_once(server: IndexServer, serve: Serve, fetch: Fetch) -> None:
    """Behaviour 41, and 130: "there is none" is never said on the word of a stored answer."""
    done = fetch(expect=1)
    assert "ERROR: No matching distribution found for six" in done.stderr
    assert asked(server) == [(PAGE, 404)]
    fetch(expect=1)
    assert asked(server) == [(PAGE, 404)]
    serve()
    fetch()
    assert asked(server) == [(PAGE, 200), (WHEEL, 200)]


def test_an_index_without_the_project_is_spared_while_another_has_it(serve: Serve, fetch: Fetch) -> None:
    """Behaviour 130: for ten minutes."""
    serve()
    with IndexServer() as other:
        words = ("--extra-index-url", other.index_url, "six")
        for seconds_ago, requests in ((601, 1), (300, 2), (300, 2)):
            age(other, seconds_ago)
            fetch(*words)
            assert other.paths() == {PAGE: requests}


@pytest.mark.parametrize("broken", [PAGE, WHEEL])
def test_an_answer_of_another_length_than_stated_is_not_kept(
    freewheel: Freewheel, server: IndexServer, serve: Serve, fetch: Fetch, broken: str
) -> None:
    """Behaviour 44."""
    serve()
    server.answer("*", etag=True, accepts_ranges=False)
    server.answer(broken, times=10, content_length=10_000, headers=FRESH)
    done = fetch("--retries", "0", "six", expect=1)
    assert "ERROR: Download failed" in done.stderr
    assert "10000 bytes" in done.stderr
    assert not list((freewheel.cache / "tmp").iterdir())
    server.answer_plainly()
    fetch()
    assert (broken, 200) in asked(server)


def test_an_interrupted_download_leaves_nothing_in_the_cache(
    freewheel: Freewheel, server: IndexServer, archives: Path, fetch: Fetch
) -> None:
    """Behaviour 45."""
    server.add(make_wheel(archives, "six"))
    freewheel.run("install", "--target", "nowhere", "--dry-run", "six")
    before = snapshot(freewheel.cache)
    server.answer(WHEEL, close_after=50, accepts_ranges=False)
    done = fetch("--retries", "0", "six", expect=1)
    assert "ERROR: Download failed" in done.stderr
    new = snapshot(freewheel.cache).keys() - before.keys()
    assert {path for path in new if not path.startswith("locks/")} <= {"blobs-v1", "locks", "tmp"}
    assert list(freewheel.temporary.iterdir()) == []
    assert not list(freewheel.cwd.glob("files-*/*"))


@pytest.mark.parametrize("coding", ["gzip", None])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_however_an_answer_is_sent_it_is_read_again_the_same(
    *,
    freewheel: Freewheel,
    server: IndexServer,
    serve: Serve,
    fetch: Fetch,
    framing: Framing,
    coding: str | None,
) -> None:
    """Behaviour 47."""
    wheel = serve()
    server.answer("*", framing=framing, headers=FRESH, accepts_ranges=False)
    server.answer(PAGE, coding="gzip" if coding else None)
    fetch()
    server.stop()
    fetch()
    for folder in ("files-1", "files-2"):
        assert (freewheel.cwd / folder / wheel.name).read_bytes() == wheel.read_bytes()


def test_what_lies_on_this_machine_is_read_where_it_lies(
    freewheel: Freewheel, archives: Path, tmp_path: Path, fetch: Fetch
) -> None:
    """Behaviour 50: neither `file:` indexes nor find-links are stored, and what changes there is seen at once."""
    index = tmp_path / "index"
    sources = (
        ("--index-url", write_index(index, [make_wheel(archives, "six")]), "six"),
        ("--no-index", "--find-links", str(archives), "six"),
    )
    for words in sources:
        fetch(*words)
    assert not list(freewheel.cache.glob("entries-v1/http/*"))
    assert not list(freewheel.cache.glob("blobs-v1/*/*"))
    changed = make_wheel(archives, "six", files={"six.py": "changed = True\n"})
    newer = make_wheel(archives, "six", "2.0")
    write_index(index, [changed, newer])
    for number, words in enumerate(sources):
        fetch(*words)
        fetch(*words[:-1], "six==1.0")
        assert (freewheel.cwd / f"files-{2 * number + 3}" / newer.name).exists()
        assert (freewheel.cwd / f"files-{2 * number + 4}" / changed.name).read_bytes() == changed.read_bytes()


# Identity beats freshness


def test_without_caching_fields_only_pages_are_asked_for_again(
    server: IndexServer, archives: Path, fetch: Fetch
) -> None:
    """Files and metadata with stated digests are reused for ever; a page is asked for once in each run."""
    server.add(make_wheel(archives, "six"))
    server.add(make_wheel(archives, "left", requires=["six"]))
    server.add(make_wheel(archives, "right", requires=["six", "left"]))
    fetch("left", "right", "six")
    fetch("left", "right", "six")
    assert sorted(asked(server)) == [("/simple/left/", 200), ("/simple/right/", 200), (PAGE, 200)]


def test_a_file_that_moved_is_known_by_its_digest(server: IndexServer, archives: Path, fetch: Fetch) -> None:
    """Another URL for the same bytes, as mirrors and signed URLs have it, is no reason to fetch them."""
    server.add(make_wheel(archives, "six"))
    fetch()
    server.file_base = "https://elsewhere.invalid/moved/"
    done = fetch()
    assert REUSED in done.stdout
    assert asked(server) == [(PAGE, 200)]


def test_metadata_is_kept_under_its_own_url(server: IndexServer, archives: Path, fetch: Fetch) -> None:
    """Behaviour 51: without a stated digest it is subject to HTTP."""
    server.add(make_wheel(archives, "six"), metadata={})
    server.answer("*.metadata", etag=True)
    fetch()
    assert asked(server) == [(PAGE, 200), (f"{WHEEL}.metadata", 200), (WHEEL, 200)]
    fetch()
    assert asked(server) == [(PAGE, 200), (f"{WHEEL}.metadata", 304)]


@pytest.mark.parametrize("attempt", ["into an empty cache", "after a right one"])
def test_metadata_is_held_against_its_digest(
    freewheel: Freewheel, server: IndexServer, archives: Path, fetch: Fetch, attempt: str
) -> None:
    """Behaviour 51."""
    wheel = make_wheel(archives, "six")
    if attempt == "after a right one":
        server.add(wheel)
        fetch()
    wrong = "0" * 64
    server.add(wheel, metadata={"sha256": wrong})
    done = fetch(expect=1)
    assert "six-1.0-py3-none-any.whl.metadata does not match its stated digest" in done.stderr
    assert wrong in done.stderr
    server.add(wheel)
    fetch()
    assert not list((freewheel.cache / "tmp").iterdir())


def test_a_second_environment_costs_no_request_and_no_build(
    *, freewheel: Freewheel, tmp_path: Path, server: IndexServer, archives: Path, build_log: BuildLog
) -> None:
    """Against an index with caching fields, while its pages are fresh."""
    server.answer("/simple/*", headers=FRESH, etag=True)
    server.answer("/files/*", headers={"Cache-Control": "max-age=365000000, immutable"}, etag=True)
    server.add(make_wheel(archives, "six"))
    server.add(make_sdist(archives, "built", requires=["six"], build_requires=["tool"]))
    server.add(make_wheel(archives, "tool"))
    server.add(make_wheel(archives, "top", requires=["built", "six>=1"], extras={"more": ["built"]}))
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("top[more]\nsix\n", encoding="utf-8")
    installed = []
    for name in ("first", "second"):
        server.clear()
        environment = make_environment(tmp_path / name)
        done = freewheel.run("install", "--python", environment.python, "-r", requirements)
        installed.append(environment.installed())
    assert server.log == []
    assert len([call for call in build_log.calls() if call[0] == "build_wheel"]) == 1
    assert installed[0] == installed[1] == {"top": "1.0", "built": "1.0", "six": "1.0"}
    assert any(line.startswith("Reused ") for line in done.lines)
    assert "New: " not in done.stdout


# Size


@pytest.mark.skipif(os.name == "nt", reason="the system does not tell a process's greatest size")
@pytest.mark.parametrize("options", [[], ["--no-cache-dir"]], ids=["with a cache", "without"])
def test_memory_does_not_grow_with_a_file(
    freewheel: Freewheel, server: IndexServer, archives: Path, options: list[str]
) -> None:
    """Neither when it is fetched nor when it is reused."""
    for name, size in (("small", 0), ("large", 64 << 20)):
        wheel = make_wheel(archives, name)
        content = wheel.read_bytes()
        with wheel.open("wb") as file:
            file.seek(size)  # what stands before a zip archive is none of its business
            file.write(content)
        server.add(wheel)
    measured = Freewheel(
        freewheel.folder / "measured",
        command=(sys.executable, "-c", PEAK, sys.executable, "-m", "freewheel"),
        variables={"PIP_INDEX_URL": server.index_url},
    )
    for attempt in ("first", "again"):
        peaks = [
            int(measured.run("download", *options, "--dest", f"{name}-{attempt}", name).lines[-1])
            for name in ("small", "large")
        ]
        assert peaks[1] - peaks[0] < 16 << 20
        assert next((measured.cwd / f"large-{attempt}").iterdir()).stat().st_size > 64 << 20


# Secrets


def test_passwords_never_lie_in_the_cache_or_in_what_is_said(
    *, freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment, tmp_path: Path
) -> None:
    """Behaviour 53, and 111: those of indexes, of pages of links, of direct URLs and of requirements files."""
    server.answer("*", credentials=("mary", "s3cr3t-word"), etag=True, headers=FRESH)
    authority = f"mary:s3cr3t-word@127.0.0.1:{server.port}"
    server.add(make_wheel(archives, "six"))
    server.add(make_sdist(archives, "built"))
    server.add(make_sdist(archives, "direct"))
    server.put("/linked-1.0-py3-none-any.whl", make_wheel(archives, "linked"))
    server.put("/links/", '<a href="../linked-1.0-py3-none-any.whl">linked</a>', "text/html")
    server.put("/requirements.txt", f"direct @ http://${{WHO}}@127.0.0.1:{server.port}/files/direct-1.0.tar.gz\n")
    done = freewheel.run(
        *("install", "--python", environment.python, "-vvv", "--report", tmp_path / "report.json"),
        *("--log", tmp_path / "log", "--find-links", f"http://{authority}/links/"),
        *("-r", f"http://{authority}/requirements.txt", "six", "built", "linked"),
        env={"PIP_INDEX_URL": f"http://{authority}/simple/", "WHO": "mary:s3cr3t-word"},
    )
    assert environment.installed() == {"six": "1.0", "built": "1.0", "direct": "1.0", "linked": "1.0"}
    said = (done.stdout + done.stderr).encode()
    for secret in (b"s3cr3t-word", base64.b64encode(b"mary:s3cr3t-word").rstrip(b"=")):
        assert not holds(freewheel.folder, secret)
        assert not holds(environment.root, secret)
        assert secret not in said
        assert secret not in (tmp_path / "report.json").read_bytes()
        assert secret not in (tmp_path / "log").read_bytes()


@pytest.mark.parametrize("credentials", ["", "mary:wrong@"])
def test_what_was_fetched_with_a_password_is_not_for_others(
    freewheel: Freewheel, server: IndexServer, serve: Serve, fetch: Fetch, credentials: str
) -> None:
    """Behaviour 54."""
    serve()
    server.answer("*", credentials=("mary", "right"), headers=FRESH)
    freewheel.variables["PIP_INDEX_URL"] = f"http://mary:right@127.0.0.1:{server.port}/simple/"
    fetch()
    fetch()
    assert asked(server) == []
    freewheel.variables["PIP_INDEX_URL"] = f"http://{credentials}127.0.0.1:{server.port}/simple/"
    done = fetch(expect=1)
    assert "was denied" in done.stderr
    assert asked(server) == [(PAGE, 401)]


# Pages of other forms


def test_a_html_page_is_cached_like_any(server: IndexServer, serve: Serve, fetch: Fetch) -> None:
    """Behaviour 47."""
    serve()
    server.formats = (HTML_PAGE,)
    server.answer("*", headers=FRESH)
    fetch()
    fetch()
    assert asked(server) == []

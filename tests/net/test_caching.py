"""The cache between a client and a real server on loopback, run after run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from freewheel import errors
from freewheel.events import Missed, Reused
from freewheel.httpcache.message import Request
from freewheel.model.digest import Digest, sha256_of
from freewheel.net.bodies import read_all
from tests.net.caches import Got, Run, files_in, holds
from tests.support.clock import FakeClock
from tests.support.server import IndexServer

OLD, NEW = b"old page " * 1000, b"new page " * 1000
WHEEL = b"PK wheel" * 5000
FILE = "/files/six-1.0-py3-none-any.whl"

NewRun = Callable[..., Run]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[IndexServer]:
    with IndexServer(clock=clock) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def new_run(folder: Path, clock: FakeClock) -> Iterator[NewRun]:
    runs: list[Run] = []

    def start(**changes: object) -> Run:
        runs.append(Run(folder, clock, **changes))  # type: ignore[arg-type]
        return runs[-1]

    yield start
    for run in runs:
        run.close()


def page(server: IndexServer, content: bytes = OLD, **answers: object) -> str:
    url = server.put("/simple/six/", content, "text/html")
    server.answer("/simple/six/", **answers)  # type: ignore[arg-type]
    return url


def conditions(server: IndexServer) -> tuple[str | None, str | None]:
    last = server.log[-1]
    return last.header("if-none-match"), last.header("if-modified-since")


# Pages: RFC 9111 decides


def test_an_etag_alone_is_validated(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 21."""
    url = page(server, etag='"one"')
    assert new_run().get(url).content == OLD
    run = new_run()
    got = run.get(url)
    assert (got.status, got.content) == (200, OLD)
    assert conditions(server) == ('"one"', None)
    assert (server.log[-1].status, server.log[-1].response_bytes) == (304, 0)
    told = "freewheel; fwd=stale; fwd-status=304; ttl=0"
    assert run.reused == [Reused(kind="page", subject=url, size=len(OLD), validated=True, cache_status=told)]
    assert run.missed == []


def test_a_fresh_page_needs_no_request(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    """Behaviour 22."""
    url = page(server, headers={"Cache-Control": "max-age=600"})
    first = new_run()
    first.get(url)
    [missed] = first.missed
    assert (missed.kind, missed.subject, missed.size) == ("page", url, len(OLD))
    clock.advance(599)
    run = new_run()
    got = run.get(url)
    assert (got.content, got.field("age")) == (OLD, "599")
    assert got.reply.cache_status is not None
    assert got.reply.cache_status.hit
    told = "freewheel; hit; ttl=1"
    assert (run.requested, run.reused) == (0, [Reused(kind="page", subject=url, size=len(OLD), cache_status=told)])


def test_a_fresh_page_is_there_when_the_server_is_not(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 23."""
    url = page(server, headers={"Cache-Control": "max-age=600"})
    new_run().get(url)
    server.stop()
    assert new_run().get(url).content == OLD


def test_a_304_makes_a_stale_page_fresh_again(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    """Behaviour 24."""
    url = page(server, etag=True, headers={"Cache-Control": "max-age=600"})
    new_run().get(url)
    clock.advance(601)
    run = new_run()
    assert run.get(url).content == OLD
    assert server.log[-1].status == 304
    clock.advance(599)
    fresh = new_run()
    assert fresh.get(url).content == OLD
    assert fresh.requested == 0


def test_the_fields_of_a_304_replace_the_old_ones(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    """Behaviour 25."""
    url = page(server, etag=True, headers={"Cache-Control": "max-age=10"})
    new_run().get(url)
    clock.advance(11)
    server.answer("/simple/six/", headers={"Cache-Control": "max-age=1000"})
    new_run().get(url)
    clock.advance(999)
    run = new_run()
    assert run.get(url).content == OLD
    assert run.requested == 0


def test_a_changed_page_replaces_the_old_one(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    """Behaviour 26."""
    url = page(server, etag=True, headers={"Cache-Control": "max-age=10"})
    new_run().get(url)
    clock.advance(11)
    page(server, NEW)
    run = new_run()
    assert run.get(url).content == NEW
    assert [type(event) for event in (*run.reused, *run.missed)] == [Missed]
    again = new_run()
    assert again.get(url).content == NEW
    assert again.requested == 0


@pytest.mark.parametrize("size", [100, 9000])
def test_no_store_leaves_nothing_and_takes_the_older_one_away(
    server: IndexServer, new_run: NewRun, folder: Path, size: int
) -> None:
    """Behaviour 27."""
    old, new = b"o" * size, b"n" * size
    url = page(server, old, etag=True)
    new_run().get(url)
    assert holds(folder, old)
    page(server, new, headers={"Cache-Control": "no-store"})
    run = new_run()
    got = run.get(url)
    assert (got.content, got.blob) == (new, None)
    assert not holds(folder, old)
    assert not holds(folder, new)
    assert "no-store" in run.missed[0].reason
    new_run().get(url)
    assert conditions(server) == (None, None)


def test_no_cache_is_stored_and_validated_each_time(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 28."""
    url = page(server, etag=True, headers={"Cache-Control": "no-cache, max-age=600"})
    for _ in range(3):
        assert new_run().get(url).content == OLD
    assert [request.status for request in server.log] == [200, 304, 304]


def test_neither_validator_nor_lifetime_means_nothing_is_stored(
    server: IndexServer, new_run: NewRun, folder: Path
) -> None:
    """Behaviour 29."""
    url = page(server)
    for _ in range(2):
        assert new_run().get(url).content == OLD
    assert [request.status for request in server.log] == [200, 200]
    assert not holds(folder, OLD[:100])


def test_last_modified_alone_is_validated(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    """Behaviour 30."""
    url = page(server, last_modified=clock.now - 10)
    new_run().get(url)
    assert new_run().get(url).content == OLD
    assert conditions(server) == (None, formatdate(clock.now - 10, usegmt=True))
    assert server.log[-1].status == 304


def test_a_stale_page_with_last_modified_is_not_transferred_again(
    server: IndexServer, new_run: NewRun, clock: FakeClock
) -> None:
    """Behaviour 31."""
    url = page(server, last_modified=clock.now - 10, headers={"Cache-Control": "max-age=60"})
    new_run().get(url)
    clock.advance(61)
    assert new_run().get(url).content == OLD
    assert server.log[-1].response_bytes == 0


def test_expires_in_the_future_is_fresh(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    """Behaviour 32."""
    url = page(server, headers={"Expires": formatdate(clock.now + 100, usegmt=True)})
    new_run().get(url)
    clock.advance(99)
    run = new_run()
    assert run.get(url).content == OLD
    assert run.requested == 0
    clock.advance(2)
    stale = new_run()
    stale.get(url)
    assert stale.requested == 1


@pytest.mark.parametrize("expires", ["0", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_expires_in_the_past_is_asked_about(server: IndexServer, new_run: NewRun, expires: str) -> None:
    """Behaviour 33."""
    url = page(server, etag=True, headers={"Expires": expires})
    new_run().get(url)
    assert new_run().get(url).content == OLD
    assert [request.status for request in server.log] == [200, 304]


def test_an_etag_without_a_date_is_stored(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 38."""
    url = page(server, etag=True, headers={"Date": None})
    new_run().get(url)
    assert new_run().get(url).content == OLD
    assert server.log[-1].status == 304


def test_vary_star_is_never_reused(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 39."""
    url = page(server, headers={"Cache-Control": "max-age=600", "Vary": "*"})
    for _ in range(2):
        assert new_run().get(url).content == OLD
    assert [request.status for request in server.log] == [200, 200]


def test_vary_accept_keeps_a_variant_for_each(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 40."""
    url = page(server, headers={"Cache-Control": "max-age=600", "Vary": "Accept"})
    new_run().get(url, fields={"Accept": "text/html"})
    page(server, NEW)
    assert new_run().get(url, fields={"Accept": "text/plain"}).content == NEW
    run = new_run()
    assert run.get(url, fields={"Accept": "text/html"}).content == OLD
    assert run.get(url, fields={"Accept": "text/plain"}).content == NEW
    assert (run.requested, run.warned) == (0, [])


def test_a_failure_is_not_stored(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 41."""
    url = page(server, status=500)
    assert new_run().get(url).status == 500
    server.answer_plainly()
    assert new_run().get(url).content == OLD


def test_a_project_appears_after_its_publication(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    """Behaviour 41."""
    url = f"{server.index_url}six/"
    assert new_run().get(url).status == 404
    page(server)
    clock.advance(601)
    assert new_run().get(url).content == OLD


def test_a_redirect_and_its_target_are_stored_by_their_own_rules(server: IndexServer, new_run: NewRun) -> None:
    """Behaviours 42 and 43."""
    target = server.put("/there/", OLD, "text/html")
    server.answer("/there/", headers={"Cache-Control": "max-age=600"})
    server.answer("/for-now/", redirect=(302, "/there/"))
    server.answer("/for-good/", redirect=(301, "/there/"), headers={"Cache-Control": "max-age=600"})
    new_run().get(f"{server.url}for-now/")
    run = new_run()
    got = run.get(f"{server.url}for-now/")
    assert (got.content, got.reply.url, run.requested) == (OLD, target, 1)
    new_run().get(f"{server.url}for-good/")
    fresh = new_run()
    assert fresh.get(f"{server.url}for-good/").content == OLD
    assert (fresh.requested, len(fresh.reused)) == (0, 1)


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("size", [30, 90_000])
def test_every_framing_and_coding_is_reread_as_it_came(
    server: IndexServer, new_run: NewRun, framing: str, size: int
) -> None:
    """Behaviour 47."""
    url = page(server, b"x" * size, framing=framing, coding="gzip", headers={"Cache-Control": "max-age=60"})
    first, second = new_run().get(url), new_run().get(url)
    assert first.content == second.content
    assert second.field("content-encoding") == "gzip"
    assert len(server.log) == 1


def test_a_small_page_lies_in_its_record(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    url = page(server, b"small", headers={"Cache-Control": "max-age=60"})
    new_run().get(url)
    assert files_in(folder, "blobs") == []
    run = new_run()
    assert (run.get(url).content, run.requested) == (b"small", 0)


# What was not whole, or is no longer whole


@pytest.mark.parametrize("change", [{"close_after": 4000}, {"content_length": 99_000}])
def test_an_incomplete_page_is_not_stored(
    server: IndexServer, new_run: NewRun, folder: Path, change: dict[str, int]
) -> None:
    """Behaviours 44 and 45."""
    url = page(server, headers={"Cache-Control": "max-age=600"}, **change)
    with pytest.raises(errors.IncompleteBody):
        new_run().get(url)
    assert files_in(folder, "entries") + files_in(folder, "blobs") + files_in(folder, "tmp") == []
    server.answer_plainly()
    assert new_run().get(url).content == OLD


def test_a_reader_that_stops_leaves_nothing(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    url = page(server, OLD * 100, headers={"Cache-Control": "max-age=600"})
    reply = new_run().send(url)
    reply.body.read(100)
    reply.body.close()
    assert files_in(folder, "entries") + files_in(folder, "blobs") + files_in(folder, "tmp") == []


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("hurt", [damage, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"\xff")])
@pytest.mark.parametrize("place", [("blobs", 9000), ("entries", 9000), ("entries", 30)])
@pytest.mark.parametrize("lifetime", [0, 600])
def test_a_damaged_page_is_fetched_again(
    new_run: NewRun, server: IndexServer, hurt: Callable[[Path], object], place: tuple[str, int], lifetime: int
) -> None:
    """Behaviours 63, 64 and 65."""
    table, size = place
    url = page(server, b"x" * size, etag=True, headers={"Cache-Control": f"max-age={lifetime}"})
    run = new_run()
    run.get(url)
    [path] = files_in(run.folder, table)
    hurt(path)
    run = new_run()
    assert run.get(url).content == b"x" * size
    assert (len(run.healed), len(run.missed), run.warned) == (1, 1, [])
    assert conditions(server) == (None, None)
    after = new_run()
    after.get(url)
    assert (after.healed, len(after.reused)) == ([], 1)


def test_a_body_that_is_gone_is_a_miss(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    url = page(server, headers={"Cache-Control": "max-age=600"})
    new_run().get(url)
    [path] = files_in(folder, "blobs")
    path.unlink()
    run = new_run()
    assert run.get(url).content == OLD
    assert (run.requested, len(run.missed), run.healed) == (1, 1, [])


def test_a_cache_that_is_only_read_is_left_as_it_is(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    """Behaviour 18."""
    url = page(server, headers={"Cache-Control": "max-age=600"})
    new_run().get(url)
    before = files_in(folder)
    run = new_run(writable=False)
    assert run.get(url).content == OLD
    other = server.put("/simple/other/", NEW)
    server.answer("/simple/other/", etag=True)
    assert (run.get(other).content, run.get(other).content) == (NEW, NEW)
    assert run.warned == []
    assert files_in(folder) == before


# Files: identity beats freshness


def file(server: IndexServer, content: bytes = WHEEL, **answers: object) -> str:
    url = server.put(FILE, content)
    server.answer(FILE, **answers)  # type: ignore[arg-type]
    return url


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512", "md5", "sha1", "blake2b"])
def test_a_file_with_a_stated_digest_is_reused_for_ever(
    server: IndexServer, new_run: NewRun, clock: FakeClock, algorithm: str
) -> None:
    url = file(server)
    stated = Digest(algorithm=algorithm, value=hashlib.new(algorithm, WHEEL, usedforsecurity=False).hexdigest())
    first = new_run()
    got = first.get(url, digest=stated)
    assert (got.content, got.blob) == (WHEEL, sha256_of(WHEEL))
    assert (first.missed[0].kind, first.missed[0].subject) == ("download", "six-1.0-py3-none-any.whl")
    clock.advance(10_000_000)
    server.stop()
    run = new_run()
    again = run.send(url, digest=stated)
    assert again.body.blob == sha256_of(WHEEL)
    assert read_all(again.body) == WHEEL
    told = "freewheel; hit; detail=digest"
    name = "six-1.0-py3-none-any.whl"
    assert run.reused == [Reused(kind="download", subject=name, size=len(WHEEL), cache_status=told)]


@pytest.mark.parametrize(("algorithm", "shared"), [("sha256", True), ("sha512", True), ("md5", False)])
def test_a_strong_digest_counts_at_another_url_and_a_weak_one_does_not(
    server: IndexServer, new_run: NewRun, algorithm: str, shared: bool
) -> None:
    url = file(server)
    other = server.put("/mirror/six-1.0-py3-none-any.whl", WHEEL)
    stated = Digest(algorithm=algorithm, value=hashlib.new(algorithm, WHEEL, usedforsecurity=False).hexdigest())
    new_run().get(url, digest=stated)
    run = new_run()
    assert run.get(other, digest=stated).content == WHEEL
    assert run.requested == (0 if shared else 1)


def test_another_stated_digest_is_another_file(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 80, for downloads."""
    url = file(server, headers={"Cache-Control": "max-age=600"}, etag=True)
    new_run().get(url, digest=sha256_of(WHEEL))
    file(server, b"replaced")
    run = new_run()
    assert run.get(url, digest=sha256_of(b"replaced")).content == b"replaced"
    assert conditions(server) == (None, None)


def test_a_wrong_file_is_refused_and_not_kept(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    url = file(server, headers={"Cache-Control": "max-age=600"}, etag=True)
    with pytest.raises(errors.DigestMismatch):
        new_run().get(url, digest=sha256_of(b"something else"))
    assert not holds(folder, WHEEL[:100])
    assert files_in(folder, "entries") == []


def test_no_store_leaves_nothing_of_a_file_with_a_digest(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    """Behaviour 27, and identity governs reuse only."""
    url = file(server, headers={"Cache-Control": "no-store"})
    reply = new_run().send(url, digest=sha256_of(WHEEL))
    assert not reply.body.will_be_kept
    assert read_all(reply.body) == WHEEL
    assert reply.body.blob is None
    assert not holds(folder, WHEEL[:100])
    assert files_in(folder, "entries") == []


def test_a_damaged_file_is_fetched_again_once(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    """Behaviour 62."""
    url = file(server)
    new_run().get(url, digest=sha256_of(WHEEL))
    [path] = files_in(folder, "blobs")
    damage(path)
    run = new_run()
    assert run.get(url, digest=sha256_of(WHEEL)).content == WHEEL
    assert (len(run.healed), run.requested) == (1, 1)
    after = new_run()
    assert after.get(url, digest=sha256_of(WHEEL)).content == WHEEL
    assert after.requested == 0


def test_a_file_without_a_digest_is_the_standards(server: IndexServer, new_run: NewRun, clock: FakeClock) -> None:
    url = file(server, etag=True, headers={"Cache-Control": "max-age=10"})
    got = new_run().get(url)
    assert got.blob == sha256_of(WHEEL)
    clock.advance(11)
    run = new_run()
    assert (run.get(url).content, run.reused[0].validated) == (WHEEL, True)


def test_metadata_has_its_own_url_and_digest(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 51."""
    url = server.put(f"{FILE}.metadata", b"Name: six\n")
    new_run().get(url, digest=sha256_of(b"Name: six\n"))
    run = new_run()
    assert run.get(url, digest=sha256_of(b"Name: six\n")).content == b"Name: six\n"
    assert (run.requested, run.reused[0].kind) == (0, "metadata")


def test_a_redirected_file_is_found_by_its_digest_at_once(server: IndexServer, new_run: NewRun) -> None:
    file(server)
    server.answer("/old.whl", redirect=(302, FILE))
    new_run().get(f"{server.url}old.whl", digest=sha256_of(WHEEL))
    run = new_run()
    assert run.get(f"{server.url}old.whl", digest=sha256_of(WHEEL)).content == WHEEL
    assert run.requested == 0


# Who may reuse what, and where it lies


def test_another_scope_does_not_see_it(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 54, at the level of the cache."""
    url = page(server, headers={"Cache-Control": "max-age=600"})
    new_run(scope="aa").get(url)
    for scope, requests in (("bb", 1), ("", 1), ("aa", 0)):
        run = new_run(scope=scope)
        run.get(url)
        assert run.requested == requests


def test_what_lies_in_the_cache_names_no_credentials(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    """Behaviour 53, at the level of the cache."""
    url = page(server, headers={"Cache-Control": "max-age=600"})
    new_run(scope="aa").get(url.replace("://", "://me:hidden@"))
    server.answer("/moved/", redirect=(301, url.replace("://", "://me:hidden@")))
    server.answer("/moved/", headers={"Cache-Control": "max-age=600"})
    new_run().get(f"{server.url}moved/")
    assert files_in(folder, "entries")
    assert not holds(folder, b"hidden")


def test_partitions_are_named_after_projects(server: IndexServer, new_run: NewRun, folder: Path) -> None:
    run = new_run()
    run.get(page(server, headers={"Cache-Control": "max-age=600"}))
    run.get(file(server), digest=sha256_of(WHEEL))
    names = {path.parent.name for path in files_in(folder, "entries")}
    assert names == {"six"}


# Other requests


def test_only_if_cached_never_asks(server: IndexServer, new_run: NewRun) -> None:
    url = page(server, headers={"Cache-Control": "max-age=600"})
    run = new_run()
    assert run.get(url, fields={"Cache-Control": "only-if-cached"}).status == 504
    run.get(url)
    assert run.get(url, fields={"Cache-Control": "only-if-cached"}).content == OLD
    assert (run.requested, len(run.missed)) == (1, 1)


def test_post_is_not_stored_and_makes_the_stored_unusable(server: IndexServer, new_run: NewRun) -> None:
    """Behaviour 52."""
    url = page(server, headers={"Cache-Control": "max-age=600"})
    run = new_run()
    run.get(url)
    reply = run.transport.send(Request(url=url, method="POST"))
    read_all(reply.body)
    run.get(url)
    assert [request.method for request in server.log] == ["GET", "POST", "GET"]


def test_threads_may_ask_together(server: IndexServer, new_run: NewRun) -> None:
    url = page(server, headers={"Cache-Control": "max-age=600"})
    run = new_run()
    got: list[Got] = []
    threads = [threading.Thread(target=lambda: got.append(run.get(url))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.content for one in got] == [OLD] * 6


# Memory

_FETCH = """
import sys, tracemalloc
from pathlib import Path
from freewheel.model.digest import Digest
from freewheel.net.bodies import chunks
from tests.net.caches import Run
from tests.support.clock import FakeClock

folder, url, value = sys.argv[1:]
stated = Digest(algorithm="sha256", value=value)
peaks = []
for _ in range(2):
    run = Run(Path(folder), FakeClock())
    tracemalloc.start()
    reply = run.send(url, digest=stated)
    size = sum(map(len, chunks(reply.body)))
    reply.body.close()
    peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    print(size, run.requested)
    run.close()
print(max(peaks))
"""


def test_memory_does_not_grow_with_the_file(server: IndexServer, folder: Path, tmp_path: Path) -> None:
    """Behaviour 72, with 64 MB."""
    big = tmp_path / "big.whl"
    checksum = hashlib.sha256()
    with big.open("wb") as stream:
        for number in range(64):
            piece = bytes([number]) * 1_000_000
            checksum.update(piece)
            stream.write(piece)
    url = server.put(FILE, big)
    outcome = subprocess.run(
        [sys.executable, "-c", _FETCH, str(folder), url, checksum.hexdigest()],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    *sizes, peak = outcome.stdout.split("\n")[:3]
    assert sizes == ["64000000 1", "64000000 0"]
    assert int(peak) < 8_000_000


def test_a_change_is_noticed_also_where_the_cache_can_only_be_read(server: IndexServer, new_run: NewRun) -> None:
    """RFC 9111 §4.4."""
    url = server.put("/page", b"old")
    server.answer("/page", headers={"Cache-Control": "max-age=600"})
    new_run().get(url)
    run = new_run(writable=False)
    assert run.get(url).content == b"old"
    read_all(run.transport.send(Request(url=url, method="PUT", content=b"")).body)
    server.put("/page", b"new")
    got = run.get(url)
    assert (got.content, str(got.reply.cache_status)) == (b"new", "freewheel; fwd=uri-miss; fwd-status=200")

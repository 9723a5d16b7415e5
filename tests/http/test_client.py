"""The public client against a real server on loopback."""

from __future__ import annotations

import gzip
import hashlib
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from freewheel import http
from freewheel.http import Client, Request, Role
from tests.support.cli import Freewheel
from tests.support.clock import FakeClock
from tests.support.folders import snapshot
from tests.support.server import IndexServer
from tests.support.unprivileged import Person

CONTENT = b"content " * 200
FRESH = {"Cache-Control": "max-age=600"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[IndexServer]:
    with IndexServer(clock=clock) as running:
        yield running


@pytest.fixture(params=["folder", "memory"])
def client(request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock) -> Iterator[Client]:
    with Client(tmp_path / "cache" if request.param == "folder" else None, clock=clock) as made:
        yield made


def got(client: Client, url: str, *fields: tuple[str, str]) -> tuple[int, bytes, str]:
    with client.get(url, fields) as response:
        return response.status, response.body.read(), str(response.cache_status)


def test_what_is_fresh_is_reused_as_it_came(server: IndexServer, client: Client, clock: FakeClock) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers={**FRESH, "X-Thing": ("a", "b")})
    first = client.get(url)
    assert (first.status, first.reason, first.url, first.body.read()) == (200, "OK", url, CONTENT)
    clock.advance(5)
    second = client.get(url)
    assert second.body.read() == CONTENT
    assert [line for line in second.fields if line[0] != "Age"] == first.fields
    assert (second.field("Age"), second.field("x-thing")) == ("5", "a, b")
    assert [str(response.cache_status) for response in (first, second)] == [
        "freewheel; fwd=uri-miss; fwd-status=200; stored",
        "freewheel; hit; ttl=595",
    ]
    assert len(server.log) == 1


def test_nothing_is_added_to_a_request_that_http_does_not_need(server: IndexServer, client: Client) -> None:
    url = server.put("/page", CONTENT)
    client.get(url, [("X-One", "1")]).close()
    assert sorted(name for name, _ in server.log[0].headers) == ["Host", "X-One"]


def test_the_programs_name_goes_along_and_counts_as_the_requests_own(
    server: IndexServer, tmp_path: Path, clock: FakeClock
) -> None:
    """RFC 9110 §10.1.5; and what varies with it is told apart."""
    url = server.put("/page", CONTENT)
    server.answer("/page", headers={**FRESH, "Vary": "User-Agent"})
    for name, account in (("a/1", "uri-miss"), ("b/1", "vary-miss"), ("a/1", "hit")):
        with Client(tmp_path / "cache", clock=clock, user_agent=name) as client:
            assert account in got(client, url)[2]
    assert [request.header("User-Agent") for request in server.log] == ["a/1", "b/1"]


def test_redirects_are_followed_where_that_is_asked_for(server: IndexServer, client: Client) -> None:
    url = server.put("/there", CONTENT)
    server.answer("/here", redirect=(302, "/there"), headers=FRESH)
    here = f"{server.url}here"
    with client.get(here) as response:
        assert (response.status, response.field("Location"), response.url) == (302, "/there", here)
    with client.get(here, follow_redirects=True) as response:
        assert (response.status, response.body.read(), response.url) == (200, CONTENT, url)
    assert server.paths() == {"/here": 1, "/there": 1}


def test_a_circle_of_redirects_is_an_error(server: IndexServer, client: Client) -> None:
    server.answer("/here", redirect=(302, "/here"))
    with pytest.raises(http.TooManyRedirects):
        client.get(f"{server.url}here", follow_redirects=True)


def test_a_bare_permanent_redirect_holds_for_three_hours(
    server: IndexServer, client: Client, clock: FakeClock
) -> None:
    server.answer("/here", redirect=(301, "/there"))
    for seconds, account in ((0, "uri-miss"), (10_799, "hit"), (2, "fwd=stale")):
        clock.advance(seconds)
        assert account in got(client, f"{server.url}here")[2]


def test_a_tenth_of_the_time_since_it_changed_is_its_guessed_lifetime(
    server: IndexServer, client: Client, clock: FakeClock
) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", last_modified=clock() - 1000)
    for seconds, account in ((0, "uri-miss"), (99, "hit; ttl=1"), (2, "fwd=stale; fwd-status=304")):
        clock.advance(seconds)
        assert account in got(client, url)[2]


def test_the_guess_may_be_another_or_none(server: IndexServer, clock: FakeClock) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", last_modified=clock() - 1000)
    for fraction, account in ((0.5, "hit; ttl=500"), (0.0, "fwd=stale; fwd-status=304")):
        client = Client(clock=clock, heuristic_fraction=fraction)
        got(client, url)
        assert account in got(client, url)[2]
        client.close()


def test_what_is_stale_answers_when_nobody_else_does_unless_that_is_not_wanted(
    server: IndexServer, tmp_path: Path, clock: FakeClock
) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    strict = server.put("/strict", CONTENT)
    server.answer("/strict", headers={"Cache-Control": "max-age=600, must-revalidate"})
    folder = tmp_path / "cache"
    with Client(folder, clock=clock) as client:
        got(client, url)
        got(client, strict)
        clock.advance(700)
        server.stop()
        assert got(client, url)[2] == "freewheel; fwd=stale; ttl=-100; detail=stale-on-error"
        with pytest.raises(http.Unreachable):
            client.get(strict)
    with Client(folder, clock=clock, stale_on_error=False) as client, pytest.raises(http.Unreachable) as caught:
        client.get(url)
    assert caught.value.stored_age == 700


def test_failures_are_kept_as_their_fields_say(server: IndexServer, client: Client) -> None:
    server.answer("/broken", status=503, headers=FRESH)
    server.answer("/failed", status=500)
    for path, count in (("broken", 1), ("failed", 2)):
        url = f"{server.url}{path}"
        assert got(client, url)[:2] == got(client, url)[:2]
        assert server.paths()[f"/{path}"] == count


def test_a_shared_cache_keeps_nothing_that_is_for_one_user(server: IndexServer, clock: FakeClock) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers={"Cache-Control": "private, max-age=600"})
    for role, count in ((Role.PRIVATE, 1), (Role.SHARED, 3)):
        with Client(role=role, clock=clock) as client:
            got(client, url)
            got(client, url)
        assert len(server.log) == count


def test_whoever_sends_other_credentials_gets_another_answer(server: IndexServer, client: Client) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    me, you = ("Authorization", "Bearer mine"), ("Authorization", "Bearer yours")
    accounts = [got(client, url, *fields)[2] for fields in ((me,), (you,), (), (me,))]
    assert ["hit" in account for account in accounts] == [False, False, False, True]


def test_credentials_leave_nothing_on_the_disk(server: IndexServer, tmp_path: Path, clock: FakeClock) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers={**FRESH, "Vary": "Authorization, Cookie"})
    with Client(tmp_path / "cache", clock=clock) as client:
        got(client, url, ("Authorization", "Bearer hidden"), ("Cookie", "hidden"))
        assert "hit" in got(client, url, ("Authorization", "Bearer hidden"), ("Cookie", "hidden"))[2]
    assert not any(b"hidden" in path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_bodies_are_kept_as_they_were_sent_and_decoded_on_request(server: IndexServer, client: Client) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH, coding="gzip")
    for _ in range(2):
        with client.get(url) as response:
            assert gzip.decompress(response.body.read()) == CONTENT
        with client.get(url) as response, response.decoded() as body:
            assert body.read() == CONTENT
    assert len(server.log) == 1


def test_decoding_keeps_what_is_read_too(server: IndexServer, client: Client) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH, coding="gzip")
    assert client.get(url).decoded().read() == CONTENT
    assert "hit" in got(client, url)[2]


@pytest.mark.parametrize("size", [1000, 100_000])
def test_a_body_that_is_closed_early_leaves_no_half_of_it(
    server: IndexServer, tmp_path: Path, clock: FakeClock, size: int
) -> None:
    url = server.put("/page", b"x" * size)
    server.answer("/page", headers=FRESH, framing="chunked")
    folder = tmp_path / "cache"
    with Client(folder, clock=clock) as client:
        with client.get(url) as response:
            assert response.body.read(10) == b"x" * 10
        assert got(client, url)[1] == b"x" * size
        assert "hit" in got(client, url)[2]
    assert list((folder / "tmp").iterdir()) == []


def test_what_has_a_stated_digest_is_reused_for_ever(server: IndexServer, client: Client, clock: FakeClock) -> None:
    url = server.put("/file", CONTENT)
    request = Request(url, digest=f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")
    assert client.send(request).body.read() == CONTENT
    clock.advance(1e9)
    response = client.send(request)
    assert (response.body.read(), str(response.cache_status)) == (CONTENT, "freewheel; hit; detail=digest")
    with pytest.raises(http.DigestMismatch):
        client.send(Request(url, digest=f"sha256:{'0' * 64}")).body.read()


@pytest.mark.parametrize("knows_at_first", [True, False])
def test_what_has_a_stated_digest_outlives_the_page_that_it_was(
    server: IndexServer, client: Client, *, knows_at_first: bool
) -> None:
    page, other = server.put("/page", CONTENT * 10), server.put("/other", b"")
    server.answer("/page", etag=True)
    stated = f"sha256:{hashlib.sha256(CONTENT * 10).hexdigest()}"
    client.send(Request(page, digest=stated if knows_at_first else None)).body.read()
    if not knows_at_first:
        assert client.send(Request(other, digest=stated)).body.read() == CONTENT * 10
    server.put("/page", b"changed" * 1000)
    assert got(client, page)[1] == b"changed" * 1000
    with client.send(Request(other, digest=stated)) as response:
        assert (response.body.read(), response.cache_status.hit) == (CONTENT * 10, True)


def test_unsafe_requests_reach_the_origin_and_spoil_what_is_stored(server: IndexServer, client: Client) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH, etag=True)
    got(client, url)
    with client.send(Request(url, method="POST", content=b"more")) as response:
        assert str(response.cache_status) == "freewheel; fwd=method; fwd-status=200"
    assert "fwd=stale; fwd-status=304" in got(client, url)[2]
    assert server.log[1].header("Content-Length") == "4"


def test_making_a_client_touches_nothing(tmp_path: Path) -> None:
    before = threading.active_count()
    client = Client(tmp_path / "new" / "cache")
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before
    client.close()


def test_importing_it_brings_no_http_library_and_no_installer() -> None:
    code = (
        "import sys, freewheel.http; freewheel.http.Client();"
        "print(sorted({'urllib3', 'httpx', 'rich', 'freewheel.config.values'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_folder_that_cannot_be_used_is_gone_without(
    server: IndexServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    with Client(tmp_path / "file") as client:
        for _ in range(2):
            assert got(client, url) == (
                200,
                CONTENT,
                'freewheel; fwd=bypass; fwd-status=200; detail="the folder cannot be used"',
            )
    assert [record.levelname for record in caplog.records if record.name == "freewheel.http"] == ["WARNING"]
    assert len(server.log) == 2


def test_each_response_is_a_line_in_the_log(
    server: IndexServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    with caplog.at_level(logging.DEBUG, logger="freewheel.http"):
        got(client, url)
        got(client, url)
    assert [record.getMessage() for record in caplog.records if record.name == "freewheel.http"] == [
        f"GET {url}: 200 (freewheel; fwd=uri-miss; fwd-status=200; stored)",
        f"GET {url}: 200 (freewheel; hit; ttl=600)",
    ]


def test_many_threads_share_a_client(server: IndexServer, client: Client) -> None:
    server.answer("/page*", headers=FRESH)
    pages = {server.put(f"/page{number}", f"{number}" * 5000): f"{number}" * 5000 for number in range(8)}
    right: list[bool] = []

    def ask() -> None:
        right.extend(got(client, url)[1] == content.encode() for url, content in pages.items())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 64
    before = len(server.log)
    ask()
    assert len(server.log) == before


def test_failures_in_passing_are_retried_where_that_is_asked_for(server: IndexServer, clock: FakeClock) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", times=1, status=503, headers={"Retry-After": "0"})
    with Client(clock=clock) as client:
        assert got(client, url)[0] == 503
    server.answer("/page", times=1, status=503, headers={"Retry-After": "0"})
    with Client(clock=clock, retries=1) as client:
        assert got(client, url)[0] == 200


def test_the_command_line_looks_into_a_programs_folder_too(
    server: IndexServer, tmp_path: Path, freewheel: Freewheel
) -> None:
    url = server.put("/file", b"x" * 100_000)
    server.answer("/file", headers=FRESH)
    folder = tmp_path / "cache"
    with Client(folder) as client:
        got(client, url)
    assert "Index pages: 1 (10" in freewheel.run("cache", "info", "--cache-dir", folder).stdout
    freewheel.run("cache", "purge", "--cache-dir", folder)
    assert not any("blobs" in name and kind.startswith("file") for name, kind in snapshot(folder).items())
    with Client(folder) as client:
        assert "uri-miss" in got(client, url)[2]


def test_a_role_may_be_named_by_its_word(tmp_path: Path, server: IndexServer, clock: FakeClock) -> None:
    url = server.put("/page", "x")
    server.answer("/page", headers={"Cache-Control": "private, max-age=60"})
    with Client(tmp_path / "cache", clock=clock, role="shared") as client:  # type: ignore[arg-type]
        assert [got(client, url)[2] for _ in range(2)] == ["freewheel; fwd=uri-miss; fwd-status=200"] * 2
    with pytest.raises(ValueError, match="nonsense"):
        Client(role="nonsense")  # type: ignore[arg-type]


def test_content_and_another_host_are_no_part_of_the_key(server: IndexServer, client: Client) -> None:
    url = server.put("/page", "x")
    server.answer("/page", headers=FRESH)
    for request in (Request(url, content=b"query"), Request(url, fields={"Host": "other.example"})):
        for _ in range(2):
            with client.send(request) as response:
                assert str(response.cache_status).startswith("freewheel; fwd=bypass; fwd-status=200")
    assert got(client, url)[2] == "freewheel; fwd=uri-miss; fwd-status=200; stored"


def test_a_folder_that_can_only_be_read_is_said_to_keep_nothing(server: IndexServer, unprivileged: Person) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    folder = unprivileged.new_folder()
    unprivileged.give(folder)
    folder.chmod(0o500)
    code = (
        "import sys; from freewheel.http import Client; client = Client(sys.argv[1])\n"
        "found = client.get(sys.argv[2]); found.body.read(); print(found.cache_status)"
    )
    ran = unprivileged.run(unprivileged.python, "-c", code, folder, url)
    assert ran.lines == ["freewheel; fwd=uri-miss; fwd-status=200"]
    assert "can only be read" in ran.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"cache": ""}, ValueError),
        ({"role": "public"}, ValueError),
        ({"clock": 5}, TypeError),
        ({"timeout": -1}, ValueError),
        ({"timeout": None}, TypeError),
        ({"retries": -1}, ValueError),
        ({"heuristic_fraction": -1}, ValueError),
        ({"user_agent": "a\r\nHost: b"}, ValueError),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused_at_once(wrong: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Client(**wrong)


def test_a_decoded_body_that_is_closed_cannot_be_read(server: IndexServer, client: Client) -> None:
    url = server.put("/page", gzip.compress(CONTENT))
    server.answer("/page", headers={"Content-Encoding": "gzip"})
    with client.get(url) as response:
        decoded = response.decoded()
    with pytest.raises(ValueError, match="closed"):
        decoded.read()

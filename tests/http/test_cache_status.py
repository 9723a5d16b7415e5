"""Every reason to forward that RFC 9211 §2.2 knows, brought about."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from freewheel.http import CacheStatus, Client, Request
from tests.support.clock import FakeClock
from tests.support.server import IndexServer

CONTENT = b"content"

PROGRAM = """
import sys
from freewheel.http import Client
print(len(Client(sys.argv[1]).get(sys.argv[2]).body.read()))
"""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def url(clock: FakeClock) -> Iterator[str]:
    with IndexServer(clock=clock) as server:
        server.answer("/page", headers={"Cache-Control": "max-age=600", "Vary": "Accept"}, etag=True)
        yield server.put("/page", CONTENT)


@pytest.fixture
def client(clock: FakeClock, tmp_path: Path) -> Iterator[Client]:
    with Client(tmp_path / "cache", clock=clock) as made:
        yield made


def told(client: Client, request: Request) -> CacheStatus:
    with client.send(request) as response:
        response.body.read()
        return response.cache_status


def test_nothing_is_stored_for_it(url: str, client: Client) -> None:
    assert told(client, Request(url)) == CacheStatus(fwd="uri-miss", fwd_status=200, stored=True)


def test_what_is_stored_answers_other_fields(url: str, client: Client) -> None:
    told(client, Request(url))
    asked = Request(url, fields=[("Accept", "text/html")])
    assert told(client, asked) == CacheStatus(fwd="vary-miss", fwd_status=200, stored=True)


def test_nothing_stored_has_the_digest(url: str, client: Client) -> None:
    told(client, Request(url))
    with client.send(Request(url, digest=f"sha512:{hashlib.sha512(CONTENT).hexdigest()}")) as response:
        assert response.cache_status == CacheStatus(fwd="miss", fwd_status=200, stored=True, detail="digest")


@pytest.mark.parametrize("directive", ["no-cache", "max-age=0", "min-fresh=601"])
def test_the_request_wants_a_new_answer(url: str, client: Client, directive: str) -> None:
    told(client, Request(url))
    asked = Request(url, fields=[("Cache-Control", directive)])
    name = directive.partition("=")[0]
    assert told(client, asked) == CacheStatus(fwd="request", fwd_status=304, ttl=600, detail=name)


def test_what_is_stored_is_stale(url: str, client: Client, clock: FakeClock) -> None:
    told(client, Request(url))
    clock.advance(601)
    assert told(client, Request(url)) == CacheStatus(fwd="stale", fwd_status=304, ttl=600)


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS", "MKCOL"])
def test_the_method_is_for_the_origin(url: str, client: Client, method: str) -> None:
    told(client, Request(url))
    assert told(client, Request(url, method=method)) == CacheStatus(fwd="method", fwd_status=200)


def test_there_is_no_cache_that_can_be_used(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with Client(tmp_path / "file") as client:
        detail = "the folder cannot be used"
        assert told(client, Request(url)) == CacheStatus(fwd="bypass", fwd_status=200, detail=detail)


def test_nobody_is_asked_where_only_what_is_stored_is_wanted(url: str, client: Client) -> None:
    """RFC 9111 §5.2.1.7: neither a hit nor forwarded."""
    asked = Request(url, fields=[("Cache-Control", "only-if-cached")])
    assert told(client, asked) == CacheStatus(detail="only-if-cached")


def test_a_hit_says_for_how_long(url: str, client: Client, clock: FakeClock) -> None:
    told(client, Request(url))
    clock.advance(100)
    assert told(client, Request(url)) == CacheStatus(hit=True, ttl=500)


def test_only_a_part_is_stored(url: str, client: Client) -> None:
    """The next run of a program carries on: nothing of the first one is needed but its folder."""
    with client.send(Request(url)) as response:
        assert response.body.read(3) == CONTENT[:3]
    with client.send(Request(url)) as response:
        assert response.cache_status == CacheStatus(fwd="partial", fwd_status=206, stored=True)
        assert response.status == 200
        assert response.body.read() == CONTENT
    assert told(client, Request(url)) == CacheStatus(hit=True, ttl=600)


def test_a_part_of_what_is_stored_is_a_hit(url: str, client: Client) -> None:
    told(client, Request(url))
    with client.send(Request(url, fields=[("Range", "bytes=2-4")])) as response:
        assert (response.status, response.body.read()) == (206, CONTENT[2:5])
        assert response.cache_status == CacheStatus(hit=True, ttl=600)


def test_somebody_else_has_just_asked_for_it(url: str, client: Client) -> None:
    """RFC 9211 §2.6; behaviour 133."""
    first = client.send(Request(url))
    found: list[CacheStatus] = []
    thread = threading.Thread(target=lambda: found.append(told(client, Request(url))))
    thread.start()
    first.body.read()
    thread.join()
    # Whether it came in time to wait, or when the answer was here already.
    assert found[0] in (CacheStatus(fwd="uri-miss", ttl=600, collapsed=True), CacheStatus(hit=True, ttl=600))


def test_processes_ask_once_for_all(tmp_path: Path) -> None:
    """Behaviour 133: who comes too late to wait finds the answer."""
    gate = threading.Event()
    with IndexServer() as server:
        url = server.put("/page", CONTENT)
        server.answer("/page", headers={"Cache-Control": "max-age=600"}, gate=gate)
        words = [sys.executable, "-c", PROGRAM, str(tmp_path / "cache"), url]
        others = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        server.wait_for("/page")
        gate.set()
        assert [process.communicate(timeout=120)[0] for process in others] == [f"{len(CONTENT)}\n"] * 3
        assert len(server.requests_for("/page")) == 1

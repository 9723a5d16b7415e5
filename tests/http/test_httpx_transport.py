"""The transport for httpx, with httpx itself, against a real server on loopback."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from freewheel.http import CacheStatus, Client
from freewheel.http.httpx_transport import FreewheelTransport
from tests.support.clock import FakeClock
from tests.support.server import IndexServer

CONTENT = b"content " * 2000
FRESH = {"Cache-Control": "max-age=600"}


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[IndexServer]:
    with IndexServer(clock=clock) as running:
        yield running


@pytest.fixture
def client(tmp_path: Path, clock: FakeClock) -> Iterator[httpx.Client]:
    with httpx.Client(transport=FreewheelTransport(tmp_path / "cache", clock=clock)) as made:
        yield made


def account(response: httpx.Response) -> str:
    return response.headers.get("Cache-Status", "")


def test_what_is_fresh_is_reused(server: IndexServer, client: httpx.Client, clock: FakeClock) -> None:
    url = server.put("/page", CONTENT, "text/plain; charset=utf-8")
    server.answer("/page", headers={**FRESH, "X-Thing": ("a", "b")})
    first = client.get(url)
    clock.advance(5)
    second = client.get(url)
    assert (first.content, second.content, second.text) == (CONTENT, CONTENT, CONTENT.decode())
    assert (second.status_code, second.reason_phrase, second.http_version) == (200, "OK", "HTTP/1.1")
    assert second.headers.get_list("X-Thing") == ["a", "b"]
    assert second.headers["Age"] == "5"
    assert (account(first), account(second)) == (
        "freewheel; fwd=uri-miss; fwd-status=200; stored",
        "freewheel; hit; ttl=595",
    )
    assert second.extensions["cache_status"] == CacheStatus(hit=True, ttl=595)
    assert len(server.log) == 1


def test_the_member_is_appended_to_what_came(server: IndexServer, client: httpx.Client) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers={**FRESH, "Cache-Status": "edge; hit; ttl=3"})
    client.get(url)
    assert client.get(url).headers.get_list("Cache-Status") == ["edge; hit; ttl=3", "freewheel; hit; ttl=600"]


def test_httpx_decodes_what_is_stored_coded(server: IndexServer, client: httpx.Client, clock: FakeClock) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH, coding="gzip", etag=True)
    assert client.get(url).content == CONTENT
    again = client.get(url)
    assert (again.content, again.headers["Content-Encoding"], "hit" in account(again)) == (CONTENT, "gzip", True)
    clock.advance(601)
    validated = client.get(url)
    assert (validated.content, "fwd=stale; fwd-status=304" in account(validated)) == (CONTENT, True)


def test_httpx_follows_redirects_each_of_which_is_stored(server: IndexServer, client: httpx.Client) -> None:
    url = server.put("/there", CONTENT)
    server.answer("/here", redirect=(301, "/there"))
    server.answer("/there", headers=FRESH)
    for _ in range(2):
        response = client.get(f"{server.url}here", follow_redirects=True)
        assert (response.content, str(response.url), len(response.history)) == (CONTENT, url, 1)
    assert client.get(f"{server.url}here").status_code == 301
    assert server.paths() == {"/here": 1, "/there": 1}


def test_a_stream_that_is_closed_early_leaves_no_half_of_it(
    server: IndexServer, client: httpx.Client, tmp_path: Path
) -> None:
    url = server.put("/page", CONTENT * 50)
    server.answer("/page", headers=FRESH)
    with client.stream("GET", url) as response:
        assert next(response.iter_raw(1000)) == (CONTENT * 50)[:1000]
    assert list((tmp_path / "cache" / "tmp").glob("*")) == []
    assert client.get(url).content == CONTENT * 50
    assert "hit" in account(client.get(url))


def test_content_and_methods_go_through(server: IndexServer, client: httpx.Client) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    client.get(url)
    response = client.post(url, content=b"more")
    assert (response.status_code, account(response)) == (200, "freewheel; fwd=method; fwd-status=200")
    assert server.log[-1].header("Content-Length") == "4"
    assert "fwd=stale" in account(client.get(url))
    assert client.head(url).content == b""


def test_what_is_stale_answers_when_nobody_else_does(
    server: IndexServer, client: httpx.Client, clock: FakeClock
) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    client.get(url)
    clock.advance(700)
    server.stop()
    response = client.get(url)
    assert (response.content, account(response)) == (
        CONTENT,
        "freewheel; fwd=stale; ttl=-100; detail=stale-on-error",
    )


def test_what_goes_wrong_on_the_network_is_httpxs_own_exception(server: IndexServer, client: httpx.Client) -> None:
    server.answer("/rude", hang_up=True)
    with pytest.raises(httpx.RemoteProtocolError) as rude:
        client.get(f"{server.url}rude")
    assert str(rude.value.request.url) == f"{server.url}rude"
    url = server.put("/short", CONTENT)
    server.answer("/short", close_after=1000)
    with pytest.raises(httpx.RemoteProtocolError):
        client.get(url)
    gate = threading.Event()
    server.answer("/slow", gate=gate)
    with pytest.raises(httpx.ReadTimeout):
        client.get(f"{server.url}slow", timeout=0.05)
    gate.set()
    server.stop()
    with pytest.raises(httpx.ConnectError):
        client.get(url)


def test_a_certificate_that_is_not_trusted_is_never_passed_over(tmp_path: Path, clock: FakeClock) -> None:
    with IndexServer(tls=True, clock=clock) as server:
        url = server.put("/page", CONTENT)
        server.answer("/page", headers=FRESH)
        trusting = FreewheelTransport(tmp_path, clock=clock, inner=httpx.HTTPTransport(verify=False))
        with httpx.Client(transport=trusting) as client:
            client.get(url)
        clock.advance(700)
        transport = FreewheelTransport(tmp_path, clock=clock)
        with httpx.Client(transport=transport) as client, pytest.raises(httpx.ConnectError):
            client.get(url)


def test_credentials_of_a_url_are_sent_and_shown_nowhere(
    server: IndexServer, client: httpx.Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH, credentials=("me", "hidden"))
    with caplog.at_level(logging.DEBUG, logger="freewheel.http"):
        assert client.get(url.replace("//", "//me:hidden@")).content == CONTENT
        assert "hit" in account(client.get(url, auth=("me", "hidden")))
        assert client.get(url).status_code == 401
    assert not [record for record in caplog.records if "hidden" in record.getMessage() and "freewheel" in record.name]
    assert not any(b"hidden" in path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file())


def test_it_shares_a_folder_with_the_client(
    server: IndexServer, client: httpx.Client, tmp_path: Path, clock: FakeClock
) -> None:
    url = server.put("/page", CONTENT)
    server.answer("/page", headers=FRESH)
    client.get(url)
    with Client(tmp_path / "cache", clock=clock) as other, other.get(url) as response:
        assert (response.cache_status.hit, response.body.read()) == (True, CONTENT)


def test_any_transport_of_httpxs_may_stand_below(clock: FakeClock) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers=FRESH, text="made up")

    with httpx.Client(transport=FreewheelTransport(inner=httpx.MockTransport(answer), clock=clock)) as client:
        assert [client.get("https://origin.example/").text for _ in range(2)] == ["made up"] * 2
    assert len(asked) == 1


def test_making_a_transport_touches_nothing(tmp_path: Path) -> None:
    before = threading.active_count()
    FreewheelTransport(tmp_path / "new" / "cache").close()
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == before


def test_an_asynchronous_client_is_told_that_there_is_nothing_for_it() -> None:
    async def ask() -> None:
        client = httpx.AsyncClient(transport=FreewheelTransport())  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="synchronous"):
            await client.get("https://origin.example/")
        await client.aclose()
        with pytest.raises(TypeError, match="synchronous"):
            async with httpx.AsyncClient(transport=FreewheelTransport()):  # type: ignore[arg-type]
                pass

    asyncio.run(ask())


@pytest.mark.parametrize("url", ["/page", "http:///page", "ftp://origin.example/"])
def test_a_url_that_nobody_can_ask_for_is_httpxs_own_exception(client: httpx.Client, url: str) -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        client.get(url)


def test_what_is_no_transport_is_refused_at_once() -> None:
    with pytest.raises(TypeError, match="inner"):
        FreewheelTransport(inner=httpx.Client())  # type: ignore[arg-type]

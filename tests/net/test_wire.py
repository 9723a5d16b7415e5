"""The wire against a real server on loopback."""

from __future__ import annotations

import errno
import gzip
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from freewheel import errors
from freewheel.events import Recorder, Requested
from freewheel.httpcache.message import Headers, Request
from freewheel.net.bodies import read_all
from freewheel.net.connections import StaleConnection
from freewheel.net.origins import TrustedHosts, parse_trusted_hosts
from freewheel.net.wire import UrllibTransport, WireSettings
from tests.support.server import IndexServer


def wire(
    *,
    ca_bundle: Path | str | None = None,
    trusted: TrustedHosts | None = None,
    timeout: float = 15.0,
    proxy: str | None = None,
    recorder: Recorder | None = None,
    allows_plain: bool = False,
) -> UrllibTransport:
    settings = WireSettings(
        allows_plain=allows_plain,
        authorities=None if ca_bundle is None else str(ca_bundle),
        trusted_hosts=trusted or TrustedHosts(),
        connect_timeout=timeout,
        read_timeout=timeout,
    )
    return UrllibTransport(settings=settings, reporter=recorder or Recorder(), proxy_for=lambda _: proxy)


@pytest.fixture
def tls_server() -> Iterator[IndexServer]:
    with IndexServer(tls=True) as running:
        yield running


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_bodies_arrive_whole_and_undecoded(server: IndexServer, framing: str) -> None:
    """Behaviour 47."""
    url = server.put("/page", "x" * 100_000, "text/html")
    server.answer("/page", framing=framing, coding="gzip")  # type: ignore[arg-type]
    transport = wire()
    reply = transport.send(Request(url=url, headers=Headers((("Accept-Encoding", "gzip"),))))
    assert reply.response.headers.get("content-encoding") == "gzip"
    assert gzip.decompress(read_all(reply.body)) == b"x" * 100_000
    transport.close()


def test_fields_come_and_go_line_by_line(server: IndexServer) -> None:
    url = server.put("/page", "x")
    server.answer("/page", headers={"Set-Thing": ("a", "b"), "X-Name": "caf\xe9"})
    recorder = Recorder()
    transport = wire(recorder=recorder)
    reply = transport.send(Request(url=f"{url}#part", headers=Headers((("Accept", "a/b"), ("X-One", "1")))))
    assert reply.response.headers.get_all("set-thing") == ("a", "b")
    assert reply.response.headers.get("x-name") == "caf\xe9"
    assert (reply.response.status, reply.response.reason) == (200, "OK")
    read_all(reply.body)
    [logged] = server.log
    assert logged.path == "/page"
    assert (logged.header("user-agent"), logged.header("accept"), logged.header("x-one")) == (
        None,
        "a/b",
        "1",
    )
    assert logged.header("accept-encoding") is None
    assert recorder.events == [Requested(method="GET", url=url)]
    transport.close()


def test_content_goes_along_and_no_field_but_those_that_http_needs() -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            connection, _ = listener.accept()
            with connection:
                while not heard or not heard[-1].endswith(b"content"):
                    heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=listen)
        thread.start()
        transport = wire()
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        fields = Headers((("X-One", "1"), ("x-one", "2")))
        reply = transport.send(Request(url=f"http://{host}/x", method="PUT", headers=fields, content=b"content"))
        assert (reply.response.status, read_all(reply.body)) == (204, b"")
        thread.join()
    head, _, content = b"".join(heard).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == "PUT /x HTTP/1.1"
    assert sorted(lines) == sorted([f"Host: {host}", "Content-Length: 7", "X-One: 1", "X-One: 2"])
    assert content == b"content"
    transport.close()


def test_a_requests_own_user_agent_stands_alone(server: IndexServer) -> None:
    url = server.put("/page", "x")
    transport = wire()
    read_all(transport.send(Request(url=url, headers=Headers((("user-agent", "mine/1"),)))).body)
    assert [value for name, value in server.log[0].headers if name.lower() == "user-agent"] == ["mine/1"]
    transport.close()


def test_redirects_and_failures_are_the_callers(server: IndexServer) -> None:
    server.answer("/moved", redirect=(302, "/there"))
    server.answer("/broken", status=503)
    transport = wire()
    for path, status in (("moved", 302), ("broken", 503), ("absent", 404)):
        reply = transport.send(Request(url=f"{server.url}{path}"))
        reply.body.close()
        assert reply.response.status == status
    assert len(server.log) == 3
    transport.close()


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_cut_short_is_incomplete(server: IndexServer, framing: str) -> None:
    """Behaviour 44."""
    url = server.put("/file", b"x" * 50_000)
    server.answer("/file", framing=framing, close_after=20_000)  # type: ignore[arg-type]
    transport = wire()
    reply = transport.send(Request(url=url))
    with pytest.raises(errors.IncompleteBody) as caught:
        read_all(reply.body)
    assert caught.value.expected == (50_000 if framing == "length" else None)
    transport.close()


def test_a_read_body_gives_its_connection_back_and_so_does_a_short_unread_one(server: IndexServer) -> None:
    short, long = server.put("/short", b"x" * 1000), server.put("/long", b"x" * 3_000_000)
    transport = wire()
    reply = transport.send(Request(url=short))
    reply.body.close()
    assert reply.body.read(10) == b""
    read_all(transport.send(Request(url=short)).body)
    started = transport.send(Request(url=long))
    started.body.close()
    started.body.close()
    read_all(transport.send(Request(url=short)).body)
    assert len(server.log) == 4
    transport.close()


def test_nobody_there_is_unreachable_and_why(server: IndexServer) -> None:
    url = f"{server.url}x"
    server.stop()
    with pytest.raises(errors.Unreachable) as caught:
        wire().send(Request(url=url))
    assert caught.value.reason == os.strerror(errno.ECONNREFUSED)
    assert caught.value.url == url


def test_an_unknown_host_cannot_be_resolved() -> None:
    with pytest.raises(errors.Unreachable) as caught:
        wire().send(Request(url="https://no-such-host.invalid/"))
    assert caught.value.reason == "the host name cannot be resolved"


def test_a_server_that_hangs_up_is_unreachable(server: IndexServer) -> None:
    server.answer("/x", hang_up=True)
    with pytest.raises(errors.Unreachable) as caught:
        wire().send(Request(url=f"{server.url}x"))
    assert caught.value.reason == "the connection was closed without an answer"


def test_a_silent_server_runs_into_the_time_limit() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with pytest.raises(errors.Unreachable) as caught:
            wire(timeout=0.05).send(Request(url=url))
    assert caught.value.reason == "no answer within the time limit"


@pytest.mark.parametrize("url", ["http://a b.example/", "http://" + "a" * 300 + ".invalid/"])
def test_what_is_no_url_is_an_error_of_ours(url: str) -> None:
    with pytest.raises(errors.NetworkError):
        wire(trusted=parse_trusted_hosts(["a b.example", "a" * 300 + ".invalid"])).send(Request(url=url))


def test_plain_http_beyond_loopback_is_refused_before_anything_is_sent() -> None:
    """Behaviour 48: what is never asked for is never stored."""
    recorder = Recorder()
    with pytest.raises(errors.InsecureOrigin) as caught:
        wire(recorder=recorder).send(Request(url="http://index.example/simple/"))
    assert caught.value.host == "index.example"
    assert recorder.events == []


def test_plain_http_is_spoken_to_any_host_where_that_is_wanted() -> None:
    with pytest.raises(errors.Unreachable):
        wire(allows_plain=True).send(Request(url="http://nobody.invalid/"))


def test_the_bundle_makes_a_server_trusted(tls_server: IndexServer) -> None:
    url = tls_server.put("/x", b"safe")
    transport = wire(ca_bundle=tls_server.ca_bundle)
    assert read_all(transport.send(Request(url=url)).body) == b"safe"
    transport.close()


def test_an_unknown_authority_is_not_trusted(tls_server: IndexServer) -> None:
    with pytest.raises(errors.UntrustedCertificate) as caught:
        wire().send(Request(url=tls_server.url))
    assert caught.value.reason


def test_a_certificate_for_another_name_is_not_trusted(tls_server: IndexServer) -> None:
    url = f"https://127.1:{tls_server.port}/"
    with pytest.raises(errors.UntrustedCertificate):
        wire(ca_bundle=tls_server.ca_bundle).send(Request(url=url))


def test_a_trusted_host_is_not_verified(tls_server: IndexServer) -> None:
    url = tls_server.put("/x", b"as it is")
    transport = wire(trusted=parse_trusted_hosts([f"127.0.0.1:{tls_server.port}"]))
    assert read_all(transport.send(Request(url=url)).body) == b"as it is"
    transport.close()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_cannot_be_read_is_named(tmp_path: Path, tls_server: IndexServer, content: str | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content, encoding="utf-8")
    with pytest.raises(errors.UnusableCertificates) as caught:
        wire(ca_bundle=bundle).send(Request(url=tls_server.url))
    assert caught.value.files == (str(bundle),)


@pytest.mark.parametrize(
    ("user_info", "sent"), [("me:s%40fe", "Basic bWU6c0BmZQ=="), ("me:%E2%82%AC", "Basic bWU64oKs")]
)
def test_a_proxy_gets_the_request_with_its_own_credentials(server: IndexServer, user_info: str, sent: str) -> None:
    server.put("/x", b"through the proxy")
    transport = wire(
        proxy=f"http://{user_info}@127.0.0.1:{server.port}", trusted=parse_trusted_hosts(["origin.example"])
    )
    reply = transport.send(Request(url="http://origin.example/x"))
    reply.body.close()
    [logged] = server.log
    assert logged.path == "http://origin.example/x"
    assert logged.header("proxy-authorization") == sent
    transport.close()


def test_a_dead_proxy_is_named_as_such_without_its_password(server: IndexServer) -> None:
    proxy = f"http://me:hidden@127.0.0.1:{server.port}"
    server.stop()
    with pytest.raises(errors.Unreachable) as caught:
        wire(proxy=proxy).send(Request(url="https://origin.example/x"))
    assert "proxy" in caught.value.reason
    assert "hidden" not in str(caught.value)


def test_a_proxy_of_an_unknown_kind_is_an_error_of_ours() -> None:
    """SOCKS among them, which other programs take from `all_proxy`."""
    for proxy in ("gopher://127.0.0.1:1", "socks5://127.0.0.1:1", "socks5h://me:hidden@127.0.0.1:1"):
        with pytest.raises(errors.UnusableProxy) as caught:
            wire(proxy=proxy).send(Request(url="https://origin.example/x"))
        assert caught.value.proxy == proxy.replace("me:hidden@", "")


def test_many_threads_share_one_transport(server: IndexServer) -> None:
    urls = {server.put(f"/{number}", f"{number}" * 5000): f"{number}" * 5000 for number in range(8)}
    transport = wire()
    got: list[bool] = []

    def fetch(url: str, expected: str) -> None:
        got.extend(read_all(transport.send(Request(url=url)).body) == expected.encode() for _ in range(5))

    threads = [threading.Thread(target=fetch, args=item) for item in urls.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [True] * 40
    transport.close()


def test_what_was_being_handled_before_is_no_cause(server: IndexServer) -> None:
    """A request inside an `except` ends, whatever that handles: Python notes it as the context of each failure."""
    url = server.put("/page", "x")
    server.stop()
    transport = wire()
    try:
        raise StaleConnection("closed without an answer")  # noqa: TRY301 - the handler is the point
    except StaleConnection:
        with pytest.raises(errors.Unreachable, match="refused"):
            transport.send(Request(url=url))
    transport.close()


def test_a_method_goes_out_as_it_is_spelt(server: IndexServer) -> None:
    """RFC 9110 §9.1."""
    url = server.put("/page", "x")
    transport = wire()
    transport.send(Request(url=url, method="get")).body.close()
    assert [request.method for request in server.log] == ["get"]
    transport.close()

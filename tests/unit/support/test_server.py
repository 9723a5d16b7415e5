"""The loopback index answers as the standards say, and wrongly on demand."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest

from tests.support.archives import make_sdist, make_wheel, wheel_metadata
from tests.support.clock import FakeClock
from tests.support.environments import Environment, pip
from tests.support.pages import HTML_PAGE, JSON_PAGE, OLD_HTML_PAGE
from tests.support.server import IndexServer

WHEEL = "demo-1.0-py3-none-any.whl"


@dataclass(frozen=True)
class Got:
    status: int
    fields: http.client.HTTPMessage
    body: bytes


def ask(server: IndexServer, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET") -> Got:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        response = connection.getresponse()
        return Got(response.status, response.msg, response.read())
    finally:
        connection.close()


@pytest.fixture
def index(server: IndexServer, archives: Path) -> IndexServer:
    """An index with one wheel."""
    server.add(make_wheel(archives, "demo"))
    return server


def test_pip_installs_a_wheel_and_an_sdist_from_it(
    server: IndexServer, archives: Path, environment: Environment
) -> None:
    make_wheel(archives, "Foo.Bar", "1.0", requires=["demo"])
    make_sdist(archives, "demo", "2.0")
    server.add_folder(archives)
    pip(environment, "install", "--index-url", server.index_url, "foo-bar")
    assert environment.installed() == {"foo-bar": "1.0", "demo": "2.0"}
    assert server.paths() == {
        "/simple/foo-bar/": 1,
        "/files/foo_bar-1.0-py3-none-any.whl.metadata": 1,
        "/files/foo_bar-1.0-py3-none-any.whl": 1,
        "/simple/demo/": 1,
        "/files/demo-2.0.tar.gz": 1,
    }


def test_pip_installs_over_tls(archives: Path, environment: Environment) -> None:
    with IndexServer(tls=True) as server:
        server.add(make_wheel(archives, "demo"))
        pip(environment, "install", "--cert", server.ca_bundle, "--index-url", server.index_url, "demo")
        stranger = http.client.HTTPSConnection("127.0.0.1", server.port, context=ssl.create_default_context())
        with pytest.raises(ssl.SSLCertVerificationError):
            stranger.connect()
        stranger.close()
    assert environment.installed() == {"demo": "1.0"}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, JSON_PAGE),
        ("*/*", JSON_PAGE),
        (f"{JSON_PAGE}, {HTML_PAGE}; q=0.1, text/html; q=0.01", JSON_PAGE),
        (f"{HTML_PAGE};q=0.2, {OLD_HTML_PAGE};q=0.1", HTML_PAGE),
        ("text/html", OLD_HTML_PAGE),
    ],
)
def test_the_page_comes_in_the_format_that_is_accepted(
    index: IndexServer, accept: str | None, content_type: str
) -> None:
    got = ask(index, "/simple/demo/", {"Accept": accept} if accept else {})
    assert (got.status, got.fields["Content-Type"]) == (200, content_type)
    assert got.body.startswith(b"{" if content_type == JSON_PAGE else b"<!DOCTYPE html>")


def test_formats_can_be_withheld(index: IndexServer) -> None:
    index.formats = (OLD_HTML_PAGE,)
    assert ask(index, "/simple/demo/", {"Accept": "*/*"}).fields["Content-Type"] == OLD_HTML_PAGE
    assert ask(index, "/simple/demo/", {"Accept": JSON_PAGE}).status == 404


def test_a_json_page_tells_all_that_was_said_of_a_file(server: IndexServer, archives: Path) -> None:
    wheel = make_wheel(archives, "demo")
    server.add(
        wheel,
        requires_python=">=3.8",
        yanked="broken",
        upload_time="2024-01-01T00:00:00Z",
        hashes={"md5": "ab"},
        metadata={},
    )
    page = json.loads(ask(server, "/simple/demo/").body)
    assert page["versions"] == ["1.0"]
    assert page["files"] == [
        {
            "filename": WHEEL,
            "url": f"../../files/{WHEEL}",
            "hashes": {"md5": "ab"},
            "size": wheel.stat().st_size,
            "yanked": "broken",
            "requires-python": ">=3.8",
            "upload-time": "2024-01-01T00:00:00Z",
            "core-metadata": True,
        }
    ]


def test_an_html_page_tells_it_in_attributes(server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "demo"), requires_python=">=3.8", yanked=True, hashes={"sha256": "ab"})
    server.file_base = "https://files.example.org/"
    page = ask(server, "/simple/demo/", {"Accept": "text/html"}).body.decode()
    assert f'href="https://files.example.org/{WHEEL}#sha256=ab"' in page
    assert 'data-requires-python="&gt;=3.8" data-yanked="" data-core-metadata="sha256=' in page


def test_files_metadata_and_anything_else_can_be_fetched(index: IndexServer, archives: Path) -> None:
    assert ask(index, f"/files/{WHEEL}").body == (archives / WHEEL).read_bytes()
    assert ask(index, f"/files/{WHEEL}.metadata").body == wheel_metadata(archives / WHEEL)
    assert index.put("/requirements.txt", "demo\n") == f"{index.url}requirements.txt"
    assert ask(index, "/requirements.txt").body == b"demo\n"
    assert json.loads(ask(index, "/simple/").body)["projects"] == [{"name": "demo"}]


def test_what_is_not_there_or_was_removed_is_not_found(index: IndexServer) -> None:
    assert [ask(index, path).status for path in ("/simple/other/", "/files/other.whl", "/")] == [404, 404, 404]
    index.remove(WHEEL)
    assert [ask(index, path).status for path in ("/simple/demo/", f"/files/{WHEEL}")] == [404, 404]


def test_by_default_no_field_speaks_of_caching(index: IndexServer) -> None:
    fields = ask(index, "/simple/demo/").fields
    assert {"date", "content-type", "content-length", "accept-ranges"} == {name.lower() for name in fields}


def test_the_clock_dates_answers() -> None:
    clock = FakeClock(1_000_000_000.0)
    with IndexServer(clock=clock) as server:
        clock.advance(1)
        assert ask(server, "/").fields["Date"] == formatdate(1_000_000_001, usegmt=True)


def test_fields_can_be_set_repeated_and_left_out(index: IndexServer) -> None:
    index.answer("*", headers={"Cache-Control": "max-age=60", "Age": "7", "X-Two": ("a", "b"), "date": None})
    index.answer("/simple/*", headers={"Age": None})
    fields = ask(index, "/simple/demo/").fields
    assert (fields["Cache-Control"], fields.get_all("X-Two")) == ("max-age=60", ["a", "b"])
    assert (fields["Age"], fields["Date"]) == (None, None)
    assert ask(index, f"/files/{WHEEL}").fields["Age"] == "7"


def test_an_entity_tag_answers_a_conditional_request(index: IndexServer, archives: Path) -> None:
    index.answer("*", etag=True)
    tag = ask(index, "/simple/demo/").fields["ETag"]
    unchanged = ask(index, "/simple/demo/", {"If-None-Match": f'"x", W/{tag}'})
    assert (unchanged.status, unchanged.body, unchanged.fields["ETag"]) == (304, b"", tag)
    assert "Content-Type" not in unchanged.fields
    assert ask(index, "/simple/demo/", {"If-None-Match": "*"}).status == 304
    index.add(make_wheel(archives, "demo", "2.0"))
    changed = ask(index, "/simple/demo/", {"If-None-Match": tag})
    assert changed.status == 200
    assert changed.fields["ETag"] != tag


def test_a_date_answers_a_conditional_request_unless_a_tag_does(index: IndexServer) -> None:
    index.answer("*", last_modified=1_000_000_000)
    at, before = formatdate(1_000_000_000, usegmt=True), formatdate(999_999_999, usegmt=True)
    assert ask(index, "/simple/demo/").fields["Last-Modified"] == at
    assert ask(index, "/simple/demo/", {"If-Modified-Since": at}).status == 304
    assert ask(index, "/simple/demo/", {"If-Modified-Since": before}).status == 200
    index.answer("*", etag='"new"')
    assert ask(index, "/simple/demo/", {"If-Modified-Since": at, "If-None-Match": '"old"'}).status == 200


@pytest.mark.parametrize(
    ("wanted", "status", "content_range", "body"),
    [
        ("bytes=2-4", 206, "bytes 2-4/10", b"234"),
        ("bytes=7-", 206, "bytes 7-9/10", b"789"),
        ("bytes=-3", 206, "bytes 7-9/10", b"789"),
        ("bytes=5-99", 206, "bytes 5-9/10", b"56789"),
        ("bytes=10-", 416, "bytes */10", b"416\n"),
        ("bytes=0-1,4-5", 200, None, b"0123456789"),
    ],
)
def test_ranges(server: IndexServer, wanted: str, status: int, content_range: str | None, body: bytes) -> None:
    server.put("/digits", "0123456789")
    got = ask(server, "/digits", {"Range": wanted})
    assert (got.status, got.fields["Content-Range"], got.body) == (status, content_range, body)


def test_a_range_depends_on_if_range_and_can_be_refused(server: IndexServer) -> None:
    server.put("/digits", "0123456789")
    server.answer("*", etag='"one"')
    assert ask(server, "/digits", {"Range": "bytes=0-1", "If-Range": '"one"'}).body == b"01"
    assert ask(server, "/digits", {"Range": "bytes=0-1", "If-Range": '"two"'}).body == b"0123456789"
    server.answer("*", accepts_ranges=False)
    assert ask(server, "/digits", {"Range": "bytes=0-1"}).body == b"0123456789"


def test_a_file_on_disk_is_served_from_where_a_range_starts(server: IndexServer, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"a" * 100_000 + b"b" * 100_000)
    server.put("/large", large)
    server.answer("*", etag=True)
    assert ask(server, "/large", {"Range": "bytes=99999-100000"}).body == b"ab"
    tag = ask(server, "/large").fields["ETag"]
    large.write_bytes(b"c")
    assert (ask(server, "/large").body, ask(server, "/large").fields["ETag"] == tag) == (b"c", False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects(index: IndexServer, status: int) -> None:
    index.answer("/old", redirect=(status, "/simple/demo/"))
    got = ask(index, "/old")
    assert (got.status, got.fields["Location"]) == (status, "/simple/demo/")


def test_basic_authentication(index: IndexServer) -> None:
    index.answer("/simple/*", credentials=("me", "pä"))
    denied = ask(index, "/simple/demo/")
    assert (denied.status, denied.fields["WWW-Authenticate"]) == (401, 'Basic realm="index"')
    assert ask(index, "/simple/demo/", {"Authorization": "Basic bWU6cMOk"}).status == 200
    assert ask(index, f"/files/{WHEEL}").status == 200


def test_a_route_fails_as_often_as_it_is_told_to(index: IndexServer) -> None:
    index.answer("/simple/*", times=2, status=503, headers={"Retry-After": "0"})
    assert ask(index, f"/files/{WHEEL}").status == 200
    statuses = [ask(index, "/simple/demo/").status for _ in range(3)]
    assert statuses == [503, 503, 200]


def test_other_answers_can_be_taken_back(index: IndexServer) -> None:
    index.answer("*", status=500)
    index.answer_plainly()
    assert ask(index, "/simple/demo/").status == 200


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_a_body_can_be_framed_otherwise(server: IndexServer, framing: str, size: int) -> None:
    server.put("/body", b"x" * size)
    server.answer("*", framing="chunked" if framing == "chunked" else "close")
    got = ask(server, "/body")
    assert (got.body, "Content-Length" in got.fields) == (b"x" * size, False)


def test_a_body_can_be_coded(index: IndexServer) -> None:
    plain = ask(index, "/simple/demo/").body
    index.answer("*", coding="gzip")
    got = ask(index, "/simple/demo/")
    assert (got.fields["Content-Encoding"], gzip.decompress(got.body)) == ("gzip", plain)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_connection_can_end_in_the_middle_of_a_body(server: IndexServer, framing: str) -> None:
    server.put("/body", "0123456789")
    server.answer("*", close_after=4, framing="chunked" if framing == "chunked" else "length")
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(server, "/body")
    assert caught.value.partial == b"0123"


def test_a_length_can_be_wrong(server: IndexServer) -> None:
    server.put("/body", "0123456789")
    server.answer("*", content_length=12)
    with pytest.raises(http.client.IncompleteRead):
        ask(server, "/body")
    server.answer("*", content_length=3)
    assert ask(server, "/body").body == b"012"


def test_a_server_can_hang_up_before_it_answers(index: IndexServer) -> None:
    index.answer("*", times=1, hang_up=True)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(index, "/simple/demo/")
    assert [request.status for request in index.log] == [0]
    assert ask(index, "/simple/demo/").status == 200


def test_a_head_request_has_no_body(index: IndexServer) -> None:
    got = ask(index, f"/files/{WHEEL}", method="HEAD")
    assert (got.status, got.body) == (200, b"")
    assert int(got.fields["Content-Length"]) > 0


def test_other_methods_are_answered_and_logged(index: IndexServer) -> None:
    assert ask(index, "/simple/demo/", method="POST").status == 200
    assert index.log[0].method == "POST"


def test_a_connection_carries_several_requests(index: IndexServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", index.port, timeout=30)
    connection.request("GET", "/simple/demo/")
    connection.getresponse().read()
    first = connection.sock
    connection.request("POST", "/simple/demo/", body=b"ignored")
    connection.getresponse().read()
    connection.request("GET", "/simple/other/")
    assert connection.getresponse().read() == b"404\n"
    assert connection.sock is first
    connection.close()


def test_the_log_tells_what_was_asked(index: IndexServer) -> None:
    ask(index, "/simple/demo/?q=1", {"X-Name": "value"})
    ask(index, f"/files/{WHEEL}")
    (page,) = index.requests_for("/demo/")
    assert (page.method, page.path, page.status, page.header("x-name")) == ("GET", "/simple/demo/?q=1", 200, "value")
    assert index.log[1].response_bytes == len(ask(index, f"/files/{WHEEL}").body)
    index.clear()
    assert index.log == []


def test_a_gate_holds_requests_until_it_opens(index: IndexServer) -> None:
    gate = Event()
    index.answer("/simple/*", gate=gate)
    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(ask, index, "/simple/demo/") for _ in range(8)]
        index.wait_for("/demo/", count=8)
        assert ask(index, f"/files/{WHEEL}").status == 200
        assert not any(each.done() for each in waiting)
        gate.set()
        assert [each.result().status for each in waiting] == [200] * 8


def test_waiting_for_a_request_that_never_comes_is_a_failure(index: IndexServer) -> None:
    with pytest.raises(AssertionError, match="no 1 requests for /demo/"):
        index.wait_for("/demo/", timeout=0.01)


def test_latency_delays_an_answer_and_no_end(index: IndexServer) -> None:
    index.answer("*", latency=3600)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(ask, index, "/simple/demo/")
        index.wait_for("/demo/")
        index.stop()
        assert isinstance(waiting.exception(), OSError)


def test_a_stopped_server_refuses_and_comes_back_on_its_port(
    index: IndexServer, capfd: pytest.CaptureFixture[str]
) -> None:
    port, url = index.port, index.index_url
    idle = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    idle.request("GET", "/simple/demo/")
    idle.getresponse().read()
    index.stop()
    assert idle.sock.recv(1) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        ask(index, "/simple/demo/")
    index.start()
    assert (index.port, index.index_url) == (port, url)
    assert ask(index, "/simple/demo/").status == 200
    index.stop()
    index.stop()
    assert capfd.readouterr() == ("", "")


def test_nonsense_ends_a_connection_and_nothing_else(index: IndexServer, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", index.port)) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(1) == b""
    with IndexServer(tls=True) as secure, socket.create_connection(("127.0.0.1", secure.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with suppress(ConnectionResetError):
            connection.recv(100)
    assert ask(index, "/simple/demo/").status == 200
    assert urlsplit(index.url).scheme == "http"
    assert capfd.readouterr() == ("", "")

"""Heads and framing as functions of bytes; tests/net/test_misbehaving_origins.py has them over sockets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freewheel.httpcache.message import Headers, Response
from freewheel.net.framing import (
    Framing,
    Malformed,
    check_request,
    chunk_size,
    framing,
    parse_head,
    stated_length,
)


def framed(*lines: str, status: str = "HTTP/1.1 200 OK", method: str = "GET") -> Framing:
    return framing(parse_head([f"{line}\r\n".encode("latin-1") for line in (status, *lines, "")]), method)


@pytest.mark.parametrize(
    ("method", "status"),
    [("HEAD", "HTTP/1.1 200 OK"), ("GET", "HTTP/1.1 204 None"), ("GET", "HTTP/1.1 304 Not Modified")],
)
@pytest.mark.parametrize("line", ["Content-Length: 5", "Content-Length: x", "Transfer-Encoding: chunked", "A: b"])
def test_some_answers_have_no_body_whatever_they_say(method: str, status: str, line: str) -> None:
    """RFC 9112 §6.3: and what they say of one that they do not have is handed on."""
    found = framed(line, status=status, method=method)
    assert (found.length, found.is_chunked, found.persists) == (0, False, True)
    assert len(found.headers.lines) == 1


def test_a_tunnel_is_no_body() -> None:
    """RFC 9112 §6.3: nor is there another request."""
    found = framed("Content-Length: 5", method="CONNECT")
    assert (found.length, found.persists) == (0, False)
    assert framed("Content-Length: 5", status="HTTP/1.1 404 No", method="CONNECT").length == 5


@pytest.mark.parametrize(
    ("lines", "status", "persists"),
    [
        ((), "HTTP/1.1 200 OK", True),
        (("Connection: keep-alive",), "HTTP/1.1 200 OK", True),
        (("Connection: x-close",), "HTTP/1.1 200 OK", True),
        (("Connection: close",), "HTTP/1.1 200 OK", False),
        (("Connection: keep-alive", "Connection: Upgrade, CLOSE"), "HTTP/1.1 200 OK", False),
        ((), "HTTP/1.0 200 OK", False),
        (("Keep-Alive: timeout=5",), "HTTP/1.0 200 OK", False),
        (("Connection: Keep-Alive",), "HTTP/1.0 200 OK", True),
    ],
)
def test_what_becomes_of_the_connection(lines: tuple[str, ...], status: str, persists: bool) -> None:
    """RFC 9112 §9.3."""
    assert framed("Content-Length: 5", *lines, status=status).persists is persists


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_lines_are_a_head_or_malformed(lines: list[bytes]) -> None:
    try:
        found = framing(parse_head([b"HTTP/1.1 200 OK\r\n", *lines]), "GET")
    except Malformed:
        return
    assert not any(character in value for _, value in found.headers for character in "\r\n\0")


@given(st.binary(max_size=30) | st.from_regex(rb"[0-9a-fA-F]{1,3}[ ;x]{0,2}\r\n", fullmatch=True))
def test_any_line_is_a_chunks_size_or_malformed(line: bytes) -> None:
    try:
        size = chunk_size(line)
    except Malformed:
        return
    assert f"{size:x}".encode() == line.rstrip(b"\r\n").split(b";")[0].strip().lower().lstrip(b"0") or size == 0


@pytest.mark.parametrize(
    ("lines", "length", "problem"),
    [
        ((("Content-Length", "1"),), 5, "Content-Length is not the 5 bytes"),
        ((("Content-Length", "9"),), 0, "Content-Length is not the 0 bytes"),
        ((("Content-Length", "5"), ("content-length", "5")), 5, "Content-Length stands more than once"),
        ((("Transfer-Encoding", "chunked"),), 5, "Transfer-Encoding is the connection's own"),
        ((("Host", "a.example"), ("host", "b.example")), 0, "Host stands more than once"),
    ],
)
def test_a_request_that_would_not_be_one_is_refused(
    lines: tuple[tuple[str, str], ...], length: int, problem: str
) -> None:
    """RFC 9112 §11.2: what comes after a wrong length would be taken for another request."""
    with pytest.raises(ValueError, match=problem):
        check_request("POST", Headers(lines), length=length)


def test_a_true_length_may_be_said() -> None:
    check_request("POST", Headers((("Content-Length", "5"), ("Host", "a.example"))), length=5)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([("Content-Length", "3")], 3),
        ([("content-length", "3"), ("Content-Length", "3")], 3),
        ([("Content-Length", "3, 3")], 3),
        ([("Content-Length", "3"), ("Content-Length", "4")], None),
        ([("Content-Length", "3"), ("Transfer-Encoding", "chunked")], None),
        ([("Content-Length", "+3")], None),
        ([("Content-Length", "\u0663")], None),
        ([("Content-Length", "9" * 5000)], None),
        ([], None),
    ],
)
def test_a_length_counts_if_it_is_the_only_one(lines: list[tuple[str, str]], expected: int | None) -> None:
    assert stated_length(Response(status=200, headers=Headers(tuple(lines)))) == expected


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304), ("GET", 204)])
def test_an_answer_without_a_body_states_the_length_of_another(method: str, status: int) -> None:
    response = Response(status=status, headers=Headers((("Content-Length", "3"),)))
    assert stated_length(response, method=method) is None

"""HTTP/1.1 as bytes (RFC 9112): the head of an answer, and how the end of its body is told."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from msgspec import Struct

from freewheel.httpcache import lists
from freewheel.httpcache.message import Headers, Response

LARGEST_HEAD = 1 << 18
"""Bytes of status line and fields, those of interim responses included; as browsers have it."""

_STATUS_LINE = re.compile(rb"HTTP/1\.([0-9])[ \t]+([1-9][0-9]{2})(?:[ \t]+(.*))?", re.DOTALL)
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:(.*)", re.DOTALL)
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_LENGTH = re.compile(r"[0-9]{1,18}")

_VALUE = re.compile(r"[^\0\r\n\u0100-\U0010ffff]*")

_COMPRESSIONS = frozenset({"gzip", "x-gzip", "deflate", "compress", "x-compress"})
"""Transfer codings that nobody may use unasked, and TE is never sent (RFC 9112 §7.4)."""

_FORBIDDEN = bytes.maketrans(b"\r\n\0", b"   ")
"""A field value has none of these; each stands for a space (RFC 9110 §5.5, RFC 9112 §2.2)."""


class Malformed(ValueError):
    """What came is no HTTP/1.1; the text goes on from "its answer"."""


class Head(Struct, frozen=True, kw_only=True):
    """Status line and fields; `minor` is the x of HTTP/1.x."""

    minor: int
    status: int
    reason: str
    headers: Headers


class Framing(Struct, frozen=True, kw_only=True):
    """A body is chunked, or has a `length` (bytes), or, with neither, ends with the connection.

    `persists` tells whether another request may follow on the connection; `headers` are those that hold.
    """

    headers: Headers
    is_chunked: bool = False
    length: int | None = None
    persists: bool = False


def check_request(method: str, fields: Headers, *, length: int = 0) -> None:
    """ValueError where a request would not be one request with these fields (RFC 9110 §5.5, 9.1; RFC 9112 §11.1).

    `length` is that of its content in bytes.

    >>> check_request("GET", Headers((("Accept", "a/b\\r\\nHost: other.example"),)))
    Traceback (most recent call last):
    ValueError: the field Accept has a line break, or what latin-1 has not
    """
    if not lists.is_token(method):
        raise ValueError(f"{method!r} is no method")
    for name, value in fields:
        if not lists.is_token(name):
            raise ValueError(f"{name!r} is no field name")
        if not _VALUE.fullmatch(value):
            raise ValueError(f"the field {name} has a line break, or what latin-1 has not")
    if not fields.lines:
        return
    if "Transfer-Encoding" in fields:
        raise ValueError("the field Transfer-Encoding is the connection's own")
    if any(value != str(length) for value in fields.get_all("Content-Length")):
        raise ValueError(f"the field Content-Length is not the {length} bytes of the content")
    for name in ("Content-Length", "Host"):
        if len(fields.get_all(name)) > 1:
            raise ValueError(f"the field {name} stands more than once")


def parse_status_line(line: bytes) -> tuple[int, int, str]:
    """The x of HTTP/1.x, the status and the reason; raises Malformed.

    >>> parse_status_line(b"HTTP/1.1 404 Not Found\\r\\n")
    (1, 404, 'Not Found')
    """
    found = _STATUS_LINE.fullmatch(_without_end(line))
    if found is None:
        raise Malformed(f"begins with {_shown(line)}, which is no status line of HTTP/1.1")
    reason = (found[3] or b"").translate(_FORBIDDEN).decode("latin-1").strip()
    return int(found[1]), int(found[2]), reason


def parse_head(lines: Sequence[bytes]) -> Head:
    """The head of a response from its lines, each with its end, the empty one last; raises Malformed.

    A line that is no field is passed over; whitespace before a colon goes, and folded lines are unfolded (RFC 9112
    §5).

    >>> parse_head([b"HTTP/1.1 200 OK\\r\\n", b"Vary: a,\\r\\n", b"  b\\r\\n", b"\\r\\n"]).headers.lines
    (('Vary', 'a, b'),)
    """
    minor, status, reason = parse_status_line(lines[0])
    return Head(minor=minor, status=status, reason=reason, headers=Headers(tuple(_fields(lines[1:]))))


def framing(head: Head, method: str) -> Framing:
    """How the body of a final response to `method` ends (RFC 9112 §6.3); raises Malformed."""
    if method == "CONNECT" and 200 <= head.status < 300:
        return Framing(headers=head.headers, length=0)
    if method == "HEAD" or head.status in (204, 304):
        return Framing(headers=head.headers, length=0, persists=_persists(head))
    # Every answer comes this way, and few have more to say than a length: one pass tells which.
    named = {name.lower() for name, _ in head.headers}
    if "transfer-encoding" in named:
        return _coded(head)
    length = _length(head.headers) if "content-length" in named else None
    return Framing(headers=head.headers, length=length, persists=length is not None and _persists(head, named))


def stated_length(response: Response, *, method: str = "GET") -> int | None:
    """How many bytes a body must have by its Content-Length (RFC 9112 §6.3); None where that says nothing of it."""
    has_no_body = method == "HEAD" or response.status in (204, 304)
    return None if has_no_body or "Transfer-Encoding" in response.headers else _one_length(response.headers)


def chunk_size(line: bytes) -> int:
    """The bytes in a chunk, by its first line (RFC 9112 §7.1); extensions mean nothing here. Raises Malformed.

    >>> chunk_size(b"1f;name=value\\r\\n")
    31
    """
    found = _CHUNK_SIZE.fullmatch(line)
    if found is None:
        raise Malformed(f"has {_shown(line)} where a chunk's size should be")
    return int(found[1], 16)


def _coded(head: Head) -> Framing:
    codings = [coding.lower() for coding in head.headers.members("Transfer-Encoding")]
    wrong = next((coding for coding in codings if coding.partition(";")[0].strip() in _COMPRESSIONS), None)
    if wrong is not None:
        raise Malformed(f"has the transfer coding {wrong[:40]!r}, which was not asked for")
    if (
        any(coding.startswith("chunked") and coding != "chunked" for coding in codings)
        or codings.count("chunked") > 1
    ):
        raise Malformed("is chunked in a way that nobody knows")
    # Content-Length means nothing beside it (§6.3), and must not be handed on (§6.1).
    is_odd = head.minor == 0 or "Content-Length" in head.headers
    headers = head.headers.without(("Content-Length",))
    if codings[-1:] != ["chunked"]:
        return Framing(headers=headers)
    return Framing(headers=headers, is_chunked=True, persists=not is_odd and _persists(head))


def _length(headers: Headers) -> int:
    """Several equal lengths count as one; any other is an error that nothing can be made of (RFC 9112 §6.3)."""
    length = _one_length(headers)
    if length is None:
        raise Malformed(f"states the Content-Length {', '.join(headers.get_all('Content-Length'))[:40]!r}")
    return length


def _one_length(headers: Headers) -> int | None:
    stated = set(headers.members("Content-Length"))
    value = stated.pop() if len(stated) == 1 else ""
    return int(value) if _LENGTH.fullmatch(value) else None


def _persists(head: Head, named: Container[str] = ("connection",)) -> bool:
    """RFC 9112 §9.3; `named` has the names of the fields, in lower case."""
    if "connection" not in named:
        return head.minor > 0
    options = {option.lower() for option in head.headers.members("Connection")}
    return "close" not in options and (head.minor > 0 or "keep-alive" in options)


def _fields(lines: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    name, value = "", b""
    for line in lines:
        text = _without_end(line)
        if text[:1] in (b" ", b"\t") and text.strip(b" \t"):
            value += b" " + text.strip(b" \t")
            continue
        if name:
            yield name, value.translate(_FORBIDDEN).strip(b" \t").decode("latin-1")
        found = _FIELD.fullmatch(text)
        name, value = ("", b"") if found is None else (found[1].decode("ascii"), found[2].strip(b" \t"))
    if name:
        yield name, value.translate(_FORBIDDEN).strip(b" \t").decode("latin-1")


def _without_end(line: bytes) -> bytes:
    """A line without its end, of which a lone line feed is one as well (RFC 9112 §2.2)."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _shown(line: bytes) -> str:
    return repr(_without_end(line)[:40])[1:]

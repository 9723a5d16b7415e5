"""What a server answers to a request, decided without a socket: RFC 9110 as tests need it, and faults on demand."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate, parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import Literal, TypedDict

Fields = dict[str, str | tuple[str, ...] | None]
"""Header fields: a line, several lines of one name, or none."""

Framing = Literal["length", "chunked", "close"]
"""How the end of a body is told: by Content-Length, by chunks, or by closing the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """A request's first line and fields."""

    method: str
    target: str
    lines: tuple[tuple[str, str], ...]

    def field(self, name: str) -> str | None:
        """The first value of a field by any spelling, or None."""
        return next((value for line_name, value in self.lines if line_name.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What lies at a path: bytes, or a file that may be large."""

    content: bytes | Path
    content_type: str = "application/octet-stream"

    @property
    def size(self) -> int:
        """Bytes."""
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @property
    def etag(self) -> str:
        """A strong validator: another one when the content changes (for a file: its size or time)."""
        if isinstance(self.content, Path):
            stat = self.content.stat()
            return f'"{stat.st_size:x}-{stat.st_mtime_ns:x}"'
        return f'"{hashlib.sha256(self.content).hexdigest()[:16]}"'


class Settings(TypedDict, total=False):
    """What `Behaviour` takes; each may be given for any route."""

    headers: Mapping[str, str | tuple[str, ...] | None]
    etag: bool | str
    last_modified: float | None
    accepts_ranges: bool
    status: int | None
    redirect: tuple[int, str] | None
    credentials: tuple[str, str] | None
    coding: Literal["gzip"] | None
    framing: Framing
    latency: float
    gate: Event | None
    content_length: int | None
    close_after: int | None
    hang_up: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a route answers; the defaults are those of an index that sends no caching fields.

    `headers` sets fields, repeats them (a tuple) or leaves them out (None), whatever else would send them. `etag`
    sends the content's own or a given one, `last_modified` is in seconds since the epoch: with either, conditional
    requests are answered 304. `status` answers with that status and a short text instead. `redirect` is a status
    and a location. `credentials` are those that basic authentication demands. `latency` is in seconds; a request
    waits for `gate` to be set. Faults: `content_length` states a wrong one, `close_after` ends the connection after
    so many bytes of the body, `hang_up` before any answer.
    """

    headers: Mapping[str, str | tuple[str, ...] | None] = field(default_factory=dict)
    etag: bool | str = False
    last_modified: float | None = None
    accepts_ranges: bool = True
    status: int | None = None
    redirect: tuple[int, str] | None = None
    credentials: tuple[str, str] | None = None
    coding: Literal["gzip"] | None = None
    framing: Framing = "length"
    latency: float = 0.0
    gate: Event | None = None
    content_length: int | None = None
    close_after: int | None = None
    hang_up: bool = False

    def changed(self, settings: Settings) -> Behaviour:
        """The same with other settings; `headers` are merged by name."""
        merged: Settings = {**settings}
        if "headers" in settings:
            merged["headers"] = {**self.headers, **settings["headers"]}
        return replace(self, **merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes over the wire: `length` bytes of `content` from `start`; then the connection ends if `closes`."""

    status: int
    lines: tuple[tuple[str, str], ...]
    content: bytes | Path = b""
    start: int = 0
    length: int = 0
    is_chunked: bool = False
    closes: bool = False


def answer(head: RequestHead, resource: Resource | None, behaviour: Behaviour, now: float) -> Answer:
    """The answer to a request for `resource`, which is None where there is nothing; `now` dates it."""
    fields: Fields = {"Date": formatdate(now, usegmt=True)}
    if behaviour.credentials and head.field("authorization") != _basic(*behaviour.credentials):
        fields["WWW-Authenticate"] = 'Basic realm="index"'
        return _plain(head, HTTPStatus.UNAUTHORIZED, fields, behaviour)
    if behaviour.status is not None:
        return _plain(head, behaviour.status, fields, behaviour)
    if behaviour.redirect is not None:
        status, fields["Location"] = behaviour.redirect
        return _plain(head, status, fields, behaviour)
    if resource is None:
        return _plain(head, HTTPStatus.NOT_FOUND, fields, behaviour)
    if head.method not in ("GET", "HEAD"):
        return _plain(head, HTTPStatus.OK, fields, behaviour)
    return _representation(head, resource, fields, behaviour)


def _representation(head: RequestHead, resource: Resource, fields: Fields, behaviour: Behaviour) -> Answer:
    if behaviour.etag:
        fields["ETag"] = behaviour.etag if isinstance(behaviour.etag, str) else resource.etag
    if behaviour.last_modified is not None:
        fields["Last-Modified"] = formatdate(behaviour.last_modified, usegmt=True)
    if _is_unchanged(head, fields, behaviour):
        return Answer(status=HTTPStatus.NOT_MODIFIED, lines=_lines(fields, behaviour))
    fields["Content-Type"] = resource.content_type
    if behaviour.coding == "gzip":
        resource = replace(resource, content=gzip.compress(_all_bytes(resource), mtime=0))
        fields["Content-Encoding"] = "gzip"
    start, end = 0, resource.size
    status = HTTPStatus.OK
    if behaviour.accepts_ranges:
        fields["Accept-Ranges"] = "bytes"
        wanted = _range(head, resource.size, fields)
        if wanted is not None:
            start, end = wanted
            if start >= end:
                fields["Content-Range"] = f"bytes */{resource.size}"
                return _plain(head, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, fields, behaviour)
            status = HTTPStatus.PARTIAL_CONTENT
            fields["Content-Range"] = f"bytes {start}-{end - 1}/{resource.size}"
    return _framed(head, status, fields, behaviour, content=resource.content, start=start, length=end - start)


def _plain(head: RequestHead, status: int, fields: Fields, behaviour: Behaviour) -> Answer:
    """A short text that says the status."""
    if status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        return Answer(status=status, lines=_lines(fields, behaviour))
    fields["Content-Type"] = "text/plain"
    content = f"{status}\n".encode()
    return _framed(head, status, fields, behaviour, content=content, start=0, length=len(content))


def _framed(
    head: RequestHead,
    status: int,
    fields: Fields,
    behaviour: Behaviour,
    *,
    content: bytes | Path,
    start: int,
    length: int,
) -> Answer:
    if behaviour.framing == "chunked":
        fields["Transfer-Encoding"] = "chunked"
    elif behaviour.framing == "close":
        fields["Connection"] = "close"
    else:
        stated = length if behaviour.content_length is None else behaviour.content_length
        fields["Content-Length"] = str(stated)
    sent = length if behaviour.close_after is None else min(length, behaviour.close_after)
    is_head = head.method == "HEAD"
    is_odd = sent < length or (behaviour.content_length is not None and behaviour.content_length != length)
    return Answer(
        status=status,
        lines=_lines(fields, behaviour),
        content=content,
        start=start,
        length=0 if is_head else sent,
        is_chunked=behaviour.framing == "chunked" and not is_head,
        closes=behaviour.framing == "close" or is_odd,
    )


def _lines(fields: Fields, behaviour: Behaviour) -> tuple[tuple[str, str], ...]:
    given = {name.lower() for name in behaviour.headers}
    everything = {name: value for name, value in fields.items() if name.lower() not in given} | dict(
        behaviour.headers
    )
    return tuple(
        (name, line)
        for name, value in everything.items()
        for line in ((value,) if isinstance(value, str) else value or ())
    )


def _is_unchanged(head: RequestHead, fields: Fields, behaviour: Behaviour) -> bool:
    """RFC 9110 §13.2.2: If-None-Match, by weak comparison, before If-Modified-Since."""
    tags, since, current = head.field("if-none-match"), head.field("if-modified-since"), fields.get("ETag")
    if tags is not None and isinstance(current, str):
        wanted = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in wanted or current.removeprefix("W/") in wanted
    if since is None or tags is not None or behaviour.last_modified is None:
        return False
    return int(behaviour.last_modified) <= parsedate_to_datetime(since).timestamp()


def _range(head: RequestHead, size: int, fields: Fields) -> tuple[int, int] | None:
    """The single range asked for, as start and end; None where the whole is to be sent (RFC 9110 §14.2)."""
    wanted, condition = head.field("range"), head.field("if-range")
    if wanted is None or not wanted.startswith("bytes=") or "," in wanted or head.method != "GET":
        return None
    if condition is not None and condition not in (fields.get("ETag"), fields.get("Last-Modified")):
        return None
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last)), size
    return int(first), min(size, int(last) + 1) if last else size


def _all_bytes(resource: Resource) -> bytes:
    return resource.content.read_bytes() if isinstance(resource.content, Path) else resource.content


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

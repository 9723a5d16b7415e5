"""Messages and stored responses from a line or two."""

from __future__ import annotations

from msgspec.structs import replace

from freewheel.httpcache import dates, keys
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.parts import Part
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.stored_response import StoredResponse, StoredVariants
from freewheel.model.digest import Digest, sha256_of

NOW = 1_750_000_000.0
URL = "https://index.example/simple/six/"
PRIVATE, SHARED = Role.PRIVATE, Role.SHARED
PLAIN = Policy()


def fields(*lines: str) -> Headers:
    """Field lines from `Name: value`."""
    return Headers(tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines)))


def date(offset: float = 0.0) -> str:
    """The HTTP date that lies `offset` seconds from NOW."""
    return dates.format_date(NOW + offset)


def a_request(*lines: str, url: str = URL, method: str = "GET", digest: Digest | None = None) -> Request:
    return Request(url=url, method=method, headers=fields(*lines), digest=digest)


def a_response(*lines: str, status: int = 200) -> Response:
    return Response(status=status, reason="Reason", headers=fields(*lines))


def a_stored_response(
    *lines: str,
    status: int = 200,
    asked: tuple[str, ...] = (),
    body: bytes = b"body",
    age: float = 0.0,
    delay: float = 0.0,
    checked: tuple[Digest, ...] = (),
    is_invalidated: bool = False,
) -> StoredResponse:
    """Received `age` seconds before NOW, `delay` seconds after it was asked for with the fields `asked`."""
    response = a_response(*lines, status=status)
    return StoredResponse(
        url=URL,
        response=response,
        nominated=keys.nominate(fields(*asked), response.headers),
        request_time=NOW - age - delay,
        response_time=NOW - age,
        size=len(body),
        digest=sha256_of(body),
        checked=checked,
        body=body,
        is_invalidated=is_invalidated,
    )


def a_part(start: int, body: bytes) -> Part:
    return Part(start=start, size=len(body), digest=sha256_of(body), body=body)


def an_incomplete_response(
    *lines: str, parts: tuple[Part, ...], size: int, age: float = 0.0, asked: tuple[str, ...] = ()
) -> StoredResponse:
    """One of which `parts` are here, of `size` bytes; received `age` seconds before NOW."""
    whole = a_stored_response(*lines, f"Content-Length: {size}", age=age, asked=asked)
    return replace(whole, digest=None, body=None, parts=parts, size=size)


def variants(*stored: StoredResponse) -> StoredVariants:
    return StoredVariants(variants=stored)

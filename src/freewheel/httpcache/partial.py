"""Sections 3.3 and 3.4: incomplete responses are stored, put together, and completed."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from freewheel.httpcache import keys, parts, validation
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.parts import Part, Piece
from freewheel.httpcache.ranges import Span, parse_content_range
from freewheel.httpcache.stored_response import StoredResponse

_OF_ONE_PART = ("Content-Range", "Content-Length", "Transfer-Encoding")
"""The fields of a 206 that describe the part or its way, and not what it is a part of (RFC 9110 §15.3.7)."""


class Joined(Struct, frozen=True, kw_only=True):
    """What comes lies between `before` and `after`; `response` is that of the whole body."""

    response: Response
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


class PartSent(Struct, frozen=True, kw_only=True):
    """The part that a 206 encloses, of a body of `total` bytes."""

    span: Span
    total: int


def part_sent(response: Response) -> PartSent | None:
    """The one part that a 206 encloses; None where it holds several, or contradicts itself (RFC 9110 §15.3.7).

    Without a stated whole size nothing tells when the parts are all there: such a part is of no use either.
    """
    stated = response.headers.get_all("Content-Range")
    sent = parse_content_range(stated[0]) if response.status == 206 and len(stated) == 1 else None
    if sent is None or sent.total is None:
        return None
    lengths = set(response.headers.members("Content-Length"))
    return PartSent(span=sent.span, total=sent.total) if lengths <= {str(sent.span.size)} else None


def as_whole(response: Response, *, size: int) -> Response:
    """The response whose body the part sent belongs to (§3.3: 206 says that the rest is missing)."""
    headers = response.headers.without(_OF_ONE_PART).plus("Content-Length", str(size))
    return Response(status=200, reason="OK", headers=headers)


def may_keep_unfinished(request: Request, response: Response) -> bool:
    """Whether the beginning of a body that breaks off is of use: whether the rest can be asked for later (§3.3)."""
    if response.status != 200 or len(set(response.headers.members("Content-Length"))) != 1:
        return False
    return _can_be_joined(request, response.headers)


def request_for_the_rest(request: Request, stored: StoredResponse) -> tuple[Request, Span] | None:
    """What asks for all that is missing of an incomplete response, unless it changed (RFC 9110 §13.1.5); and that.

    None where nothing is missing, where parts may not be joined, and where the request has conditions of its own.
    """
    missing = parts.missing(stored.parts, stored.size)
    headers = request.headers
    has_conditions = any(name in headers for name in (*validation.CONDITIONS, "Range"))
    if missing is None or has_conditions or not _can_be_joined(request, stored.response.headers):
        return None
    asked = headers.plus("Range", f"bytes={missing.start}-{missing.end - 1}")
    validator = validation.strong_validator(stored.response.headers)
    if validator is not None:
        asked = asked.plus("If-Range", validator)
    return replace(request, headers=asked), missing


def joined(response: Response, stored: StoredResponse, missing: Span, *, unstored: frozenset[str]) -> Joined | None:
    """The whole that an answer to `request_for_the_rest` makes; None where it is no part of the same (§3.4).

    `unstored` are the fields of the answer that may not be stored.
    """
    sent = part_sent(response)
    if sent is None or (sent.span, sent.total) != (missing, stored.size):
        return None
    if not is_same(response.headers, stored.response.headers):
        return None
    before = parts.pieces(stored.parts, Span(0, missing.start))
    after = parts.pieces(stored.parts, Span(missing.end, stored.size))
    if before is None or after is None:
        return None
    # §3.4: the newest fields stand for the whole, those that describe the one part aside.
    news = response.headers.without({*_OF_ONE_PART, *unstored})
    return Joined(
        response=replace(stored.response, headers=_updated(stored.response.headers, news)), before=before, after=after
    )


def combined(
    old: StoredResponse | None,
    new: Part,
    *,
    request: Request,
    response: Response,
    size: int,
    request_time: float,
    response_time: float,
) -> StoredResponse:
    """An incomplete response with one part more (§3.4).

    `response` is that of the whole as the newest answer has it, without what may not be stored. Of `old` only what
    has the same strong validator stays.
    """
    goes_on = old is not None and old.size == size and is_same(response.headers, old.response.headers)
    headers = response.headers
    if old is not None and goes_on:
        headers = _updated(old.response.headers, headers)
    return StoredResponse(
        url=keys.normalized(request.url),
        response=replace(response, headers=headers),
        nominated=keys.nominate(request.headers, headers),
        request_time=request_time,
        response_time=response_time,
        size=size,
        digest=None,
        parts=parts.with_part(old.parts if old is not None and goes_on else (), new),
    )


def is_same(new: Headers, old: Headers) -> bool:
    """Whether two responses are of one representation, byte for byte, as far as their validators tell.

    RFC 9110 §15.3.7.3 wants a strong validator that is equal. Where the older has none, its bytes are held against
    a stated digest at the end; then it is enough that nothing contradicts.
    """
    validator = validation.strong_validator(old)
    tags = new.get("ETag"), old.get("ETag")
    if validator is None:
        return tags[0] == tags[1] and new.get("Last-Modified") == old.get("Last-Modified")
    if validator.startswith('"'):
        return tags[0] is not None and validation.is_same_strongly(tags[0], validator)
    return tags[0] is None and new.get("Last-Modified") == validator


def _can_be_joined(request: Request, headers: Headers) -> bool:
    """RFC 9110 §15.3.7.3; a digest that somebody trusted states tells more than a validator."""
    if validation.strong_validator(headers) is not None:
        return True
    serves_ranges = any(unit.lower() == "bytes" for unit in headers.members("Accept-Ranges"))
    return request.digest is not None and serves_ranges


def _updated(headers: Headers, news: Headers) -> Headers:
    replaced = {name.lower() for name, _ in news} | {"age"}
    return Headers((*headers.without(replaced), *news))

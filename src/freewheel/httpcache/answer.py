"""Sections 4 and 4.3.2: the answer that a stored response gives to a request, whole or in part."""

from __future__ import annotations

from msgspec import Struct

from freewheel.httpcache import dates, lists, validation
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.ranges import ByteRange, Span, parse_range
from freewheel.httpcache.stored_response import StoredResponse

_OF_A_304 = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary", "age", "cache-status"}
)
"""The fields of a 304 (RFC 9110 §15.4.5): it describes no body."""


class Answer(Struct, frozen=True, kw_only=True):
    """A response to hand out; with `has_body` it goes with the stored body, or that `span` of it, else with none."""

    response: Response
    has_body: bool
    span: Span | None = None


def answer(request: Request, stored: StoredResponse, *, age: float) -> Answer:
    """The stored response with its present `age` in seconds; a 304, 206 or 416 where the request asks for no more.

    Of an incomplete response what the request asks for has to be there.
    """
    headers = stored.response.headers.replacing("Age", str(int(age)))
    if "Date" not in stored.response.headers:
        headers = headers.plus("Date", dates.format_date(stored.response_time))
    if is_not_modified(request.headers, stored):
        kept = Headers(tuple(line for line in headers if line[0].lower() in _OF_A_304))
        return Answer(response=Response(status=304, reason="Not Modified", headers=kept), has_body=False)
    asked = range_asked(request, stored)
    if asked is not None:
        return _part(stored, headers, asked.within(stored.size))
    response = Response(status=stored.response.status, reason=stored.response.reason, headers=headers)
    return Answer(response=response, has_body=request.method != "HEAD")


def is_not_modified(request: Headers, stored: StoredResponse) -> bool:
    """Whether the requester has what is stored, by If-None-Match, or else by If-Modified-Since (§4.3.2)."""
    # RFC 9110 §13.2.1: conditions matter only where the answer would be a success.
    if stored.response.status != 200:
        return False
    if "If-None-Match" in request:
        entity_tag = stored.response.headers.get("ETag")
        # RFC 9110 §13.1.2: weak comparison; "*" means whatever there is.
        return any(
            tag == "*" or (entity_tag is not None and validation.is_same_weakly(tag, entity_tag))
            for tag in lists.entity_tags(request.get_all("If-None-Match"))
        )
    conditions = request.get_all("If-Modified-Since")
    since = dates.parse(conditions[0], now=stored.response_time) if len(conditions) == 1 else None
    return since is not None and _modified(stored) <= since


def range_asked(request: Request, stored: StoredResponse) -> ByteRange | None:
    """The one range that a request wants of a stored 200 response, if it does not want the whole (RFC 9110 §14.2).

    Several ranges are answered with the whole, as the standard leaves to each server.
    """
    if request.method != "GET" or stored.response.status != 200:
        return None
    ranges = request.headers.get_all("Range")
    asked = parse_range(ranges[0]) if len(ranges) == 1 else None
    return asked if asked is not None and _is_in_range(request.headers, stored.response.headers) else None


def _is_in_range(request: Headers, stored: Headers) -> bool:
    """RFC 9110 §13.1.5: a part is wanted only of what If-Range names, by strong comparison; a date, exactly."""
    conditions = request.get_all("If-Range")
    if not conditions:
        return True
    return len(conditions) == 1 and conditions[0].strip(" \t") == validation.strong_validator(stored)


def _part(stored: StoredResponse, headers: Headers, span: Span | None) -> Answer:
    if span is None:
        # RFC 9110 §15.5.17
        headers = headers.replacing("Content-Range", f"bytes */{stored.size}").replacing("Content-Length", "0")
        return Answer(response=Response(status=416, reason="Range Not Satisfiable", headers=headers), has_body=False)
    headers = headers.replacing("Content-Range", f"bytes {span.start}-{span.end - 1}/{stored.size}")
    response = Response(
        status=206, reason="Partial Content", headers=headers.replacing("Content-Length", str(span.size))
    )
    return Answer(response=response, has_body=True, span=span)


def _modified(stored: StoredResponse) -> float:
    """When it was last modified, else made, else received (§4.3.2)."""
    value = stored.response.headers.get("Last-Modified")
    parsed = None if value is None else dates.parse(value, now=stored.response_time)
    return stored.date_value if parsed is None else parsed

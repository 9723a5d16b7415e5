"""Sections 4 and 4.3.2: the answer that a stored response gives to a request."""

from __future__ import annotations

from dataclasses import dataclass, replace

from freewheel.httpcache import dates, freshness, validation
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.stored_response import StoredResponse

_OF_A_304 = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary", "age", "cache-status"}
)
"""The fields of a 304 (RFC 9110 §15.4.5): it describes no body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response to hand out; with `has_body` it goes with the stored body, else with none."""

    response: Response
    has_body: bool


def answer(request: Request, stored: StoredResponse, *, now: float) -> Answer:
    """The stored response with its present Age; a 304 where the request's own conditions ask for no more."""
    age = int(freshness.current_age(stored, now=now))
    headers = stored.response.headers.replacing("Age", str(age))
    if "Date" not in headers:
        headers = headers.plus("Date", dates.format_date(stored.response_time))
    if is_not_modified(request.headers, stored):
        kept = Headers(tuple(line for line in headers if line[0].lower() in _OF_A_304))
        return Answer(response=Response(status=304, reason="Not Modified", headers=kept), has_body=False)
    response = replace(stored.response, headers=headers)
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
            for tag in request.members("If-None-Match")
        )
    conditions = request.get_all("If-Modified-Since")
    since = dates.parse(conditions[0], now=stored.response_time) if len(conditions) == 1 else None
    return since is not None and _modified(stored) <= since


def _modified(stored: StoredResponse) -> float:
    """When it was last modified, else made, else received (§4.3.2)."""
    value = stored.response.headers.get("Last-Modified")
    parsed = None if value is None else dates.parse(value, now=stored.response_time)
    return stored.date_value if parsed is None else parsed

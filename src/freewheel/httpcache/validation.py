"""Section 4.3: the conditional request, and freshening by a 304 or an answer to HEAD."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from freewheel.httpcache import dates, keys
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.stored_response import StoredResponse

CONDITIONS = ("If-None-Match", "If-Modified-Since")
"""The conditions that a cache evaluates; a client's own are replaced by those of a validation (§4.3.1, §4.3.2)."""

_OF_THE_BODY = frozenset(
    {"content-digest", "content-encoding", "content-length", "content-md5", "content-range", "content-type"}
)
"""Fields that describe the stored body, of which a 304 has none (§3.2)."""


def is_same_weakly(one: str, other: str) -> bool:
    """Weak comparison of entity tags (RFC 9110 §8.8.3.2).

    >>> is_same_weakly('W/"1"', '"1"')
    True
    """
    return one.removeprefix("W/") == other.removeprefix("W/")


def is_same_strongly(one: str, other: str) -> bool:
    """Strong comparison of entity tags (RFC 9110 §8.8.3.2).

    >>> is_same_strongly('W/"1"', 'W/"1"'), is_same_strongly('"1"', '"1"')
    (False, True)
    """
    return one == other and not _is_weak(one)


def has_validator(headers: Headers) -> bool:
    """Whether there is anything to validate by (RFC 9110 §8.8)."""
    return bool(headers.get("ETag")) or _last_modified(headers) is not None


def strong_validator(headers: Headers) -> str | None:
    """What identifies one sequence of bytes, to put parts of it together by (RFC 9110 §8.8.1, §13.1.5).

    A strong entity tag, else a Last-Modified at least a second older than the response (§8.8.2.2).
    """
    entity_tag, last_modified = headers.get("ETag"), _last_modified(headers)
    if entity_tag and not _is_weak(entity_tag):
        return entity_tag
    sent = dates.parse(headers.get("Date") or "", now=0)
    modified = None if last_modified is None else dates.parse(last_modified, now=0)
    return last_modified if sent is not None and modified is not None and sent - modified >= 1 else None


def conditional_request(request: Request, stored: StoredResponse) -> Request | None:
    """The request that asks by all its validators whether a stored response holds; None if it has none (§4.3.1)."""
    headers = stored.response.headers
    conditional = request.headers.without(CONDITIONS)
    if entity_tag := headers.get("ETag"):
        conditional = conditional.plus("If-None-Match", entity_tag)
    if last_modified := _last_modified(headers):
        conditional = conditional.plus("If-Modified-Since", last_modified)
    return replace(request, headers=conditional) if has_validator(headers) else None


def identified_by(
    not_modified: Response, candidates: Sequence[StoredResponse], *, named: StoredResponse
) -> tuple[StoredResponse, ...]:
    """The stored responses that a 304 freshens (§4.3.4).

    `candidates` are those that the request might select, the first choice first; `named` is the one among them
    whose validators were sent. Leniency: a 304 without validators means `named`, because many servers send none.
    """
    entity_tag, last_modified = not_modified.headers.get("ETag"), _last_modified(not_modified.headers)
    if entity_tag and not _is_weak(entity_tag):
        return tuple(stored for stored in candidates if is_same_strongly(entity_tag, _entity_tag(stored)))
    if entity_tag:
        return _newest(stored for stored in candidates if is_same_weakly(entity_tag, _entity_tag(stored)))
    if last_modified:
        return _newest(stored for stored in candidates if last_modified == _last_modified(stored.response.headers))
    return (named,)


def confirms(not_modified: Response, named: StoredResponse) -> bool:
    """Whether a 304 that freshens nothing still says that the response whose validators were sent may be reused.

    A server that makes a tag weak where it compresses answers with the strong form: not the same validator, so
    nothing may be updated (§4.3.4), but its own weak comparison has found the two equal (§4.3.3).
    """
    entity_tag = not_modified.headers.get("ETag")
    return entity_tag is not None and is_same_weakly(entity_tag, _entity_tag(named))


def freshen(
    stored: StoredResponse,
    update: Headers,
    *,
    request: Headers,
    request_time: float,
    response_time: float,
) -> StoredResponse:
    """The stored response with the fields of a 304, or of an answer to HEAD (§3.2).

    `update` comes without the fields that may not be stored; `request` has those that Vary may name. Fields that
    describe the body stay, and so does the entity tag that it was stored with. Age and Date are the update's alone:
    without a Date it was made when it came in (RFC 9110 §6.6.1).
    """
    kept = update.without(_OF_THE_BODY | ({"etag"} if "ETag" in stored.response.headers else set()))
    if "Date" not in kept:
        kept = kept.plus("Date", dates.format_date(response_time))
    replaced = {name.lower() for name, _ in kept} | {"age"}
    headers = Headers((*stored.response.headers.without(replaced), *kept))
    return replace(
        stored,
        response=replace(stored.response, headers=headers),
        nominated=keys.nominate(request, headers),
        request_time=request_time,
        response_time=response_time,
        is_invalidated=False,
    )


def agrees(head: Response, stored: StoredResponse) -> bool:
    """Whether an answer to HEAD describes the stored response, so that it freshens it (§4.3.5).

    Every validator and length that it states must be the same, and it must state a validator if the other does.
    """
    theirs, ours = head.headers, stored.response.headers
    stated = [name for name in ("ETag", "Last-Modified") if name in theirs]
    if not stated and has_validator(ours):
        return False
    length = theirs.get("Content-Length")
    return all(theirs.get(name) == ours.get(name) for name in stated) and length in (None, str(stored.size))


def _is_weak(entity_tag: str) -> bool:
    return entity_tag.startswith("W/")


def _entity_tag(stored: StoredResponse) -> str:
    return stored.response.headers.get("ETag") or ""


def _last_modified(headers: Headers) -> str | None:
    """The Last-Modified field, if it is a date."""
    value = headers.get("Last-Modified")
    return None if value is None or dates.parse(value, now=0) is None else value


def _newest(fitting: Iterable[StoredResponse]) -> tuple[StoredResponse, ...]:
    newest = max(fitting, key=lambda stored: stored.date_value, default=None)
    return () if newest is None else (newest,)

"""What pip's HTTP cache has for a URL, as a stored response of ours: whether, and how old it is.

pip keeps what credentials opened under the same URL as what anybody gets. So its cache is taken for what section 1
calls a shared one, of whose responses nobody knows who asked for them: section 3.5 says which may be reused.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from freewheel.httpcache import cache_control, dates, keys, storing
from freewheel.httpcache.message import Headers, Request, Response
from freewheel.httpcache.pips_entry import PipsEntry
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.stored_response import StoredResponse
from freewheel.httpcache.storing import Store

_REDIRECTS = frozenset({301, 308})
"""Statuses that pip keeps without the body, which nobody reads."""

_OF_SOMEBODY = ("Authorization", "Cookie", "Proxy-Authorization")
"""Request fields that tell who asks."""

_TO_SOMEBODY = ("Set-Cookie", "Authentication-Info")
"""Response fields for the one who asked: a session begins (RFC 6265); credentials were right (RFC 9110 §11.6.3)."""


class Found(Struct, frozen=True, kw_only=True):
    """An entry of pip's; `size` is that of the body in bytes.

    `recorded_at` and `body_at` are when record and body were written, in seconds since the epoch: pip writes the
    record first, once the whole body is here, and after a 304 the record alone.
    """

    entry: PipsEntry
    recorded_at: float
    body_at: float
    size: int


class Adopt(Struct, frozen=True, kw_only=True):
    """Take the body over, if it has the digest that the request states, and store it with `stored`.

    That has no digest yet. None: only the bytes are taken over, which the stated digest identifies.
    """

    stored: StoredResponse | None


class DoNotAdopt(Struct, frozen=True, kw_only=True):
    """Leave it; `reason` is a clause a person can read."""

    reason: str


def decide(request: Request, found: Found, *, now: float, policy: Policy) -> Adopt | DoNotAdopt:
    """Whether what pip has answers a request that carries no credentials; `now` in seconds since the epoch."""
    response = found.entry.response
    reason = _mismatch(found) or _own(found.entry) or _ban(request, response)
    if reason is not None:
        return DoNotAdopt(reason=reason)
    storable = _storable(request, found, policy=policy)
    if not isinstance(storable, str):
        return Adopt(stored=_stored(request, found, storable, now=now))
    if response.status == 200 and request.digest is not None and request.digest.is_strong:
        return Adopt(stored=None)
    return DoNotAdopt(reason=storable)


def _mismatch(found: Found) -> str | None:
    """What does not fit together."""
    response = found.entry.response
    missing = {name.lower() for name in response.headers.members("Vary")} - found.entry.named
    if missing:
        return f"its record does not say what the request had of {', '.join(sorted(missing))}"
    if response.status in _REDIRECTS:
        return f"it has a body of {found.size} bytes, and none was kept" if found.size else None
    lengths = response.headers.members("Content-Length")
    if any(length != str(found.size) for length in lengths):
        return f"its body has {found.size} bytes instead of {', '.join(dict.fromkeys(lengths))}"
    return None


def _own(entry: PipsEntry) -> str | None:
    """What shows that it was for one user."""
    if cache_control.of_response(entry.response.headers).private:
        return "it was for one user (private)"
    told = next((name for name in _OF_SOMEBODY if name in entry.asked), None)
    if told is None:
        told = next((name for name in _TO_SOMEBODY if name in entry.response.headers), None)
    return None if told is None else f"it was for one user ({told})"


def _ban(request: Request, response: Response) -> str | None:
    if storing.names_credentials(response):
        return "its Location holds credentials"
    # §5.2.2.5; pip keeps what it had to resume all the same.
    if cache_control.of_response(response.headers).forbids_storing:
        return "it forbids being stored (no-store)"
    if cache_control.of_request(request.headers).no_store:
        return "the request forbids it (no-store)"
    return None


def _storable(request: Request, found: Found, *, policy: Policy) -> Headers | str:
    """The fields to store, by the rules of a shared cache that knows nothing of who asked; or why none."""
    entry = found.entry
    asked = entry.asked
    # The one case in which the record tells that nobody in particular asked.
    if "authorization" not in entry.unasked:
        asked = asked.plus("Authorization", "unknown")
    alike = Request(url=request.url, method=request.method, headers=asked, digest=request.digest)
    storable = storing.may_store(alike, entry.response, role=Role.SHARED, policy=policy)
    if not isinstance(storable, Store):
        is_unknown = storable.reason == storing.WITH_CREDENTIALS
        return "nothing says that anybody may have it (public)" if is_unknown else storable.reason
    is_told = request.digest is not None or "Content-Length" in storable.headers
    if not is_told and entry.response.status not in _REDIRECTS and found.body_at < found.recorded_at:
        # The two files are not replaced together: a newer record may lie beside an older body.
        return "nothing tells that its body belongs to its record"
    if request.digest is None and not keys.matches(keys.nominate(entry.asked, storable.headers), request.headers):
        return "it answers other request fields (Vary)"
    return storable.headers


def _stored(request: Request, found: Found, headers: Headers, *, now: float) -> StoredResponse:
    """The stored response, at least as old as it is.

    Nobody has noted when it came in: after its Date, as far as the origin's clock is right, and before its record was
    written. The earlier counts. Without a Date, or with one that cannot be right, it is validated before any reuse.
    """
    entry = found.entry
    if entry.response.status in _REDIRECTS:
        headers = headers.replacing("Content-Length", "0")
    latest = min(found.recorded_at, now)
    stated = headers.get("Date")
    date_value = None if stated is None else dates.parse(stated, now=latest)
    is_dated = date_value is not None and date_value <= latest
    came_in = date_value if date_value is not None and is_dated else latest
    return StoredResponse(
        url=keys.normalized(request.url),
        response=replace(entry.response, headers=headers),
        nominated=keys.nominate(entry.asked, headers),
        request_time=came_in,
        response_time=came_in,
        size=found.size,
        digest=None,
        is_invalidated=not is_dated,
    )

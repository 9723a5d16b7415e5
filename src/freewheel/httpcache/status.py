"""RFC 9211: `CacheStatus`, how the cache handled a request."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

from freewheel.httpcache.message import Headers

ForwardReason: TypeAlias = Literal["bypass", "method", "uri-miss", "vary-miss", "miss", "request", "stale", "partial"]
"""Why a request went forward (RFC 9211 §2.2)."""

_NAME = "freewheel"
"""What this cache is called in the field, a token."""

_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_UNSAFE = re.compile(r"[^\x20-\x7e]")


class CacheStatus(Struct, frozen=True, kw_only=True):
    """One cache's member of the Cache-Status field; `str` gives its text.

    Either `hit`, or `fwd` with its reason, or neither where the cache itself had to refuse. `fwd_status` is the
    status that came back, `ttl` the seconds of freshness left (negative for a stale response), `stored` and
    `collapsed` what became of a forwarded request. ValueError where these contradict one another.

    >>> str(CacheStatus(hit=True, ttl=30))
    'freewheel; hit; ttl=30'
    >>> str(CacheStatus(fwd="stale", fwd_status=200, stored=True, detail="no-cache"))
    'freewheel; fwd=stale; fwd-status=200; stored; detail=no-cache'
    """

    hit: bool = False
    fwd: ForwardReason | None = None
    fwd_status: int | None = None
    ttl: int | None = None
    stored: bool = False
    collapsed: bool = False
    detail: str | None = None

    def __post_init__(self) -> None:
        # RFC 9211 §2.1, §2.2: hit and fwd exclude each other; §2.3, §2.5, §2.6 speak of forwarded requests.
        has_answer = self.fwd_status is not None or self.stored or self.collapsed
        if (self.hit and self.fwd is not None) or (has_answer and self.fwd is None):
            raise ValueError(self)

    def __str__(self) -> str:
        parameters = (
            ("hit", self.hit),
            ("fwd", self.fwd),
            ("fwd-status", self.fwd_status),
            ("ttl", self.ttl),
            ("stored", self.stored),
            ("collapsed", self.collapsed),
            ("detail", None if self.detail is None else _token_or_string(self.detail)),
        )
        parts = [_NAME]
        for name, value in parameters:
            if value is True:
                parts.append(name)
            elif value is not None and value is not False:
                parts.append(f"{name}={value}")
        return "; ".join(parts)


def appended(fields: Headers, status: CacheStatus) -> Headers:
    """A response's fields with this cache's member behind those of the caches closer to the origin (RFC 9211 §2).

    Nothing is appended to a response that this cache has made up itself.

    >>> appended(Headers((("Cache-Status", "edge; hit"),)), CacheStatus(fwd="uri-miss")).get_all("Cache-Status")
    ('edge; hit', 'freewheel; fwd=uri-miss')
    """
    is_local = not status.hit and status.fwd is None
    return fields if is_local else fields.plus("Cache-Status", str(status))


def _token_or_string(text: str) -> str:
    return text if _TOKEN.fullmatch(text) else _string(text)


def _string(text: str) -> str:
    """A structured field's string (RFC 9651 §3.3.3), in which whatever is not printable ASCII is percent-encoded."""
    printable = _UNSAFE.sub(_percent_encoded, text)
    return '"' + printable.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _percent_encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogatepass"))

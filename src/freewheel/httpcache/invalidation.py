"""Section 4.4: what an unsafe request makes unusable."""

from __future__ import annotations

from urllib.parse import urljoin

from freewheel.httpcache import keys
from freewheel.httpcache.message import Request, Response

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110 §9.2.1); every other one may, known or not."""


def invalidated_urls(request: Request, response: Response) -> tuple[str, ...]:
    """The URLs, normalized, whose stored responses must be validated before any reuse; each once.

    The target's own and, on the same origin alone, those that Location and Content-Location name.
    """
    if request.method in SAFE or not 200 <= response.status < 400:
        return ()
    target = keys.normalized(request.url)
    references = (*response.headers.get_all("Location"), *response.headers.get_all("Content-Location"))
    named = (_resolved(target, reference) for reference in references)
    return tuple(dict.fromkeys((target, *(url for url in named if keys.origin(url) == keys.origin(target)))))


def _resolved(target: str, reference: str) -> str:
    """The normalized URL that a reference means; empty if it is none."""
    try:
        return keys.normalized(urljoin(target, reference))
    except ValueError:
        return ""

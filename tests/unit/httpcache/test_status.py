from __future__ import annotations

import pytest

from freewheel.httpcache.message import Headers
from freewheel.httpcache.status import CacheStatus, appended


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (CacheStatus(hit=True), "freewheel; hit"),
        (CacheStatus(hit=True, ttl=-5), "freewheel; hit; ttl=-5"),
        (CacheStatus(hit=True, ttl=0), "freewheel; hit; ttl=0"),
        (CacheStatus(fwd="uri-miss", fwd_status=200, stored=True), "freewheel; fwd=uri-miss; fwd-status=200; stored"),
        (CacheStatus(fwd="miss", collapsed=True), "freewheel; fwd=miss; collapsed"),
        (CacheStatus(detail="only-if-cached"), "freewheel; detail=only-if-cached"),
        (CacheStatus(detail='say "no" \\'), 'freewheel; detail="say \\"no\\" \\\\"'),
        (CacheStatus(detail="a line\n\N{SNOWMAN}"), 'freewheel; detail="a line%0A%E2%98%83"'),
    ],
)  # fmt: skip
def test_the_text_is_a_structured_fields_member(status: CacheStatus, expected: str) -> None:
    """RFC 9211 §2, RFC 9651 §3."""
    assert str(status) == expected


def test_a_request_is_not_both_answered_and_forwarded() -> None:
    """RFC 9211 §2.2."""
    with pytest.raises(ValueError, match="hit; fwd=stale"):
        CacheStatus(hit=True, fwd="stale")


def test_only_a_forwarded_request_has_an_answer() -> None:
    with pytest.raises(ValueError, match="hit; fwd-status=200"):
        CacheStatus(hit=True, fwd_status=200)
    with pytest.raises(ValueError, match="freewheel; stored"):
        CacheStatus(stored=True)


def test_the_members_of_caches_closer_to_the_origin_come_first() -> None:
    """RFC 9211 §2."""
    fields = Headers((("cache-status", "origin; hit"), ("ETag", '"1"'), ("Cache-Status", "edge; fwd=stale")))
    assert appended(fields, CacheStatus(hit=True, ttl=5)).members("Cache-Status") == (
        "origin; hit",
        "edge; fwd=stale",
        "freewheel; hit; ttl=5",
    )


def test_nothing_is_appended_to_what_the_cache_itself_made_up() -> None:
    """RFC 9211 §2: the field is for responses of an origin server."""
    assert appended(Headers(), CacheStatus(detail="only-if-cached")) == Headers()

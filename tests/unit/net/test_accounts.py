from __future__ import annotations

from typing import get_args

import pytest

from freewheel.events import Answered, Missed, Recorder, Reused
from freewheel.httpcache.message import Request
from freewheel.httpcache.status import CacheStatus, ForwardReason
from freewheel.net import accounts
from freewheel.net.bypass import BypassingTransport
from freewheel.net.purpose import Purpose
from tests.unit.net.doubles import Answer, FakeTransport

URL = "https://index.example/simple/six/"
PURPOSE = Purpose(kind="page", project="six", subject=URL)


@pytest.mark.parametrize(
    ("status", "validated", "stale"),
    [
        (CacheStatus(hit=True, ttl=5), False, False),
        (CacheStatus(hit=True, ttl=-5), False, True),
        (CacheStatus(hit=True, detail="digest"), False, False),
        (CacheStatus(fwd="stale", fwd_status=304, ttl=-1), True, False),
        (CacheStatus(fwd="stale", fwd_status=503, ttl=-5, detail="stale-on-error"), False, True),
        (CacheStatus(fwd="stale", ttl=-5, detail="stale-on-error"), False, True),
    ],
)
def test_what_is_reused_is_told_by_the_status(status: CacheStatus, validated: bool, stale: bool) -> None:
    assert accounts.reused(PURPOSE, status, size=7) == Reused(
        kind="page", subject=URL, size=7, validated=validated, cache_status=str(status)
    )
    assert accounts.is_stale(status) is stale


@pytest.mark.parametrize("reason", get_args(ForwardReason))
def test_each_reason_to_forward_has_its_words(reason: ForwardReason) -> None:
    told = [accounts.missed(PURPOSE, CacheStatus(fwd=other), size=7).reason for other in get_args(ForwardReason)]
    assert told.count(accounts.missed(PURPOSE, CacheStatus(fwd=reason), size=7).reason) == 1


def test_a_miss_says_what_was_lost_and_why_the_next_will_be_one() -> None:
    status = CacheStatus(fwd="uri-miss", fwd_status=200)
    assert accounts.missed(PURPOSE, status, size=7, loss="it is damaged", unkept="it is forbidden") == Missed(
        kind="page",
        subject=URL,
        reason="it is damaged; not stored: it is forbidden",
        size=7,
        cache_status="freewheel; fwd=uri-miss; fwd-status=200",
    )


def test_every_response_is_told_with_its_account_if_there_is_one() -> None:
    origin, recorder = FakeTransport(lambda _: Answer(status=404)), Recorder()
    for inner in (BypassingTransport(inner=origin), origin):
        accounts.AccountingTransport(inner=inner, reporter=recorder).send(Request(url=URL, method="HEAD"))
    assert recorder.events == [
        Answered(method="HEAD", url=URL, status=404, cache_status="freewheel; fwd=bypass; fwd-status=404"),
        Answered(method="HEAD", url=URL, status=404, cache_status=None),
    ]

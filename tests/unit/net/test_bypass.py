from __future__ import annotations

from freewheel.httpcache.message import Request
from freewheel.net.bypass import BypassingTransport
from tests.unit.net.doubles import Answer, FakeTransport


def test_without_a_cache_every_answer_says_that_it_was_passed_by() -> None:
    """RFC 9211 §2.2."""
    transport = BypassingTransport(inner=FakeTransport(lambda _: Answer(status=404)), detail="no cache")
    reply = transport.send(Request(url="https://origin.example/"))
    assert reply.response.status == 404
    assert str(reply.cache_status) == 'freewheel; fwd=bypass; fwd-status=404; detail="no cache"'

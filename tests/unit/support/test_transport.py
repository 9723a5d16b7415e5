"""The fake transport keeps the promises of the protocol that it stands in for."""

from __future__ import annotations

import pytest

from freewheel.errors import IncompleteBody, Unreachable
from freewheel.httpcache.message import Request
from freewheel.net.protocol import Transport
from tests.support.transport import FakeTransport, canned

PAGE = "https://index.example/simple/demo/"


def test_it_is_a_transport() -> None:
    transport: Transport = FakeTransport({PAGE: canned("page", headers={"ETag": '"one"'})})
    reply = transport.send(Request(url=PAGE))
    assert (reply.response.status, reply.response.headers.get("etag"), reply.url) == (200, '"one"', PAGE)
    assert [reply.body.read(3), reply.body.read(3), reply.body.read(3)] == [b"pag", b"e", b""]
    assert (reply.body.blob, reply.body.will_be_kept) == (None, False)


def test_what_is_not_in_the_table_is_not_found() -> None:
    assert FakeTransport({}).send(Request(url=PAGE)).response.status == 404


def test_answers_come_in_turn_and_the_last_one_stays() -> None:
    failure = Unreachable(url=PAGE, reason="refused")
    transport = FakeTransport({PAGE: [canned(status=503), failure, canned("page")]})
    assert transport.send(Request(url=PAGE)).response.status == 503
    with pytest.raises(Unreachable):
        transport.send(Request(url=PAGE))
    assert [transport.send(Request(url=PAGE)).response.status for _ in range(2)] == [200, 200]
    assert len(transport.requests_for(PAGE)) == 4


def test_a_function_can_answer() -> None:
    transport = FakeTransport(lambda request: canned(request.method))
    assert transport.send(Request(url=PAGE, method="HEAD")).body.read(10) == b"HEAD"


def test_a_body_can_break() -> None:
    reply = FakeTransport({PAGE: canned("page", breaks_after=2)}).send(Request(url=PAGE))
    assert reply.body.read(10) == b"pa"
    with pytest.raises(IncompleteBody) as caught:
        reply.body.read(10)
    assert (caught.value.expected, caught.value.received) == (4, 2)


def test_bodies_that_nobody_closed_are_counted() -> None:
    transport = FakeTransport({PAGE: canned("page")})
    first, second = transport.send(Request(url=PAGE)), transport.send(Request(url=PAGE))
    assert transport.open_bodies == 2
    first.body.close()
    first.body.close()
    assert transport.open_bodies == 1
    second.body.close()
    assert transport.open_bodies == 0

from __future__ import annotations

from freewheel.httpcache.message import Request
from freewheel.net.lazy import LazyTransport
from freewheel.net.protocol import Transport
from tests.unit.net.doubles import Answer, FakeTransport


def test_the_first_request_connects_and_the_others_find_it_done() -> None:
    origin = FakeTransport(lambda _: Answer(content=b"six"))
    connected: list[Transport] = []

    def connect() -> Transport:
        connected.append(origin)
        return origin

    transport = LazyTransport(connect=connect)
    assert connected == []
    for url in ("https://index.example/a", "https://index.example/b"):
        transport.send(Request(url=url))
    assert (len(connected), origin.urls) == (1, ["https://index.example/a", "https://index.example/b"])

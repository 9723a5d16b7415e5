from __future__ import annotations

from freewheel.httpcache.message import Headers, Request
from freewheel.net.user_agent import NamingTransport
from tests.unit.net.doubles import Answer, FakeTransport

URL = "https://origin.example/"


def test_each_request_names_who_asks_once() -> None:
    inner = FakeTransport(lambda _: Answer())
    transport = NamingTransport(inner=inner, user_agent="program/1")
    transport.send(Request(url=URL, headers=Headers((("Accept", "text/html"),))))
    transport.send(Request(url=URL, headers=Headers((("user-agent", "mine/1"),))))
    lines = [request.headers.lines for request in inner.requests]
    assert lines == [(("Accept", "text/html"), ("User-Agent", "program/1")), (("user-agent", "mine/1"),)]

"""The layers of HTTP as they are joined for a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from freewheel.httpcache.message import Request
from freewheel.net.protocol import Transport
from freewheel.wiring.network import LazyTransport
from tests.unit.net.doubles import Answer, FakeTransport

_ANSWERS_WITHOUT_THE_NETWORK = """
import sys
from freewheel.config.values import FreshnessConfig, NetworkConfig
from freewheel.httpcache.message import Request
from freewheel.net.bodies import read_all
from freewheel.wiring.credentials import run_credentials
from freewheel.wiring.network import transport

config = NetworkConfig(netrc=("/nowhere/.netrc",))
authority = run_credentials(config, environment={}, person=None, reporter=None)
layers = transport(
    config, FreshnessConfig(), authority=authority, person=None, shared_pages=(), cache=None, reporter=None,
    clock=lambda: 0.0,
)
assert read_all(layers.send(Request(url=sys.argv[1])).body) == b"six"
print(sorted({"urllib3", "truststore", "ssl", "socket", "email", "netrc"} & sys.modules.keys()))
"""


def test_a_run_that_sends_nothing_imports_no_http_library(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(b"six")
    command = [sys.executable, "-c", _ANSWERS_WITHOUT_THE_NETWORK, (tmp_path / "page").as_uri()]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


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

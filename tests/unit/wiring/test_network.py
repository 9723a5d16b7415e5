"""The layers of HTTP as they are joined for a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
    clock=lambda: 0.0, at_end=print,
)
assert read_all(layers.send(Request(url=sys.argv[1])).body) == b"six"
print(sorted({"urllib3", "truststore", "ssl", "socket", "email", "netrc"} & sys.modules.keys()))
"""


def test_a_run_that_sends_nothing_imports_no_http_library(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(b"six")
    command = [sys.executable, "-c", _ANSWERS_WITHOUT_THE_NETWORK, (tmp_path / "page").as_uri()]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"

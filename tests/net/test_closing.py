"""What a run's connections come to when it ends."""

from __future__ import annotations

from pathlib import Path

from freewheel.events import Recorder
from freewheel.httpcache.message import Request
from freewheel.net.bodies import read_all
from freewheel.wiring.fetching import Fetching
from freewheel.wiring.run import Run
from tests.support.server import IndexServer
from tests.support.told import told


def test_connections_are_closed_when_a_run_ends(server: IndexServer, tmp_path: Path) -> None:
    """The server's thread for one ends with it; until then it waits for more."""
    url = server.put("/page", "six")
    config = told(["download", "--cache-dir", str(tmp_path / "cache"), "six"])
    with Run(config, reporter=Recorder()) as run:
        for _ in range(2):
            assert read_all(Fetching(config, run).transport.send(Request(url=url)).body) == b"six"
        assert server.connections() == 2
    server.wait_until_idle()

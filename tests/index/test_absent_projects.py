"""Projects that are not there yet, as a run sees them after another."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.events import Recorder
from freewheel.httpcache.policy import Policy
from freewheel.index.client import SimpleIndex
from freewheel.index.combine import CombinedIndex
from freewheel.model.artifact import normalize
from freewheel.net.caching import CachingTransport
from freewheel.net.wire import UrllibTransport, WireSettings
from freewheel.store.memory import MemoryBlobs, MemoryEntries
from tests.support.archives import make_wheel
from tests.support.clock import FakeClock
from tests.support.server import IndexServer

SIX = normalize("six")


class Runs:
    """Runs that share a cache; each asks for a project as a command does."""

    def __init__(self, *servers: IndexServer) -> None:
        self.servers = servers
        self.clock = FakeClock()
        self.entries, self.blobs = MemoryEntries(clock=self.clock), MemoryBlobs()

    def versions(self) -> list[str]:
        recorder = Recorder()
        transport = CachingTransport(
            inner=UrllibTransport(settings=WireSettings(), reporter=recorder),
            entries=self.entries,
            blobs=self.blobs,
            clock=self.clock,
            reporter=recorder,
            scope=lambda _: "",
            policy=Policy(lifetimes={404: 600.0, 410: 600.0}),
        )
        indexes = [SimpleIndex(url=one.index_url, transport=transport, reporter=recorder) for one in self.servers]
        combined = CombinedIndex(find_links=None, indexes=indexes, reporter=recorder)
        return [str(artifact.version) for artifact in combined.artifacts(SIX)]


def test_a_project_appears_in_the_next_run_after_its_publication(server: IndexServer, archives: Path) -> None:
    """Behaviour 41."""
    runs = Runs(server)
    assert runs.versions() == []
    server.add(make_wheel(archives, "six", "1.0"))
    assert runs.versions() == ["1.0"]


def test_an_index_without_the_project_is_spared_while_another_has_it(server: IndexServer, archives: Path) -> None:
    """Behaviour 130."""
    with IndexServer() as other:
        other.add(make_wheel(archives, "six", "1.0"))
        runs = Runs(server, other)
        assert runs.versions() == ["1.0"]
        assert runs.versions() == ["1.0"]
        assert len(server.requests_for("/six/")) == 1
        runs.clock.advance(601)
        assert runs.versions() == ["1.0"]
        assert len(server.requests_for("/six/")) == 2


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize(
    ("stated", "asked_again_after"),
    [(None, 600), ("max-age=60", 60), ("max-age=6000", 6000), ("no-cache, max-age=60", 0), ("no-store", 0)],
)
def test_how_long_a_project_is_taken_for_absent(
    server: IndexServer, archives: Path, status: int, stated: str | None, asked_again_after: int
) -> None:
    """Behaviour 130: as its fields say, or for ten minutes."""
    server.answer("/simple/six/", status=status, headers={"Cache-Control": stated})
    with IndexServer() as other:
        other.add(make_wheel(archives, "six", "1.0"))
        runs = Runs(server, other)
        for seconds, requests in ((0, 1), (asked_again_after - 1, 1), (1, 2)):
            runs.clock.advance(max(0, seconds))
            assert runs.versions() == ["1.0"]
            if asked_again_after:
                assert len(server.requests_for("/six/")) == requests
        assert asked_again_after or len(server.requests_for("/six/")) == 3

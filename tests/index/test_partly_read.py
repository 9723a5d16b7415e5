"""Metadata of wheels that stay on a real server on loopback, read in parts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from freewheel.errors import DigestMismatch, PartsDiffer
from freewheel.events import FileReused, Missed, Noted, Recorder, Reused
from freewheel.index.client import SimpleIndex
from freewheel.index.metadata import WheelMetadata
from freewheel.index.page import ProjectPage
from freewheel.index.remote_wheels import WHOLE_BELOW, RemoteWheels
from freewheel.model.artifact import Artifact, normalize
from freewheel.model.url import split_credentials
from freewheel.net.auth import AuthenticatingTransport
from freewheel.net.credentials import RunCredentials
from freewheel.net.download import Downloads
from freewheel.net.redirects import RedirectingTransport
from freewheel.net.whole_parts import WholePartsTransport
from freewheel.net.wire import UrllibTransport, WireSettings
from freewheel.store.memory import MemoryEntries
from tests.support.archives import make_wheel
from tests.support.clock import FakeClock
from tests.support.server import IndexServer

BIG = random.Random(2).randbytes(2 * WHOLE_BELOW)
NAME = "six-1.0-py3-none-any.whl"


@dataclass
class Machine:
    """Runs with a cache of metadata, against one server."""

    server: IndexServer
    wire: UrllibTransport
    folder: Path
    entries: MemoryEntries = field(default_factory=lambda: MemoryEntries(clock=FakeClock()))
    reporter: Recorder = field(default_factory=Recorder)
    index_url: str = ""

    def new_run(self, *, keeps_parts: bool = True) -> WheelMetadata:
        self.reporter = Recorder()
        authority = RunCredentials(netrc=lambda _: None, keyring=lambda: None, person=None, reporter=self.reporter)
        index_url, credentials = split_credentials(self.index_url)
        if credentials is not None:
            authority.add(index_url, credentials)
        whole = WholePartsTransport(inner=self.wire)
        inner = AuthenticatingTransport(inner=whole, authority=authority, reporter=self.reporter)
        self.transport = RedirectingTransport(inner=inner)
        self.downloads = Downloads(transport=self.transport, scratch=lambda: self.folder, reporter=Recorder())
        return WheelMetadata(
            downloads=self.downloads,
            entries=self.entries,
            reporter=self.reporter,
            remote=RemoteWheels(transport=self.transport, reporter=self.reporter),
            keeps_parts=keeps_parts,
        )

    def artifacts(self, project: str = "six") -> list[Artifact]:
        index = SimpleIndex(
            url=self.index_url or self.server.index_url, transport=self.transport, reporter=Recorder()
        )
        page = index.page(normalize(project))
        assert isinstance(page, ProjectPage)
        found = list(page.artifacts(normalize(project)))
        self.server.clear()
        return found

    def asked(self) -> list[tuple[str, int]]:
        """File names and statuses since the last page."""
        return [(request.path.rpartition("/")[2], request.status) for request in self.server.log]

    def kept(self) -> int:
        return len(list(self.entries.scan("metadata")))


@pytest.fixture
def machine(server: IndexServer, tmp_path: Path) -> Iterator[Machine]:
    wire = UrllibTransport(settings=WireSettings(), reporter=Recorder())
    yield Machine(server=server, wire=wire, folder=tmp_path)
    wire.close()


def offer(server: IndexServer, folder: Path, name: str = "six", *, content: bytes = BIG) -> Path:
    """A wheel, without a metadata file beside it."""
    files: dict[str, str | bytes] = {f"{name}/data.bin": content}
    wheel = make_wheel(folder, name, requires=["a>=1"], files=files)
    server.add(wheel, metadata=False)
    return wheel


def test_a_part_is_enough_and_is_kept_for_ever(machine: Machine, archives: Path) -> None:
    offer(machine.server, archives)
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    assert metadata.metadata(artifact).requires_dist == ("a>=1",)
    assert metadata.is_unconfirmed(artifact)
    assert machine.asked() == [(NAME, 206)]
    assert machine.server.log[0].response_bytes < WHOLE_BELOW / 2
    [missed] = [event for event in machine.reporter.events if isinstance(event, Missed)]
    assert missed.size == machine.server.log[0].response_bytes
    later = machine.new_run()
    (artifact,) = machine.artifacts()
    assert later.metadata(artifact).requires_dist == ("a>=1",)
    assert later.is_unconfirmed(artifact)
    assert machine.asked() == []
    told = FileReused(filename=f"{NAME}.metadata", size=None)
    assert machine.reporter.events == [told, Reused(kind="metadata", subject=NAME)]


def test_small_wheels_are_read_whole(machine: Machine, archives: Path) -> None:
    offer(machine.server, archives, content=BIG[:1000])
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    assert metadata.metadata(artifact).requires_dist == ("a>=1",)
    assert not metadata.is_unconfirmed(artifact)
    assert machine.asked() == [(NAME, 200)]


def test_where_the_size_is_not_stated_the_end_is_asked_for(machine: Machine, archives: Path) -> None:
    machine.server.formats = ("text/html",)
    offer(machine.server, archives)
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    assert artifact.size is None
    assert metadata.metadata(artifact).requires_dist == ("a>=1",)
    assert machine.asked() == [(NAME, 206)]


@pytest.mark.parametrize("accepts_ranges", [True, False])
@pytest.mark.parametrize("hashes", [True, False])
def test_a_small_wheel_of_unknown_size_comes_whole_and_is_the_download(
    machine: Machine, archives: Path, hashes: bool, accepts_ranges: bool
) -> None:
    machine.server.formats = ("text/html",)
    machine.server.answer("/files/*", accepts_ranges=accepts_ranges)
    machine.server.add(offer(machine.server, archives, content=BIG[:1000]), metadata=False, hashes=hashes)
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    assert metadata.metadata(artifact).requires_dist == ("a>=1",)
    assert not metadata.is_unconfirmed(artifact)
    with machine.downloads.fetch(artifact).open() as stream:
        assert stream.read() == (archives / NAME).read_bytes()
    assert machine.asked() == [(NAME, 206 if accepts_ranges else 200)]


def test_a_small_wheel_that_is_not_the_one_that_was_stated_is_refused(machine: Machine, archives: Path) -> None:
    machine.server.formats = ("text/html",)
    small = offer(machine.server, archives, content=BIG[:1000])
    machine.server.add(small, metadata=False, hashes={"sha256": "0" * 64})
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    with pytest.raises(DigestMismatch):
        metadata.metadata(artifact)
    assert machine.kept() == 0
    assert machine.asked() == [(NAME, 206), (NAME, 200)]
    assert list(machine.folder.glob("download-*")) == []


def test_a_small_wheel_that_breaks_off_is_asked_for_again(machine: Machine, archives: Path) -> None:
    machine.server.formats = ("text/html",)
    offer(machine.server, archives, content=BIG[:1000])
    machine.server.answer("/files/*", times=1, close_after=100)
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    assert metadata.metadata(artifact).requires_dist == ("a>=1",)
    assert machine.asked() == [(NAME, 206), (NAME, 200)]


@pytest.mark.parametrize(
    "settings",
    [{"accepts_ranges": False}, {"headers": {"Content-Range": "bytes 0-9/10"}}, {"coding": "gzip"}],
    ids=["no ranges", "another range", "encoded"],
)
def test_where_a_server_does_otherwise_the_whole_wheel_is_read(
    machine: Machine, archives: Path, settings: dict[str, object]
) -> None:
    offer(machine.server, archives)
    machine.server.answer("/files/*", times=1, **settings)  # type: ignore[arg-type]
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    assert metadata.metadata(artifact).requires_dist == ("a>=1",)
    assert not metadata.is_unconfirmed(artifact)
    assert [event for event in machine.reporter.events if isinstance(event, Noted)]
    later = machine.new_run()
    (artifact,) = machine.artifacts()
    later.metadata(artifact)
    assert machine.asked() == []


def test_a_server_that_knows_no_ranges_is_asked_for_one_once(machine: Machine, archives: Path) -> None:
    offer(machine.server, archives)
    offer(machine.server, archives, "seven")
    machine.server.answer("/files/*", accepts_ranges=False)
    metadata = machine.new_run()
    artifacts = [*machine.artifacts(), *machine.artifacts("seven")]
    for artifact in artifacts:
        metadata.metadata(artifact)
    asked = [(request.path.rpartition("/")[2], request.header("Range") is None) for request in machine.server.log]
    assert asked == [(NAME, False), (NAME.replace("six", "seven"), True)]


def test_redirects_are_followed_and_credentials_sent(machine: Machine, archives: Path) -> None:
    offer(machine.server, archives)
    machine.server.put(f"/stored/{NAME}", archives / NAME)
    machine.server.answer("/files/*", redirect=(302, f"/stored/{NAME}"))
    machine.server.answer("*", credentials=("me", "secret"))
    machine.index_url = machine.server.index_url.replace("://", "://me:secret@")
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    assert metadata.metadata(artifact).requires_dist == ("a>=1",)
    assert [status for _, status in machine.asked()] == [302, 206]
    assert "secret" not in str(list(machine.entries.scan("metadata")))


def test_what_must_not_be_stored_is_read_in_parts_and_not_kept(machine: Machine, archives: Path) -> None:
    """Behaviour 27."""
    offer(machine.server, archives)
    machine.server.answer("/files/*", headers={"Cache-Control": "no-store"})
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    metadata.metadata(artifact)
    assert machine.asked() == [(NAME, 206)]
    metadata.confirm(machine.downloads.fetch(artifact))
    assert machine.kept() == 0


def test_where_servers_may_be_unverified_nothing_of_parts_is_kept(machine: Machine, archives: Path) -> None:
    offer(machine.server, archives)
    metadata = machine.new_run(keeps_parts=False)
    (artifact,) = machine.artifacts()
    metadata.metadata(artifact)
    assert machine.kept() == 0
    metadata.confirm(machine.downloads.fetch(artifact))
    assert machine.kept() == 1


def test_the_wheel_itself_confirms_what_its_parts_said(machine: Machine, archives: Path) -> None:
    offer(machine.server, archives)
    metadata = machine.new_run()
    (artifact,) = machine.artifacts()
    metadata.metadata(artifact)
    metadata.confirm(machine.downloads.fetch(artifact))
    assert not metadata.is_unconfirmed(artifact)
    later = machine.new_run()
    (artifact,) = machine.artifacts()
    later.metadata(artifact)
    assert not later.is_unconfirmed(artifact)
    assert machine.asked() == []


def lying(machine: Machine, archives: Path) -> Artifact:
    """A wheel of whose parts the first that are asked for are another file's."""
    offer(machine.server, archives)
    forged = make_wheel(archives / "forged", "six", requires=["evil"], files={"six/data.bin": BIG})
    honest = (archives / NAME).read_bytes()
    content = forged.read_bytes()
    machine.server.put(f"/files/{NAME}", content + b"\0" * (len(honest) - len(content)))
    (artifact,) = machine.artifacts()
    return artifact


def test_parts_that_are_not_the_wheels_are_an_error_and_count_no_more(machine: Machine, archives: Path) -> None:
    """The error comes before anything is installed, and the next run resolves by the wheel itself."""
    metadata = machine.new_run()
    artifact = lying(machine, archives)
    assert metadata.metadata(artifact).requires_dist == ("evil",)
    machine.server.put(f"/files/{NAME}", archives / NAME)
    with pytest.raises(PartsDiffer) as caught:
        metadata.confirm(machine.downloads.fetch(artifact))
    assert caught.value.subject == NAME
    later = machine.new_run()
    assert later.metadata(artifact).requires_dist == ("a>=1",)
    assert not later.is_unconfirmed(artifact)
    assert machine.kept() == 1


def test_parts_mislead_nobody_who_asks_elsewhere(machine: Machine, archives: Path) -> None:
    """The same wheel at another URL: what the lying server said is kept for its own URL alone."""
    metadata = machine.new_run()
    artifact = lying(machine, archives)
    metadata.metadata(artifact)
    machine.server.put(f"/mirror/{NAME}", archives / NAME)
    elsewhere = Artifact(
        kind=artifact.kind,
        project=artifact.project,
        version=artifact.version,
        filename=NAME,
        url=f"{machine.server.url}mirror/{NAME}",
        digests=artifact.digests,
    )
    assert machine.new_run().metadata(elsewhere).requires_dist == ("a>=1",)

"""Indexes, find-links and metadata against a real server on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from freewheel.errors import AccessDenied, IncompleteBody, InsecureOrigin, Unreachable
from freewheel.events import Recorder, Warned
from freewheel.index.client import SimpleIndex
from freewheel.index.combine import CombinedIndex
from freewheel.index.find_links import FindLinks
from freewheel.index.metadata import WheelMetadata
from freewheel.model.artifact import normalize
from freewheel.model.url import Credentials
from freewheel.net.auth import AuthenticatingTransport
from freewheel.net.credentials import RunCredentials
from freewheel.net.download import Downloads
from freewheel.net.local_files import LocalFileTransport
from freewheel.net.protocol import Transport
from freewheel.net.redirects import RedirectingTransport
from freewheel.net.schemes import SchemeTransport
from freewheel.net.wire import UrllibTransport, WireSettings
from freewheel.store.memory import MemoryEntries
from tests.support.archives import make_sdist, make_wheel
from tests.support.clock import FakeClock
from tests.support.pages import HTML_PAGE, JSON_PAGE, OLD_HTML_PAGE
from tests.support.server import IndexServer

SIX = normalize("six")


@pytest.fixture
def wire() -> Iterator[UrllibTransport]:
    transport = UrllibTransport(settings=WireSettings(), reporter=Recorder())
    yield transport
    transport.close()


@pytest.fixture
def transport(wire: UrllibTransport) -> Transport:
    remote = RedirectingTransport(inner=wire)
    return SchemeTransport(transports={"http": remote, "https": remote, "file": LocalFileTransport()})


def source_of(*indexes: str, transport: Transport, find_links: tuple[str, ...] = ()) -> CombinedIndex:
    reporter = Recorder()
    return CombinedIndex(
        find_links=FindLinks(locations=find_links, transport=transport, reporter=reporter) if find_links else None,
        indexes=[SimpleIndex(url=url, transport=transport, reporter=reporter) for url in indexes],
        reporter=reporter,
    )


def six(server: IndexServer, folder: Path) -> tuple[Path, Path]:
    wheel = make_wheel(folder, "six", "1.0", requires=["a>=1"])
    sdist = make_sdist(folder, "six", "0.9")
    server.add(wheel, requires_python=">=3.9", yanked="broken", upload_time="2024-01-02T03:04:05Z")
    server.add(sdist)
    return wheel, sdist


@pytest.mark.parametrize("page_format", [JSON_PAGE, HTML_PAGE, OLD_HTML_PAGE])
def test_each_format_says_the_same(
    server: IndexServer, transport: Transport, archives: Path, page_format: str
) -> None:
    server.formats = (page_format,)
    six(server, archives)
    found = {
        artifact.filename: artifact for artifact in source_of(server.index_url, transport=transport).artifacts(SIX)
    }
    wheel = found["six-1.0-py3-none-any.whl"]
    assert wheel.url == server.file_url("six-1.0-py3-none-any.whl")
    assert (wheel.requires_python, wheel.yanked) == (">=3.9", "broken")
    assert wheel.metadata_digests is not None
    assert [digest.algorithm for digest in wheel.digests] == ["sha256"]
    sdist = found["six-0.9.tar.gz"]
    assert (str(sdist.version), sdist.yanked, sdist.metadata_digests) == ("0.9", None, None)


@pytest.mark.parametrize("settings", [{"coding": "gzip"}, {"framing": "chunked"}, {"framing": "close"}])
def test_pages_come_in_every_coding_and_framing(
    server: IndexServer, transport: Transport, archives: Path, settings: dict[str, str]
) -> None:
    """Behaviour 47."""
    six(server, archives)
    server.answer("/simple/*", **settings)  # type: ignore[arg-type]
    assert len(source_of(server.index_url, transport=transport).artifacts(SIX)) == 2


def test_a_page_is_asked_for_once_a_run_and_in_the_background_where_told_to(
    server: IndexServer, transport: Transport, archives: Path
) -> None:
    """Behaviour 61."""
    six(server, archives)
    server.add(make_wheel(archives, "seven"))
    source = source_of(server.index_url, transport=transport)
    source.prefetch((SIX, normalize("seven"), normalize("eight")))
    assert [len(source.artifacts(normalize(name))) for name in ("six", "seven", "eight", "six")] == [2, 1, 0, 2]
    assert server.paths() == {"/simple/six/": 1, "/simple/seven/": 1, "/simple/eight/": 1}


def test_pages_are_read_at_the_same_time(server: IndexServer, transport: Transport, archives: Path) -> None:
    six(server, archives)
    gate = Event()
    server.answer("/simple/slow/", gate=gate)
    source = source_of(server.index_url, transport=transport)
    source.prefetch((normalize("slow"), SIX))
    assert len(source.artifacts(SIX)) == 2
    gate.set()
    assert list(source.artifacts(normalize("slow"))) == []


def test_a_redirected_page_is_where_its_links_start(
    server: IndexServer, transport: Transport, archives: Path
) -> None:
    wheel, _ = six(server, archives)
    server.answer("/old/six/", redirect=(301, "/simple/six/"))
    artifacts = source_of(f"{server.url}old/", transport=transport).artifacts(SIX)
    assert server.file_url(wheel.name) in [artifact.url for artifact in artifacts]


def test_credentials_go_to_the_index_and_into_no_url(
    server: IndexServer, wire: UrllibTransport, archives: Path
) -> None:
    """Behaviour 53."""
    six(server, archives)
    server.answer("/simple/*", credentials=("me", "secret"))
    index_url = server.index_url.replace("http://", "http://me:secret@")
    reporter = Recorder()
    authority = RunCredentials(netrc=lambda _: None, keyring=lambda: None, person=None, reporter=reporter)
    authority.add(server.index_url, Credentials(user="me", password="secret"))
    transport = AuthenticatingTransport(inner=wire, authority=authority, reporter=reporter)
    source = source_of(index_url, transport=transport)
    assert len(source.artifacts(SIX)) == 2
    assert "secret" not in str(source.artifacts(SIX)) + str(source.consulted())
    with pytest.raises(AccessDenied) as caught:
        source_of(server.index_url, transport=wire).artifacts(SIX)
    assert not caught.value.had_credentials


def test_trouble_with_the_server_is_an_error(server: IndexServer, transport: Transport, archives: Path) -> None:
    six(server, archives)
    server.answer("/simple/six/", close_after=20)
    with pytest.raises(IncompleteBody):
        source_of(server.index_url, transport=transport).artifacts(SIX)
    server.stop()
    with pytest.raises(Unreachable):
        source_of(server.index_url, transport=transport).artifacts(SIX)
    with pytest.raises(InsecureOrigin):
        source_of("http://index.example/simple", transport=transport).artifacts(SIX)


def test_find_links_and_a_mirror_beside_an_index(server: IndexServer, transport: Transport, archives: Path) -> None:
    wheel, sdist = six(server, archives)
    mirror = archives / "simple" / "six"
    mirror.mkdir(parents=True)
    (mirror / "index.html").write_text(f'<a href="../../{wheel.name}">x</a>', encoding="utf-8")
    page = server.put("/links", f'<a href="/files/{sdist.name}">x</a>', "text/html")
    source = source_of(
        server.index_url, (archives / "simple").as_uri(), transport=transport, find_links=(str(archives), page)
    )
    assert [artifact.url for artifact in source.artifacts(SIX)] == [
        wheel.as_uri(),
        sdist.as_uri(),
        server.file_url(sdist.name),
        server.file_url(wheel.name),
        server.file_url(sdist.name),
        wheel.as_uri(),
    ]


def test_a_second_run_needs_no_request_for_metadata(
    server: IndexServer, transport: Transport, archives: Path
) -> None:
    """Behaviour 51."""
    six(server, archives)
    entries = MemoryEntries(clock=FakeClock())
    for _ in range(2):
        reporter = Recorder()
        downloads = Downloads(transport=transport, scratch=lambda: archives, reporter=reporter)
        metadata = WheelMetadata(downloads=downloads, entries=entries, reporter=reporter)
        source = source_of(server.index_url, transport=transport)
        (wheel,) = (artifact for artifact in source.artifacts(SIX) if artifact.filename.endswith(".whl"))
        assert metadata.metadata(wheel).requires_dist == ("a>=1",)
        assert not [event for event in reporter.events if isinstance(event, Warned)]
    assert len(server.requests_for(".whl.metadata")) == 1
    assert server.requests_for(".whl") == []

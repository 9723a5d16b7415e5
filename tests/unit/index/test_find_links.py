from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.errors import UnexpectedStatus
from freewheel.events import Recorder, Warned
from freewheel.index.find_links import FindLinks
from freewheel.index.page import ProjectPage
from freewheel.index.protocol import NoSuchProject
from freewheel.model import url as urls
from freewheel.model.artifact import normalize
from freewheel.net.local_files import LocalFileTransport
from freewheel.net.schemes import SchemeTransport
from tests.support.transport import FakeTransport, Script, canned

HTML = {"Content-Type": "text/html"}


class World:
    """Find-links over local files and a table of remote answers."""

    def __init__(self, *locations: str, remote: dict[str, Script] | None = None) -> None:
        self.remote = FakeTransport(remote or {})
        self.reporter = Recorder()
        transport = SchemeTransport(transports={"file": LocalFileTransport(), "https": self.remote})
        self.find_links = FindLinks(locations=locations, transport=transport, reporter=self.reporter)

    def urls(self, project: str) -> list[str]:
        page = self.find_links.page(normalize(project))
        return [file.url for file in page.files] if isinstance(page, ProjectPage) else []

    def names(self, project: str) -> list[str]:
        return [urls.filename(url) for url in self.urls(project)]

    def warnings(self) -> list[str]:
        return [event.message for event in self.reporter.events if isinstance(event, Warned)]


def folder_with(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def test_a_folder_offers_its_archives_by_url_backwards(tmp_path: Path):
    folder = folder_with(
        tmp_path / "a folder", "six-1.0.tar.gz", "Six-2.0-py3-none-any.whl", "foo-bar-1.0.zip", "notes.txt"
    )
    world = World(str(folder))
    assert world.urls("six") == [(folder / name).as_uri() for name in ("six-1.0.tar.gz", "Six-2.0-py3-none-any.whl")]
    assert world.names("foo-bar") == ["foo-bar-1.0.zip"]
    assert world.find_links.page(normalize("notes")) == NoSuchProject(reason="no file there bears its name")


def test_a_folder_may_be_named_by_its_url_and_twice(tmp_path: Path):
    folder = folder_with(tmp_path / "wheels", "six-1.0.tar.gz")
    assert World(folder.as_uri(), folder.as_uri()).names("six") == ["six-1.0.tar.gz"]


def test_a_change_in_a_folder_shows_in_the_next_run(tmp_path: Path):
    """Behaviour 50."""
    folder = folder_with(tmp_path / "wheels", "six-1.0.tar.gz")
    before = World(str(folder))
    assert before.names("six") == ["six-1.0.tar.gz"]
    (folder / "six-1.0.tar.gz").unlink()
    folder_with(folder, "six-2.0.tar.gz")
    assert World(str(folder)).names("six") == ["six-2.0.tar.gz"]
    assert before.names("six") == ["six-1.0.tar.gz"]


def test_a_single_archive_here_or_elsewhere(tmp_path: Path):
    folder = folder_with(tmp_path / "wheels", "six-1.0.tar.gz", "six-2.0.tar.gz")
    elsewhere = "https://files.example/six-3.0-py3-none-any.whl#sha256=ab"
    world = World(str(folder / "six-1.0.tar.gz"), elsewhere)
    assert sorted(world.names("six")) == ["six-1.0.tar.gz", "six-3.0-py3-none-any.whl"]
    assert world.remote.log == []


def test_pages_in_a_folder_and_elsewhere_come_after_archives(tmp_path: Path):
    folder = folder_with(tmp_path / "wheels", "six-1.0.tar.gz")
    (folder / "more.html").write_text('<a href="six-2.0.zip">x</a><a href="other-1.zip">x</a>', encoding="utf-8")
    page_url = "https://index.example/links.html"
    remote = {page_url: canned('<a href="six-3.0.zip">x</a>', headers=HTML)}
    world = World(page_url, str(folder), remote=remote)
    assert world.names("six") == ["six-1.0.tar.gz", "six-3.0.zip", "six-2.0.zip"]
    assert world.names("other") == ["other-1.zip"]
    assert [request.url for request in world.remote.log] == [page_url]


def test_a_page_by_its_path(tmp_path: Path):
    page = tmp_path / "links.HTML"
    page.write_text('<a href="https://files.example/six-1.0.zip">x</a>', encoding="utf-8")
    assert World(str(page)).urls("six") == ["https://files.example/six-1.0.zip"]


@pytest.mark.parametrize(
    "location", ["{0}/nothing", "file://{0}/nothing", "file://elsewhere.example/wheels", "wheels"]
)
def test_a_location_that_does_not_exist_is_warned_of_once_and_passed_over(tmp_path: Path, location: str):
    folder = folder_with(tmp_path / "wheels", "six-1.0.tar.gz")
    missing = location.format(tmp_path)
    world = World(missing, str(folder))
    assert world.names("six") == ["six-1.0.tar.gz"]
    assert world.names("seven") == []
    assert len(world.warnings()) == 1
    assert world.warnings()[0].startswith(f"Location '{missing}' is ignored: ")


def test_a_remote_page_that_is_gone_is_warned_of_and_passed_over():
    world = World("https://me:secret@index.example/links")
    assert world.names("six") == []
    assert world.warnings() == ["Location 'https://index.example/links' is ignored: the status is 404."]
    assert "secret" not in world.find_links.shown


def test_a_remote_page_that_cannot_be_read_is_an_error():
    world = World("https://index.example/links", remote={"https://index.example/links": canned(status=503)})
    with pytest.raises(UnexpectedStatus):
        world.find_links.page(normalize("six"))


def test_what_is_consulted_is_shown_in_order(tmp_path: Path):
    assert World("https://index.example/links", str(tmp_path)).find_links.shown == (
        f"https://index.example/links, {tmp_path}"
    )

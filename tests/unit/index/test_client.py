from __future__ import annotations

import gzip
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freewheel.errors import (
    AccessDenied,
    IncompleteBody,
    IndexFolderMissing,
    IndexPageError,
    NetworkError,
    UnexpectedStatus,
    Unreachable,
)
from freewheel.events import Noted, Recorder
from freewheel.index.client import SimpleIndex
from freewheel.index.page import ProjectPage
from freewheel.index.protocol import NoSuchProject
from freewheel.model.artifact import normalize
from freewheel.net.local_files import LocalFileTransport
from tests.support.transport import Canned, FakeTransport, Script, canned

ROOT = "https://index.example/simple"
PAGE_URL = "https://index.example/simple/six/"
HTML = {"Content-Type": "text/html"}
SIX = normalize("six")


def index_with(answer: Script, *, root: str = ROOT) -> tuple[SimpleIndex, FakeTransport, Recorder]:
    transport, reporter = FakeTransport({PAGE_URL: answer}), Recorder()
    return SimpleIndex(url=root, transport=transport, reporter=reporter), transport, reporter


def names(page: ProjectPage | NoSuchProject) -> list[str]:
    assert isinstance(page, ProjectPage)
    return [file.filename for file in page.files]


def test_the_request_asks_as_pip_does():
    index, transport, _ = index_with(canned('<a href="six-1.0.zip">x</a>', headers=HTML))
    assert names(index.page(SIX)) == ["six-1.0.zip"]
    (request,) = transport.log
    assert (request.method, request.url, request.digest) == ("GET", PAGE_URL, None)
    assert request.headers.lines == (
        (
            "Accept",
            "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
        ),
        ("Accept-Encoding", "gzip, deflate"),
    )
    assert transport.open_bodies == 0


@pytest.mark.parametrize("root", [ROOT, f"{ROOT}/", "https://me:secret@index.example/simple"])
def test_the_page_lies_below_the_root_and_its_url_has_no_credentials(root: str):
    index, transport, _ = index_with(canned("", headers=HTML), root=root)
    index.page(SIX)
    assert [request.url for request in transport.log] == [PAGE_URL]
    assert "secret" not in index.shown


def test_the_same_page_is_asked_for_once():
    """Behaviour 61."""
    index, transport, _ = index_with([canned('<a href="six-1.0.zip">x</a>', headers=HTML), canned(status=500)])
    with ThreadPoolExecutor(max_workers=4) as pool:
        pages = list(pool.map(index.page, [SIX] * 8))
    assert all(names(page) == ["six-1.0.zip"] for page in pages)
    assert len(transport.log) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_an_index_without_the_project(status: int):
    index, transport, reporter = index_with(canned("<html>not here</html>", status=status, headers=HTML))
    assert index.page(SIX) == NoSuchProject(reason=f"the status is {status}")
    assert index.page(SIX) == NoSuchProject(reason=f"the status is {status}")
    assert len(transport.log) == 1
    assert transport.open_bodies == 0
    assert reporter.events == [Noted(message=f"{ROOT} has no project six: the status is {status}.")]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (canned(status=401), AccessDenied),
        (canned(status=403), AccessDenied),
        (canned(status=500), UnexpectedStatus),
        (canned("x", status=204, headers=HTML), UnexpectedStatus),
        (canned("{}", headers={"Content-Type": "application/json"}), IndexPageError),
        (canned("<a href=x>", headers=HTML, breaks_after=3), IncompleteBody),
        (Unreachable(url=PAGE_URL, reason="no route"), Unreachable),
    ],
)
def test_what_goes_wrong_is_an_error_each_time_and_no_second_request(
    answer: Canned | NetworkError, error: type[Exception]
):
    index, transport, _ = index_with(answer)
    for _ in range(2):
        with pytest.raises(error) as caught:
            index.page(SIX)
        assert caught.value.url == PAGE_URL  # type: ignore[attr-defined]
    assert len(transport.log) == 1
    assert transport.open_bodies == 0


def test_a_coded_page_is_decoded():
    """Behaviour 47."""
    body = gzip.compress(b'<a href="six-1.0.zip">x</a>')
    index, _, _ = index_with(canned(body, headers={**HTML, "Content-Encoding": "gzip"}))
    assert names(index.page(SIX)) == ["six-1.0.zip"]


def test_an_index_in_a_folder(tmp_path: Path):
    folder = tmp_path / "simple" / "six"
    folder.mkdir(parents=True)
    (folder / "index.html").write_text(
        '<a href="../../files/six-1.0.zip#sha256=ab">six-1.0.zip</a>', encoding="utf-8"
    )
    reporter = Recorder()
    root = (tmp_path / "simple").as_uri()
    index = SimpleIndex(url=root, transport=LocalFileTransport(), reporter=reporter)
    page = index.page(SIX)
    assert isinstance(page, ProjectPage)
    assert page.files[0].url == (tmp_path / "files" / "six-1.0.zip").as_uri()
    assert index.page(normalize("seven")) == NoSuchProject(reason="there is no page")
    assert reporter.events == [Noted(message=f"{root} has no project seven: there is no page.")]


@pytest.mark.parametrize(
    ("root", "written", "reason", "lacks_scheme"),
    [
        ("gone", None, "it is neither a file nor a directory", False),
        ("gone", "../gone", "it is either a non-existing path or lacks a specific scheme", True),
        ("page.html", None, "it is a file, and no folder of an index", False),
    ],
)
def test_a_folder_that_is_not_there_is_no_index_without_the_project(
    tmp_path: Path, root: str, written: str | None, reason: str, lacks_scheme: bool
):
    (tmp_path / "page.html").write_text("", encoding="utf-8")
    url = (tmp_path / root).as_uri()
    index = SimpleIndex(url=url, transport=LocalFileTransport(), reporter=Recorder(), written=written)
    with pytest.raises(IndexFolderMissing) as caught:
        index.page(SIX)
    assert (caught.value.location, caught.value.reason) == (written or url, reason)
    assert caught.value.lacks_scheme is lacks_scheme


def test_a_projects_folder_without_a_page_is_no_index_without_the_project(tmp_path: Path):
    (tmp_path / "six").mkdir()
    url = tmp_path.as_uri()
    index = SimpleIndex(url=url, transport=LocalFileTransport(), reporter=Recorder())
    with pytest.raises(IndexFolderMissing) as caught:
        index.page(SIX)
    assert (caught.value.location, caught.value.reason) == (f"{url}/six/", "there is no index.html in it")

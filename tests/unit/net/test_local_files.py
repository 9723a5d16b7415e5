"""`file:` URLs."""

from __future__ import annotations

import os
from email.utils import formatdate
from pathlib import Path

import pytest

from freewheel import errors
from freewheel.httpcache.message import Request
from freewheel.net.bodies import read_all
from freewheel.net.local_files import LocalFileTransport
from freewheel.net.schemes import SchemeTransport
from freewheel.net.statuses import refusal
from tests.unit.net.doubles import Answer, FakeTransport


def test_a_file_answers_with_its_size_type_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a page.html"
    path.write_bytes(b"<p>")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    reply = LocalFileTransport().send(Request(url=path.as_uri()))
    assert dict(reply.response.headers) == {
        "Content-Type": "text/html",
        "Content-Length": "3",
        "Last-Modified": formatdate(1_700_000_000, usegmt=True),
    }
    assert (reply.response.status, read_all(reply.body), reply.body.blob) == (200, b"<p>", None)


def test_a_folder_answers_with_its_index_page(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("page", encoding="utf-8")
    for url in (tmp_path.as_uri(), f"{tmp_path.as_uri()}/"):
        reply = LocalFileTransport().send(Request(url=url))
        assert read_all(reply.body) == b"page"


@pytest.mark.parametrize("name", ["absent", "absent/", "file/below", "folder/"])
def test_what_is_not_there_is_404(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    reply = LocalFileTransport().send(Request(url=f"{tmp_path.as_uri()}/{name}"))
    reply.body.close()
    assert reply.response.status == 404
    assert isinstance(refusal(reply), errors.UnexpectedStatus)


def test_changes_are_visible_at_once(tmp_path: Path) -> None:
    """Behaviour 50."""
    path = tmp_path / "index.html"
    for content in (b"one", b"two"):
        path.write_bytes(content)
        assert read_all(LocalFileTransport().send(Request(url=path.as_uri())).body) == content


@pytest.mark.skipif(os.name == "nt", reason="there, another machine's name is part of a path")
def test_another_machines_file_is_unreachable() -> None:
    with pytest.raises(errors.Unreachable):
        LocalFileTransport().send(Request(url="file://elsewhere.example/a"))


def test_a_path_that_no_system_has_is_unreachable() -> None:
    with pytest.raises(errors.Unreachable):
        LocalFileTransport().send(Request(url="file:///a%00b"))


def test_each_scheme_has_its_transport(tmp_path: Path) -> None:
    web = FakeTransport(lambda _: Answer(content=b"web"))
    transport = SchemeTransport(transports={"https": web, "file": LocalFileTransport()})
    (tmp_path / "f").write_bytes(b"disk")
    assert read_all(transport.send(Request(url="HTTPS://a.example/")).body) == b"web"
    assert read_all(transport.send(Request(url=(tmp_path / "f").as_uri())).body) == b"disk"
    for url in ("ftp://me:secret@a.example/", "https://me:secret@[::1/"):
        with pytest.raises(errors.Unreachable) as caught:
            transport.send(Request(url=url))
        assert "secret" not in str(caught.value)

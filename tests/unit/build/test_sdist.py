"""Source archives: where the project lies in them, and what is refused."""

from __future__ import annotations

import errno
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from freewheel.build import sdist
from freewheel.errors import BrokenArchive, NotWritable
from tests.support.archives import make_sdist


def a_tar(*members: tarfile.TarInfo, mode: str = "w:gz") -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return io.BytesIO(buffer.getvalue())


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, link, mode
    made.size = 1 if kind == tarfile.REGTYPE else 0
    return made


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_the_one_folder_at_the_top_is_the_project(tmp_path: Path, suffix) -> None:
    path = make_sdist(tmp_path, "six", suffix=suffix)
    with path.open("rb") as stream:
        root = sdist.unpack(stream, filename=path.name, folder=tmp_path / "to")
    assert root == tmp_path / "to" / "six-1.0"
    assert sdist.is_project(root)
    assert not sdist.is_project(tmp_path)


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
@pytest.mark.parametrize("name", ["download", "main.zip", "main.tar.gz"])
def test_what_an_archive_is_its_bytes_tell(tmp_path: Path, suffix, name: str) -> None:
    path = make_sdist(tmp_path, "six", suffix=suffix)
    with path.open("rb") as stream:
        assert b"Name: six" in (sdist.pkg_info(stream, filename=name) or b"")
    with path.open("rb") as stream:
        assert sdist.unpack(stream, filename=name, folder=tmp_path / "to").name == "six-1.0"


def test_what_is_no_archive_is_broken(tmp_path: Path) -> None:
    for name in ("download", "six.zip", "six.tar.gz"):
        with pytest.raises(BrokenArchive) as caught:
            sdist.unpack(io.BytesIO(b"hello"), filename=name, folder=tmp_path)
        assert caught.value.reason.startswith("it is neither" if name != "six.zip" else "File is not a zip file")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_files_at_the_top_make_the_folder_itself_the_project(tmp_path: Path, mode: str) -> None:
    stream = a_tar(member("setup.py"), member("six/a.py"), mode=mode)
    assert sdist.unpack(stream, filename="six-1.tar", folder=tmp_path) == tmp_path


def test_files_that_may_be_executed_stay_so(tmp_path: Path) -> None:
    sdist.unpack(a_tar(member("a/configure", mode=0o755)), filename="a-1.tar.gz", folder=tmp_path)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        entry = zipfile.ZipInfo("b/configure")
        entry.external_attr = 0o755 << 16
        writer.writestr(entry, b"")
    sdist.unpack(archive, filename="b-1.zip", folder=tmp_path / "zip")
    assert os.access(tmp_path / "a" / "configure", os.X_OK)
    assert os.access(tmp_path / "zip" / "b" / "configure", os.X_OK)


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
@pytest.mark.parametrize("broken", ["path-traversal", "truncated", "not-an-archive"])
def test_what_is_broken_or_leads_out_is_refused(tmp_path: Path, suffix, broken) -> None:
    path = make_sdist(tmp_path, "six", suffix=suffix, broken=broken)
    (tmp_path / "in").mkdir()
    with path.open("rb") as stream, pytest.raises(BrokenArchive) as caught:
        sdist.unpack(stream, filename=path.name, folder=tmp_path / "in" / "to")
    assert caught.value.subject == path.name
    assert caught.value.reason
    assert not (tmp_path / "escaped.py").exists()


@pytest.mark.parametrize(
    "name", ["six-1.0/C:/escaped.py", "C:escaped.py", "six-1.0\\..\\..\\escaped.py", "/escaped.py"]
)
def test_a_member_of_a_zip_file_stays_below_on_every_platform(tmp_path: Path, name: str) -> None:
    path = tmp_path / "six-1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"")
    with path.open("rb") as stream, pytest.raises(BrokenArchive, match="lies outside the archive"):
        sdist.unpack(stream, filename=path.name, folder=tmp_path / "to")


def test_a_link_that_leads_out_is_refused(tmp_path: Path) -> None:
    path = make_sdist(tmp_path, "six", broken="symlink-out")
    with path.open("rb") as stream, pytest.raises(BrokenArchive):
        sdist.unpack(stream, filename=path.name, folder=tmp_path / "to")


@pytest.mark.parametrize(
    "unsafe",
    [
        member("../a"),
        member("/a"),
        member("C:/a"),
        member("a\\..\\..\\b"),
        member(""),
        member("a/b", tarfile.SYMTYPE, "c"),
        member("a/b", tarfile.LNKTYPE, "a/c"),
        member("a/b", tarfile.CHRTYPE),
    ],
    ids=lambda each: f"{each.name}{each.type.decode()}",
)
def test_without_the_standard_filter_the_same_is_refused(unsafe: tarfile.TarInfo) -> None:
    with pytest.raises(BrokenArchive):
        sdist.refuse_unsafe(unsafe, filename="a-1.tar")


def test_without_the_standard_filter_files_and_folders_pass() -> None:
    for safe in (member("a/b"), member("a..b/c"), member("a", tarfile.DIRTYPE)):
        sdist.refuse_unsafe(safe, filename="a-1.tar")


def test_a_disk_that_takes_nothing_is_not_the_archives_fault(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NotWritable) as caught:
        sdist.unpack(Full(), filename="a-1.tar", folder=tmp_path)
    assert caught.value.path == str(tmp_path)


@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
def test_the_stated_metadata_is_that_of_the_projects_folder(tmp_path: Path, suffix) -> None:
    path = make_sdist(tmp_path, "six", suffix=suffix, more_files={"inner/PKG-INFO": "Name: inner\n"})
    with path.open("rb") as stream:
        outer = sdist.pkg_info(stream, filename=path.name)
        stream.seek(0)
        inner = sdist.pkg_info(stream, filename=path.name, subdirectory="inner")
        stream.seek(0)
        nowhere = sdist.pkg_info(stream, filename=path.name, subdirectory="nowhere")
    assert outer is not None
    assert b"Name: six" in outer
    assert inner == b"Name: inner\n"
    assert nowhere is None


def test_a_subdirectory_must_exist_within_the_archive(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    assert sdist.project_root(root, "") == root
    assert sdist.project_root(root, "inner") == root / "inner"
    for wrong in ("other", "..", "inner/../.."):
        assert sdist.project_root(root, wrong) is None

"""No bytes that call themselves an sdist do any harm."""

from __future__ import annotations

import io
import tarfile
import tempfile
import zipfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from freewheel.build import sdist
from freewheel.errors import BrokenArchive, NotWritable

names = st.lists(st.sampled_from(["a", "b", "..", ".", "", "C:", "\\", "PKG-INFO"]), max_size=4).map("/".join)
kinds = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])


def a_tar(members: list[tuple[str, bytes, str]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, link in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, link
            archive.addfile(member)
    headers = tarfile.BLOCKSIZE * len(members)
    return buffer.getvalue()[: headers + 2 * tarfile.BLOCKSIZE]


def a_zip(members: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in members:
            archive.writestr(zipfile.ZipInfo(name), b"content")
    return buffer.getvalue()


tars = st.lists(st.tuples(names, kinds, names), max_size=5).map(a_tar)
zips = st.lists(names, max_size=5, unique=True).map(a_zip)


def damaged(content: bytes, place: int, value: int) -> bytes:
    place %= max(len(content), 1)
    return content[:place] + bytes([value]) + content[place + 1 :]


contents = st.one_of(
    st.binary(max_size=100), tars, zips, st.builds(damaged, tars | zips, st.integers(0, 5000), st.integers(0, 255))
)


@settings(max_examples=150)
@given(contents, st.sampled_from(["a-1.tar.gz", "a-1.zip"]))
def test_an_archive_is_unpacked_into_its_folder_or_refused(content: bytes, filename: str) -> None:
    with tempfile.TemporaryDirectory() as outside:
        folder = Path(outside, "x", "y")
        folder.mkdir(parents=True)
        try:
            root = sdist.unpack(io.BytesIO(content), filename=filename, folder=folder)
        except (BrokenArchive, NotWritable):
            root = folder
        assert root.resolve().is_relative_to(folder.resolve())
        assert [path.name for path in Path(outside).iterdir()] == ["x"]
        assert [path.name for path in Path(outside, "x").iterdir()] == ["y"]


@settings(max_examples=150)
@given(contents, st.sampled_from(["a-1.tar.gz", "a-1.zip"]))
def test_an_archive_is_asked_for_its_metadata_or_refused(content: bytes, filename: str) -> None:
    try:
        found = sdist.pkg_info(io.BytesIO(content), filename=filename)
    except BrokenArchive:
        return
    assert found is None or isinstance(found, bytes)

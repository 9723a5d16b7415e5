"""A file read in parts, from servers that do as they are asked and from others."""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freewheel.errors import NetworkError, RangesRefused
from freewheel.httpcache.message import Request
from freewheel.net.bodies import read_all
from freewheel.net.ranges import TAIL, RemoteFile
from tests.support.transport import Canned, FakeTransport, canned

URL = "https://files.example/six-1.0-py3-none-any.whl"
CONTENT = random.Random(1).randbytes(400_000)


@dataclass
class PartServer:
    """Answers ranges of `content` as RFC 9110 §14 says, with `headers` on top; `spoil` changes an answer."""

    content: bytes = CONTENT
    headers: Mapping[str, str] = field(default_factory=dict)
    spoil: Callable[[int, Canned], Canned] = lambda _, answer: answer
    asked: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Canned:
        wanted = request.headers.get("Range") or ""
        self.asked.append(wanted)
        total = len(self.content)
        if (suffix := re.fullmatch(r"bytes=-(\d+)", wanted)) is not None:
            first, last = max(0, total - int(suffix[1])), total - 1
        else:
            found = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
            assert found is not None, wanted
            first, last = int(found[1]), min(int(found[2]), total - 1)
        stated = {"Content-Range": f"bytes {first}-{last}/{total}", **self.headers}
        return self.spoil(len(self.asked), canned(self.content[first : last + 1], status=206, headers=stated))

    def open(self, size: int | None = None) -> RemoteFile:
        self.transport = FakeTransport(self)
        return RemoteFile(url=URL, transport=self.transport, size=size)


@pytest.mark.parametrize("size", [None, len(CONTENT)])
def test_the_end_comes_first_and_then_what_is_read(size: int | None) -> None:
    server = PartServer()
    file = server.open(size)
    file.seek(-100, os.SEEK_END)
    assert file.read() == CONTENT[-100:]
    file.seek(1000)
    assert file.read(50) == CONTENT[1000:1050]
    assert file.tell() == 1050
    assert file.read(10_000) == CONTENT[1050:11_050]
    assert len(server.asked) == 2
    assert file.received < 100_000
    assert server.transport.open_bodies == 0


def test_what_reaches_into_a_part_that_is_here_asks_for_the_rest_alone() -> None:
    server = PartServer()
    file = server.open()
    start = len(CONTENT) - TAIL - 10
    file.seek(start)
    assert file.read(100) == CONTENT[start : start + 100]
    assert server.asked == [f"bytes=-{TAIL}", f"bytes={start - 32768}-{start + 9}"]


def test_a_file_shorter_than_its_tail_comes_at_once() -> None:
    server = PartServer(content=b"short")
    file = server.open()
    assert file.read() == b"short"
    assert file.read() == b""
    assert len(server.asked) == 1


def test_a_server_that_sends_the_whole_instead_is_listened_to() -> None:
    server = PartServer(spoil=lambda _turn, _answer: canned(CONTENT))
    reply = server.open().begin()
    assert reply is not None
    assert read_all(reply.body) == CONTENT


def test_where_the_end_comes_there_is_no_second_request_for_it() -> None:
    server = PartServer()
    file = server.open()
    assert file.begin() is None
    file.seek(-100, os.SEEK_END)
    assert file.read() == CONTENT[-100:]
    assert len(server.asked) == 1


def test_a_strong_validator_goes_along() -> None:
    server = PartServer(headers={"ETag": '"a"'})
    file = server.open()
    file.seek(0)
    file.read(1)
    assert [request.headers.get("If-Range") for request in server.transport.log] == [None, '"a"']


def test_what_must_not_be_stored_is_not_kept() -> None:
    file = PartServer(headers={"Cache-Control": "no-store"}).open()
    file.read(1)
    assert not file.may_be_kept


def _with(answer: Canned, **headers: str) -> Canned:
    stated = dict(answer.response.headers) | headers
    return canned(answer.content, status=answer.response.status, headers=stated)


def _always(answer: Canned) -> Callable[[int, Canned], Canned]:
    return lambda _turn, _answer: answer


SPOILT: dict[str, Callable[[int, Canned], Canned]] = {
    "knows no ranges": _always(canned(CONTENT)),
    "thinks that they cannot be satisfied": _always(canned(status=416)),
    "wants credentials": _always(canned(status=403)),
    "says nothing of the part": lambda _, answer: canned(answer.content, status=206),
    "counts something else": lambda _, answer: _with(answer, **{"Content-Range": "lines 1-2/3"}),
    "does not know the size": lambda _, answer: _with(answer, **{"Content-Range": "bytes 0-9/*"}),
    "takes a suffix for a start": _always(
        canned(CONTENT[:10], status=206, headers={"Content-Range": f"bytes 0-9/{len(CONTENT)}"})
    ),
    "ends before it begins": lambda _, answer: _with(answer, **{"Content-Range": "bytes 9-3/100"}),
    "sends less than it says": lambda _, answer: Canned(response=answer.response, content=answer.content[:-1]),
    "sends more than it says": lambda _, answer: Canned(response=answer.response, content=answer.content + b"x"),
    "encodes": lambda _, answer: _with(answer, **{"Content-Encoding": "gzip"}),
    "sends several parts": _always(
        canned(b"--x", status=206, headers={"Content-Type": "multipart/byteranges; boundary=x"})
    ),
    "breaks off": lambda _, answer: Canned(response=answer.response, content=answer.content, breaks_after=9),
    "changes its file": lambda turn, answer: _with(answer, ETag=f'"{turn}"'),
    "changes its size": lambda turn, answer: (
        answer if turn == 1 else _with(answer, **{"Content-Range": "bytes 0-32767/999999"})
    ),
    "sends another part later": lambda turn, answer: (
        answer if turn == 1 else _with(answer, **{"Content-Range": f"bytes 5-32772/{len(CONTENT)}"})
    ),
    "forgets ranges later": lambda turn, answer: answer if turn == 1 else canned(CONTENT),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
def test_a_server_that_does_otherwise_is_found_out(spoil: Callable[[int, Canned], Canned]) -> None:
    server = PartServer(spoil=spoil)
    file = server.open()
    with pytest.raises(NetworkError):  # of which RangesRefused is one
        file.read(1)
    assert server.transport.open_bodies == 0


def test_another_size_than_the_index_states_is_found_out() -> None:
    with pytest.raises(RangesRefused) as caught:
        PartServer().open(300_000).read(1)
    assert caught.value.url == URL


def test_a_file_that_is_read_whole_is_not_read_in_parts() -> None:
    server = PartServer()
    with pytest.raises(RangesRefused) as caught:
        server.open().read()
    assert caught.value.status is None
    assert len(server.asked) == 1


@given(st.lists(st.tuples(st.integers(0, len(CONTENT)), st.integers(0, 3000)), max_size=5))
def test_it_reads_what_a_file_has(reads: list[tuple[int, int]]) -> None:
    file, real = PartServer().open(), io.BytesIO(CONTENT)
    for position, size in reads:
        file.seek(position)
        real.seek(position)
        assert file.read(size) == real.read(size)
        assert file.tell() == real.tell()


def test_an_archive_with_a_long_comment_and_a_large_directory_takes_two_requests() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", allowZip64=True) as archive:
        archive.writestr("big", CONTENT)
        for number in range(3000):
            archive.writestr(f"package/module_{number:04}.py", "")
        archive.writestr("six-1.0.dist-info/METADATA", "Name: six\n")
        archive.comment = b"c" * 60_000
    server = PartServer(content=made.getvalue())
    with zipfile.ZipFile(server.open()) as archive:  # type: ignore[arg-type]
        assert archive.read("six-1.0.dist-info/METADATA") == b"Name: six\n"
    assert len(server.asked) == 2

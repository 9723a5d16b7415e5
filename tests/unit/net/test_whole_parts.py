from __future__ import annotations

import pytest

from freewheel.httpcache.message import Headers, Request
from freewheel.net.bodies import read_all
from freewheel.net.whole_parts import WholePartsTransport
from tests.support.transport import FakeTransport, canned

URL = "https://files.example/six-1.0-py3-none-any.whl"
ASKED = Request(url=URL, headers=Headers((("Range", "bytes=-9"),)))
WHOLE = {"Content-Range": "bytes 0-4/5", "ETag": '"a"', "Transfer-Encoding": "chunked"}


def test_a_part_that_is_all_of_the_file_is_the_file():
    transport = FakeTransport({URL: canned(b"whole", status=206, headers=WHOLE)})
    reply = WholePartsTransport(inner=transport).send(ASKED)
    assert (reply.response.status, read_all(reply.body)) == (200, b"whole")
    headers = reply.response.headers
    assert (headers.get("Content-Length"), headers.get("ETag")) == ("5", '"a"')
    assert "Content-Range" not in headers
    assert "Transfer-Encoding" not in headers


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (206, {**WHOLE, "Content-Range": "bytes 0-3/5"}),
        (206, {**WHOLE, "Content-Range": "bytes 1-4/5"}),
        (206, {**WHOLE, "Content-Range": "bytes 0-4/*"}),
        (206, {**WHOLE, "Content-Encoding": "gzip"}),
        (206, {"Content-Range": "bytes 0-4/5", "Content-Length": "9"}),
        (206, {"Content-Type": "multipart/byteranges; boundary=x"}),
        (416, {"Content-Range": "bytes */5"}),
        (200, WHOLE),
    ],
)
def test_other_answers_stay_as_they_are(status: int, headers: dict[str, str]):
    transport = FakeTransport({URL: canned(b"whole", status=status, headers=headers)})
    reply = WholePartsTransport(inner=transport).send(ASKED)
    assert reply.response.status == status
    assert reply.response.headers.get("Content-Range") == headers.get("Content-Range")

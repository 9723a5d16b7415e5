"""Servers that speak no sound HTTP: an error that says what was wrong, no traceback, and nothing kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.answers import RequestHead
from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.origin import CLOSE, Origin, Script, chunked, message

FRESH = "Cache-Control: max-age=600"
CHUNKED = "Transfer-Encoding: chunked"
HTML = "Content-Type: text/html"


def download(freewheel: Freewheel, origin: Origin, *, expect: int = 0) -> str:
    words = ("--retries", "0", "--resume-retries", "0", "--index-url", f"{origin.url}simple/", "six")
    done = freewheel.run("download", *words, expect=expect)
    assert "Traceback" not in done.stderr
    return done.stderr if expect else done.stdout


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([b"SSH-2.0-server\r\n", CLOSE], "found: its answer begins with 'SSH-2.0-server', which is no status line"),
        (
            [message(b"<a>", FRESH, HTML, "Content-Length: 9"), CLOSE],
            "found: its answer states the Content-Length '9, 3'",
        ),
        ([message(b"<a>", FRESH, HTML)[:40], CLOSE], "found: its answer breaks off in its head"),
        (
            [message(b"3\r\n<a>\r\nzz\r\n", FRESH, HTML, CHUNKED, length=False), CLOSE],
            "found:    3 bytes; it has 'zz' where a chunk's size should be",
        ),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(freewheel: Freewheel, script: Script, said: str) -> None:
    """Behaviours 44 and 45."""
    with Origin(answer=lambda _: script) as origin:
        assert said in download(freewheel, origin, expect=1)
    assert not [*freewheel.cache.glob("entries-v1/http/**/*.*"), *freewheel.cache.glob("blobs-v1/*/*")]


def test_what_is_odd_but_allowed_is_an_index_like_any(freewheel: Freewheel, archives: Path) -> None:
    """Interim responses, chunks with extensions, trailers, folded fields, a body that ends with its connection."""
    wheel = make_wheel(archives, "six").read_bytes()

    def answer(head: RequestHead) -> Script:
        hint = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nContent-Length: 7\r\n\r\n"
        if head.target == "/simple/six/":
            page = chunked(b"<a href='/six-1.0-py3-none-any.whl'>", b"six</a>", trailers=b"A: b\r\n")
            page = page.replace(b"\r\nsix", b";a=b\r\nsix", 1)
            return [hint + hint, message(page, HTML, CHUNKED, "Cache-Control: max-age=600,", " public", length=False)]
        return [hint, message(wheel, FRESH, version="HTTP/1.0", length=False), CLOSE]

    with Origin(answer=answer) as origin:
        for _ in range(2):
            assert "Successfully downloaded six" in download(freewheel, origin)
        assert [asked.head.target for asked in origin.asked] == [
            "/simple/six/",
            "/six-1.0-py3-none-any.whl",
        ]

"""The examples run, and the pages show them as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.process import Result, clean_variables, run
from tests.support.server import IndexServer

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("example", ["http_client", "httpx_client"])
def test_the_second_answer_comes_from_the_cache(example: str, server: IndexServer, tmp_path: Path) -> None:
    url = server.put("/there", b"x" * 5000)
    server.answer("/here", redirect=(302, "/there"))
    server.answer("/there", headers={"Cache-Control": "max-age=600"}, coding="gzip")
    command = (sys.executable, ROOT / "examples" / f"{example}.py")

    def ask(url: str, expect: int = 0) -> Result:
        words = (*command, url, tmp_path / "cache")
        return run(words, variables=clean_variables(tmp_path), cwd=tmp_path, expect=expect)

    first, second = ask(f"{server.url}here").lines
    assert first == "200 OK, 5000 bytes: freewheel; fwd=uri-miss; fwd-status=200; stored"
    assert second.startswith("200 OK, 5000 bytes: freewheel; hit; ttl=")
    assert len(server.requests_for("/there")) == 1
    server.stop()
    failed = ask(url.replace("there", "other"), expect=1)
    assert failed.stderr.startswith(("Unreachable: ", "ConnectError: "))


@pytest.mark.parametrize(
    ("page", "example"), [("http-cache-in-your-program", "http_client"), ("http-cache-for-httpx", "httpx_client")]
)
def test_the_pages_show_the_examples(page: str, example: str) -> None:
    code = (ROOT / "examples" / f"{example}.py").read_text(encoding="utf-8")
    assert f"```python\n{code}```\n" in (ROOT / "docs" / "how-to" / f"{page}.md").read_text(encoding="utf-8")

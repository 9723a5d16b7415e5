"""What `cache` prints, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freewheel.cli import cache_text
from freewheel.store.holding import Holding
from freewheel.store.limits import RECENT, Choice, Limits

NOW = 4_000_000_000.0
HOUR, DAY = 3600.0, 86_400.0
BLOB = b"b" * 32
OF_BLOB = f"sha256:{BLOB.hex()}"
PLACE = "/cache/entries-v1/http/six/abc"


def holding(name: str, **rest: object) -> Holding:
    """A download of a day ago."""
    known = {
        "kind": "downloads",
        "project": "six",
        "version": "1.0",
        "origin": f"https://files.example/{name}",
        "folder": "/cache/entries-v1/http/six",
        "entry": "abc",
        "size": 1500,
        "own": 400,
        "made": NOW - 10 * HOUR,
        "last_use": NOW - HOUR,
        "blobs": (BLOB,),
    }
    return Holding(**(known | rest))  # type: ignore[arg-type]


DOWNLOAD = holding("six-1.0-py3-none-any.whl")
WHEEL = holding(
    "",
    kind="wheels",
    called="six-2.0-py3-none-any.whl",
    origin="https://files.example/six-2.0.tar.gz",
    digest=f"sha256:{'a' * 64}",
    blobs=(),
)


def blob_path(blob: bytes) -> Path:
    return Path("/cache/blobs-v1", blob.hex())


def test_a_table_has_a_line_for_each_thing() -> None:
    assert list(cache_text.as_table([DOWNLOAD, WHEEL], now=NOW, width=None)) == [
        "Kind        Size      Age Last use Name                     Origin",
        "--------- ------ -------- -------- ------------------------ ------",
        "downloads 1.5 kB     10 h   60 min six-1.0-py3-none-any.whl https://files.example/six-1.0-py3-none-any.whl",
        "wheels    1.5 kB     10 h   60 min six-2.0-py3-none-any.whl https://files.example/six-2.0.tar.gz",
    ]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "downloads 1.5 kB     10 h   60 min six-1.0-py3-none-any.whl https://files.exa..."),
        (72, "downloads 1.5 kB     10 h   60 min six-1.0-py3-none-any.whl https://f..."),
        (71, "downloads 1.5 kB     10 h   60 min six-1.0-py3-none-any.whl"),
        (45, "downloads 1.5 kB     10 h   60 min six-1.0..."),
    ],
)
def test_a_table_is_cut_to_a_terminal_without_origins_that_would_say_nothing(width: int, line: str) -> None:
    lines = list(cache_text.as_table([DOWNLOAD, WHEEL], now=NOW, width=width))
    assert lines[2] == line
    assert max(map(len, lines)) <= width
    assert ("Origin" in lines[0]) == ("https" in line)


def test_pips_list_has_no_damaged_folders() -> None:
    damaged = holding("", kind="wheels", called="abc", is_damaged=True)
    assert list(cache_text.as_pip([WHEEL, damaged])) == [
        "Cache contents:",
        "",
        " - six-2.0-py3-none-any.whl (1.5 kB)",
    ]
    assert list(cache_text.as_pip([damaged])) == ["No locally built wheels cached."]


@pytest.mark.parametrize(
    ("one", "path", "digest"),
    [
        (DOWNLOAD, f"/cache/blobs-v1/{BLOB.hex()}", OF_BLOB),
        (WHEEL, "/cache/entries-v1/http/six/abc/six-2.0-py3-none-any.whl", f"sha256:{'a' * 64}"),
        (holding("", kind="wheels", is_damaged=True, blobs=()), PLACE, None),
        (holding("six", kind="pages", blobs=()), PLACE, None),
        (
            holding("x", kind="other", is_pointer=True),
            PLACE,
            OF_BLOB,
        ),
    ],
)
def test_programs_are_told_where_the_bytes_are(one: Holding, path: str, digest: str | None) -> None:
    (told,) = json.loads("\n".join(cache_text.as_json([one], blob_path)))
    assert told["path"] == cache_text.bytes_of(one, blob_path) == path
    assert told["kept-as"] == PLACE
    assert told["digests"] == ([] if digest is None else [digest])


def test_what_limits_came_to_is_told() -> None:
    limits = Limits(max_size=5_000_000_000, max_age=90 * DAY)
    assert cache_text.remark(Choice(doomed=(DOWNLOAD,), freed=5), limits) is None
    assert "2.0 kB more would have to go" in (cache_text.remark(Choice(missing=2000), limits) or "")
    assert cache_text.remark(Choice(size=3_000_000), limits) == (
        "The cache is within its limits: it takes 3.0 MB (at most 5.0 GB, nothing unused for 90 days)."
    )
    within = cache_text.remark(Choice(), Limits(max_age=RECENT - 1)) or ""
    assert within.endswith("; what was used within the last hour stays).")
    assert cache_text.remark(Choice(), Limits()) == "No limits are set: only what is damaged or left over goes."

"""Behaviour 134: a run says what it reused, what that saved, and why it could not reuse the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.disk import small_disk
from tests.support.server import IndexServer


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """A wheel and an sdist on an index that lets pages be kept for ten minutes."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.add(make_wheel(archives, "plain", files={"plain.bin": b"x" * 5000}))
    server.add(make_sdist(archives, "built", requires=["plain"]))
    server.answer("*", etag=True, headers={"Cache-Control": "max-age=600"})


def fill(freewheel: Freewheel) -> None:
    freewheel.run("install", "--target", "first", "built")


def last_words(freewheel: Freewheel, *words: str | Path) -> str:
    """From the account of what was reused on, which keeps to 80 columns, as one line."""
    lines = freewheel.run(*words).stdout.splitlines()
    first = max(number for number, line in enumerate(lines) if line.startswith(("Reused ", "Nothing could be ")))
    assert max(map(len, lines[first:])) <= 80
    return " ".join(line.strip() for line in lines[first:])


def test_the_first_run_says_what_is_new(freewheel: Freewheel) -> None:
    """Behaviour 134."""
    assert last_words(freewheel, "install", "--target", "first", "built") == (
        "Nothing could be reused yet. New: 2 index pages, 2 downloads, 1 built wheel, 2 unpacked wheels and"
        " 2 sets of bytecode."
    )


def test_the_second_run_says_what_was_reused_and_what_that_saved(freewheel: Freewheel, server: IndexServer) -> None:
    """Behaviour 134: and it asked nobody."""
    fill(freewheel)
    server.clear()
    line = last_words(freewheel, "install", "--target", "second", "built")
    found = re.fullmatch(
        r"Reused 2 index pages, 1 download, 1 built wheel, 2 unpacked wheels and 2 sets of bytecode"
        r" \((?P<size>\S+ \S+) and (?P<seconds>\S+) s of building saved\)\.",
        line,
    )
    assert found, line
    assert found["size"].endswith(("bytes", "kB"))
    assert float(found["seconds"]) > 0
    assert server.log == []


def test_a_run_of_both_kinds_says_both(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """Behaviour 134."""
    fill(freewheel)
    server.add(make_wheel(archives, "more"))
    line = last_words(freewheel, "install", "--target", "second", "plain", "more")
    assert line.startswith("Reused 1 index page, 1 download, 1 unpacked wheel and 1 set of bytecode (")
    assert line.endswith(" New: 1 index page, 1 download, 1 unpacked wheel and 1 set of bytecode.")


@pytest.mark.parametrize("command", [("wheel", "--wheel-dir"), ("download", "--dest")])
def test_other_commands_say_it_too(freewheel: Freewheel, command: tuple[str, str]) -> None:
    """Behaviour 134."""
    fill(freewheel)
    line = last_words(freewheel, *command, "files", "built")
    assert line.startswith("Reused 2 index pages")
    assert "New" not in line


@pytest.mark.parametrize("option", ["--no-cache-dir", "--quiet"])
def test_nothing_is_said_without_a_cache_or_under_quiet(freewheel: Freewheel, option: str) -> None:
    """Behaviour 134."""
    fill(freewheel)
    done = freewheel.run("install", option, "--target", "second", "built")
    assert "Reused" not in done.stdout
    assert "Nothing could be reused" not in done.stdout


def test_the_report_counts(freewheel: Freewheel, server: IndexServer) -> None:
    """Behaviour 134, in figures, and 105: the source's URL and digest, whether it was built now or before."""
    reports = []
    for number in range(2):
        freewheel.run("install", "--target", f"environment-{number}", "--report", "report.json", "built")
        reports.append(json.loads((freewheel.cwd / "report.json").read_text(encoding="utf-8")))
    first, second = reports
    counts = {"page": 2, "download": 2, "wheel": 1, "tree": 2, "bytecode": 2}
    assert counts.items() <= first["freewheel"]["made"].items()
    assert not first["freewheel"]["reused"].keys() & counts.keys()
    assert first["freewheel"]["requests"] == len(server.log)
    assert {**counts, "download": 1}.items() <= second["freewheel"]["reused"].items()
    assert not second["freewheel"]["made"].keys() & counts.keys()
    assert second["freewheel"]["requests"] == 0
    assert second["freewheel"]["saved_bytes"] > 0
    assert second["freewheel"]["saved_seconds"] > 0
    fetched, kept = "freewheel; fwd=uri-miss; fwd-status=200; stored", "freewheel; hit; detail=digest"
    assert first["freewheel"]["downloads"] == dict.fromkeys(
        ("built-1.0.tar.gz", "plain-1.0-py3-none-any.whl"), fetched
    )
    assert set(second["freewheel"]["downloads"].values()) <= {kept}
    assert first["install"] == second["install"]
    urls = {item["metadata"]["name"]: item["download_info"]["url"] for item in first["install"]}
    assert urls["built"] == server.file_url("built-1.0.tar.gz")
    assert all(item["download_info"]["archive_info"]["hashes"]["sha256"] for item in first["install"])
    assert [item["is_direct"] for item in first["install"]] == [False, False]


def test_a_report_that_cannot_be_written_leaves_the_old_one(freewheel: Freewheel, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=1 << 12) as disk:
        path = disk / "report.json"
        path.write_text("old")
        done = freewheel.run("install", "--dry-run", "--report", path, "built", expect=1)
        assert "No space left on device" in done.stderr
        assert (path.read_text(), list(disk.iterdir())) == ("old", [path])


def test_a_report_can_go_to_the_standard_output(freewheel: Freewheel) -> None:
    done = freewheel.run("install", "--quiet", "--dry-run", "--report", "-", "built")
    document = json.loads(done.stdout)
    assert sorted(item["metadata"]["name"] for item in document["install"]) == ["built", "plain"]


def reasons(freewheel: Freewheel, *words: str | Path) -> dict[str, str]:
    """What -v says of each kind and subject."""
    lines = freewheel.run("install", "-v", *words).lines
    found = (re.fullmatch(r"  (\w+) (.+?): (not reused, .*|reused.*)", line) for line in lines)
    return {f"{match[1]} {match[2]}": match[3] for match in found if match}


def test_each_miss_has_its_reason_at_v(freewheel: Freewheel, server: IndexServer) -> None:
    """Behaviour 134."""
    said = reasons(freewheel, "--target", "first", "built")
    assert said[f"page {server.page_url('built')}"].startswith("not reused, nothing is stored for it")
    assert said["download built-1.0.tar.gz"].startswith("not reused, nothing is stored for it")
    assert said["wheel built-1.0-py3-none-any.whl"].startswith("not reused, no wheel has been built from it yet")
    assert said["tree plain-1.0-py3-none-any.whl"].startswith("not reused, the wheel has not been unpacked yet")
    assert said["bytecode plain 1.0"].startswith("not reused, it has not been compiled for this interpreter yet")

    said = reasons(freewheel, "--target", "second", "built")
    kinds = ("page", "download", "wheel", "tree", "bytecode")
    assert {what for what, why in said.items() if what.startswith(kinds) and not why.startswith("reused")} == set()


def test_the_reason_for_building_again_is_what_is_different(freewheel: Freewheel) -> None:
    """Behaviour 134."""
    fill(freewheel)
    said = reasons(freewheel, "--target", "second", "-C", "colour=red", "built")
    assert said["wheel built-1.0-py3-none-any.whl"].startswith(
        "not reused, it was built under other conditions (config_settings.colour: nothing -> red)"
    )
    said = reasons(
        freewheel,
        "--target",
        "third",
        "built",
    )
    assert said["wheel built-1.0-py3-none-any.whl"].startswith("reused")


def test_a_page_that_is_no_longer_fresh_is_validated_and_that_is_said(
    freewheel: Freewheel, server: IndexServer
) -> None:
    """Behaviour 134."""
    server.answer("/simple/*", headers={"Cache-Control": "max-age=0"})
    fill(freewheel)
    said = reasons(freewheel, "--target", "second", "built")
    assert said[f"page {server.page_url('built')}"].startswith("reused, validated")
    assert [request.status for request in server.requests_for("/simple/built/")] == [200, 304]


def test_reasons_are_not_said_without_v(freewheel: Freewheel) -> None:
    """Behaviour 134."""
    assert "not reused" not in freewheel.run("install", "--target", "first", "built").stdout


def test_each_response_is_a_line_at_vv(freewheel: Freewheel, server: IndexServer) -> None:
    words = ("download", "-vv", "--no-deps", "plain")
    page, file = server.page_url("plain"), server.file_url("plain-1.0-py3-none-any.whl")
    fetched, kept = "freewheel; fwd=uri-miss; fwd-status=200; stored", "freewheel; hit; "
    first, second = freewheel.run(*words).lines, freewheel.run(*words).lines
    for url in (page, file):
        assert f"  GET {url}: 200 ({fetched})" in first
        assert [line for line in second if line.startswith(f"  GET {url}: 200 ({kept}")]

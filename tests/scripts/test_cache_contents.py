"""`freewheel cache`: everything that is kept can be seen, bounded, and taken out by whatever one knows of it."""

from __future__ import annotations

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.server import IndexServer
from tests.support.stores import held
from tests.support.unprivileged import Person

DAY = 86_400


@pytest.fixture
def filled(freewheel: Freewheel, server: IndexServer, archives: Path) -> Freewheel:
    """A cache after an installation of a wheel and of an sdist."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("/simple/*", headers={"Cache-Control": "max-age=600"})
    server.add(make_sdist(archives, "built", "2.0"))
    server.add(make_wheel(archives, "plain", "1.0", files={"plain.py": b"x = 1\n" * 1000}))
    freewheel.run("install", "--target", "installed", "plain", "built")
    return freewheel


def everything(freewheel: Freewheel, *words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(
        freewheel.run("cache", "list", "--kind", "all", "--format=json", *words).stdout
    )
    return found


def names(freewheel: Freewheel, *words: str) -> set[str]:
    return {f"{one['kind']} {one['name']}" for one in everything(freewheel, *words)}


def grow_old(freewheel: Freewheel, *, days: float, below: str = "") -> None:
    """Have everything that is kept been used so many days ago."""
    then = time.time() - days * DAY
    for folder, _, files in os.walk(freewheel.cache / below):  # which passes over what vanishes meanwhile
        for name in ("", *files):
            with suppress(FileNotFoundError):
                os.utime(Path(folder, name), (then, then))


def test_everything_is_listed_with_what_it_is(filled: Freewheel, server: IndexServer) -> None:
    """Behaviour 124."""
    found = {f"{one['kind']} {one['name']}": one for one in everything(filled)}
    assert {
        "pages plain",
        "pages built",
        "downloads plain-1.0-py3-none-any.whl",
        "downloads built-2.0.tar.gz",
        "wheels built-2.0-py3-none-any.whl",
        "trees plain 1.0",
        "trees built 2.0",
    } <= found.keys()
    wheel = found["downloads plain-1.0-py3-none-any.whl"]
    assert (wheel["project"], wheel["version"], wheel["is-damaged"]) == ("plain", "1.0", False)
    assert wheel["origin"] == server.file_url("plain-1.0-py3-none-any.whl")
    assert Path(str(wheel["path"])).is_file()
    assert isinstance(wheel["size"], int)
    assert str(wheel["made"]) <= str(wheel["last-use"]).replace("Z", "+00:00")
    built = found["wheels built-2.0-py3-none-any.whl"]
    assert isinstance(built["seconds"], float)
    assert built["origin"] == server.file_url("built-2.0.tar.gz")


def test_a_table_for_people_has_a_line_for_each(filled: Freewheel) -> None:
    """Behaviour 124."""
    head, rule, *lines = filled.run("cache", "list", "--kind=downloads", "--sort=name").lines
    assert head.split() == ["Kind", "Size", "Age", "Last", "use", "Name", "Origin"]
    assert set(rule) == {"-", " "}
    assert [line.split()[0] for line in lines] == ["downloads", "downloads"]
    assert [line.split()[-2] for line in lines] == ["built-2.0.tar.gz", "plain-1.0-py3-none-any.whl"]
    paths = filled.run("cache", "list", "--kind=downloads", "--format=abspath").lines
    assert paths == sorted(paths)
    assert {Path(path).read_bytes()[:2] for path in paths} == {b"PK", b"\x1f\x8b"}
    assert filled.run("cache", "list", "--kind=downloads", "nothing").lines == ["Nothing of that is in the cache."]
    assert filled.run("cache", "list", "--kind=downloads", "--format=json", "nothing").stdout == "[\n]\n"


def test_info_adds_it_up(filled: Freewheel) -> None:
    text = filled.run("cache", "info").lines
    assert text[0] == f"Cache location: {filled.cache}"
    assert any(line.startswith("Downloads: 2 (") for line in text)
    assert any(line.startswith("Unpacked wheels: 2 (") for line in text)
    assert "Limits: at most 20.0 GB, nothing unused for 180 days" in text
    assert {line.split()[0] for line in text[text.index("Biggest projects:") + 1 :]} >= {"plain", "built"}
    filled.run("install", "--target", "again", "plain", "built")
    assert "Last 7 days: 2 runs reused " in filled.run("cache", "info").stdout
    data = json.loads(filled.run("cache", "info", "--format=json").stdout)
    assert data["last-week"]["runs"] == 2
    assert data["last-week"]["reused"] >= 5 <= data["last-week"]["made"]
    assert data["last-week"]["saved-seconds"] > 0
    assert data["kinds"]["trees"]["items"] == 2
    assert data["shared-with-environments"] > 6000, "the installed module is a link"
    assert data["size"] == sum(kind["size"] for kind in data["kinds"].values())
    assert {one["project"] for one in data["biggest-projects"]} >= {"plain", "built"}
    assert data["limits"] == {"max-size": 20_000_000_000, "max-age": 180 * DAY, "keep-free": None}


def test_info_and_lists_of_nothing(freewheel: Freewheel) -> None:
    """Behaviours 114 and 115."""
    data = json.loads(freewheel.run("cache", "info", "--format=json").stdout)
    assert (data["size"], data["biggest-projects"]) == (0, [])
    assert everything(freewheel) == []
    for words in (("prune",), ("remove", "--older-than=1d"), ("prune", "--dry-run")):
        assert freewheel.run("cache", *words).stderr == ""
    assert not freewheel.cache.exists()


def test_a_dry_run_says_what_would_go(filled: Freewheel) -> None:
    before = snapshot(filled.cache)
    done = filled.run("cache", "remove", "plain", "--dry-run")
    assert snapshot(filled.cache) == before
    assert any("plain-1.0-py3-none-any.whl" in line for line in done.lines)
    assert not any("built" in line for line in done.lines)
    assert done.lines[-1].startswith("Would remove ")
    filled.run("cache", "purge", "--dry-run")
    assert snapshot(filled.cache) == before


def test_what_was_not_used_for_long_goes(filled: Freewheel) -> None:
    """Behaviour 125."""
    grow_old(filled, days=40, below="trees-v1")
    filled.run("cache", "remove", "--older-than=30d")
    assert {name for name in names(filled) if name.startswith("trees")} == set()
    assert "downloads built-2.0.tar.gz" in names(filled)


def test_an_index_goes_with_what_came_from_it(filled: Freewheel, server: IndexServer) -> None:
    nothing = filled.run("cache", "remove", "--index", "https://other.example/simple")
    assert "none of https://other.example/simple is kept" in nothing.stderr
    assert "pages plain" in names(filled)
    filled.run("cache", "remove", "--index", server.index_url)
    left = {name for name in names(filled) if "plain" in name or "built" in name}
    assert left == {"resolutions resolution of plain, built"}, "which no page confirms any more"


def test_pruning_keeps_what_is_used_and_limits_what_is_not(filled: Freewheel, server: IndexServer) -> None:
    """Behaviour 125."""
    before = names(filled)
    filled.run("cache", "prune", "--max-age=1h")
    assert names(filled) == before, "all of it was used a moment ago"
    grow_old(filled, days=100)
    filled.run("cache", "prune")
    assert names(filled) == before, "the limits that hold by default are wider"
    filled.variables["FREEWHEEL_CACHE_MAX_AGE"] = "90d"
    filled.run("cache", "prune", "--max-age=none")
    assert names(filled) == before
    filled.run("cache", "prune")
    assert names(filled) == set()
    del filled.variables["FREEWHEEL_CACHE_MAX_AGE"]
    server.clear()
    filled.run("install", "--target", "again", "plain", "built")
    assert len(server.requests_for("plain-1.0-py3-none-any.whl")) == 1


def test_a_size_is_kept_and_what_cannot_go_is_said(filled: Freewheel) -> None:
    """Behaviour 125: an installation was made of the trees, whose files take their room anyway."""
    done = filled.run("cache", "prune", "--max-size=0")
    assert done.lines[-1].endswith("where it takes its room anyway.")
    grow_old(filled, days=1)
    filled.run("cache", "prune", "--max-size=0")
    assert {name.split()[0] for name in names(filled)} <= {"trees"}


def test_a_cache_that_may_only_be_read_can_be_looked_at(filled: Freewheel) -> None:
    folders = [filled.cache, *(path for path in filled.cache.rglob("*") if path.is_dir())]
    before = names(filled)
    for folder in folders:
        folder.chmod(0o500)
    try:
        assert names(filled) == before
        assert filled.run("cache", "info").stderr == ""
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_damaged_things_are_listed_and_pruned(filled: Freewheel) -> None:
    record = next(
        Path(str(one["kept-as"])) for one in everything(filled) if one["name"] == "plain-1.0-py3-none-any.whl"
    )
    record.write_bytes(b"nonsense")
    grow_old(filled, days=1)
    damaged = [one for one in everything(filled) if one["is-damaged"]]
    assert [one["kept-as"] for one in damaged] == [str(record)]
    assert "(damaged)" in filled.run("cache", "list", "--kind=all").stdout
    filled.run("cache", "prune")
    assert not record.exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("remove", "six<<1"), "names no versions"),
        (("remove", "six", "--kind=sdists"), "invalid choice: 'sdists'"),
        (("prune", "--max-size=5 apples"), "is not a size"),
        (("prune", "--max-size=5"), "is not a size"),
        (("prnue",), "There is no `cache prnue`. Did you mean `cache prune`?"),
        (("clear",), "Did you mean `cache purge`?"),
        (("prune", "six"), "Too many arguments"),
        (("list", "--dry-run"), "--dry-run means nothing to `cache list`."),
        (("list", "--max-size=5GB"), "--cache-max-size means nothing to `cache list`."),
    ],
)
def test_mistakes_are_told(filled: Freewheel, words: tuple[str, ...], complaint: str) -> None:
    before = snapshot(filled.cache)
    done = filled.run("cache", *words, expect=None)
    assert done.code != 0
    assert complaint in done.stderr
    assert snapshot(filled.cache) == before


def test_the_limits_are_kept_in_passing_once_a_day(filled: Freewheel, server: IndexServer, archives: Path) -> None:
    """A run that may have added something ends with it; the next one does not look again."""
    filled.variables["FREEWHEEL_CACHE_MAX_AGE"] = "30d"
    grow_old(filled, days=40)
    os.utime(filled.cache / "locks" / "pruned")
    server.add(make_wheel(archives, "other", "1.0"))
    filled.run("install", "--target", "elsewhere", "other")
    assert "downloads plain-1.0-py3-none-any.whl" in names(filled), "it has been done today"
    grow_old(filled, days=2, below="locks")
    filled.run("list")
    assert "downloads plain-1.0-py3-none-any.whl" in names(filled), "what only looks changes nothing"
    done = filled.run("install", "--target", "elsewhere", "--upgrade", "other", "-v")
    assert "Of the cache went what nobody used: " in done.stdout
    left = names(filled)
    assert "downloads other-1.0-py3-none-any.whl" in left
    assert not any("plain" in name or "built" in name for name in left)
    assert time.time() - (filled.cache / "locks" / "pruned").stat().st_mtime < DAY


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_a_cache_that_may_only_be_read_is_left_as_it_is(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    freewheel.variables["FREEWHEEL_CACHE_MAX_AGE"] = "1s"
    server.add(make_wheel(archives, "plain", "1.0"))
    freewheel.run("install", "--target", "installed", "plain")
    grow_old(freewheel, days=40)
    before = held(freewheel.cache)
    folders = [freewheel.cache, *(path for path in freewheel.cache.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o500)
    try:
        freewheel.run("install", "--target", "elsewhere", "plain")
        assert held(freewheel.cache) == before
        done = freewheel.run("cache", "prune", expect=1)
        assert "ERROR: Could not remove " in done.stderr
        assert held(freewheel.cache) == before
    finally:
        for folder in folders:
            folder.chmod(0o700)


def test_installations_do_not_notice_that_things_go(filled: Freewheel) -> None:
    """Behaviour 125, and 71: whatever is pruned, removed or purged at that moment is made again."""
    ended = threading.Event()
    shrinking = [("prune", "--max-size=0"), ("remove", "plain", "built"), ("purge",)]

    def shrink(words: tuple[str, ...]) -> int:
        count = 0
        while not ended.is_set() or not count:
            filled.run("cache", *words, "-q")
            grow_old(filled, days=1)
            count += 1
        return count

    with ThreadPoolExecutor(len(shrinking)) as pool:
        running = [pool.submit(shrink, words) for words in shrinking]
        try:
            for number in range(6):
                filled.run("install", "--target", f"installed-{number}", "plain", "built")
        finally:
            ended.set()
        assert all(one.result() for one in running)
    for number in range(6):
        assert (filled.cwd / f"installed-{number}" / "plain.py").read_bytes() == b"x = 1\n" * 1000
    filled.run("install", "--target", "afterwards", "plain", "built")
    assert not any(one["is-damaged"] for one in everything(filled))

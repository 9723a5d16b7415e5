"""`freewheel cache`: what it says, what it removes, and what it leaves alone."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.server import IndexServer
from tests.support.unprivileged import Person

NEEDS_AN_ACTION = (
    "ERROR: Need an action (dir, export, import, info, keygen, list, prune, purge, remove, verify, why) to perform."
)
BUILT = ("foo-bar==1.0", "foo==2.0", "foobar==3.0")


@pytest.fixture
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """An index with sdists of similar names, and a wheel."""
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    for requirement in BUILT:
        server.add(make_sdist(archives, *requirement.split("==")))
    server.add(make_wheel(archives, "plain"))


@pytest.fixture
def filled(freewheel: Freewheel, index: None) -> Freewheel:  # noqa: ARG001 - the index is what it is filled from
    """A command line whose cache holds three built wheels and, of a downloaded one, everything."""
    freewheel.run("wheel", "--wheel-dir", "wheels", *BUILT)
    freewheel.run("install", "--target", "installed", "plain")
    return freewheel


def listed(freewheel: Freewheel, *patterns: str) -> list[str]:
    """The projects that `cache list` lists, with their versions."""
    lines = freewheel.run("cache", "list", "--format=abspath", *patterns).lines
    return ["-".join(Path(line).name.split("-")[:2]) for line in lines]


# Errors


@pytest.mark.parametrize(
    ("words", "status", "complaint"),
    [
        (["--no-cache-dir", "dir"], 1, "ERROR: freewheel cache commands can not function since cache is disabled."),
        (
            ["--cache-dir=", "nonsense"],
            1,
            "ERROR: freewheel cache commands can not function since cache is disabled.",
        ),
        ([], 1, NEEDS_AN_ACTION),
        (
            ["nonsense"],
            1,
            NEEDS_AN_ACTION,
        ),
        (
            ["Dir"],
            1,
            NEEDS_AN_ACTION,
        ),
        (
            ["help"],
            1,
            NEEDS_AN_ACTION,
        ),
        (["dir", "more"], 1, "ERROR: Too many arguments"),
        (["info", "more"], 1, "ERROR: Too many arguments"),
        (["purge", "more"], 1, "ERROR: Too many arguments"),
        (["remove"], 1, "ERROR: Please provide a pattern"),
        (
            ["list", "--format=xml"],
            2,
            "option --format: invalid choice: 'xml' (choose from 'human', 'abspath', 'json'",
        ),
        (["list", "--no-cache-dir=1"], 2, "--no-cache-dir option does not take a value"),
        (["dir", "--cache-dir"], 2, "--cache-dir option requires 1 argument"),
    ],
)
def test_mistakes_have_pips_words_and_exit_status(
    freewheel: Freewheel, words: list[str], status: int, complaint: str
) -> None:
    """Behaviour 113."""
    done = freewheel.run("cache", *words, expect=status)
    assert done.stdout == ""
    assert complaint in done.stderr
    assert not freewheel.cache.exists()


def test_a_misspelt_command_is_guessed(freewheel: Freewheel) -> None:
    """Behaviour 113."""
    done = freewheel.run("cachee", "dir", expect=1)
    assert done.stderr.splitlines()[0] == 'ERROR: unknown command "cachee" - maybe you meant "cache"'
    assert done.stdout == ""


def test_a_command_that_only_pip_has_is_told_from_a_mistake(freewheel: Freewheel) -> None:
    (line,) = freewheel.run("search", "six", expect=1).stderr.splitlines()
    assert line.startswith('ERROR: command "search" is not supported: ')
    (line,) = freewheel.run("serach", expect=1).stderr.splitlines()
    assert line.startswith('ERROR: unknown command "serach"')


# Looking


def test_info_on_a_missing_folder_is_all_zeros(freewheel: Freewheel) -> None:
    """Behaviour 114: and the folder is still missing."""
    done = freewheel.run("cache", "info")
    assert done.lines[:2] == [f"Cache location: {freewheel.cache}", "Cache size: 0 bytes"]
    assert "Built wheels: 0 (0 bytes)" in done.lines
    assert not freewheel.cache.exists()


def test_info_counts_what_is_kept(filled: Freewheel) -> None:
    """Behaviour 114, the other way round."""
    lines = filled.run("cache", "info").lines
    assert any(line.startswith("Built wheels: 3 (") for line in lines)
    assert any(line.startswith("Unpacked wheels: 1 (") for line in lines)


def test_an_empty_cache_lists_nothing(freewheel: Freewheel) -> None:
    """Behaviour 115."""
    assert freewheel.run("cache", "list").stdout == "No locally built wheels cached.\n"
    assert freewheel.run("cache", "list", "--format=abspath").stdout == ""
    assert freewheel.run("cache", "list", "nothing").stdout == "No locally built wheels cached.\n"
    assert not freewheel.cache.exists()


def test_the_list_is_sorted_and_sizes_are_in_units_of_thousand(
    freewheel: Freewheel,
    server: IndexServer,
    archives: Path,
    index: None,  # noqa: ARG001
) -> None:
    """Behaviour 116."""
    server.add(make_sdist(archives, "large", files={"large.bin": os.urandom(1_100_000)}))
    server.add(make_sdist(archives, "medium", files={"medium.bin": os.urandom(49_000)}))
    freewheel.run("wheel", "large", "medium", "foo")
    head, blank, *lines = freewheel.run("cache", "list").lines
    assert (head, blank) == ("Cache contents:", "")
    assert lines == sorted(lines)
    sizes = {line.split("-")[1].strip(): line.rpartition("(")[2].rstrip(")") for line in lines}
    assert sizes["large"] == "1.1 MB"
    assert sizes["medium"] == "50 kB"
    assert sizes["foo"].endswith(" kB")
    paths = freewheel.run("cache", "list", "--format=abspath").lines
    assert paths == sorted(paths)
    assert all(Path(path).is_absolute() and Path(path).is_file() for path in paths)


@pytest.mark.usefixtures("filled")
def test_patterns(freewheel: Freewheel) -> None:
    """Behaviour 117: pip's globs over file names, and names in any spelling."""
    everything = ["foo-2.0", "foo_bar-1.0", "foobar-3.0"]
    assert sorted(listed(freewheel)) == everything
    for pattern, expected in {
        "foo": ["foo-2.0"],
        "foo*": everything,
        "foo-2": ["foo-2.0"],
        "foo-2.0": ["foo-2.0"],
        "*-3.0": ["foobar-3.0"],
        "f?o": ["foo-2.0"],
        "[fF]oo": ["foo-2.0"],
        "*": everything,
        "foo_bar": ["foo_bar-1.0"],
        "foo-bar": ["foo_bar-1.0"],
        "Foo.Bar": ["foo_bar-1.0"],
        "FOO": ["foo-2.0"],
        "foo==2.0": ["foo-2.0"],
        "Foo.Bar>=1,<2": ["foo_bar-1.0"],
        "foo>2": [],
        "./foo": [],
        "*.whl": [],
        "foo-2.0-py3-none-any.whl": [],
        "": [],
    }.items():
        assert sorted(listed(freewheel, pattern)) == expected, pattern
    assert sorted(listed(freewheel, "foo", "foobar")) == ["foo-2.0", "foobar-3.0"]


# Removing


def test_what_matches_nothing_is_warned_of(filled: Freewheel) -> None:
    """Behaviour 118."""
    before = snapshot(filled.cache)
    done = filled.run("cache", "remove", "absent")
    assert done.stderr == 'WARNING: No matching packages for pattern "absent"\n'
    assert done.stdout == "Files removed: 0 (0 bytes)\nDirectories removed: 0\n"
    assert snapshot(filled.cache) == before


@pytest.mark.parametrize("pattern", ["foo-2.0", "foo==2.0"])
def test_a_version_goes_with_what_is_of_that_version(filled: Freewheel, server: IndexServer, pattern: str) -> None:
    """Behaviour 119: the built wheel, and the sdist that it came from; the project's page stays."""
    before = snapshot(filled.cache)
    filled.run("cache", "remove", pattern)
    assert sorted(listed(filled)) == ["foo_bar-1.0", "foobar-3.0"]
    gone = before.keys() - snapshot(filled.cache).keys()
    assert not any("foobar" in path or "foo-bar" in path or "plain" in path for path in gone)
    server.clear()
    filled.run("wheel", "--wheel-dir", "again", *BUILT)
    assert [path for path in server.paths() if path.startswith("/files/")] == ["/files/foo-2.0.tar.gz"]


def test_the_kind_of_wheels_narrows_it_to_what_pip_removes(filled: Freewheel) -> None:
    """Behaviour 119."""
    [kept] = map(Path, filled.run("cache", "list", "--format=abspath", "foo").lines)
    before = snapshot(filled.cache)
    size = kept.stat().st_size
    done = filled.run("cache", "remove", "foo", "--kind=wheels")
    assert done.lines[0] == f"Files removed: 1 ({size / 1000:.1f} kB)"
    gone = before.keys() - snapshot(filled.cache).keys()
    assert {path for path in gone if not path.startswith("wheels-v1/foo")} == set()


def test_removing_a_project_takes_all_that_is_its_own(filled: Freewheel, server: IndexServer) -> None:
    """Behaviour 119: pages, downloads, metadata and trees too; other projects keep theirs."""
    filled.run("cache", "remove", "Plain")
    left = " ".join(snapshot(filled.cache))
    assert "/plain" not in left
    assert "/foo-bar" in left
    assert not list(filled.cache.glob("trees-v1/*/*"))
    server.clear()
    filled.run("wheel", "--wheel-dir", "again", *BUILT)
    assert [request.path for request in server.log if request.path.startswith("/files/")] == []
    filled.run("install", "--target", "again", "plain")
    assert len(server.requests_for("plain-1.0-py3-none-any.whl")) == 1


@pytest.mark.parametrize("words", [("remove", "*"), ("purge",)])
def test_everything_goes_at_once(filled: Freewheel, words: tuple[str, ...]) -> None:
    """Behaviour 120; the formats of today are the first, so there are no older ones to go with them."""
    done = filled.run("cache", *words)
    assert done.stderr == ""
    assert not done.lines[0].startswith("Files removed: 0")
    assert sorted(path.name for path in filled.cache.iterdir()) == ["CACHEDIR.TAG", "README"]
    again = filled.run("cache", *words)
    assert again.stdout == "Files removed: 0 (0 bytes)\nDirectories removed: 0\n"
    assert again.stderr == "WARNING: No matching packages\n"


def test_what_is_newer_than_this_program_stays(filled: Freewheel) -> None:
    """Behaviour 75."""
    future = filled.cache / "blobs-v99" / "something"
    future.parent.mkdir()
    future.write_bytes(b"from the future")
    filled.run("cache", "purge")
    assert future.read_bytes() == b"from the future"


def test_verbose_names_each_path(filled: Freewheel) -> None:
    """Behaviour 121."""
    [kept] = filled.run("cache", "list", "--format=abspath", "foo").lines
    quiet, verbose = snapshot(filled.cache), filled.run("cache", "remove", "--verbose", "foo")
    gone = {str(filled.cache / path) for path in quiet.keys() - snapshot(filled.cache).keys()}
    named = {line.removeprefix("Removed ") for line in verbose.lines if line.startswith("Removed ")}
    assert kept in named
    assert named <= gone
    assert {path for path in gone - named if Path(path).suffix not in (".json", ".log")} == set()


def test_without_verbose_paths_are_not_named(filled: Freewheel) -> None:
    """Behaviour 121, the other way round."""
    assert len(filled.run("cache", "remove", "foo").lines) == 2


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_what_cannot_be_removed_is_reported_and_the_rest_goes(
    unprivileged: Person, server: IndexServer, archives: Path
) -> None:
    """Behaviour 122."""
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    for name in ("keeps", "goes"):
        server.add(make_sdist(archives, name))
    freewheel.run("wheel", "keeps", "goes")
    [stuck] = map(Path, freewheel.run("cache", "list", "--format=abspath", "keeps").lines)
    stuck.parent.chmod(0o500)
    done = freewheel.run("cache", "purge", expect=1)
    stuck.parent.chmod(0o700)
    trouble, _ = done.stderr.splitlines()
    assert trouble.startswith("ERROR: Could not remove 4 files and folders: Permission denied. One is ")
    assert trouble.endswith(str(stuck.with_name("build.json")))
    assert done.lines[-1].startswith("Directories removed: ")
    assert [path.name for path in freewheel.cache.glob("wheels-v1/*")] == ["keeps"]


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
@pytest.mark.parametrize("words", [("purge",), ("remove", "many")])
def test_what_cannot_be_removed_for_one_reason_is_told_in_one_line(
    unprivileged: Person, server: IndexServer, archives: Path, words: tuple[str, ...]
) -> None:
    """Behaviour 122: a cache that may only be read has thousands of files; each is named at -v."""
    freewheel = unprivileged.freewheel()
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.add(make_wheel(archives, "many", files={f"many/m{number}.py": b"" for number in range(50)}))
    freewheel.run("install", "--target", "there", "many")
    folders = [freewheel.cache, *(path for path in freewheel.cache.rglob("*") if path.is_dir())]
    before = snapshot(freewheel.cache).keys()
    for folder in folders:
        folder.chmod(0o500)
    done = freewheel.run("cache", *words, expect=1)
    verbose = freewheel.run("cache", *words, "-v", expect=1)
    for folder in folders:
        folder.chmod(0o700)
    assert snapshot(freewheel.cache).keys() == before
    trouble, hint = done.stderr.splitlines()
    found = re.fullmatch(r"ERROR: Could not remove (\d+) files and folders: Permission denied. One is (/.*)", trouble)
    assert found, trouble
    assert int(found[1]) > 50
    assert (Path(found[2]).exists(), freewheel.cache in Path(found[2]).parents) == (True, True)
    assert hint.startswith("  hint: ")
    assert done.stdout == "Files removed: 0 (0 bytes)\nDirectories removed: 0\n"
    assert len([line for line in verbose.lines if line.startswith("Could not remove ")]) == int(found[1])


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_foreign_files_and_links_in_the_folder_are_left_alone(filled: Freewheel, tmp_path: Path) -> None:
    """Behaviour 123: nothing is followed, nothing outside the root is removed."""
    precious = tmp_path / "precious"
    (precious / "folder").mkdir(parents=True)
    (precious / "folder" / "file-1.0-py3-none-any.whl").write_bytes(b"mine")
    before = snapshot(precious)
    (filled.cache / "notes.txt").write_text("mine\n", encoding="utf-8")
    (filled.cache / "link").symlink_to(precious)
    (filled.cache / "wheels-v1" / "linked").symlink_to(precious)
    (next(filled.cache.glob("wheels-v1/foo/*")) / "linked-1.0-py3-none-any.whl").symlink_to(precious)
    shutil.rmtree(filled.cache / "trees-v1")
    (filled.cache / "trees-v1").symlink_to(precious)
    assert "file-1.0" not in filled.run("cache", "list").stdout
    for words in (("remove", "foo"), ("remove", "linked"), ("purge",)):
        filled.run("cache", *words)
        assert snapshot(precious) == before
    assert (filled.cache / "notes.txt").read_text(encoding="utf-8") == "mine\n"
    assert (filled.cache / "link").is_symlink()


def test_quiet_hides_nothing_that_was_asked_for(freewheel: Freewheel) -> None:
    assert freewheel.run("cache", "dir", "-q").lines == [str(freewheel.cache)]
    assert freewheel.run("cache", "list", "-qqq").stdout == "No locally built wheels cached.\n"

"""The words of `cache`, and what becomes of the things that they mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.commands.cache import listed, prune, remove
from freewheel.commands.cache_selection import Selection, selection
from freewheel.commands.cache_words import checked_action
from freewheel.errors import CacheDisabled, CommandMisused
from freewheel.store.contents import Measure
from freewheel.store.limits import IN_USE, Limits
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.removal import Removed
from tests.support.caches import DAY, Cache
from tests.support.stores import OTHER_WHEEL, WHEEL, held, keep_tree

NEEDS_AN_ACTION = (
    "Need an action (dir, export, import, info, keygen, list, prune, purge, remove, verify, why) to perform."
)
LOG = b"it failed once"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """Everything of `six`, and some of `attrs`, all of it a day old."""
    cache = Cache(tmp_path)
    cache.response("https://index.example/simple/six/", b"<page of six>")
    cache.response("https://files.example/six-1.0-py3-none-any.whl", b"the wheel")
    cache.response("https://files.example/six-2.0.tar.gz", b"the sdist")
    cache.response("https://files.example/six-2.0.tar.gz.metadata", b"Name: six", in_blob=False)
    cache.response("https://index.example/simple/attrs/", b"<page of attrs>")
    cache.response("https://files.example/attrs-1.0-py3-none-any.whl", b"the wheel", in_blob=True)
    keep_tree(cache.trees)
    keep_tree(cache.trees, wheel=OTHER_WHEEL, project="attrs")
    cache.wheel("six", "abc", version="2.0")
    cache.wheel("attrs", "def")
    cache.wheels.put_failure("six", LOG)
    cache.age(days=1)
    return cache


def selected(
    *words: str, kinds: tuple[str, ...] = (), older_than: float | None = None, index: str | None = None
) -> Selection:
    return selection(words, kinds=kinds, default=Selection().kinds, older_than=older_than, index=index)


def names(cache: Cache) -> set[str]:
    """What is left, by kind and name."""
    return {f"{one.kind} {one.name}" for one in listed(cache.contents, Selection())}


EVERYTHING = {
    "pages six",
    "downloads six-1.0-py3-none-any.whl",
    "downloads six-2.0.tar.gz",
    "metadata six-2.0.tar.gz.metadata",
    "trees six 1.0",
    "wheels six-2.0-py3-none-any.whl",
    "pages attrs",
    "downloads attrs-1.0-py3-none-any.whl",
    "trees attrs 1.0",
    "wheels attrs-1.0-py3-none-any.whl",
}
OF_ATTRS = {name for name in EVERYTHING if "attrs" in name}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], NEEDS_AN_ACTION),
        (["shrink"], NEEDS_AN_ACTION),
        (["dir", "x"], "Too many arguments"),
        (["info", "x"], "Too many arguments"),
        (["purge", "x"], "Too many arguments"),
        (["verify", "x"], "Too many arguments"),
        (["prune", "x"], "Too many arguments"),
        (["remove"], "Please provide a pattern"),
        (["export"], "Please provide a file"),
        (["import"], "Please provide a file"),
        (["import", "a", "b"], "Too many arguments"),
        (["export", "six"], "Please provide a file to export six to."),
    ],
)
def test_wrong_words_are_refused_in_pips_sentences(words: list[str], problem: str) -> None:
    """Behaviour 113."""
    with pytest.raises(CommandMisused) as caught:
        checked_action(words, is_enabled=True)
    assert caught.value.problem == problem
    with pytest.raises(CacheDisabled):
        checked_action(words, is_enabled=False)


def test_a_file_may_have_a_projects_name_and_json_is_refused_where_there_is_none() -> None:
    assert checked_action(["export", "./six"], is_enabled=True) == ("export", ("./six",))
    given = ["format"]
    assert checked_action(["list"], is_enabled=True, given=given, form="json") == ("list", ())
    assert checked_action(["remove", "six"], is_enabled=True, given=given, form="abspath") == ("remove", ("six",))
    assert checked_action(["remove", "six"], is_enabled=True, form="json") == ("remove", ("six",)), "of a file"
    with pytest.raises(CommandMisused, match="no --format json"):
        checked_action(["remove", "six"], is_enabled=True, given=given, form="json")


def test_without_a_pattern_something_else_has_to_say_what_goes() -> None:
    assert checked_action(["remove"], is_enabled=True, given=["index"]) == ("remove", ())
    with pytest.raises(CommandMisused):
        checked_action(["remove"], is_enabled=True, given=["dry-run"])


@pytest.mark.parametrize(
    ("action", "option"),
    [
        ("list", "dry-run"),
        ("remove", "sort"),
        ("info", "kind"),
        ("list", "last-run"),
        ("purge", "repair"),
        ("verify", "kind"),
    ],
)
def test_an_option_that_means_nothing_to_an_action_is_refused(action: str, option: str) -> None:
    with pytest.raises(CommandMisused) as caught:
        checked_action([action, "six"], is_enabled=True, given=[option])
    assert caught.value.problem == f"--{option} means nothing to `cache {action}`."


def test_things_are_listed_in_the_order_that_was_asked_for(cache: Cache) -> None:
    """Behaviours 116 and 124."""
    big = cache.wheel("zlib", "k", data=b"x" * 1000)
    cache.used([big.with_name("build.json")], days=3)
    cache.used([big], days=2)
    wheels = selected(kinds=("wheels",))
    by_name = [one.name.partition("-")[0] for one in listed(cache.contents, wheels)]
    assert by_name == ["attrs", "six", "zlib"]
    assert listed(cache.contents, wheels, sort="size")[0].project == "zlib"
    assert listed(cache.contents, wheels, sort="last-use")[0].project == "zlib"
    assert listed(cache.contents, wheels, sort="age")[0].project == "zlib"


@pytest.mark.parametrize("spelling", ["six", "SIX"])
def test_a_project_goes_with_all_that_it_has_and_nothing_of_others(cache: Cache, spelling: str) -> None:
    """Behaviours 117 and 119."""
    clearing = remove(cache.contents, [spelling], selected(spelling))
    assert (clearing.removed.failures, clearing.unmatched) == ((), ())
    assert names(cache) == OF_ATTRS
    assert not cache.root.layout.project_wheels("six").exists(), "nor is the log of a build that failed left"
    assert isinstance(cache.trees.get(WHEEL), Miss)
    assert not any(b"sdist" in data for data in held(cache.root.path).values())
    kept = [data for data in held(cache.root.layout.blobs).values() if data == b"the wheel"]
    assert len(kept) == 1, "the other project's wheel has the same bytes"
    again = remove(cache.contents, [spelling], selected(spelling))
    assert (again.removed, again.unmatched) == (Removed(), (spelling,))


@pytest.mark.parametrize(
    ("pattern", "gone"),
    [
        (
            "six==2.0",
            {"downloads six-2.0.tar.gz", "metadata six-2.0.tar.gz.metadata", "wheels six-2.0-py3-none-any.whl"},
        ),
        ("Six<2", {"downloads six-1.0-py3-none-any.whl", "trees six 1.0"}),
        ("six-1", {"downloads six-1.0-py3-none-any.whl", "trees six 1.0"}),
        ("*-1.0", {name for name in EVERYTHING if "1.0" in name}),
        ("at*", OF_ATTRS),
        ("nothing", set()),
        ("six-two", set()),
    ],
)
def test_versions_and_globs_take_what_they_mean(cache: Cache, pattern: str, gone: set[str]) -> None:
    """Behaviours 117 and 119."""
    remove(cache.contents, [pattern], selected(pattern))
    assert EVERYTHING - names(cache) == gone


def test_a_name_is_one_project_whatever_others_begin_with(cache: Cache) -> None:
    for project in ("foo-bar", "foo-bar-baz", "foo-bar2"):
        cache.response(f"https://files.example/{project.replace('-', '_')}-1.0.tar.gz", project.encode())
        cache.response(f"https://files.example/{project}-1.0.zip", project.encode())
    cache.age(days=1)
    remove(cache.contents, ["foo-bar"], selected("foo-bar"))
    left = {one.project for one in listed(cache.contents, Selection()) if one.project.startswith("foo")}
    assert left == {"foo-bar-baz", "foo-bar2"}


def test_an_index_is_listed_as_it_would_be_removed(cache: Cache) -> None:
    of_index = selected(kinds=("downloads",), index="https://index.example/simple")
    found = {one.place for one in listed(cache.contents, of_index)}
    would = remove(cache.contents, [], of_index, dry_run=True).doomed
    assert found == {one.place for one in would} != set()


def test_what_somebody_is_about_to_name_stays_though_an_old_record_names_it(cache: Cache) -> None:
    blob = next(
        path for path in cache.root.layout.blobs.rglob("*") if path.is_file() and path.read_bytes() == b"the sdist"
    )
    cache.used([blob], days=0)
    prune(cache.contents, Limits(max_size=0))
    assert blob.exists()


def test_a_kind_narrows_it(cache: Cache) -> None:
    """Behaviour 119."""
    remove(cache.contents, ["six"], selected("six", kinds=("wheels", "pages")))
    assert EVERYTHING - names(cache) == {"wheels six-2.0-py3-none-any.whl", "pages six"}


def test_what_was_not_used_for_longer_goes(cache: Cache) -> None:
    cache.used([cache.root.layout.tree(WHEEL).manifest], days=31)
    remove(cache.contents, [], selected(older_than=30 * DAY))
    assert EVERYTHING - names(cache) == {"trees six 1.0"}


def test_an_index_goes_with_what_came_from_it_alone(cache: Cache) -> None:
    cache.response("https://private.example/simple/six/", b"<another page of six>")
    cache.response("https://private.example/files/six-3.0.tar.gz", b"a private six")
    cache.response("https://private.example/simple/own/", b"<page of our own>")
    cache.response("https://cdn.example/own-1.0.tar.gz", b"our own")
    cache.wheel("own", "xyz")
    remove(cache.contents, [], selected(index="https://private.example/"))
    assert names(cache) == EVERYTHING


def test_a_dry_run_removes_nothing_and_says_what_would_go(cache: Cache) -> None:
    before = held(cache.root.path)
    clearing = remove(cache.contents, ["six"], selected("six"), dry_run=True)
    assert held(cache.root.path) == before
    assert {f"{one.kind} {one.name}" for one in clearing.doomed} == EVERYTHING - OF_ATTRS
    real = remove(cache.contents, ["six"], selected("six"))
    assert clearing.freed >= real.removed.size > 0


def test_a_dry_run_of_everything_counts_what_no_list_shows(cache: Cache) -> None:
    (cache.root.layout.tmp / "abandoned").write_bytes(b"half")
    cache.age(days=1)
    would = remove(cache.contents, ["*"], selected("*"), dry_run=True)
    assert would.rest == Measure(items=1, size=4)
    files = [path for path in cache.root.path.rglob("*") if path.is_file() and path.parent != cache.root.path]
    assert would.freed == sum(path.stat().st_size for path in files) - len(LOG)


def test_what_points_at_a_blob_goes_with_it(cache: Cache) -> None:
    digest = cache.blob(b"the sdist")
    pointer = cache.point("six", digest)
    cache.entries.put("shared", "no-project", str(digest), Record(fields={}))
    note = cache.root.layout.entry("shared", "no-project", str(digest))
    cache.age(days=1)
    remove(cache.contents, ["six==2.0"], selected("six==2.0"))
    assert (pointer.exists(), note.exists()) == (False, False)
    assert isinstance(cache.blobs.open(digest), Miss)


def test_everything_is_a_purge(cache: Cache) -> None:
    """Behaviour 120."""
    (cache.root.layout.tmp / "abandoned").write_bytes(b"half")
    cache.age(days=1)
    assert remove(cache.contents, ["*"], selected("*")).unmatched == ()
    assert {path.name for path in cache.root.path.iterdir()} == {"CACHEDIR.TAG", "README"}
    assert remove(cache.contents, ["*"], selected("*")).unmatched == ("*",)


def test_patterns_that_mean_nothing_are_told_from_the_others(cache: Cache) -> None:
    """Behaviour 118."""
    clearing = remove(cache.contents, ["z", "six", "y"], selected("z", "six", "y"))
    assert clearing.unmatched == ("z", "y")
    assert names(cache) == OF_ATTRS


def test_versions_that_make_no_sense_are_refused() -> None:
    with pytest.raises(CommandMisused, match="names no versions"):
        selected("six<<2")


def test_pruning_a_sound_cache_without_limits_changes_nothing(cache: Cache) -> None:
    before = held(cache.root.path)
    assert prune(cache.contents, Limits()).removed == Removed()
    assert held(cache.root.path) == before


def test_pruning_takes_what_is_of_no_use(cache: Cache) -> None:
    """Unfinished work of runs that ended, damaged records, bytes that nothing names; not what is being written."""
    unfinished = cache.root.layout.tmp / "abandoned"
    unfinished.write_bytes(b"half")
    damaged = cache.root.layout.entry("metadata", "six", "x")
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"nonsense")
    orphan = cache.blob(b"named by nothing")
    cache.age(days=1)
    young = cache.blob(b"about to be named")
    cache.used([cache.root.layout.blob(young)], days=(IN_USE / 2) / DAY)
    would = prune(cache.contents, Limits(), dry_run=True)
    assert unfinished.exists()
    assert [one.place for one in would.doomed] == [str(damaged)]
    assert would.rest == Measure(items=2, size=len(b"half") + len(b"named by nothing"))
    assert would.freed == len(b"nonsense") + would.rest.size
    prune(cache.contents, Limits())
    assert not unfinished.exists()
    assert not damaged.exists()
    assert isinstance(cache.blobs.open(orphan), Miss)
    stream = cache.blobs.open(young)
    assert not isinstance(stream, Miss)
    stream.close()
    assert names(cache) == EVERYTHING


def test_pruning_keeps_the_limits_and_what_is_in_use(cache: Cache) -> None:
    """Behaviour 125."""
    cache.used([cache.root.layout.tree(WHEEL).manifest], days=100)
    cache.used([cache.root.layout.tree(OTHER_WHEEL).manifest], days=0)
    clearing = prune(cache.contents, Limits(max_age=90 * DAY))
    assert EVERYTHING - names(cache) == {"trees six 1.0"}
    assert clearing.removed.size > 0
    clearing = prune(cache.contents, Limits(max_size=0))
    assert names(cache) == {"trees attrs 1.0"}
    assert clearing.choice is not None
    assert clearing.choice.missing > 0
    assert held(cache.root.layout.blobs) == {}

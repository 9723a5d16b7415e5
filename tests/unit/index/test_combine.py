from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event

import pytest

from freewheel.errors import IndexFolderMissing, Unreachable
from freewheel.events import Noted, Recorder, Warned
from freewheel.index.combine import CombinedIndex, Strategy
from freewheel.index.page import PageFile, ProjectPage, stated_digests
from freewheel.index.protocol import Index, NoSuchProject
from freewheel.model.artifact import NormalizedName, normalize
from freewheel.resolve.protocol import ArtifactSource

SIX = normalize("six")


@dataclass
class TableIndex:
    """An index that has what its table has: digests by file name, by project."""

    shown: str
    table: dict[str, dict[str, str]] = field(default_factory=dict)
    error: Exception | None = None
    asked: list[str] = field(default_factory=list)
    was_asked: Event = field(default_factory=Event)

    def page(self, project: NormalizedName) -> ProjectPage | NoSuchProject:
        self.asked.append(project)
        self.was_asked.set()
        if self.error is not None:
            raise self.error
        if project not in self.table:
            return NoSuchProject(reason="not in the table")
        files = self.table[project].items()
        return ProjectPage(files=tuple(file_of(self.shown, name, digest) for name, digest in files))


def file_of(index: str, filename: str, digest: str) -> PageFile:
    return PageFile(filename=filename, url=f"{index}/{filename}", digests=stated_digests({"sha256": digest}))


def combined(
    *indexes: TableIndex, find_links: Index | None = None, strategy: Strategy = "best-version"
) -> tuple[CombinedIndex, Recorder]:
    reporter = Recorder()
    source = CombinedIndex(find_links=find_links, indexes=indexes, reporter=reporter, strategy=strategy)
    return source, reporter


def test_find_links_come_first_and_then_the_indexes_in_order():
    here = TableIndex("file:///srv/wheels", {"six": {"six-3.zip": "cc"}})
    one = TableIndex("https://one.example", {"six": {"six-1.zip": "aa", "six-2.zip": "bb"}})
    two = TableIndex("https://two.example", {"six": {"six-2.zip": "bb"}})
    source, _ = combined(one, two, find_links=here)
    assert [artifact.url for artifact in source.artifacts(SIX)] == [
        "file:///srv/wheels/six-3.zip",
        "https://one.example/six-1.zip",
        "https://one.example/six-2.zip",
        "https://two.example/six-2.zip",
    ]


def test_it_is_what_the_resolver_asks():
    source, _ = combined(TableIndex("https://one.example"))
    asked: ArtifactSource = source
    assert list(asked.artifacts(SIX)) == []


def test_an_index_given_twice_is_asked_once():
    one, again = TableIndex("https://one.example/simple"), TableIndex("https://one.example/simple/")
    source, _ = combined(one, again)
    source.artifacts(SIX)
    assert bool(one.asked) != bool(again.asked)
    assert len(source.consulted()) == 1


def test_artifacts_are_gathered_once():
    """Behaviour 61."""
    one = TableIndex("https://one.example", {"six": {"six-1.zip": "aa"}})
    source, _ = combined(one)
    assert source.artifacts(SIX) is source.artifacts(SIX)
    assert one.asked == ["six"]


def test_an_index_that_does_not_answer_is_an_error_though_another_has_the_project():
    one = TableIndex("https://one.example", {"six": {"six-1.zip": "aa"}})
    down = TableIndex("https://down.example", error=Unreachable(url="https://down.example/six/", reason="no route"))
    source, _ = combined(one, down)
    for _ in range(2):
        with pytest.raises(Unreachable):
            source.artifacts(SIX)


def test_prefetching_asks_in_the_background_and_keeps_errors_for_whoever_needs_the_project():
    down = TableIndex("https://down.example", error=Unreachable(url="https://down.example/six/", reason="no route"))
    source, _ = combined(down)
    source.prefetch((SIX, normalize("seven")))
    assert down.was_asked.wait(10)
    with pytest.raises(Unreachable):
        source.artifacts(SIX)


def test_what_was_consulted():
    source, _ = combined(
        TableIndex("https://one.example"), TableIndex("https://two.example"), find_links=TableIndex("/srv/wheels")
    )
    assert source.consulted() == ("https://one.example", "https://two.example", "/srv/wheels")


def test_unrelated_indexes_with_the_same_projects_are_warned_of_once():
    one = TableIndex("https://one.example", {"six": {"six-1.zip": "aa"}, "seven": {"seven-1.zip": "aa"}})
    two = TableIndex("https://two.example", {"six": {"six-9.zip": "bb"}, "seven": {"seven-1.zip": "bb"}})
    source, reporter = combined(one, two)
    source.artifacts(SIX)
    source.artifacts(normalize("seven"))
    warned, noted = reporter.events
    assert isinstance(warned, Warned)
    assert "https://one.example and https://two.example offer six, without a file in common" in warned.message
    assert isinstance(noted, Noted)
    assert "seven, with different files of the same name" in noted.message


def test_mirrors_and_find_links_are_not_warned_of():
    one = TableIndex("https://one.example", {"six": {"six-1.zip": "aa", "six-2.zip": "bb"}})
    mirror = TableIndex("file:///srv/simple", {"six": {"six-1.zip": "aa"}})
    here = TableIndex("file:///srv/wheels", {"six": {"six-7.zip": "dd"}})
    source, reporter = combined(one, mirror, find_links=here)
    assert len(source.artifacts(SIX)) == 4
    assert reporter.events == []


def test_the_first_index_that_has_a_project_decides_it_and_no_other_is_asked():
    private = TableIndex("https://private.example", {"ours": {"ours-1.zip": "aa"}, "empty": {}})
    public = TableIndex("https://public.example", {"ours": {"ours-99.zip": "ee"}, "empty": {"empty-1.zip": "ff"}})
    source, reporter = combined(private, public, strategy="first-index")
    assert [artifact.filename for artifact in source.artifacts(normalize("ours"))] == ["ours-1.zip"]
    assert public.asked == []
    assert reporter.events == []
    assert [artifact.filename for artifact in source.artifacts(normalize("empty"))] == ["empty-1.zip"]


def test_find_links_take_part_beside_the_first_index():
    here = TableIndex("/srv/wheels", {"six": {"six-3.zip": "cc"}})
    one = TableIndex("https://one.example")
    two = TableIndex("https://two.example", {"six": {"six-2.zip": "bb"}})
    three = TableIndex("https://three.example", {"six": {"six-9.zip": "dd"}})
    source, _ = combined(one, two, three, find_links=here, strategy="first-index")
    assert [artifact.filename for artifact in source.artifacts(SIX)] == ["six-3.zip", "six-2.zip"]


def test_an_index_that_does_not_answer_is_not_passed_over_for_the_next():
    down = TableIndex("https://down.example", error=Unreachable(url="https://down.example/six/", reason="no route"))
    two = TableIndex("https://two.example", {"six": {"six-2.zip": "bb"}})
    source, _ = combined(down, two, strategy="first-index")
    with pytest.raises(Unreachable):
        source.artifacts(SIX)
    assert two.asked == []


GONE = IndexFolderMissing(location="host.example/simple", reason="it is no path", lacks_scheme=True)


def test_a_folder_that_is_not_there_is_warned_of_once_and_passed_over_by_pips_rule():
    gone, two = TableIndex("file:///gone", error=GONE), TableIndex("https://two.example", {"six": {"six-2.zip": "b"}})
    source, reporter = combined(gone, two)
    assert [artifact.filename for artifact in source.artifacts(SIX)] == ["six-2.zip"]
    assert source.artifacts(normalize("seven")) == ()
    assert reporter.events == [
        Warned(message='The index url "host.example/simple" seems invalid, please provide a scheme.'),
        Warned(message="Location 'host.example/simple' is ignored: it is no path."),
    ]


def test_a_folder_that_is_not_there_is_never_passed_over_for_the_next_index():
    gone, two = TableIndex("file:///gone", error=GONE), TableIndex("https://two.example", {"six": {"six-2.zip": "b"}})
    source, reporter = combined(gone, two, strategy="first-index")
    with pytest.raises(IndexFolderMissing):
        source.artifacts(SIX)
    assert (two.asked, reporter.events) == ([], [])


def test_prefetching_asks_the_next_index_only_where_the_one_before_has_nothing():
    private = TableIndex("https://private.example", {"ours": {"ours-1.zip": "aa"}})
    public = TableIndex("https://public.example", {"six": {"six-1.zip": "bb"}})
    source, _ = combined(private, public, strategy="first-index")
    source.prefetch((normalize("ours"), SIX))
    assert public.was_asked.wait(10)
    assert public.asked == ["six"]


def test_what_was_prefetched_is_not_begun_again():
    one = TableIndex("https://one.example")
    source, _ = combined(one)
    source.prefetch((SIX,))
    assert one.was_asked.wait(10)
    one.was_asked.clear()
    source.prefetch((SIX, normalize("seven")))
    assert one.was_asked.wait(10)
    assert one.asked == ["six", "seven"]

"""The words of `cache`, and what a pattern means."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from freewheel.commands.cache import checked_action, listed, matches, remove
from freewheel.errors import CacheDisabled, CommandMisused
from freewheel.store.contents import Contents, KeptWheel
from freewheel.store.removal import Removed, RemovedFile


def kept(project: str, version: str = "1.0", folder: str = "k") -> KeptWheel:
    name = f"{project.replace('-', '_')}-{version}-py3-none-any.whl"
    return KeptWheel(
        path=Path("/cache/wheels-v1", project, folder, name), project=project, size=1, modified=0.0, last_use=0.0
    )


@dataclass
class FakeContents:
    """A cache that notes what is taken out of it."""

    wheels: list[KeptWheel]
    names: list[str]
    taken: list[str] = field(default_factory=list)

    def built_wheels(self) -> list[KeptWheel]:
        return self.wheels

    def projects(self) -> list[str]:
        return self.names

    def remove_wheels(self, wheels: list[KeptWheel]) -> Removed:
        self.taken += [wheel.path.name for wheel in wheels]
        return Removed(files=tuple(RemovedFile(path=wheel.path, size=wheel.size) for wheel in wheels))

    def remove_project(self, project: str) -> Removed:
        self.taken.append(project)
        return Removed(directories=(Path(project),))

    def purge(self) -> Removed:
        self.taken.append("everything")
        return Removed()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "Need an action (dir, info, list, purge, remove, verify, why) to perform."),
        (["shrink"], "Need an action (dir, info, list, purge, remove, verify, why) to perform."),
        (["dir", "x"], "Too many arguments"),
        (["info", "x"], "Too many arguments"),
        (["purge", "x"], "Too many arguments"),
        (["verify", "x"], "Too many arguments"),
        (["remove"], "Please provide a pattern"),
    ],
)
def test_wrong_words_are_refused_in_pips_sentences(words: list[str], problem: str) -> None:
    """Behaviour 113."""
    with pytest.raises(CommandMisused) as caught:
        checked_action(words, is_enabled=True)
    assert caught.value.problem == problem
    with pytest.raises(CacheDisabled):
        checked_action(words, is_enabled=False)


@pytest.mark.parametrize(
    ("pattern", "is_meant"),
    [
        ("foo-bar", True),
        ("Foo.Bar", True),
        ("foo_bar", True),
        ("foo*", True),
        ("*bar", True),
        ("foo_bar-1", True),
        ("foo_bar-1.0", True),
        ("foo_bar-2", False),
        ("foo", False),
        ("bar", False),
        ("", False),
    ],
)
def test_a_pattern_is_a_glob_or_a_projects_name(pattern: str, is_meant: bool) -> None:
    """Behaviour 117."""
    assert matches(pattern, kept("foo-bar")) is is_meant


def test_wheels_are_listed_by_file_name_whichever_pattern_means_them() -> None:
    """Behaviour 116."""
    wheels = [kept("b"), kept("a", "2"), kept("a", "1", "z"), kept("a", "1", "y")]
    contents = cast("Contents", FakeContents(wheels=wheels, names=[]))
    assert listed(contents, []) == [wheels[3], wheels[2], wheels[1], wheels[0]]
    assert listed(contents, ["b", "a-2"]) == [wheels[1], wheels[0]]
    assert listed(contents, ["c"]) == []


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("A", ["a-1.0-py3-none-any.whl", "a"]),
        ("a-1.0", ["a-1.0-py3-none-any.whl"]),
        ("a*", ["a-1.0-py3-none-any.whl", "a_b-1.0-py3-none-any.whl", "a", "a-b"]),
        ("*", ["everything"]),
        ("z", []),
    ],
)
def test_a_whole_project_goes_with_all_that_it_has_and_a_version_alone(pattern: str, taken: list[str]) -> None:
    """Behaviour 119."""
    contents = FakeContents(wheels=[kept("a"), kept("a-b"), kept("c")], names=["c", "a-b", "a"])
    remove(cast("Contents", contents), [pattern])
    assert contents.taken == taken


def test_patterns_that_mean_nothing_are_told_from_the_others() -> None:
    """Behaviour 118."""
    contents = cast("Contents", FakeContents(wheels=[kept("a")], names=["a"]))
    removal, unmatched = remove(contents, ["z", "a", "y"])
    assert unmatched == ("z", "y")
    assert (len(removal.files), removal.directories) == (1, (Path("a"),))

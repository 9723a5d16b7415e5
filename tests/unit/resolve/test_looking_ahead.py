"""Metadata that is far away is looked for before it is needed: all of what one thing asks for at the same time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from freewheel.errors import FreewheelError, NetworkError, NoMatchingDistribution
from freewheel.model import requirement as requirements
from freewheel.model.artifact import Artifact, NormalizedName
from tests.support.universe import FakeSources, Release, installed, pins, resolve
from tests.unit.resolve.test_resolver import CASES, Case


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_it_changes_nothing(case: Case) -> None:
    found = resolve(
        FakeSources(case.world, looks_ahead=True),
        case.asked,
        constraints=case.constraints,
        present=[installed(name, version) for name, version in case.present.items()],
        options=case.options,
    )
    assert pins(found) == case.expected


def test_what_a_person_asks_for_is_looked_for_together_and_so_is_what_one_project_needs() -> None:
    sources = FakeSources({"a": {"1": ["c", "d<2"]}, "b": {"1": []}, "c": {"1": []}, "d": {"1": [], "2": []}})
    sources.looks_ahead = True
    resolve(sources, ["a", "b"])
    assert sources.read == ["a-1?", "b-1?", "a-1", "b-1", "c-1?", "d-1?", "c-1", "d-1"]


def test_so_is_what_a_lock_file_names_which_no_page_tells() -> None:
    sources = FakeSources({"a": {"1": []}, "b": {"1": []}}, looks_ahead=True)
    locked = [
        replace(requirements.parse(name), artifact=sources.artifacts(NormalizedName(name))[0], is_locked=True)
        for name in ("a", "b")
    ]
    sources.asked.clear()
    resolve(sources, locked)
    assert sources.read == ["a-1?", "b-1?", "a-1", "b-1"]
    assert sources.asked == []


def test_constraints_count() -> None:
    sources = FakeSources({"a": {"1": [], "2": []}}, looks_ahead=True)
    resolve(sources, ["a"], constraints=["a<2"])
    assert sources.read == ["a-1?", "a-1"]


def test_nothing_is_looked_for_of_what_is_installed_or_named_by_url() -> None:
    url = "https://files.example/b-1-py3-none-any.whl"
    sources = FakeSources({"a": {"1": []}}, {url: ("b", "1", Release())}, looks_ahead=True)
    resolve(sources, ["a", f"b @ {url}"], present=[installed("a", "1")])
    resolve(sources, ["b"], constraints=[f"b @ {url}"])
    assert sources.read == ["b-1", "b-1"]
    assert sources.asked == []


def test_what_goes_wrong_shows_when_it_is_needed() -> None:
    class Silent(FakeSources):
        def artifacts(self, project: NormalizedName) -> Sequence[Artifact]:
            if project == "gone":
                raise NetworkError(url="https://index.example")
            return super().artifacts(project)

    world = {"a": {"1": ["missing", "gone"], "2": ["b<1", "gone"]}, "b": {"1": []}}
    with pytest.raises(NoMatchingDistribution):
        resolve(Silent(world, looks_ahead=True), ["a==1"])
    with pytest.raises(NetworkError):
        resolve(Silent(world, looks_ahead=True), ["gone", "a"])


def test_a_source_that_has_nothing_to_begin_does_not_make_anybody_read_a_page_early() -> None:
    sources = FakeSources({"a": {"1": []}})
    with pytest.raises(FreewheelError):
        resolve(sources, ["a", "b"])
    assert sources.read == ["a-1"]

"""Resolutions that are remembered: when they hold, and when they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from freewheel.errors import CacheDiffers, NoMatchingDistribution
from freewheel.events import AlreadySatisfied, Collecting, Event, Healed, Missed, Noted, Recorder, Reused, Warned
from freewheel.model import requirement as requirements
from freewheel.model.artifact import NormalizedName
from freewheel.model.resolution import Resolution
from freewheel.resolve.remembering import KIND, RememberingResolver
from freewheel.resolve.resolver import ResolveOptions, Resolver
from freewheel.resolve.universe import Sources
from freewheel.store.memory import Memory, MemoryEntries
from freewheel.store.record import Record
from tests.support.clock import FakeClock
from tests.support.universe import TARGET, FakeSources, Release, installed, pins

WORLD: Mapping[str, Mapping[str, Release | Sequence[str]]] = {
    "app": {"1.0": ["lib>=1", "old<2"], "2.0": ["lib<1", "lib>1"]},
    "lib": {"1.0": [], "1.1": []},
    "old": {"1.0": [], "2.0": []},
    "unrelated": {"1.0": []},
}


@dataclass(slots=True)
class Case:
    """One cache, and runs that ask a world."""

    sources: FakeSources = field(default_factory=lambda: FakeSources(WORLD))
    entries: MemoryEntries = field(default_factory=lambda: MemoryEntries(clock=FakeClock()))
    builds: dict[str, object] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    options: ResolveOptions = field(default_factory=ResolveOptions)
    environment: list[object] = field(default_factory=list)
    verifies: bool = False
    is_shown: bool = False
    version: str = "1"
    said: list[Event] = field(default_factory=list)

    def run(
        self, *asked: str, constraints: Sequence[str] = (), present: Mapping[str, str] | None = None
    ) -> Resolution:
        """One run's resolution; `said` has its events, and `sources` what it asked and read."""
        recorder = Recorder()
        self.sources.asked.clear()
        self.sources.read.clear()
        resolver = RememberingResolver(
            inner=Resolver(
                sources=Sources(artifacts=self.sources, metadata=self.sources, direct=self.sources),
                target=TARGET,
                options=self.options,
                reporter=recorder,
            ),
            offers=self.sources,
            entries=self.entries,
            builds=lambda: self.builds,
            state_of=self.files.get,
            program_version=self.version,
            verifies=self.verifies,
            is_shown=self.is_shown,
        )
        try:
            return resolver.resolve(
                [requirements.parse(one) for one in asked or ("app",)],
                constraints=[requirements.parse(one) for one in constraints],
                installed={
                    NormalizedName(name): installed(name, version) for name, version in (present or {}).items()
                },
            )
        finally:
            self.said = recorder.events

    @property
    def is_reused(self) -> bool:
        """Whether the last run searched nothing."""
        return any(isinstance(event, Reused) and event.kind == KIND for event in self.said)

    @property
    def reason(self) -> str:
        (missed,) = [event for event in self.said if isinstance(event, Missed)]
        return missed.reason

    def change(self, project: str, releases: Mapping[str, Release | Sequence[str]]) -> None:
        self.sources.world = {**self.sources.world, project: releases}


def test_the_same_again_needs_no_search() -> None:
    case = Case()
    first = case.run()
    assert not case.is_reused
    assert pins(first) == {"app": "1.0", "lib": "1.1", "old": "1.0"}
    assert case.run() == first
    assert case.is_reused
    assert (case.sources.asked, case.sources.read) == ([], [])


def test_what_was_said_is_said_again() -> None:
    case = Case(options=ResolveOptions(upgrade_strategy="to-satisfy-only"))
    case.change("lib", {"1.1": Release(yanked="broken")})
    kinds = Collecting | AlreadySatisfied | Noted | Warned
    case.run("app", "lib==1.1", "never; python_version < '3'", present={"old": "1.0"})
    before = [event for event in case.said if isinstance(event, kinds)]
    assert {type(event) for event in before} == {Collecting, AlreadySatisfied, Noted, Warned}
    case.run("app", "lib==1.1", "never; python_version < '3'", present={"old": "1.0"})
    assert [event for event in case.said if isinstance(event, kinds)] == before


@pytest.mark.parametrize("project", ["app", "lib", "old"])
def test_a_page_with_another_choice_has_it_searched_again(project: str) -> None:
    """Behaviour 128: also that of a branch which was given up."""
    case = Case()
    case.run()
    case.change(project, {**WORLD[project], "1.5": []})
    found = case.run()
    assert not case.is_reused
    assert case.reason == f"there is something else to choose from of {project}"
    assert pins(found) == pins(Case(sources=FakeSources(case.sources.world)).run())
    case.run()
    assert case.is_reused


def test_a_page_that_changed_where_it_does_not_concern_the_target_is_the_same() -> None:
    case = Case()
    first = case.run()
    case.change("lib", {**WORLD["lib"], "3.0": Release(tag="cp27-cp27m-win32")})
    case.sources.states_digests = True
    changed = case.sources.world["lib"]
    assert changed != WORLD["lib"]
    assert pins(case.run()) == pins(first)


def test_a_page_that_nobody_looked_at_may_change() -> None:
    case = Case()
    case.run()
    case.change("unrelated", {})
    case.run()
    assert case.is_reused


def test_where_pages_have_no_digests_what_they_offer_is_compared() -> None:
    case = Case(sources=FakeSources(WORLD, tells_digests=False))
    case.run()
    case.run()
    assert case.is_reused
    assert sorted(case.sources.asked) == ["app", "lib", "old"]
    case.change("lib", {"1.0": []})
    case.run()
    assert not case.is_reused


@pytest.mark.parametrize(
    "change",
    [
        {"asked": ["app", "lib"]},
        {"asked": ["app>0"]},
        {"constraints": ["lib<1.1"]},
        {"options": ResolveOptions(upgrade_strategy="eager")},
        {"options": ResolveOptions(with_dependencies=False)},
        {"builds": {"variables": [("CFLAGS", "-O0")]}},
        {"version": "2"},
        {"present": {"lib": "1.0"}},
        {"present": {"old": "2.0"}},
    ],
    ids=str,
)
def test_another_input_has_it_searched_again(change: dict[str, object]) -> None:
    case = Case()
    case.run()
    for name in ("options", "builds", "version"):
        if name in change:
            setattr(case, name, change[name])
    asked = change.get("asked", ["app"])
    constraints, present = change.get("constraints", ()), change.get("present")
    assert isinstance(asked, list)
    case.run(*asked, constraints=constraints, present=present)  # type: ignore[arg-type]
    assert not case.is_reused
    case.run(*asked, constraints=constraints, present=present)  # type: ignore[arg-type]
    assert case.is_reused


def test_what_else_the_environment_has_does_not_matter() -> None:
    case = Case()
    case.run(present={"lib": "1.0"})
    case.run(present={"lib": "1.0", "unrelated": "7"})
    assert case.is_reused
    case.run(present={"lib": "1.1"})
    assert not case.is_reused
    case.run()
    assert not case.is_reused


def test_a_failed_search_is_made_again() -> None:
    case = Case()
    for _ in range(2):
        with pytest.raises(NoMatchingDistribution):
            case.run("lib>7")
    assert case.sources.asked


def test_what_somebody_named_by_url_is_looked_at_each_time() -> None:
    url = "https://files.example/x-1.0.zip"
    case = Case(sources=FakeSources(WORLD, direct_world={url: ("x", "1.0", Release())}))
    for _ in range(2):
        case.run(f"x @ {url}")
        assert not case.is_reused


def test_without_a_digest_only_a_file_here_can_be_known() -> None:
    remote = Case(sources=FakeSources(WORLD, states_digests=False))
    for _ in range(2):
        remote.run()
        assert not remote.is_reused


@pytest.mark.parametrize("project", ["lib", "old"])
def test_what_may_not_be_kept_is_not_remembered(project: str) -> None:
    """RFC 9111 §5.2.2.5, of pages and of metadata; and a metadata file without a digest may change."""
    case = Case(sources=FakeSources(WORLD, unkept={project}))
    for _ in range(2):
        case.run()
        assert not case.is_reused
    assert list(case.entries.scan(KIND)) == []


def test_who_wants_to_see_the_search_sees_it() -> None:
    case = Case()
    first = case.run()
    case.is_shown = True
    assert case.run() == first
    assert case.sources.asked


def test_a_source_is_asked_for_what_was_kept_of_it() -> None:
    """So that a person hears whether it was built before."""
    case = Case(sources=FakeSources({"app": {"1.0": Release(sdist_only=True)}}))
    case.run()
    case.run()
    assert case.is_reused
    assert case.sources.read == ["app-1.0"]


def test_a_file_on_this_machine_is_known_by_its_state() -> None:
    case = Case(sources=FakeSources(WORLD, states_digests=False, root="file:///archives"))
    case.files = {
        f"file:///archives/{name}-py3-none-any.whl": "1 2 3" for name in ("app-1.0", "app-2.0", "lib-1.1", "old-1.0")
    }
    for _ in range(2):
        case.run()
    assert case.is_reused
    case.files["file:///archives/app-2.0-py3-none-any.whl"] = "1 2 4"
    case.run()
    assert not case.is_reused
    del case.files["file:///archives/lib-1.1-py3-none-any.whl"]
    for _ in range(2):
        case.run()
        assert not case.is_reused


def test_a_wheel_that_was_known_in_part_is_held_against_the_whole() -> None:
    case = Case(sources=FakeSources(WORLD, partly_read={"lib"}))
    case.run()
    case.sources.partly_read.clear()
    case.run()
    assert case.is_reused
    assert case.sources.read == ["lib-1.1"]
    # The page says the same, and the wheel behind it does not.
    case.sources.claimed = WORLD
    case.change("lib", {**WORLD["lib"], "1.1": ["unrelated"]})
    found = case.run()
    assert not case.is_reused
    assert "unrelated" in pins(found)


def test_a_doubt_is_told_in_each_run() -> None:
    case = Case(sources=FakeSources(WORLD, doubtful={"lib"}))
    case.run()
    case.run()
    assert case.is_reused
    assert case.sources.asked == ["lib"]


@pytest.mark.parametrize("fields", [{}, {"memo": b""}, {"memo": b"\x80"}, {"memo": 7}])
def test_a_memo_of_another_shape_is_made_again(fields: dict[str, object]) -> None:
    case = Case()
    first = case.run()
    ((info, _),) = case.entries.scan(KIND)
    case.entries.put(KIND, info.partition, info.key, Record(fields=fields))  # type: ignore[arg-type]
    assert case.run() == first
    assert [event.kind for event in case.said if isinstance(event, Healed)] == [KIND]
    case.run()
    assert case.is_reused


def test_where_nothing_can_be_kept_it_is_searched_each_time() -> None:
    case = Case(entries=MemoryEntries(clock=FakeClock(), memory=Memory(limit=100)))
    for _ in range(2):
        assert pins(case.run())["app"] == "1.0"
        assert not case.is_reused


def test_put_to_the_test_it_is_searched_all_the_same_and_compared() -> None:
    """Behaviour 126."""
    case = Case()
    case.run()
    case.verifies = True
    case.run()
    assert any("resolved again, and is the same" in str(event) for event in case.said)
    ((info, record),) = case.entries.scan(KIND)
    assert isinstance(record, Record)
    data = record.fields["memo"]
    assert isinstance(data, bytes)
    wrong = data.replace(b"lib-1.1-py3", b"lib-1.0-py3").replace(b"\xa31.1", b"\xa31.0")
    case.entries.put(KIND, info.partition, info.key, replace(record, fields={"memo": wrong}))
    with pytest.raises(CacheDiffers) as caught:
        case.run()
    assert set(caught.value.differences) == {"lib 1.0 is no longer chosen", "lib 1.1 is chosen"}

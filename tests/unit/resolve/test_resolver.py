"""Worlds and what must come out of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from freewheel.errors import (
    ConflictingRequirements,
    InconsistentMetadata,
    NoMatchingDistribution,
    ResolutionError,
    ResolutionTooDeep,
    UnsupportedPython,
    UnsupportedWheel,
)
from freewheel.events import AlreadySatisfied, Collecting, Noted, PassedOver, Recorder, Warned
from freewheel.model import requirement as requirements
from freewheel.model.formats import FormatControl
from freewheel.model.releases import ReleaseControl
from freewheel.model.requirement import file_origin
from freewheel.resolve.candidates import Selection
from freewheel.resolve.resolver import ResolveOptions
from tests.support.universe import FakeSources, Release, World, installed, pins, resolve


@dataclass(frozen=True)
class Case:
    """What is asked of a world, and what must come out."""

    world: World
    asked: list[str]
    expected: dict[str, str]
    constraints: list[str] = field(default_factory=list)
    present: dict[str, str] = field(default_factory=dict)
    options: ResolveOptions = field(default_factory=ResolveOptions)


UPGRADE = ResolveOptions(upgrade_strategy="only-if-needed")
EAGER = ResolveOptions(upgrade_strategy="eager")

CASES = {
    "the newest version": Case({"a": {"1.0": [], "1.10": [], "1.9": []}}, ["a"], {"a": "1.10"}),
    "what it needs comes too": Case({"a": {"1": ["b>=1"]}, "b": {"1": [], "2": []}}, ["a"], {"a": "1", "b": "2"}),
    "names in any spelling": Case({"Foo.Bar": {"1": []}}, ["foo-bar"], {"foo-bar": "1"}),
    "an older version when the newest conflicts": Case(
        {"a": {"1": ["c<2"], "2": ["c>=2"]}, "b": {"1": ["c<2"]}, "c": {"1": [], "2": []}},
        ["a", "b"],
        {"a": "1", "b": "1", "c": "1"},
    ),
    "backtracking over several levels": Case(
        {
            "a": {"1": ["b==1"], "2": ["b==2"], "3": ["b==3"]},
            "b": {"1": ["c==1"], "2": ["c==2"], "3": ["c==3"]},
            "c": {"1": [], "2": [], "3": []},
            "d": {"1": ["c<2"]},
        },
        ["a", "d"],
        {"a": "1", "b": "1", "c": "1", "d": "1"},
    ),
    "a diamond": Case(
        {"a": {"1": ["c>=1,<3"]}, "b": {"1": ["c!=2"]}, "c": {"1": [], "2": [], "3": []}},
        ["a", "b"],
        {"a": "1", "b": "1", "c": "1"},
    ),
    "a cycle": Case({"a": {"1": ["b"]}, "b": {"1": ["a"]}}, ["a"], {"a": "1", "b": "1"}),
    "extras": Case(
        {
            "a": {"1": Release(requires=["b; extra == 'x'", "c; extra == 'y'"], extras=["x", "y"])},
            "b": {"1": []},
            "c": {"1": []},
        },
        ["a[x]"],
        {"a": "1", "b": "1"},
    ),
    "extras of several requirers join": Case(
        {
            "a": {"1": Release(requires=["b; extra == 'x'", "c; extra == 'y'"], extras=["x", "y"])},
            "b": {"1": []},
            "c": {"1": []},
            "d": {"1": ["a[y]"]},
        },
        ["a[x]", "d"],
        {"a": "1", "b": "1", "c": "1", "d": "1"},
    ),
    "an extra and the bare project are one version": Case(
        {"a": {"1": Release(extras=["x"]), "2": Release(extras=["x"])}}, ["a[x]", "a<2"], {"a": "1"}
    ),
    "an extra that needs its own project": Case(
        {
            "a": {"1": Release(requires=["a[y]; extra == 'x'", "b; extra == 'y'"], extras=["x", "y"])},
            "b": {"1": []},
        },
        ["a[x]"],
        {"a": "1", "b": "1"},
    ),
    "markers": Case(
        {"a": {"1": ["b; sys_platform == 'win32'", "c; python_version >= '3.12'"]}, "c": {"1": []}},
        ["a", "z; os_name == 'nt'"],
        {"a": "1", "c": "1"},
    ),
    "constraints bound what is needed": Case(
        {"a": {"1": ["b"]}, "b": {"1": [], "2": []}}, ["a"], {"a": "1", "b": "1"}, constraints=["b<2", "zz==1"]
    ),
    "constraints install nothing": Case({"a": {"1": []}}, ["a"], {"a": "1"}, constraints=["b==1"]),
    "a constraint with a marker that does not hold": Case(
        {"a": {"1": [], "2": []}}, ["a"], {"a": "2"}, constraints=["a<2; os_name == 'nt'"]
    ),
    "no pre-release unasked": Case({"a": {"1": [], "2rc1": []}}, ["a"], {"a": "1"}),
    "a pre-release where nothing else is": Case({"a": {"2rc1": []}}, ["a"], {"a": "2rc1"}),
    "a pre-release that a specifier names": Case({"a": {"1": [], "2rc1": []}}, ["a>=2rc1"], {"a": "2rc1"}),
    "pre-releases when allowed": Case(
        {"a": {"1": [], "2rc1": []}},
        ["a"],
        {"a": "2rc1"},
        options=ResolveOptions(selection=Selection(releases=ReleaseControl(all_releases=frozenset({":all:"})))),
    ),
    "a yanked release is passed over": Case({"a": {"1": [], "2": Release(yanked="")}}, ["a"], {"a": "1"}),
    "a yanked release that is pinned": Case({"a": {"1": [], "2": Release(yanked="bad")}}, ["a==2"], {"a": "2"}),
    "requires-python on the page": Case({"a": {"1": [], "2": Release(requires_python=">=3.13")}}, ["a"], {"a": "1"}),
    "requires-python in the metadata alone": Case(
        {"a": {"1": [], "2": Release(metadata_requires_python=">=3.13")}}, ["a"], {"a": "1"}
    ),
    "requires-python ignored": Case(
        {"a": {"1": [], "2": Release(requires_python=">=3.13")}},
        ["a"],
        {"a": "2"},
        options=ResolveOptions(selection=Selection(ignore_requires_python=True)),
    ),
    "a wheel for elsewhere": Case({"a": {"1": [], "2": Release(tag="cp312-cp312-win_amd64")}}, ["a"], {"a": "1"}),
    "only binary": Case(
        {"a": {"1": [], "2": Release(sdist_only=True)}},
        ["a"],
        {"a": "1"},
        options=ResolveOptions(selection=Selection(formats=FormatControl(only_binary=frozenset({":all:"})))),
    ),
    "no binary": Case(
        {"a": {"1": Release(sdist_only=True), "2": []}},
        ["a"],
        {"a": "1"},
        options=ResolveOptions(selection=Selection(formats=FormatControl(no_binary=frozenset({"a"})))),
    ),
    "prefer binary": Case(
        {"a": {"1": [], "2": Release(sdist_only=True)}},
        ["a"],
        {"a": "1"},
        options=ResolveOptions(selection=Selection(prefer_binary=True)),
    ),
    "no dependencies": Case(
        {"a": {"1": ["b"]}, "b": {"1": []}}, ["a"], {"a": "1"}, options=ResolveOptions(with_dependencies=False)
    ),
    "installed stays": Case({"a": {"1": [], "2": []}}, ["a"], {"a": "1"}, present={"a": "1"}),
    "installed goes when it does not fit": Case({"a": {"1": [], "2": []}}, ["a>1"], {"a": "2"}, present={"a": "1"}),
    "upgrade what is named, not what it needs": Case(
        {"a": {"1": ["b"], "2": ["b"]}, "b": {"1": [], "2": []}},
        ["a"],
        {"a": "2", "b": "1"},
        present={"a": "1", "b": "1"},
        options=UPGRADE,
    ),
    "upgrade what it needs where it must": Case(
        {"a": {"1": ["b"], "2": ["b>1"]}, "b": {"1": [], "2": []}},
        ["a"],
        {"a": "2", "b": "2"},
        present={"a": "1", "b": "1"},
        options=UPGRADE,
    ),
    "upgrade eagerly": Case(
        {"a": {"1": ["b"], "2": ["b"]}, "b": {"1": [], "2": []}},
        ["a"],
        {"a": "2", "b": "2"},
        present={"a": "1", "b": "1"},
        options=EAGER,
    ),
    "an upgrade never goes back": Case({"a": {"1": []}}, ["a"], {"a": "2"}, present={"a": "2"}, options=UPGRADE),
    "an installed version that no index has": Case({}, ["a"], {"a": "2"}, present={"a": "2"}),
    "a malformed dependency makes a version unusable": Case(
        {"a": {"1": [], "2": ["b >= * oops"]}}, ["a"], {"a": "1"}
    ),
    "a marker that compares what cannot be compared makes a version unusable": Case(
        {"a": {"1": [], "2": ["b; os_name ~= 'no version'"], "3": ["b; 'x' in extras"]}}, ["a"], {"a": "1"}
    ),
    "a dependency on what is no URL makes a version unusable": Case(
        {"a": {"1": [], "2": ["b @ https://[x.example/b.whl"]}}, ["a"], {"a": "1"}
    ),
    "metadata of another project makes a version unusable": Case(
        {"a": {"1": [], "2": Release(says="other")}}, ["a"], {"a": "1"}
    ),
    "a pin that fits again keeps what it needs": Case(  # resolvelib alone: p2 3, without the p1 that it needs
        {
            "p0": {"1": [], "2": [], "3": ["p3==1", "p2<2"]},
            "p1": {"3": ["p0!=2"]},
            "p2": {"1": [], "2": [], "3": ["p1"]},
            "p3": {"1": ["p0<2"], "2": [], "3": []},
        },
        ["p2"],
        {"p2": "1"},
    ),
    "an arbitrary equality": Case({"a": {"1": [], "2": []}}, ["a===1"], {"a": "1"}),
    "a pinned requirement is decided early": Case(
        {"a": {"1": ["c"], "2": ["c"]}, "b": {"1": ["a==1"]}, "c": {"1": []}},
        ["a", "b==1"],
        {"a": "1", "b": "1", "c": "1"},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_world(case: Case) -> None:
    resolution = resolve(
        case.world,
        case.asked,
        constraints=case.constraints,
        present=[installed(name, version) for name, version in case.present.items()],
        options=case.options,
    )
    assert pins(resolution) == case.expected


def test_install_order_puts_what_is_needed_first() -> None:
    world: World = {"a": {"1": ["b", "c"]}, "b": {"1": ["c"]}, "c": {"1": []}}
    assert [pin.project for pin in resolve(world, ["a"]).pins] == ["c", "b", "a"]


def test_only_what_a_person_asked_for_is_requested() -> None:
    world: World = {"a": {"1": ["b"]}, "b": {"1": []}}
    requested = {pin.project: pin.is_requested for pin in resolve(world, ["a"]).pins}
    assert requested == {"a": True, "b": False}


def test_metadata_is_read_only_of_what_is_looked_at() -> None:
    sources = FakeSources({"a": {str(version): [] for version in range(50)}})
    resolve(sources, ["a"])
    assert sources.read == ["a-49"]


def test_one_version_is_looked_for_again_where_what_is_known_may_be_old() -> None:
    """Behaviour 129: also deep in the tree, and once for each project."""
    sources = FakeSources(
        {"a": {"1": ["b==2", "c==2"]}, "b": {"1": []}, "c": {"1": []}},
        held_back={"b": {"2": []}, "c": {"2": []}},
    )
    assert pins(resolve(sources, ["a"])) == {"a": "1", "b": "2", "c": "2"}
    assert sources.held_back == {}
    for asked in ("b==3.*", "b>=3"):
        waiting = FakeSources({"b": {"1": []}}, held_back={"b": {"3": []}})
        with pytest.raises(NoMatchingDistribution):
            resolve(waiting, [asked])
        assert waiting.held_back
    with pytest.raises(NoMatchingDistribution):
        resolve(sources, ["b==3"])


def test_an_installed_project_that_fits_needs_no_page() -> None:
    sources = FakeSources({"a": {"1": []}})
    resolve(sources, ["a"], present=[installed("a", "1")])
    assert sources.asked == []


def test_collecting_says_who_asks() -> None:
    recorder = Recorder()
    line = requirements.parse("a>=1", origin=file_origin("r.txt", 3))
    world: World = {"a": {"1": ["b"]}, "b": {"1": ["c~=1.0"]}, "c": {"1.0": []}}
    resolve(world, [line], recorder=recorder)
    collected = [(e.requirement, e.wanted_by) for e in recorder.events if isinstance(e, Collecting)]
    assert collected == [
        ("a>=1", "-r r.txt (line 3)"),
        ("b", "a>=1->-r r.txt (line 3)"),
        ("c~=1.0", "b->a>=1->-r r.txt (line 3)"),
    ]


def test_satisfied_is_said_once() -> None:
    recorder = Recorder()
    world: World = {"a": {"1": ["b"]}, "c": {"1": ["b"]}}
    resolve(world, ["a", "c"], present=[installed("b", "1")], recorder=recorder)
    assert [e.requirement for e in recorder.events if isinstance(e, AlreadySatisfied)] == ["b"]


def test_a_missing_extra_is_a_warning() -> None:
    recorder = Recorder()
    resolve({"a": {"1": []}}, ["a[nope]"], recorder=recorder)
    assert [e.message for e in recorder.events if isinstance(e, Warned)] == ["a 1 does not provide the extra 'nope'"]


def test_a_yanked_choice_is_a_warning() -> None:
    recorder = Recorder()
    resolve({"a": {"1": Release(yanked="leaks memory")}}, ["a==1"], recorder=recorder)
    [message] = [e.message for e in recorder.events if isinstance(e, Warned)]
    assert message.startswith(
        "The candidate selected for download or install is a yanked version: 'a' candidate (version 1 at https://"
    )
    assert message.endswith(")\nReason for being yanked: leaks memory")


def test_what_exists_and_does_not_count_is_told() -> None:
    world: World = {
        "a": {
            "1": Release(yanked=""),
            "2": Release(requires_python="<3,>=2.7"),
            "3": [],
            "4": Release(tag="cp312-cp312-win_amd64"),
        }
    }
    only_final = Selection(releases=ReleaseControl(only_final=frozenset({"a"})))
    with pytest.raises(NoMatchingDistribution) as raised:
        resolve(world, ["a<3"], options=ResolveOptions(selection=only_final))
    error = raised.value
    assert (error.available, error.yanked, error.is_final_only) == (("3",), ("1",), True)
    assert error.for_other_pythons == (("2", "<3,>=2.7"),)
    assert error.rejected == ()  # of version 4, which nobody asked for


def test_of_what_does_not_fit_only_what_was_asked_for_is_told_where_there_is_more() -> None:
    world: World = {"a": {"1": [], "4": Release(tag="cp312-cp312-win_amd64")}}
    with pytest.raises(NoMatchingDistribution) as raised:
        resolve(world, ["a==4"])
    assert [reason for _, reason in raised.value.rejected] == ["it is for another interpreter or platform"]
    with pytest.raises(NoMatchingDistribution) as raised:
        resolve({"a": {"4": Release(tag="cp312-cp312-win_amd64")}}, ["a==1"])
    assert len(raised.value.rejected) == 1


def test_files_that_cannot_be_chosen_are_told_to_those_who_ask() -> None:
    world: World = {
        "a": {"1": [], "2": Release(requires_python="<3"), "3": Release(tag="cp312-cp312-win_amd64")},
        "b": {"1": []},
    }
    recorder = Recorder()
    resolve(world, ["a", "b"], recorder=recorder)
    told = [event for event in recorder.events if isinstance(event, PassedOver)]
    assert [(one.verbosity, [why for _, why in one.files]) for one in told] == [
        (1, ["it requires Python <3"]),
        (2, ["it is for another interpreter or platform"]),
    ]


def test_a_long_search_says_so() -> None:
    versions = [str(number) for number in range(1, 16)]
    world: World = {
        "a": {version: [f"c=={version}"] for version in versions},
        "b": {"1": ["c==1"]},
        "c": {version: [] for version in versions},
    }
    recorder = Recorder()
    assert pins(resolve(world, ["a", "b"], recorder=recorder)) == {"a": "1", "b": "1", "c": "1"}
    said = [e.message for e in recorder.events if isinstance(e, Noted) and e.message.startswith("INFO: ")]
    assert said[0].startswith("INFO: freewheel is looking at multiple versions of ")


def test_no_such_project() -> None:
    with pytest.raises(NoMatchingDistribution) as raised:
        resolve({}, ["a"])
    assert raised.value.requirement == "a"
    assert raised.value.available == ()
    assert raised.value.consulted == ("a table",)


def test_no_such_version_lists_what_there_is() -> None:
    with pytest.raises(NoMatchingDistribution) as raised:
        resolve({"a": {"1": [], "2": [], "10": []}}, ["a>10"])
    assert raised.value.available == ("1", "2", "10")


def test_no_wheel_for_this_platform_says_why() -> None:
    with pytest.raises(NoMatchingDistribution) as raised:
        resolve({"a": {"1": Release(tag="cp312-cp312-win_amd64")}}, ["a"])
    assert raised.value.rejected == (("a-1-cp312-cp312-win_amd64.whl", "it is for another interpreter or platform"),)


def test_a_missing_dependency_names_its_requirer() -> None:
    with pytest.raises(NoMatchingDistribution) as raised:
        resolve({"a": {"1": ["b"]}}, ["a"])
    assert (raised.value.requirement, raised.value.wanted_by) == ("b", "a")


def test_a_conflict_names_both_sides() -> None:
    world: World = {"a": {"1": ["c<2"]}, "b": {"1": ["c>=2"]}, "c": {"1": [], "2": []}}
    with pytest.raises(ConflictingRequirements) as raised:
        resolve(world, ["a", "b"])
    assert set(raised.value.causes) == {("c<2", "a 1"), ("c>=2", "b 1")}
    assert raised.value.triggers == ("a==1", "b==1")


def test_a_conflict_with_oneself() -> None:
    with pytest.raises(ConflictingRequirements) as raised:
        resolve({"a": {"1": [], "2": []}}, ["a==1", "a==2"])
    assert set(raised.value.causes) == {("a==1", None), ("a==2", None)}


def test_a_conflict_with_a_constraint_names_it() -> None:
    with pytest.raises(ConflictingRequirements) as raised:
        resolve({"a": {"1": [], "2": []}}, ["a==2"], constraints=["a<2"])
    assert raised.value.constraints == ("a<2",)


def test_a_python_that_nothing_runs_on() -> None:
    with pytest.raises(UnsupportedPython) as raised:
        resolve({"a": {"1": Release(metadata_requires_python=">=3.13")}}, ["a"])
    release = "a 1 (from https://files.example/a-1-py3-none-any.whl)"
    assert (raised.value.python, raised.value.requirers) == ("3.12.1", (("a", release, ">=3.13"),))


WHEEL_URL = "file:///w/a-5-py3-none-any.whl"


def test_a_direct_reference_beats_the_index() -> None:
    sources = FakeSources({"a": {"9": []}, "b": {"1": ["a"]}}, {WHEEL_URL: ("a", "5", Release())})
    resolution = resolve(sources, ["b", f"a @ {WHEEL_URL}"])
    assert pins(resolution) == {"a": "5", "b": "1"}
    assert {pin.project: pin.artifact and pin.artifact.is_direct for pin in resolution.pins} == {
        "a": True,
        "b": False,
    }


def test_a_direct_reference_with_extras() -> None:
    release = Release(requires=["b; extra == 'x'"], extras=["x"])
    sources = FakeSources({"b": {"1": []}}, {WHEEL_URL: ("a", "5", release)})
    assert pins(resolve(sources, [f"a[x] @ {WHEEL_URL}"])) == {"a": "5", "b": "1"}


def test_a_direct_reference_outside_the_bounds_of_others_conflicts() -> None:
    sources = FakeSources({"b": {"1": ["a<5"]}}, {WHEEL_URL: ("a", "5", Release())})
    with pytest.raises(ConflictingRequirements):
        resolve(sources, ["b", f"a @ {WHEEL_URL}"])


def test_a_direct_reference_to_another_project() -> None:
    sources = FakeSources({}, {WHEEL_URL: ("other", "5", Release())})
    with pytest.raises(InconsistentMetadata):
        resolve(sources, [f"a @ {WHEEL_URL}"])


def test_a_direct_wheel_for_elsewhere() -> None:
    url = "file:///w/a-5-cp312-cp312-win_amd64.whl"
    sources = FakeSources({}, {url: ("a", "5", Release(tag="cp312-cp312-win_amd64"))})
    with pytest.raises(UnsupportedWheel):
        resolve(sources, [f"a @ {url}"])


def test_a_constraint_can_be_a_direct_reference() -> None:
    sources = FakeSources({"a": {"9": []}}, {WHEEL_URL: ("a", "5", Release())})
    assert pins(resolve(sources, ["a"], constraints=[f"a @ {WHEEL_URL}"])) == {"a": "5"}


OTHER_URL = "file:///other/a-5-py3-none-any.whl"
TWO_FILES = FakeSources(
    {"a": {"9": []}, "b": {"1": ["a"]}}, {url: ("a", "5", Release()) for url in (WHEEL_URL, OTHER_URL)}
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (WHEEL_URL, OTHER_URL),
        (f"{WHEEL_URL}#sha256=ab", f"{WHEEL_URL}#sha256=cd"),
        (WHEEL_URL, f"{WHEEL_URL}#subdirectory=b"),
    ],
)
def test_two_direct_references_to_one_project_conflict(first: str, second: str) -> None:
    with pytest.raises(ConflictingRequirements):
        resolve(TWO_FILES, [f"a @ {first}", f"a @ {second}"])
    with pytest.raises(ConflictingRequirements):
        resolve(TWO_FILES, [f"a @ {first}"], constraints=[f"a @ {second}"])


@pytest.mark.parametrize("turned", [False, True])
def test_of_one_file_the_reference_with_a_digest_counts(turned: bool) -> None:
    """Whoever demands one gets it checked."""
    asked = [f"a @ {WHEEL_URL}", f"a @ {WHEEL_URL}#sha256=ab"]
    (pin,) = resolve(TWO_FILES, asked[::-1] if turned else asked).pins
    assert [str(digest) for digest in pin.artifact.digests] == ["sha256:ab"]
    assert pins(resolve(TWO_FILES, asked[1:], constraints=asked[:1])) == {"a": "5"}
    with pytest.raises(ConflictingRequirements):
        resolve(TWO_FILES, asked[:1], constraints=asked[1:])


def test_a_file_that_the_index_offers_may_be_referred_to() -> None:
    """As in pip the release is then that of the index, if it was chosen already."""
    url = "https://files.example/a-1-py3-none-any.whl"
    sources = FakeSources({"a": {"1": []}, "b": {"1": [f"a @ {url}"]}}, {url: ("a", "1", Release())})
    resolution = resolve(sources, ["a", "b"])
    assert {pin.project: pin.artifact.is_direct for pin in resolution.pins} == {"a": False, "b": False}


@pytest.mark.parametrize("other", [WHEEL_URL, f"{WHEEL_URL}#egg=a"])
def test_two_direct_references_to_one_file_are_one(other: str) -> None:
    asked = [f"a @ {WHEEL_URL}", f"a @ {other}", "b"]
    assert pins(resolve(TWO_FILES, asked, constraints=[f"a @ {other}"])) == {"a": "5", "b": "1"}


def test_a_conflict_with_a_constraint_by_url_names_it() -> None:
    with pytest.raises(ConflictingRequirements) as raised:
        resolve(TWO_FILES, [f"a @ {WHEEL_URL}"], constraints=["a @ file://me:pw@other/a-5-py3-none-any.whl"])
    assert raised.value.constraints == ("a (from file://me:****@other/a-5-py3-none-any.whl)",)


def test_what_is_installed_is_no_file_that_a_constraint_names() -> None:
    resolution = resolve(TWO_FILES, ["a"], constraints=[f"a @ {WHEEL_URL}"], present=[installed("a", "9")])
    assert pins(resolution) == {"a": "5"}


def test_a_constraint_to_a_wheel_for_elsewhere_leaves_nothing() -> None:
    url = "file:///w/a-5-cp312-cp312-win_amd64.whl"
    sources = FakeSources({"a": {"9": []}}, {url: ("a", "5", Release(tag="cp312-cp312-win_amd64"))})
    with pytest.raises(ResolutionError):
        resolve(sources, ["a"], constraints=[f"a @ {url}"])


def test_a_local_wheel_of_the_installed_version_stays_out() -> None:
    recorder = Recorder()
    sources = FakeSources({}, {WHEEL_URL: ("a", "5", Release())})
    resolution = resolve(sources, [f"a @ {WHEEL_URL}"], present=[installed("a", "5")], recorder=recorder)
    assert resolution.pins[0].artifact is None
    assert any("--force-reinstall" in e.message for e in recorder.events if isinstance(e, Noted))


def test_force_reinstall_takes_the_index_version_again() -> None:
    resolution = resolve(
        {"a": {"1": [], "2": []}},
        ["a==1"],
        present=[installed("a", "1")],
        options=ResolveOptions(force_reinstall=True),
    )
    assert resolution.pins[0].artifact is not None


def test_a_cycle_that_backtracking_left_behind_is_pruned() -> None:
    """resolvelib's own pruning recurses without end on such a remainder."""
    world: World = {
        "a": {"1": [], "2": ["b", "d==2"]},
        "b": {"1": ["c"]},
        "c": {"1": ["b"]},
        "d": {"1": [], "2": ["e"]},
        "e": {"1": Release(requires_python=">=3.13")},
    }
    assert pins(resolve(world, ["a", "d"])) == {"a": "1", "d": "1"}


def test_a_long_ring() -> None:
    size = 1200
    world = {f"p{n}": {"1": [f"p{(n + 1) % size}"]} for n in range(size)}
    assert len(pins(resolve(world, ["p0"]))) == size


def test_what_was_discarded_for_its_metadata_is_among_the_rejected() -> None:
    with pytest.raises(NoMatchingDistribution) as caught:
        resolve({"a": {"1": Release(says="other"), "2": ["b >= * oops"]}}, ["a"])
    assert caught.value.available == ()
    (newer, malformed), (older, misnamed) = caught.value.rejected
    assert (newer, older) == ("a-2-py3-none-any.whl", "a-1-py3-none-any.whl")
    assert malformed.startswith("invalid dependency 'b >= * oops'")
    assert misnamed == "its metadata's name is other and not a"


def test_a_search_that_goes_round_is_given_up() -> None:
    """Each choice is undone by what it needs, and no two of them conflict at a time."""
    world: World = {
        "a": {"1": ["b>=2"], "3": ["b==1"]},
        "b": {"1": ["a<2"], "3": ["a>=2"]},
    }
    with pytest.raises((ResolutionTooDeep, ConflictingRequirements)):
        resolve(world, ["a"])
    ring: World = {
        "p0": {"1": ["p1==1", "p2<2"], "2": ["p1!=2", "p2!=2"], "3": ["p1<2", "p2>=2"]},
        "p1": {"1": [], "2": ["p3>=2", "p0==1"], "3": ["p2==1", "p2>=2"]},
        "p2": {"1": ["p0>=2", "p2"], "2": [], "3": ["p0==1", "p3==1"]},
        "p3": {"1": ["p1==1", "p2<2"], "2": ["p1!=2", "p2!=2"], "3": ["p1<2", "p2>=2"]},
    }
    with pytest.raises(ResolutionTooDeep):
        resolve(ring, ["p2"])


@pytest.mark.parametrize(
    ("url", "there", "stays"),
    [
        ("https://x.example/a-1.0-py3-none-any.whl", "1.0", True),
        ("https://x.example/a-1.0-py3-none-any.whl", "1", True),
        ("https://x.example/a-1.0-py3-none-any.whl", "1.1", False),
        ("https://x.example/a-1.0-py3-none-any.whl", "one", False),
        ("file:///a-1.0-py3-none-any.whl", "1", True),
        ("file:///a-1.0.tar.gz", "1.0", False),
    ],
)
def test_what_is_named_by_url_replaces_what_is_there_by_pips_rules(url: str, there: str, stays: bool) -> None:
    release = Release(sdist_only=url.endswith(".tar.gz"))
    sources = FakeSources({}, direct_world={url: ("a", "1.0", release)})
    recorder = Recorder()
    (found,) = resolve(sources, [f"a @ {url}"], present=[installed("a", there)], recorder=recorder).pins
    assert (found.artifact is None) is stays
    told = [event.message for event in recorder.events if isinstance(event, Noted)]
    assert ("already installed with the same version" in str(told)) is (stays and url.startswith("file:"))


@pytest.mark.parametrize(
    ("source", "there"),
    [
        ("https://x.example/a-1.0-py3-none-any.whl", None),
        ("https://me:s3cret@y.example/a.whl", "https://me:****@y.example/a.whl"),
        ("", "an index"),
    ],
)
def test_the_same_version_from_elsewhere_stays_and_that_is_said(source: str, there: str | None) -> None:
    url = "https://x.example/a-1.0-py3-none-any.whl"
    sources = FakeSources({}, direct_world={url: ("a", "1.0", Release())})
    recorder = Recorder()
    present = replace(installed("a", "1.0"), source=source)
    (found,) = resolve(sources, [f"a @ {url}"], present=[present], recorder=recorder).pins
    assert found.artifact is None
    told = [event.message for event in recorder.events if isinstance(event, Noted)]
    expected = (
        f"a 1.0 stays as it is installed, from {there}. Use --force-reinstall to install the same version from {url}."
    )
    assert told == ([] if there is None else [expected])

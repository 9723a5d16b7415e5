"""Which needs are not met, and which of them are worth a word."""

from __future__ import annotations

from freewheel.commands.check import Conflict, conflicts
from freewheel.model.artifact import CoreMetadata, NormalizedName, normalize
from tests.support.universe import TARGET


def environment(**projects: tuple[str, tuple[str, ...]]) -> dict[NormalizedName, tuple[str, CoreMetadata]]:
    return {
        normalize(name): (version, CoreMetadata(name=name, version=version, requires_dist=needs))
        for name, (version, needs) in projects.items()
    }


def found(installed: dict[NormalizedName, tuple[str, CoreMetadata]], *concerned: str) -> list[Conflict]:
    return conflicts(installed, markers=TARGET.markers, concerned=[normalize(name) for name in concerned])


def test_all_is_well() -> None:
    assert found(environment(a=("1", ("b>=1",)), b=("1", ())), "a", "b") == []


def test_a_version_that_does_not_fit() -> None:
    installed = environment(a=("1", ("b>=2",)), b=("1", ()))
    expected = Conflict(project=normalize("a"), version="1", requirement="b>=2", needed=normalize("b"), found="1")
    assert found(installed, "b") == [expected]


def test_what_is_not_there() -> None:
    assert [one.found for one in found(environment(a=("1", ("b",))), "a")] == [None]


def test_what_has_not_changed_is_left_alone() -> None:
    assert found(environment(a=("1", ("b>=2",)), b=("1", ()), c=("1", ())), "c") == []


def test_markers_and_extras_that_do_not_hold() -> None:
    needs = ("b>=2; sys_platform == 'win32'", "b>=2; extra == 'x'", "not ! readable")
    assert found(environment(a=("1", needs), b=("1", ())), "a") == []


def test_a_pre_release_meets_a_need() -> None:
    assert found(environment(a=("1", ("b>=2rc1",)), b=("2rc2", ())), "a") == []


def test_what_is_no_version_meets_only_who_wants_none() -> None:
    installed = environment(a=("1", ("b>=1", "c")), b=("today", ()), c=("today", ()))
    assert [(one.needed, one.found) for one in found(installed, "a")] == [("b", "today")]


def test_who_needs_what_has_changed_is_told_of_all_that_it_lacks() -> None:
    """What is missing comes before what does not fit, and each need has its marker."""
    needs = ("b<2", "gone", "c<2; python_version > '3'")
    installed = environment(a=("1", needs), b=("1", ()), c=("2", ()), d=("1", ("gone",)))
    assert [(one.project, one.requirement, one.found) for one in found(installed, "b")] == [
        ("a", "gone", None),
        ("a", 'c<2; python_version > "3"', "2"),
    ]

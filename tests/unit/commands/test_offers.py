"""What indexes offer, held against what is installed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from packaging.version import Version

from freewheel.commands.offers import held_against_index, versions_of
from freewheel.errors import NoVersions
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import normalize
from freewheel.model.releases import parse
from freewheel.resolve.candidates import Assessor, Selection
from tests.support.universe import TARGET, FakeSources, Release, World

WORLD: World = {
    "six": {"1.9": [], "1.10": [], "2.0rc1": [], "1.11": Release(yanked=""), "1.12": Release(requires_python="<3")},
    "newest": {"1.0": [], "0.9": []},
    "sources": {"1.0": [], "2.0": Release(sdist_only=True)},
    "only-pre": {"1.0a1": []},
}


def installed(**versions: str) -> list[InstalledDistribution]:
    return [
        InstalledDistribution(
            project=normalize(name),
            name=name,
            version=version,
            location="/env",
            info=Path(f"/env/{name}-{version}.dist-info"),
        )
        for name, version in versions.items()
    ]


def assessor(control: Sequence[tuple[str, str]] = ()) -> Assessor:
    return Assessor.create(target=TARGET, selection=Selection(releases=parse(control)))


def compared(
    is_outdated: bool, control: Sequence[tuple[str, str]] = (), **versions: str
) -> dict[str, tuple[str, str]]:
    found = held_against_index(installed(**versions), FakeSources(WORLD), assessor(control), is_outdated=is_outdated)
    return {one.name: (str(latest.version), latest.filetype) for one, latest in found}


def test_what_is_older_than_the_newest_is_outdated() -> None:
    assert compared(True, six="1.9", newest="1.0", sources="1.0", absent="1.0", odd="not a version") == {
        "six": ("1.10", "wheel"),
        "sources": ("2.0", "sdist"),
    }


def test_what_is_the_newest_is_up_to_date_and_what_is_newer_is_neither() -> None:
    assert compared(False, six="1.10", newest="1.0.0", sources="3.0") == {
        "six": ("1.10", "wheel"),
        "newest": ("1.0", "wheel"),
    }


def test_pre_releases_count_where_somebody_said_so() -> None:
    assert compared(True, [("pre", "")], six="1.10") == {"six": ("2.0rc1", "wheel")}
    assert compared(True, [("only-final", "six"), ("pre", "")], six="1.10") == {}


def test_versions_are_the_newest_first_and_the_name_as_it_was_written() -> None:
    there = {one.project: one for one in installed(six="1.9")}
    found = versions_of("SIX", FakeSources(WORLD), assessor(), installed=there)
    assert (found.name, [str(one) for one in found.versions], found.installed) == ("SIX", ["1.10", "1.9"], "1.9")
    assert found.latest == Version("1.10")


@pytest.mark.parametrize("name", ["absent", "only-pre", "six==1.0", "../six", ""])
def test_a_project_without_versions_is_an_error(name: str) -> None:
    sources = FakeSources(WORLD)
    with pytest.raises(NoVersions) as caught:
        versions_of(name, sources, assessor(), installed={})
    assert (caught.value.name, caught.value.exists) == (name, name == "only-pre")
    assert sources.asked == ([name] if name in ("absent", "only-pre") else [])

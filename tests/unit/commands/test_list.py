"""What `list` and `freeze` show of an environment, and in which form."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from freewheel.cli import tables
from freewheel.commands.freeze import frozen, hidden_installers
from freewheel.commands.list import Filter, Row, listed, rows
from freewheel.install.discovery import installed_in
from freewheel.install.installed import InstalledDistribution
from tests.support.universe import TARGET

EDITABLE = '{"url": "file:///src/my%20app", "dir_info": {"editable": true}}'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Where `has` puts distributions."""
    return tmp_path


def has(site: Path, name: str, *requires: str, version: str = "1.0", direct_url: str | None = None) -> None:
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    (info / "METADATA").write_text(text, encoding="utf-8")
    if direct_url is not None:
        (info / "direct_url.json").write_text(direct_url, encoding="utf-8")


def found(site: Path, wanted: Filter | None = None) -> Sequence[InstalledDistribution]:
    return listed(installed_in([str(site)]), wanted or Filter(), markers=TARGET.markers)


def names(site: Path, wanted: Filter) -> list[str]:
    return [one.name for one in found(site, wanted)]


def test_projects_come_by_name_whatever_their_case(site: Path) -> None:
    for name in ("beta", "Alpha", "gamma"):
        has(site, name)
    assert names(site, Filter()) == ["Alpha", "beta", "gamma"]
    assert names(site, Filter(exclude=("ALPHA", "gam_ma"))) == ["beta", "gamma"]


def test_editables_are_told_from_others(site: Path) -> None:
    has(site, "app", direct_url=EDITABLE)
    has(site, "dep")
    assert names(site, Filter(editables=True)) == ["app"]
    assert names(site, Filter(editables=False)) == ["dep"]
    assert rows(found(site)) == [
        Row(name="app", version="1.0", editable="/src/my app", location=str(site)),
        Row(name="dep", version="1.0", location=str(site)),
    ]


def test_what_nothing_else_needs(site: Path) -> None:
    has(site, "app", "Direct_Dep>=1", "unneeded; sys_platform == 'win32'", "optional; extra == 'x'")
    for name in ("direct-dep", "unneeded", "optional"):
        has(site, name)
    assert names(site, Filter(not_required=True)) == ["app", "optional", "unneeded"]


def test_what_is_excluded_by_name_still_needs_what_it_needs(site: Path) -> None:
    has(site, "app", "dep")
    has(site, "dep")
    assert names(site, Filter(not_required=True, exclude=("app",))) == []


def test_only_what_lies_within_all_of_some_folders(site: Path, tmp_path: Path) -> None:
    has(site, "app")
    assert names(site, Filter(within=(str(tmp_path), str(site)))) == ["app"]
    assert names(site, Filter(within=(str(tmp_path), str(site / "else")))) == []
    assert names(site, Filter(within=("",))) == []


@pytest.mark.parametrize("text", ["dep >= * oops", "dep; os_name ~= 'no version'"])
def test_a_need_that_cannot_be_read_is_passed_over(site: Path, text: str) -> None:
    has(site, "app", text)
    has(site, "dep")
    assert names(site, Filter(not_required=True)) == ["app", "dep"]


def test_the_table_has_a_column_for_editables_where_there_is_one() -> None:
    plain, editable = Row(name="six", version="1.0"), Row(name="application", version="1.0.post1", editable="/src")
    assert tables.columns([]) == []
    assert tables.columns([plain]) == ["Package Version", "------- -------", "six     1.0"]
    assert tables.columns([plain, editable]) == [
        "Package     Version   Editable project location",
        "----------- --------- -------------------------",
        "six         1.0",
        "application 1.0.post1 /src",
    ]
    assert json.loads(tables.as_json([plain, editable])) == [
        {"name": "six", "version": "1.0"},
        {"name": "application", "version": "1.0.post1", "editable_project_location": "/src"},
    ]


@pytest.mark.parametrize(
    ("direct_url", "line"),
    [
        (None, "app==1.0"),
        ("{", "app==1.0"),
        ("[1]", "app==1.0"),
        ('{"url": 1}', "app==1.0"),
        ('{"url": "file:///src", "dir_info": {}}', "app @ file:///src"),
        ('{"url": "https://x.example/a.whl", "archive_info": {"hash": "sha256=ab"}}', "app @ https://x.example/a.whl#sha256=ab"),
        ('{"url": "https://x.example/a.whl", "archive_info": "odd", "vcs_info": 1}', "app==1.0"),
        (
            '{"url": "https://x.example/a", "vcs_info": {"vcs": "git", "commit_id": "12"}, "subdirectory": "s"}',
            "app @ git+https://x.example/a@12#subdirectory=s",
        ),
    ],
)  # fmt: skip
def test_a_frozen_line_says_where_it_came_from(site: Path, direct_url: str | None, line: str) -> None:
    has(site, "app", direct_url=direct_url)
    assert list(frozen(found(site))) == [line]


def test_a_frozen_editable_is_a_folder(site: Path) -> None:
    has(site, "app", direct_url=EDITABLE)
    assert list(frozen(found(site))) == [
        "# Editable install with no version control (app==1.0)",
        "-e /src/my app",
    ]


def test_a_version_outside_pep_440_is_compared_as_text(site: Path) -> None:
    has(site, "app", version="1.0.odd.1")
    assert list(frozen(found(site))) == ["app===1.0.odd.1"]


@pytest.mark.parametrize(
    ("python_version", "hidden"), [("3.11", {"pip", "setuptools", "wheel"}), ("3.12", {"pip"}), ("4.0", {"pip"})]
)
def test_installers_are_left_out_as_in_pip(site: Path, python_version: str, hidden: set[str]) -> None:
    everything = {"app", "pip", "setuptools", "wheel"}
    for name in everything:
        has(site, name)

    def shown(*, with_installers: bool) -> set[str]:
        lines = frozen(found(site), hidden=() if with_installers else hidden_installers(python_version))
        return {line.partition("==")[0] for line in lines}

    assert shown(with_installers=True) == everything
    assert shown(with_installers=False) == everything - hidden

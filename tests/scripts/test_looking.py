"""`list`, `freeze`, `show`, `check` and `inspect` beside pip's own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import cast

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment, pip, put_wheel
from tests.support.process import Result


@pytest.fixture
def filled(freewheel: Freewheel, environment: Environment, archives: Path, tmp_path: Path) -> Environment:
    """What names, comes from everywhere, and is not all well."""
    freewheel.variables |= {"VIRTUAL_ENV": str(environment.root)}
    freewheel.variables |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(archives)}
    make_wheel(
        archives,
        "Full.Thing",
        "1.0",
        requires=["needed>=1", "absent; python_version < '3'"],
        extras={"more": ["extra-need"]},
        requires_python=">=3.8",
        entry_points={"console_scripts": {"full": "full:x"}},
        build="7",
        fields=[
            ("Summary", "All of it"),
            ("Author", "Älex"),
            ("Author-email", "a@b.example"),
            ("Keywords", "one, two"),
            ("License", "MIT\n        and more"),
            ("Classifier", "A :: B"),
            ("Classifier", "C"),
            ("Project-URL", "Docs, https://docs.example"),
            ("Project-URL", "Home Page, https://home.example"),
        ],
    )
    make_wheel(archives, "needed", "0.5", fields=[("Metadata-Version", "2.4"), ("License-Expression", "MIT")])
    make_wheel(archives, "by-path", dist_info={"METADATA": "Metadata-Version: 2.4\nName: by-path\nVersion: 1.0\n"
               "License-Expression: MIT\nKeywords: one two\n\nWhat it is.\n\nIn two lines.\n"})  # fmt: skip
    site = environment.site_packages
    digest = '{"url": "https://x.example/by.whl", "archive_info": {"hash": "sha256=ab"}}'
    editable = json.dumps({"url": (tmp_path / "source").as_uri(), "dir_info": {"editable": True}})
    for wheel in sorted(archives.iterdir()):
        put_wheel(site, wheel, installer="freewheel")
    put_wheel(site, make_wheel(archives, "by-url"), installer="freewheel", direct_url__json=digest, REQUESTED="")
    put_wheel(site, make_wheel(archives, "linked"), installer="freewheel", direct_url__json=editable)
    folder = json.dumps({"url": (tmp_path / "local").as_uri(), "dir_info": {}})
    put_wheel(site, make_wheel(archives, "local-project"), installer="\nfreewheel", direct_url__json=folder)
    return environment


LOOKS = [
    ["list"],
    ["list", "--format=freeze", "--exclude", "needed", "--exclude-editable"],
    ["list", "--editable", "--local"],
    ["list", "--not-required", "--exclude", "full_thing"],
    ["list", "--path", "SITE"],
    ["freeze", "--path", "SITE", "--exclude", "Needed"],
    ["show", "-v", "--files", "full.thing", "needed", "by-path", "linked"],
    ["inspect", "--local"],
]


def test_each_look_is_pips(freewheel: Freewheel, filled: Environment) -> None:
    site = str(filled.site_packages)
    for look in LOOKS:
        words = [word.replace("SITE", site) for word in look]
        ours, theirs = freewheel.run(*words), pip(filled, *words)
        if words[0] == "inspect":
            assert by_name(ours) == by_name(theirs), words
        elif "--format=json" in words:
            assert json.loads(ours.stdout) == json.loads(theirs.stdout), words
        else:
            assert [line.rstrip() for line in ours.lines] == [line.rstrip() for line in theirs.lines], words
        assert ours.stderr == "" or "-v" in words, words


def by_name(inspected: Result) -> dict[str, object]:
    """pip's list is in the order of the disk."""
    document: dict[str, object] = json.loads(inspected.stdout)
    installed = cast("list[dict[str, dict[str, str]]]", document["installed"])
    return document | {"installed": sorted(installed, key=lambda one: one["metadata"]["name"])}


def test_inspect_has_pips_form_to_the_letter(freewheel: Freewheel, filled: Environment) -> None:
    ours, theirs = (by_name(done) for done in (freewheel.run("inspect"), pip(filled, "inspect")))
    assert list(ours) == list(theirs) == ["version", "pip_version", "installed", "environment"]
    assert json.dumps(ours) == json.dumps(theirs)


@pytest.mark.parametrize("command", ["list", "freeze", "inspect"])
@pytest.mark.parametrize("option", ["--user", "--local"])
def test_a_path_stands_for_itself(freewheel: Freewheel, command: str, option: str) -> None:
    done = freewheel.run(command, "--path", ".", option, expect=1)
    assert done.stderr == "ERROR: Cannot combine '--path' with '--user' or '--local'\n"


def test_verbose_lists_say_where_and_by_what(freewheel: Freewheel, filled: Environment) -> None:
    head, _, *lines = freewheel.run("list", "-v").lines
    assert head.split() == ["Package", "Version", "Build", "Editable", "project", "location", "Location", "Installer"]
    assert [line.split()[-2:] for line in lines] == [[str(filled.site_packages), "freewheel"]] * 6
    assert json.loads(freewheel.run("list", "-v", "--format=json").stdout)[0]["installer"] == "freewheel"


# freeze -r


def test_frozen_requirements_keep_the_order_and_the_comments_of_files(
    freewheel: Freewheel, filled: Environment
) -> None:
    """pip's order, comments, options and warnings; with the comment that pip writes before the rest."""
    (freewheel.cwd / "a.txt").write_text(
        "# first\n--pre\n\nneeded>=0.1  # why\nmissing==1\nlocal_project\n# first\n-r other.txt\n", encoding="utf-8"
    )
    (freewheel.cwd / "b.txt").write_text(
        "--pre\nneeded\n\nFull-Thing[more] ; python_version > '3'\n", encoding="utf-8"
    )
    ours = freewheel.run("freeze", "-r", "a.txt", "-r", "b.txt")
    theirs = pip(filled, "freeze", "-r", freewheel.cwd / "a.txt", "-r", freewheel.cwd / "b.txt")
    assert ours.stdout == theirs.stdout
    assert ours.stderr == theirs.stderr.replace(f"{freewheel.cwd}{os.sep}", "")
    assert ours.stderr.splitlines() == [
        "WARNING: Requirement file [a.txt] contains missing==1, but package 'missing' is not installed",
        "WARNING: Requirement needed included multiple times [a.txt, b.txt]",
    ]


def test_files_with_digests_and_paths_can_be_kept_in_order_too(freewheel: Freewheel, filled: Environment) -> None:
    """pip gives up on the first of these lines."""
    del filled
    digest = "ab" * 32
    lines = f"needed==0.5 \\\n    --hash=sha256:{digest}\n-e ./nowhere\nfull.thing @ https://x.example/a.whl\n"
    (freewheel.cwd / "a.txt").write_text(lines, encoding="utf-8")
    done = freewheel.run("freeze", "-r", "a.txt")
    assert done.lines[:3] == [
        "needed==0.5",
        "Full.Thing==1.0",
        "## The following requirements were added by pip freeze:",
    ]
    assert done.stderr == (
        "WARNING: Skipping line in requirement file [a.txt] because it's not clear what it would install: "
        "-e ./nowhere\n"
    )


def test_a_file_that_is_not_there_is_an_error(freewheel: Freewheel, environment: Environment) -> None:
    done = freewheel.run("freeze", "--python", environment.python, "-r", "absent.txt", expect=1)
    assert done.stderr.startswith("ERROR: Could not open requirements file: No such file or directory\n")


# show


def test_what_is_not_installed_is_warned_of(freewheel: Freewheel, filled: Environment) -> None:
    some = freewheel.run("show", "absent", "needed", "Zebra")
    assert some.stderr == "WARNING: Package(s) not found: Zebra, absent\n"
    assert some.stdout == pip(filled, "show", "needed").stdout
    none = freewheel.run("show", "absent", expect=1)
    assert (none.stdout, none.stderr) == ("", "WARNING: Package(s) not found: absent\n")
    assert "Please provide a package name or names." in freewheel.run("show", expect=1).stderr


# check


def test_what_does_not_fit_together_is_said_as_pip_says_it(
    freewheel: Freewheel, filled: Environment, archives: Path
) -> None:
    assert freewheel.run("check", expect=1).stdout == pip(filled, "check", expect=1).stdout
    make_wheel(
        archives, "lone", requires=["nothing>=1; python_version > '3'", "needed<0.1,>=0; python_version > '3'"]
    )
    freewheel.run("install", "--no-deps", "lone")
    wheel = filled.site_packages / "needed-0.5.dist-info" / "WHEEL"
    wheel.write_text("Wheel-Version: 1.0\nTag: cp27-cp27m-win32\nTag: py2-none-any\n", encoding="utf-8")
    ours = freewheel.run("check", expect=1)
    assert sorted(ours.lines) == sorted(pip(filled, "check", expect=1).lines)
    assert ours.lines[0] == "lone 1.0 requires nothing, which is not installed."
    assert ours.lines[-1] == "needed 0.5 is not supported on this platform"
    metadata = filled.site_packages / "lone-1.0.dist-info" / "METADATA"
    metadata.write_text("Metadata-Version: 2.1\nName: lone\nVersion: 1.0\nRequires-Dist: a ! b\n", encoding="utf-8")
    malformed = freewheel.run("check", expect=1)
    assert malformed.stderr.startswith("WARNING: Error parsing dependencies of lone: ")


def test_where_all_is_well_it_says_so(freewheel: Freewheel, environment: Environment) -> None:
    assert freewheel.run("check", "--python", environment.root).stdout == "No broken requirements found.\n"

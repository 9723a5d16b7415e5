"""What a source states of itself, and when that is not enough."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from freewheel.build.static_metadata import from_pkg_info, from_pyproject

PKG_INFO = "Metadata-Version: 2.2\nName: six\nVersion: 1.0\nRequires-Dist: attrs\n"
PROJECT = '[project]\nname = "six"\nversion = "1.0"\n'


def test_a_trusted_pkg_info_is_taken() -> None:
    metadata = from_pkg_info(PKG_INFO.encode())
    assert metadata is not None
    assert metadata.requires_dist == ("attrs",)


@pytest.mark.parametrize(
    "text",
    [
        PKG_INFO.replace("2.2", "2.1"),
        PKG_INFO.replace("2.2", "new"),
        PKG_INFO.replace("1.0", "one"),
        PKG_INFO.replace("Name: six\n", ""),
        PKG_INFO + "Dynamic: Requires-Dist\n",
        PKG_INFO + "Dynamic: requires-python\n",
        PKG_INFO + "Dynamic: Provides-Extra\n",
        "",
    ],
)
def test_a_pkg_info_that_does_not_fix_everything_is_not(text: str) -> None:
    assert from_pkg_info(text.encode()) is None


def test_other_dynamic_fields_do_not_matter() -> None:
    assert from_pkg_info(f"{PKG_INFO}Dynamic: Summary\n".encode()) is not None
    assert from_pyproject(PROJECT + 'dynamic = ["readme"]\n') is not None


def test_a_static_project_table_becomes_metadata() -> None:
    metadata = from_pyproject(
        PROJECT
        + 'requires-python = ">=3.9"\ndependencies = ["attrs>=1 ; os_name == \'nt\'"]\n'
        + "[project.optional-dependencies]\n"
        + 'Fast_X = ["numpy", "pandas; os_name == \'nt\' or os_name == \'java\'", "x @ https://example.org/x.zip"]\n'
    )
    assert metadata is not None
    assert (metadata.name, metadata.version, metadata.requires_python) == ("six", "1.0", ">=3.9")
    assert metadata.provides_extra == ("fast-x",)
    asked = {
        (os_name, extra): [
            Requirement(text).name
            for text in metadata.requires_dist
            if (marker := Requirement(text).marker) is None or marker.evaluate({"os_name": os_name, "extra": extra})
        ]
        for os_name in ("nt", "posix")
        for extra in ("", "fast-x")
    }
    assert asked == {
        ("nt", ""): ["attrs"],
        ("nt", "fast-x"): ["attrs", "numpy", "pandas", "x"],
        ("posix", ""): [],
        ("posix", "fast-x"): ["numpy", "x"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project",
        "project = 1\n",
        '[project]\nname = "six"\n',
        '[project]\nname = "six"\nversion = 1\n',
        '[project]\nname = "six"\nversion = "one"\n',
        PROJECT + 'dynamic = ["dependencies"]\n',
        PROJECT + 'dynamic = ["optional-dependencies"]\n',
        PROJECT + "dynamic = 1\n",
        PROJECT + 'dependencies = ["not a requirement"]\n',
        PROJECT + 'dependencies = "attrs"\n',
        PROJECT + "dependencies = [1]\n",
        PROJECT + "optional-dependencies = [1]\n",
        PROJECT + 'optional-dependencies = {fast = "attrs"}\n',
        PROJECT + "requires-python = 3\n",
        PROJECT + 'requires-python = "three"\n',
        '[project]\nname = "s i x"\nversion = "1.0"\n',
    ],
)
def test_a_table_that_is_dynamic_or_wrong_is_left_to_the_backend(text: str) -> None:
    assert from_pyproject(text) is None

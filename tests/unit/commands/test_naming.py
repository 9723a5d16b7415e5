"""Words that name what to install."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from freewheel.commands.naming import classify
from freewheel.config.platform import Platform
from freewheel.errors import MalformedRequirement, UnusablePath
from freewheel.model.requirement import Requirement, SourceRequirement, allowed_digests, file_origin
from tests.support.told import LINUX


@pytest.fixture
def here(tmp_path: Path) -> Platform:
    for name in ("project/pyproject.toml", "legacy/setup.py", "empty/readme.txt", "six-1.0-py3-none-any.whl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "six-1.0.tar.gz").touch()
    (tmp_path / "requirements.txt").touch()
    return replace(LINUX, folder=str(tmp_path))


@pytest.mark.parametrize(
    ("word", "name", "extras", "marker"),
    [
        ("./project", "project", set(), None),
        ("./project/", "project", set(), None),
        ("./project[Web_1, db]", "project", {"web-1", "db"}, None),
        ("./legacy ; python_version >= '3'", "legacy", set(), 'python_version >= "3"'),
        ("./sub/../project", "project", set(), None),
        ("six-1.0-py3-none-any.whl", "six-1.0-py3-none-any.whl", set(), None),
        ("six-1.0.tar.gz[a]", "six-1.0.tar.gz", {"a"}, None),
    ],
)
def test_a_path_becomes_a_file_url(
    here: Platform, word: str, name: str, extras: set[str], marker: str | None
) -> None:
    found = classify(word, platform=here)
    assert isinstance(found, SourceRequirement)
    assert found.url == (Path(here.folder) / name).as_uri()
    assert found.extras == extras
    assert (None if found.marker is None else str(found.marker)) == marker


def test_a_path_is_given_as_it_was_written(here: Platform) -> None:
    found = classify("./project[a]", platform=here, origin=file_origin("r.txt", 3))
    assert isinstance(found, SourceRequirement)
    assert (found.given, str(found.origin)) == ("./project[a]", "-r r.txt (line 3)")


def test_a_folder_without_a_separator_is_a_projects_name(here: Platform) -> None:
    assert isinstance(classify("project", platform=here), Requirement)
    assert isinstance(classify(".", platform=replace(here, folder=f"{here.folder}/project")), SourceRequirement)


@pytest.mark.parametrize(
    "word", ["Rich[jupyter]>=13", "rich", "rich>=13 ; python_version > '3'", "rich~=13.0,!=13.1"]
)
def test_a_specifier(here: Platform, word: str) -> None:
    found = classify(word, platform=here)
    assert isinstance(found, Requirement)
    assert found.name == "rich"


@pytest.mark.parametrize(
    ("word", "url"),
    [
        ("six @ https://x.example/six-1.0.tar.gz", "https://x.example/six-1.0.tar.gz"),
        ("six@https://x.example/six-1.0-py3-none-any.whl", "https://x.example/six-1.0-py3-none-any.whl"),
        ("six @ file:///srv/six.zip", "file:///srv/six.zip"),
    ],
)
def test_a_name_with_a_url(here: Platform, word: str, url: str) -> None:
    found = classify(word, platform=here)
    assert isinstance(found, Requirement)
    assert (found.name, found.url) == ("six", url)


@pytest.mark.parametrize("word", ["{}file:wheels/six%201.whl", "{}file:./wheels/../wheels/six%201.whl"])
@pytest.mark.parametrize("name", ["", "six @ "])
def test_a_relative_file_url_is_seen_from_the_current_folder(here: Platform, word: str, name: str) -> None:
    found = classify(f"{word.format(name)}#sha256=ab", platform=here)
    assert found.url == f"{Path(here.folder, 'wheels/six 1.whl').as_uri()}#sha256=ab"


def test_a_url_alone(here: Platform) -> None:
    url = "https://me:secret@x.example/six-1.0.tar.gz#sha256=ab"
    found = classify(f"{url} ; python_version > '3'", platform=here)
    assert isinstance(found, SourceRequirement)
    assert (found.url, found.given) == (url, "https://me:****@x.example/six-1.0.tar.gz#sha256=ab")
    assert [str(digest) for digest in allowed_digests(found)] == ["sha256:ab"]
    assert str(found.marker) == 'python_version > "3"'


def test_a_url_may_name_its_project(here: Platform) -> None:
    found = classify("https://x.example/main.zip#egg=Six[a]", platform=here)
    assert isinstance(found, Requirement)
    assert (found.name, found.extras, found.url) == ("six", {"a"}, "https://x.example/main.zip#egg=Six[a]")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (
            "absent-1.0-py3-none-any.whl",
            "'absent-1.0-py3-none-any.whl' looks like a filename, but the file does not exist",
        ),
        ("./absent.tar.gz", "Requirement './absent.tar.gz' looks like a filename, but the file does not exist"),
        ("./empty", "Directory './empty' is not installable. Neither 'setup.py' nor 'pyproject.toml' found."),
    ],
)
def test_a_path_that_is_no_project_is_an_error(here: Platform, word: str, reason: str) -> None:
    with pytest.raises(UnusablePath) as caught:
        classify(word, platform=here)
    assert reason in caught.value.reason
    assert (caught.value.path, caught.value.origin) == (word, "the command line")


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("six=1", "= is not a valid operator. Did you mean == ?"),
        ("./absent", "does not exist"),
        ("./requirements.txt", "named with -r"),
    ],
)
def test_a_malformed_word_comes_with_a_hint(here: Platform, word: str, hint: str) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        classify(word, platform=here)
    assert caught.value.text == word
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize("word", ["six ; nonsense", "./project ; nonsense", "https://x.example/a.zip ; nonsense", ""])
def test_a_malformed_marker_or_nothing_is_an_error(here: Platform, word: str) -> None:
    with pytest.raises(MalformedRequirement):
        classify(word, platform=here)


@pytest.mark.parametrize("word", ["git+https://me:secret@x.example/six", "six @ git+ssh://git@x.example/six@main"])
def test_a_repository_is_refused_without_showing_a_password(here: Platform, word: str) -> None:
    with pytest.raises(MalformedRequirement, match="repositories are not supported yet") as caught:
        classify(word, platform=here)
    assert "secret" not in str(caught.value)


def test_a_windows_path_has_either_separator(tmp_path: Path) -> None:
    platform = replace(LINUX, system="win32", folder=str(tmp_path))
    with pytest.raises(UnusablePath):
        classify("folder\\absent.whl", platform=platform)

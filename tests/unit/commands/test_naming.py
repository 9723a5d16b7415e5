"""Words that name what to install."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.commands.editable_naming import classify_editable
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


def test_a_repository_is_named_by_its_url_alone_or_with_a_name(here: Platform) -> None:
    alone = classify("git+https://x.example/six@v1#subdirectory=sub&sha256=ab", platform=here)
    assert isinstance(alone, SourceRequirement)
    assert (alone.url, alone.digests) == ("git+https://x.example/six@v1#subdirectory=sub&sha256=ab", ())
    for word in ("six[a] @ git+ssh://git@x.example/six@main", "git+ssh://git@x.example/six@main#egg=six[a]"):
        named = classify(word, platform=here)
        assert isinstance(named, Requirement)
        assert (named.name, named.extras) == ("six", {"a"})


@pytest.mark.parametrize(
    ("word", "reason", "hint"),
    [
        ("hg+https://me:secret@x.example/six", "hg repositories are not supported", "Build a wheel"),
        ("six @ svn+https://me:secret@x.example/six", "svn repositories are not supported", "Build a wheel"),
        ("bzr+lp:six", "bzr repositories are not supported", "Build a wheel"),
        ("git+ext://me:secret@x.example/six", "git+ext is no way to a repository", "git+https"),
        ("git+https://me:secret@x.example/six@", "an empty revision", "@revision"),
        ("git+https://me:secret@x.example/six@--upload-pack=x", "is no revision", "@revision"),
        ("git+ssh://git@x.example:team/six.git", "no port", "git+ssh://git@x.example/team/six.git"),
        ("git+git@x.example:team/six.git", "this is no URL", "git+ssh://git@x.example/team/six.git"),
        ("git@x.example:team/six.git", "this is no URL", "git+ssh://git@x.example/team/six.git"),
        ("git+https:///six", "it names no host", "@revision"),
        ("git+file://elsewhere/six", "another machine", "@revision"),
    ],
)
def test_what_is_no_repository_is_refused_without_showing_a_password(
    here: Platform, word: str, reason: str, hint: str
) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        classify(word, platform=here)
    assert reason in caught.value.reason
    assert hint in (caught.value.hint or "")
    assert "secret" not in str(caught.value)


def test_an_editable_folder_is_a_path_or_a_file_url(here: Platform) -> None:
    for word in ("./project", "project", (Path(here.folder) / "project").as_uri(), "./project[a]"):
        found = classify_editable(word, platform=here)
        assert isinstance(found, SourceRequirement)
        assert (found.url, found.is_editable) == ((Path(here.folder) / "project").as_uri(), True)
    named = classify_editable(f"six[a] @ {(Path(here.folder) / 'project').as_uri()}", platform=here)
    assert isinstance(named, Requirement)
    assert (named.name, named.extras, named.is_editable) == ("six", {"a"}, True)


@pytest.mark.parametrize(
    "word",
    [
        "git+https://x.example/six@main#egg=six[a]",
        "six[a] @ git+https://x.example/six@main",
        "git://x.example/six#egg=six[a]",
    ],
)
def test_an_editable_repository_has_a_name(here: Platform, word: str) -> None:
    found = classify_editable(word, platform=here)
    assert isinstance(found, Requirement)
    assert (found.name, found.extras, found.is_editable) == ("six", {"a"}, True)
    assert found.url is not None
    assert found.url.startswith("git+")


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("git+https://x.example/six", "Could not detect requirement name"),
        ("https://x.example/six.zip", "It should either be a path to a local project or a VCS URL"),
        ("six @ https://x.example/six.zip", "It should either be a path to a local project or a VCS URL"),
        ("./absent", "It should either be a path to a local project or a VCS URL"),
        ("six", "It should either be a path to a local project or a VCS URL"),
        ("git+git@x.example:team/six.git#egg=six", "this is no URL"),
        ("svn+https://x.example/six#egg=six", "svn repositories are not supported"),
    ],
)
def test_what_cannot_be_editable_is_refused(here: Platform, word: str, reason: str) -> None:
    with pytest.raises(MalformedRequirement) as caught:
        classify_editable(word, platform=here)
    assert reason in caught.value.reason


def test_an_editable_folder_has_a_build_configuration(here: Platform) -> None:
    with pytest.raises(UnusablePath, match="does not appear to be a Python project"):
        classify_editable("./empty", platform=here)


def test_a_windows_path_has_either_separator(tmp_path: Path) -> None:
    platform = replace(LINUX, system="win32", folder=str(tmp_path))
    with pytest.raises(UnusablePath):
        classify("folder\\absent.whl", platform=platform)

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from packaging.version import Version

from freewheel.index.page import PageFile, ProjectPage, page_file, possible_projects, stated_digests
from freewheel.model.artifact import ArtifactKind, normalize
from freewheel.model.digest import Digest

BASE = "https://index.example/simple/six/"


def page_of(*filenames: str) -> ProjectPage:
    return ProjectPage(
        files=tuple(PageFile(filename=name, url=f"https://files.example/{name}") for name in filenames)
    )


def found(page: ProjectPage, project: str) -> list[tuple[str, str]]:
    return [(str(artifact.kind), str(artifact.version)) for artifact in page.artifacts(normalize(project))]


def test_wheels_and_sdists_of_the_project_in_the_order_of_the_page():
    page = page_of("six-1.0.tar.gz", "six-1.1-py3-none-any.whl", "six-1.1-1-py3-none-any.whl", "six-1.2.zip")
    assert found(page, "Six") == [("sdist", "1.0"), ("wheel", "1.1"), ("wheel", "1.1"), ("sdist", "1.2")]


@pytest.mark.parametrize("name", ["Foo.Bar-2-py3-none-any.whl", "foo_bar-2-py3-none-any.whl", "FOO-bar-2.tar.gz"])
def test_every_spelling_of_the_name_counts(name: str):
    assert [version for _, version in found(page_of(name), "foo-bar")] == ["2"]


@pytest.mark.parametrize(
    "name",
    [
        "sixer-1.0.tar.gz",
        "six.tar.gz",
        "six-.tar.gz",
        "six-latest.tar.gz",
        "six-1.0.exe",
        "six-1.0-py3.whl",
        "six-1.0-1-2-py3-none-any.whl",
        "six-one-py3-none-any.whl",
        pytest.param(f"six-{'1' * 5000}.tar.gz", id="more digits than a number may have"),
        "six-1.0.win32-py2.7.zip",
        "",
    ],
)
def test_other_projects_and_names_without_a_version_are_passed_over(name: str):
    assert found(page_of(name), "six") == []


def test_the_first_dash_that_fits_parts_an_sdists_name_and_version():
    assert found(page_of("foo-bar-1.0.tar.gz"), "foo-bar") == [("sdist", "1.0")]
    assert found(page_of("foo-bar-1.0.tar.gz"), "foo") == []
    assert found(page_of("foo-1.0-2.tar.gz"), "foo") == [("sdist", "1.0.post2")]


def test_everything_that_a_page_says_stands_in_the_artifact():
    digest = Digest(algorithm="sha256", value="ab")
    file = PageFile(
        filename="six-1.0-py3-none-any.whl",
        url="https://files.example/six-1.0-py3-none-any.whl",
        digests=(digest,),
        requires_python=">=3.9",
        yanked="broken",
        metadata_digests=(digest,),
        size=5,
        upload_time="2024-01-02T03:04:05.678Z",
    )
    (artifact,) = ProjectPage(files=(file,)).artifacts(normalize("six"))
    assert artifact.kind is ArtifactKind.WHEEL
    assert artifact.version == Version("1.0")
    assert artifact.digests == artifact.metadata_digests == (digest,)
    assert (artifact.requires_python, artifact.yanked, artifact.size) == (">=3.9", "broken", 5)
    assert artifact.upload_time == datetime(2024, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert not artifact.is_direct


def test_metadata_beside_an_sdist_is_not_core_metadata_of_a_wheel():
    file = PageFile(filename="six-1.0.tar.gz", url="https://files.example/six-1.0.tar.gz", metadata_digests=())
    (artifact,) = ProjectPage(files=(file,)).artifacts(normalize("six"))
    assert artifact.metadata_digests is None


@pytest.mark.parametrize(("text", "is_known"), [("2024-01-02T03:04:05", True), ("yesterday", False), ("", False)])
def test_an_upload_time_without_zone_is_utc_and_one_that_is_none_says_nothing(text: str, is_known: bool):
    file = PageFile(filename="six-1.0.tar.gz", url="https://files.example/six-1.0.tar.gz", upload_time=text)
    (artifact,) = ProjectPage(files=(file,)).artifacts(normalize("six"))
    assert artifact.upload_time == (datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC) if is_known else None)


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("https://files.example/a/six-1.0.zip", "https://files.example/a/six-1.0.zip"),
        ("../../files/six-1.0.zip", "https://index.example/files/six-1.0.zip"),
        ("/six-1.0.zip?download=1", "https://index.example/six-1.0.zip?download=1"),
        ("//files.example:8080/six-1.0.zip", "https://files.example:8080/six-1.0.zip"),
        (" six-1.0.zip\n", "https://index.example/simple/six/six-1.0.zip"),
        ("https://files.example/six 1.0.zip", "https://files.example/six%201.0.zip"),
        ("https://files.example/six%2B1.0.zip", "https://files.example/six%2B1.0.zip"),
        ("https://files.example/sïx-1.0.zip", "https://files.example/s%C3%AFx-1.0.zip"),
    ],
)
def test_links_become_absolute_urls(reference: str, url: str):
    file = page_file(base=BASE, reference=reference)
    assert file is not None
    assert file.url == url


def test_a_links_file_name_is_the_last_segment_decoded():
    file = page_file(base=BASE, reference="a/torch-2.0%2Bcpu-py3-none-any.whl?x=/y")
    assert file is not None
    assert file.filename == "torch-2.0+cpu-py3-none-any.whl"


def test_credentials_in_a_link_are_taken_out():
    file = page_file(base=BASE, reference="https://me:secret@files.example/six-1.0.zip")
    assert file is not None
    assert file.url == "https://files.example/six-1.0.zip"


@pytest.mark.parametrize(
    "reference",
    [
        "ftp://files.example/six-1.0.zip",
        "javascript:alert(1)",
        "data:,six-1.0.zip",
        "file:///srv/six-1.0.zip",
        "http:///six-1.0.zip",
        "https://[files.example/six-1.0.zip",
        "https://files.example/..%2F..%2Fsix-1.0.zip",
        "https://files.example/six%00-1.0.zip",
        "https://files.example/..%5Csix-1.0.zip",
        "https://files.example/",
        "",
    ],
)
def test_what_cannot_be_a_file_of_the_page_is_none(reference: str):
    assert page_file(base="https://index.example", reference=reference) is None


@pytest.mark.parametrize("filename", ["../six-1.0.zip", "a/six-1.0.zip", "a\\six-1.0.zip", "six\n.zip", ""])
def test_a_stated_file_name_with_a_path_or_control_characters_is_refused(filename: str):
    assert page_file(base=BASE, reference="six-1.0.zip", filename=filename) is None


def test_a_page_on_this_machine_may_name_files_of_this_machine():
    file = page_file(base="file:///srv/simple/six/", reference="../../files/six-1.0.zip#sha256=ab")
    assert file is not None
    assert file.url == "file:///srv/files/six-1.0.zip"
    assert file.digests == (Digest(algorithm="sha256", value="ab"),)


def test_a_digest_in_the_fragment_outweighs_the_stated_one_of_the_same_algorithm():
    stated = stated_digests({"sha256": "AA", "md5": "bb", "crc32": "cc", "sha512": "no hex"})
    file = page_file(base=BASE, reference="six-1.0.zip#egg=six&sha256=dd", stated=stated)
    assert file is not None
    assert [str(digest) for digest in file.digests] == ["sha256:dd", "md5:bb"]


def test_the_projects_that_a_file_may_belong_to():
    assert list(possible_projects("foo-bar-1.0-2.tar.gz")) == ["foo", "foo-bar", "foo-bar-1-0"]
    assert list(possible_projects("Foo_Bar-1.0-py3-none-any.whl")) == ["foo-bar"]
    assert list(possible_projects("notes.txt")) == []

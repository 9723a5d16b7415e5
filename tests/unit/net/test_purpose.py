"""What a URL says about what it is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freewheel.net.purpose import NO_PROJECT, purpose_of


@pytest.mark.parametrize(
    ("url", "kind", "project"),
    [
        ("https://index.example/simple/foo-bar/", "page", "foo-bar"),
        ("https://index.example/simple/Foo.Bar/?x=1", "page", "foo-bar"),
        ("https://index.example/simple/", "page", "simple"),
        ("https://index.example/", "page", NO_PROJECT),
        ("https://example.org/requirements.txt", "page", NO_PROJECT),
        ("https://files.example/aa/bb/Foo_Bar-1.0-py3-none-any.whl", "download", "foo-bar"),
        ("https://files.example/foo-bar-1.0.tar.gz#sha256=ab", "download", "foo-bar"),
        ("https://files.example/foo-bar-1.0.zip?token=x", "download", "foo-bar"),
        ("https://files.example/foo-1.0-py3-none-any.whl.metadata", "metadata", "foo"),
        ("https://files.example/1.0.tar.gz", "download", NO_PROJECT),
        ("https://files.example/%2e%2e-1.0.tar.gz", "download", NO_PROJECT),
    ],
)
def test_kind_and_project(url: str, kind: str, project: str) -> None:
    purpose = purpose_of(url)
    assert (purpose.kind, purpose.project) == (kind, project)


@pytest.mark.parametrize(
    ("url", "subject", "project"),
    [
        ("https://example.org/download?id=7", "download", NO_PROJECT),
        ("https://example.org/simple/foo-bar/", "foo-bar", "foo-bar"),
        ("https://example.org/", "https://example.org/", NO_PROJECT),
        ("https://files.example/foo-1.0.zip", "foo-1.0.zip", "foo"),
    ],
)
def test_a_file_is_one_whatever_its_url_looks_like(url: str, subject: str, project: str) -> None:
    """Its partition is that of the URL all the same: whoever asks for it, it has one place."""
    purpose = purpose_of(url, is_file=True)
    assert (purpose.kind, purpose.subject, purpose.project) == ("download", subject, project)
    assert purpose_of(url).project == project


def test_the_subject_of_a_page_hides_credentials() -> None:
    assert purpose_of("https://me:secret@index.example/simple/six/").subject == "https://index.example/simple/six/"


@given(st.text())
def test_the_project_is_always_a_plain_folder_name(segment: str) -> None:
    for url in (f"https://index.example/simple/{segment}/", f"https://files.example/{segment}-1.0.tar.gz"):
        try:
            project = purpose_of(url).project
        except ValueError:
            continue  # what urllib does not take for a URL
        assert project == NO_PROJECT or project.replace("-", "").isalnum()
        assert project.isascii()
        assert len(project) <= 100

from __future__ import annotations

import pytest

from freewheel.index import simple_html
from freewheel.index.page import PageFile
from freewheel.model.digest import Digest

URL = "https://index.example/simple/six/"


def parse(body: str, *, head: str = "", url: str = URL) -> tuple[PageFile, ...]:
    page = f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"
    return simple_html.parse(page, url=url).files


def test_an_anchor_with_everything():
    (file,) = parse(
        '<a href="../../files/six-1.0-py3-none-any.whl#sha256=AB12" data-requires-python="&gt;=3.9,&lt;4"'
        ' data-yanked="broken" data-core-metadata="sha256=cd34" data-gpg-sig="true">six</a>'
    )
    assert file == PageFile(
        filename="six-1.0-py3-none-any.whl",
        url="https://index.example/files/six-1.0-py3-none-any.whl",
        digests=(Digest(algorithm="sha256", value="ab12"),),
        requires_python=">=3.9,<4",
        yanked="broken",
        metadata_digests=(Digest(algorithm="sha256", value="cd34"),),
        listed_at=URL,
    )


def test_anchors_in_any_case_and_without_an_end():
    assert [file.filename for file in parse("<A HREF='six-1.0.zip'>x<br><a href=six-2.0.zip>y")] == [
        "six-1.0.zip",
        "six-2.0.zip",
    ]


def test_anchors_without_a_file_are_passed_over():
    assert parse('<a name="top">x</a><a href="">x</a><a href>x</a><a href="https://[">x</a>') == ()


@pytest.mark.parametrize(("attribute", "yanked"), [("", None), ("data-yanked", ""), ('data-yanked=""', "")])
def test_yanked_needs_no_reason(attribute: str, yanked: str | None):
    (file,) = parse(f'<a href="six-1.0.zip" {attribute}>x</a>')
    assert file.yanked == yanked


@pytest.mark.parametrize(
    ("attributes", "digests"),
    [
        ("", None),
        ('data-core-metadata="true"', ()),
        ("data-core-metadata", ()),
        ('data-core-metadata="false" data-dist-info-metadata="true"', None),
        ('data-dist-info-metadata="sha256=ab"', ("sha256:ab",)),
        ('data-core-metadata="sha256=ab" data-dist-info-metadata="sha256=cd"', ("sha256:ab",)),
        ('data-core-metadata="crc=1"', ()),
    ],
)
def test_the_offer_of_a_metadata_file_under_its_new_and_old_name(attributes: str, digests: tuple[str, ...] | None):
    (file,) = parse(f'<a href="six-1.0-py3-none-any.whl" {attributes}>x</a>')
    found = None if file.metadata_digests is None else tuple(map(str, file.metadata_digests))
    assert found == digests


def test_the_first_base_url_is_where_links_start():
    head = '<base href="https://mirror.example/a/"><base href="https://other.example/">'
    (file,) = parse('<a href="six-1.0.zip">x</a>', head=head)
    assert file.url == "https://mirror.example/a/six-1.0.zip"


@pytest.mark.parametrize(
    ("base", "url"),
    [("../files/", "https://index.example/simple/files/six-1.0.zip"), ("https://[", f"{URL}six-1.0.zip")],
)
def test_a_base_url_may_be_relative_and_one_that_is_none_says_nothing(base: str, url: str):
    (file,) = parse('<a href="six-1.0.zip">x</a>', head=f'<base href="{base}">')
    assert file.url == url


def test_a_remote_page_cannot_name_files_of_this_machine():
    body = '<a href="file:///srv/six-1.0.zip">x</a><a href="six-2.0.zip">x</a>'
    (file,) = parse(body, head='<base href="file:///srv/">')
    assert file.url == f"{URL}six-2.0.zip"


def test_another_major_version_is_refused_and_a_later_minor_one_read():
    with pytest.raises(ValueError, match=r"version 2\.0"):
        parse("", head='<meta name="pypi:repository-version" content="2.0">')
    assert parse("", head='<meta name="pypi:repository-version" content="1.9">') == ()


def test_what_the_parser_gives_up_on_is_no_html():
    with pytest.raises(ValueError, match="no HTML"):
        simple_html.parse(f"<a href='&#{'9' * 5000};'>", url=URL)

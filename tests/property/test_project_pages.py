"""Whatever an index answers is a page, or no page; never anything else."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import compat32
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from freewheel.errors import IndexPageError
from freewheel.httpcache.message import Headers
from freewheel.index import representation
from freewheel.index.page import ProjectPage, page_file
from freewheel.model import core_metadata
from freewheel.model import url as urls
from freewheel.model.artifact import normalize, sdist_stem

URL = "https://index.example/simple/six/"
JSON = "application/vnd.pypi.simple.v1+json"

media_types = st.sampled_from([JSON, "text/html", "text/html; charset=utf-16", "text/html;charset=punycode"])
codings = st.sampled_from([(), ("gzip",), ("deflate",), ("deflate, gzip",)])

words = st.sampled_from(
    [
        "six",
        "1.0",
        "-",
        "_",
        ".tar.gz",
        ".zip",
        "-py3-none-any.whl",
        "/",
        "..",
        "%2F",
        "%00",
        "#sha256=ab",
        "?",
        "//",
        "https:",
        "http:",
        "file:",
        "index.example",
        "@",
        ":",
        "[",
        "]",
        " ",
        "\n",
        "\x00",
        "\\",
        "é",
        "9" * 5000,
    ]
)
links = st.one_of(st.text(max_size=20), st.lists(words, max_size=8).map("".join))

fragments = st.sampled_from(
    [
        "<a href='",
        "'>",
        "</a>",
        "<base href='",
        "<![",
        "<!",
        "<?",
        "]]>",
        "<!--",
        "&#",
        ";",
        "<meta name=x content=",
        "<a ",
        "data-yanked",
        "data-core-metadata=",
        "data-requires-python='&gt;=3'",
        "<script>",
        "<![CDATA[",
        "<!DOCTYPE",
    ]
)
markup = st.lists(st.one_of(fragments, links), max_size=12).map("".join)

keys = ["filename", "url", "hashes", "requires-python", "yanked", "core-metadata", "dist-info-metadata", "size"]
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), links),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["sha256", "x"]), inner)),
    max_leaves=5,
)
json_files = st.dictionaries(st.sampled_from([*keys, "upload-time"]), json_values)


def read(content: bytes, content_type: str, coding: tuple[str, ...] = ()) -> ProjectPage | None:
    lines = (("Content-Type", content_type), *(("Content-Encoding", value) for value in coding))
    try:
        return representation.read(content, Headers(lines), url=URL)
    except IndexPageError:
        return None


def check(page: ProjectPage | None) -> None:
    for file in page.files if page else ():
        assert file.url.startswith(("https://", "http://"))
        assert file.url.isascii()
        assert "#" not in file.url
        assert urls.split_credentials(file.url)[1] is None
        assert not set(file.filename) & set("/\\\0\n")
        assert file.filename
    for artifact in page.artifacts(normalize("six")) if page else ():
        assert artifact.project == "six"
        assert artifact.filename.endswith(".whl") or sdist_stem(artifact.filename) is not None


@given(content=st.binary(max_size=200), content_type=media_types, coding=codings)
@example(content=b"<![x[", content_type="text/html", coding=())
@example(content=b"<![x[y]]>", content_type="text/html", coding=())
@example(content=b'{"files": []}', content_type=JSON, coding=())
def test_arbitrary_bytes_are_a_page_or_none(content: bytes, content_type: str, coding: tuple[str, ...]):
    check(read(content, content_type, coding))


@given(text=markup)
def test_arbitrary_markup_is_a_page_or_none(text: str):
    check(read(text.encode("utf-8", "surrogatepass"), "text/html"))


@given(files=st.lists(st.one_of(json_files, json_values), max_size=4))
def test_arbitrary_files_on_a_json_page_are_listed_or_passed_over(files: list[Any]):
    sound = {"url": "six-1.0.zip"}
    page = read(json.dumps({"files": [*files, sound]}).encode(), JSON)
    check(page)
    assert page is not None
    assert page.files[-1].filename == "six-1.0.zip"


@given(reference=links)
def test_a_link_means_the_same_in_both_formats(reference: str):
    expected = page_file(base=URL, reference=reference, listed_at=URL)
    in_json = read(json.dumps({"files": [{"url": reference}]}).encode(), JSON)
    assert in_json is not None
    assert in_json.files == (() if expected is None else (expected,))
    if not set(reference) & set("&'\0\r") and reference.isprintable():
        in_html = read(f"<a href='{reference}'>x</a>".encode(), "text/html")
        assert in_html is not None
        assert in_html.files == in_json.files


metadata_lines = st.sampled_from(
    [
        "Name: six",
        "Version: 1.0",
        "Requires-Dist: a",
        "requires-dist:b ; x",
        "Dynamic:",
        "Provides-Extra: c",
        " more",
        "\tmore",
        "",
        "no field",
        "Description: a:b",
        "Na me: x",
        "Summary:  two  spaces ",
        "Requires-Python: >=3",
    ]
)


@given(lines=st.lists(metadata_lines, max_size=12), newline=st.sampled_from(["\n", "\r\n"]))
def test_core_metadata_is_read_as_the_e_mail_parser_reads_it(lines: list[str], newline: str):
    data = newline.join(lines).encode()
    message = BytesParser(policy=compat32).parsebytes(data, headersonly=True)

    def values(name: str) -> list[str]:
        return [" ".join(filter(None, map(str.strip, value.split("\n")))) for value in message.get_all(name, [])]

    try:
        found = core_metadata.parse(data)
    except ValueError:
        assert not (message.get("Name") and message.get("Version"))
        return
    assert [found.name] == values("Name")[:1]
    assert [found.version] == values("Version")[:1]
    assert list(found.requires_dist) == values("Requires-Dist")
    assert list(found.provides_extra) == values("Provides-Extra")
    assert found.requires_python == (values("Requires-Python") or [None])[0]


@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_are_core_metadata_or_none(data: bytes):
    try:
        found = core_metadata.parse(data)
    except ValueError:
        return
    assert found.name
    assert found.version

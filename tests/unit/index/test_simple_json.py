from __future__ import annotations

import json
from typing import Any

import pytest

from freewheel.index import simple_json
from freewheel.index.page import PageFile
from freewheel.model.digest import Digest

URL = "https://index.example/simple/six/"


def parse(*files: Any, **rest: Any) -> tuple[PageFile, ...]:
    page = {"meta": {"api-version": "1.3"}, "name": "six", "files": list(files), **rest}
    return simple_json.parse(json.dumps(page).encode(), url=URL).files


def test_a_file_with_everything():
    (file,) = parse(
        {
            "filename": "six-1.0-py3-none-any.whl",
            "url": "../../files/six-1.0-py3-none-any.whl",
            "hashes": {"sha256": "AB12"},
            "requires-python": ">=3.9",
            "yanked": "broken",
            "core-metadata": {"sha256": "cd34"},
            "size": 7,
            "upload-time": "2024-01-02T03:04:05Z",
            "provenance": None,
        }
    )
    assert file == PageFile(
        filename="six-1.0-py3-none-any.whl",
        url="https://index.example/files/six-1.0-py3-none-any.whl",
        digests=(Digest(algorithm="sha256", value="ab12"),),
        requires_python=">=3.9",
        yanked="broken",
        metadata_digests=(Digest(algorithm="sha256", value="cd34"),),
        size=7,
        upload_time="2024-01-02T03:04:05Z",
        listed_at=URL,
    )


def test_a_file_with_nothing_but_a_url():
    (file,) = parse({"url": "six-1.0.zip"})
    assert file == PageFile(filename="six-1.0.zip", url=f"{URL}six-1.0.zip", listed_at=URL)


@pytest.mark.parametrize(
    ("value", "yanked"), [(True, ""), (False, None), (None, None), ("because", "because"), ("", None)]
)
def test_yanked_is_a_truth_value_or_a_reason(value: object, yanked: str | None):
    (file,) = parse({"url": "six-1.0.zip", "yanked": value})
    assert file.yanked == yanked


@pytest.mark.parametrize(
    ("keys", "digests"),
    [
        ({}, None),
        ({"core-metadata": False}, None),
        ({"core-metadata": True}, ()),
        ({"core-metadata": {}}, ()),
        ({"dist-info-metadata": True}, ()),
        ({"core-metadata": False, "dist-info-metadata": True}, None),
        ({"core-metadata": {"sha256": "ab"}, "dist-info-metadata": {"sha256": "cd"}}, ("sha256:ab",)),
    ],
)
def test_the_offer_of_a_metadata_file_under_its_new_and_old_name(
    keys: dict[str, object], digests: tuple[str, ...] | None
):
    (file,) = parse({"url": "six-1.0-py3-none-any.whl", **keys})
    found = None if file.metadata_digests is None else tuple(map(str, file.metadata_digests))
    assert found == digests


def test_nulls_are_as_good_as_nothing():
    nulls = dict.fromkeys(["filename", "hashes", "requires-python", "yanked", "core-metadata", "size", "upload-time"])
    (file,) = parse({"url": "six-1.0.zip", **nulls})
    assert file == PageFile(filename="six-1.0.zip", url=f"{URL}six-1.0.zip", listed_at=URL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"filename": "six-2.0.zip"},
        {"url": 5},
        {"url": "six-2.0.zip", "hashes": ["sha256"]},
        {"url": "six-2.0.zip", "size": "big"},
        {"url": "six-2.0.zip", "yanked": 2},
        "six-2.0.zip",
        None,
    ],
)
def test_a_file_described_wrongly_is_passed_over_and_the_others_stay(wrong: object):
    files = parse({"url": "six-1.0.zip"}, wrong, {"url": "six-3.0.zip"})
    assert [file.filename for file in files] == ["six-1.0.zip", "six-3.0.zip"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"files": 5}', b'{"files": [', b"<html>", b"\xff", b"null"])
def test_what_is_no_page_is_said_so(content: bytes):
    with pytest.raises(ValueError, match="no project page"):
        simple_json.parse(content, url=URL)


def test_deep_nesting_is_no_page():
    with pytest.raises(ValueError, match="no project page"):
        simple_json.parse(b'{"files": [], "deep": ' + b"[" * 100_000, url=URL)


def test_another_major_version_is_refused_and_a_later_minor_one_read():
    with pytest.raises(ValueError, match=r"version 2\.0"):
        parse(meta={"api-version": "2.0"})
    assert parse(meta={"api-version": "1.99"}) == ()
    assert simple_json.parse(b'{"files": []}', url=URL).files == ()

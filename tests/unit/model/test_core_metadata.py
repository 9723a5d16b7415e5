from __future__ import annotations

import pytest

from freewheel.index import metadata_record
from freewheel.model import core_metadata
from freewheel.model.artifact import CoreMetadata
from freewheel.store.record import Record

TEXT = b"""\
Metadata-Version: 2.3
Name: Six
Version: 1.0
Summary: first line
        second line
requires-dist: a>=1
Requires-Dist: b[x] ; python_version >= "3.9"
   and extra == "more"
Requires-Python: >=3.9
Provides-Extra: more
Provides-Extra: less
Dynamic: License-File
Version: 2.0
Author-Email: J\xc3\xb6rg <joerg@example.org>

Name: in the description
Requires-Dist: not-this
"""

METADATA = CoreMetadata(
    name="Six",
    version="1.0",
    requires_dist=("a>=1", 'b[x] ; python_version >= "3.9" and extra == "more"'),
    requires_python=">=3.9",
    provides_extra=("more", "less"),
    metadata_version="2.3",
    dynamic=("license-file",),
)


def test_the_fields_that_installing_needs():
    assert core_metadata.parse(TEXT) == METADATA


def test_lines_may_end_as_on_windows():
    assert core_metadata.parse(TEXT.replace(b"\n", b"\r\n")) == METADATA


def test_the_first_line_that_is_no_field_ends_them():
    text = b"Name: six\nVersion: 1.0\nDescription: a\nb c\nRequires-Dist: not-this\n"
    assert core_metadata.parse(text) == CoreMetadata(name="six", version="1.0", metadata_version="1.0")


def test_bytes_that_are_no_utf8_spoil_their_own_field_only():
    text = b"Author: J\xf6rg\nName: six\nVersion: 1.0"
    assert core_metadata.parse(text).name == "six"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "it has no Name"),
        (b"Version: 1.0\n", "it has no Name"),
        (b"Name: six\n", "it has no Version"),
        (b"Name:\nVersion: 1.0\n", "it has no Name"),
        (b"\nName: six\nVersion: 1.0\n", "it has no Name"),
    ],
)
def test_without_name_or_version_it_is_no_metadata(text: bytes, reason: str):
    with pytest.raises(ValueError, match=reason):
        core_metadata.parse(text)


def test_a_record_gives_back_what_it_was_made_of():
    assert metadata_record.from_record(metadata_record.to_record(METADATA)) == METADATA


def test_a_record_of_a_later_version_may_have_more_fields():
    record = metadata_record.to_record(METADATA)
    more = Record(fields={**record.fields, "license": "MIT", "requires_dist": list(METADATA.requires_dist)})
    assert metadata_record.from_record(more) == METADATA


@pytest.mark.parametrize(
    "wrong", [{}, {"name": "six"}, {"name": "six", "version": 1}, {"name": "six", "version": "1", "dynamic": "x"}]
)
def test_a_record_shaped_otherwise_is_refused(wrong: dict[str, str]):
    with pytest.raises(ValueError, match=r"\w"):
        metadata_record.from_record(Record(fields=wrong))

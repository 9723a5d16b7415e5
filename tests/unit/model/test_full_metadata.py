"""Core metadata as JSON: every field, as pip's reports have it."""

from __future__ import annotations

import json

import pytest
from pip._internal.metadata import get_metadata_distribution
from pip._internal.utils.temp_dir import global_tempdir_manager

from freewheel.model import full_metadata

WHOLE = """\
Metadata-Version: 2.4
Name: Six.Seven
Version: 1.0
Dynamic: license-file
Dynamic: requires-dist
Platform: any
Supported-Platform: RedHat 7.2
Summary: Counts to sïx
Description-Content-Type: text/markdown; charset=UTF-8
Keywords: counting,numbers , six
Home-page: https://six.example/
Download-URL: https://six.example/files
Author: Ada Ünal
Author-email: Ada Ünal <ada@six.example>
Maintainer: Bo
Maintainer-email: bo@six.example
License: Of our own
        in two lines
          and a third
License-Expression: MIT
License-File: LICENSE
License-File: AUTHORS
Classifier: Programming Language :: Python
Classifier: Topic :: Text Processing
Requires-Dist: a>=1
Requires-Dist: b; extra == "x"
Requires-Python: >=3.9
Requires-External: C
Project-URL: Home, https://six.example/
Project-URL: no label at all
Provides-Extra: x
Provides-Dist: seven
Obsoletes-Dist: five
Unknown-Field: passed over

# Six

Name: this is text.
"""

HEADED = """\
Metadata-Version: 1.1
Name: six
Version: 1.0
Version: 2.0
Keywords: one two  three
Description: Six
        counts to six.

          It is indented.
Requires: old
"""

ODD = "Metadata-Version: 2.1\nName: six\nVersion: 1.0\nno field at all\nSummary: this is text"


def of_pip(text: str) -> object:
    with global_tempdir_manager():
        found = get_metadata_distribution(text.encode(), "six-1.0-py3-none-any.whl", "six").metadata_dict
    return json.loads(json.dumps(found))


@pytest.mark.parametrize(
    "text", [WHOLE, HEADED, ODD, "Name: six\nVersion: 1\n", "Name: six\r\nVersion: 1\r\n\r\nText"]
)
def test_it_is_what_pip_reports(text: str) -> None:
    assert full_metadata.parse(text.encode()).as_json() == of_pip(text)


def test_every_field_is_told() -> None:
    found = full_metadata.parse(WHOLE.encode()).as_json()
    assert len(found) == 27
    assert found["license"] == "Of our own\nin two lines\n  and a third"
    assert found["keywords"] == ["counting", "numbers", "six"]
    assert found["project_url"] == ["Home, https://six.example/", "no label at all"]
    assert found["description"] == "# Six\n\nName: this is text.\n"


def test_bytes_that_are_no_text_are_no_reason_to_fail() -> None:
    assert full_metadata.parse(b"Name: six\nSummary: caf\xe9\n").as_json() == {"name": "six", "summary": "caf�"}


def test_nothing_is_in_nothing() -> None:
    assert full_metadata.parse(b"").as_json() == {}

"""Files changed by a key, with everything else as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freewheel.config.editing import with_value, without_key
from freewheel.config.files import sections
from freewheel.errors import ConfigurationFileError

FILE = """\
# for everybody

[global]
; the index
Index_URL = https://index.example/
extra-index-url =
    https://one.example/

    https://two.example/
timeout: 5

[install]
no-compile = yes
# the end
"""


def set_in(text: str, section: str, key: str, value: str) -> str:
    return with_value(text, section, key, value, path="pip.conf")


def unset_in(text: str, section: str, key: str) -> str:
    return without_key(text, section, key, path="pip.conf")


@pytest.mark.parametrize(
    ("section", "key", "value", "before", "after"),
    [
        ("global", "timeout", "9", "timeout: 5\n", "timeout = 9\n"),
        ("global", "index-url", "x", "Index_URL = https://index.example/\n", "index-url = x\n"),
        (
            "global",
            "extra-index-url",
            "x\ny",
            "extra-index-url =\n    https://one.example/\n\n    https://two.example/\n",
            "extra-index-url = x\n\ty\n",
        ),
        ("global", "retries", "2", "timeout: 5\n", "timeout: 5\nretries = 2\n"),
        ("install", "pre", "1", "no-compile = yes\n", "no-compile = yes\npre = 1\n"),
        ("freewheel", "pre", "1", "# the end\n", "# the end\n\n[freewheel]\npre = 1\n"),
    ],
)
def test_a_key_is_set_where_it_stands_or_at_its_sections_end(
    section: str, key: str, value: str, before: str, after: str
) -> None:
    assert set_in(FILE, section, key, value) == FILE.replace(before, after)


def test_a_new_file() -> None:
    assert set_in("", "global", "timeout", "5") == "[global]\ntimeout = 5\n"


def test_a_last_line_without_an_end_and_the_line_ends_of_windows() -> None:
    assert set_in("[a]\r\nb = 1", "a", "c", "2\n3") == "[a]\r\nb = 1\r\nc = 2\r\n\t3\r\n"


def test_a_key_is_taken_out_with_all_its_lines() -> None:
    lines = "extra-index-url =\n    https://one.example/\n\n    https://two.example/\n"
    assert unset_in(FILE, "global", "extra-index-url") == FILE.replace(lines, "")


def test_a_section_goes_with_its_last_key_unless_it_has_comments() -> None:
    assert unset_in("[a]\nb = 1\n\n[c]\nd = 2\n", "a", "b") == "[c]\nd = 2\n"
    assert unset_in("[a]\n# why\nb = 1\n", "a", "b") == "[a]\n# why\n"
    assert unset_in(FILE, "install", "no-compile") == FILE.replace("[install]\nno-compile = yes\n", "")


def test_what_cannot_be_understood_is_not_changed() -> None:
    with pytest.raises(ConfigurationFileError):
        set_in("nonsense\n", "global", "timeout", "5")


def test_a_value_that_looks_like_something_else_is_kept_as_a_value() -> None:
    text = set_in(FILE, "global", "find-links", "a\n[install]\nno-compile = no")
    assert sections(text, "pip.conf")["global"]["find-links"] == "a\n[install]\nno-compile = no"
    assert sections(text, "pip.conf")["install"] == {"no-compile": "yes"}


names = st.sampled_from(["a", "b-c", "D_e"])
texts = st.lists(
    st.one_of(
        names.map(lambda name: f"{name} = 1"),
        names.map(lambda name: f"{name}: x = y"),
        st.sampled_from(["[global]", " [list]", "[x] more", "# note", "; note", "", "  more", "\tmore", "key ="]),
    ),
    max_size=8,
).map("\n".join)


@given(text=texts, section=st.sampled_from(["global", "list", "x"]), key=st.sampled_from(["a", "b-c", "d-e"]))
def test_nothing_else_is_changed_whatever_a_file_looks_like(text: str, section: str, key: str) -> None:
    try:
        before = sections(text, "pip.conf")
    except ConfigurationFileError:
        return
    after = sections(set_in(text, section, key, "new"), "pip.conf")
    assert after == {**before, section: {**before.get(section, {}), key: "new"}}
    again = sections(unset_in(set_in(text, section, key, "new"), section, key), "pip.conf")
    left = {**before, section: {name: value for name, value in before.get(section, {}).items() if name != key}}
    assert {name: values for name, values in again.items() if values} == {
        name: values for name, values in left.items() if values
    }


@given(text=texts)
def test_comments_stay(text: str) -> None:
    try:
        sections(text, "pip.conf")
    except ConfigurationFileError:
        return
    comments = [line for line in text.splitlines() if line.startswith(("#", ";"))]
    changed = set_in(text, "install", "timeout", "5").splitlines()
    assert [line for line in changed if line.startswith(("#", ";"))] == comments

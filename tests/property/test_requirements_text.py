"""Laws of the text of requirements files."""

from __future__ import annotations

import contextlib

from hypothesis import example, given
from hypothesis import strategies as st

from freewheel.commands.requirements_text import NoText, decode, logical_lines, parse_line
from freewheel.errors import UsageError
from freewheel.model.variables import expand, hidden

PIECE = st.text(alphabet="abcxyz=<>,. ", max_size=10)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\\\n\r#- '\"${}"))))
@example("--")
def test_any_text_is_read_or_refused_and_never_crashes(text: str) -> None:
    last = 0
    for line in logical_lines(text):
        assert last < line.number <= max(1, len(text.splitlines()))
        assert line.text == line.text.strip() != ""
        assert not line.text.startswith("#")
        last = line.number
        with contextlib.suppress(UsageError):
            requirement, options = parse_line(expand(line.text, {"A": "b"}).text)
            # Alone, what ends options says nothing, in pip as well.
            assert requirement or options or set(line.text.split()) == {"--"}


@given(st.binary())
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    with contextlib.suppress(UnicodeDecodeError, LookupError, NoText):
        assert isinstance(decode(data), str)


@given(st.lists(PIECE, min_size=1, max_size=5))
def test_a_line_broken_by_backslashes_is_the_same_line(pieces: list[str]) -> None:
    whole = list(logical_lines("".join(pieces)))
    broken = list(logical_lines("\\\n".join(pieces)))
    assert [line.text for line in broken] == [line.text for line in whole]
    assert [line.number for line in broken] == [1 for _ in broken]


@given(st.lists(st.text(alphabet="abc=. ", min_size=1).filter(str.strip)), st.text(alphabet="abc\\ #"))
def test_comments_and_empty_lines_change_nothing_but_numbers(lines: list[str], comment: str) -> None:
    plain = [line.text for line in logical_lines("\n".join(lines))]
    commented = "".join(f"# {comment}\n\n{line}  # {comment}x\n" for line in lines)
    assert [line.text for line in logical_lines(commented)] == plain


@given(st.text(), st.dictionaries(st.text(alphabet="AB_1", min_size=1), st.text(alphabet="xyz", min_size=1)))
def test_text_without_variables_is_left_as_it_is(text: str, environ: dict[str, str]) -> None:
    if "${" not in text:
        assert expand(text, environ).text == text
    named = "".join(f"${{{name}}}/" for name in environ)
    assert expand(named, environ).text == "".join(f"{value}/" for value in environ.values())


@given(st.text(alphabet="abc/:@?=&%.-_", min_size=1), st.sampled_from(["-i {}", "six @ {}", "{} --hash=x", "-i={}"]))
def test_a_value_in_a_url_is_taken_out_of_it_again(value: str, line: str) -> None:
    """Wherever it begins and ends with what ends a part of a URL."""
    written = line.format("https://host.example/${A}/six.whl")
    expanded = expand(written, {"A": value})
    shown = hidden(expanded.text, expanded.url_parts())
    whole = value.strip("/")
    assert not whole or f"/{whole}/six.whl" not in shown

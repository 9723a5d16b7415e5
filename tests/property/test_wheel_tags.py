"""Reading tags by splitting agrees with the reference implementation on every name that it takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from freewheel.resolve.candidates import wheel_tags

words = st.text("abcABC019_", min_size=1, max_size=4)
sets = st.lists(words, min_size=1, max_size=3).map(".".join)
builds = st.one_of(st.just(""), st.from_regex(r"-[0-9]{1,3}[a-z_]{0,3}", fullmatch=True))


@given(
    name=words,
    version=st.from_regex(r"[0-9]{1,2}(\.[0-9]){0,2}", fullmatch=True),
    build=builds,
    tags=st.tuples(sets, sets, sets),
)
def test_agreement(name: str, version: str, build: str, tags: tuple[str, str, str]) -> None:
    filename = f"{name}-{version}{build}-{'-'.join(tags)}.whl"
    try:
        _, _, expected_build, expected = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        return
    found = wheel_tags(filename)
    assert found is not None
    assert (set(found[0]), found[1]) == ({str(tag) for tag in expected}, expected_build)


def test_names_of_other_shapes() -> None:
    assert wheel_tags("a-1-py3-none.whl") is None
    assert wheel_tags("a-1-x1-py3-none-any.whl") is None
    assert wheel_tags("a-1-1-2-py3-none-any.whl") is None

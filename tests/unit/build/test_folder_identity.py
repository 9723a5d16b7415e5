from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freewheel.build.folder_identity import (
    MARGIN,
    Digested,
    Facts,
    FolderEntry,
    identity,
    is_left_out,
    is_unchanged,
)

NAMES = st.text(alphabet="ab/\udcff\N{SNOWMAN}.", min_size=1, max_size=6)
ENTRIES = st.lists(
    st.builds(
        FolderEntry,
        kind=st.sampled_from(["file", "folder", "link"]),
        path=NAMES,
        mode=st.sampled_from([0o644, 0o755]),
        content=st.text(alphabet="0af", max_size=4),
    ),
    max_size=6,
    unique_by=lambda entry: entry.path,
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_order_in_which_things_are_found_does_not_matter(entries: list[FolderEntry], chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(entries)
    chance.shuffle(shuffled)
    assert identity(shuffled) == identity(entries)


@given(ENTRIES, ENTRIES)
def test_different_folders_are_told_apart(some: Sequence[FolderEntry], others: Sequence[FolderEntry]) -> None:
    assert (identity(some) == identity(others)) == (set(some) == set(others))


@given(ENTRIES.filter(bool), st.data())
def test_any_change_of_anything_changes_it(entries: list[FolderEntry], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[number]
    changed = data.draw(
        st.sampled_from(
            [
                replace(entry, path=f"{entry.path}x"),
                replace(entry, mode=entry.mode ^ 0o100),
                replace(entry, content=f"{entry.content}0"),
                replace(entry, kind="link" if entry.kind != "link" else "file"),
            ]
        )
    )
    assert identity([*entries[:number], changed, *entries[number + 1 :]]) != identity(entries)
    assert identity([*entries[:number], *entries[number + 1 :]]) != identity(entries)


FACTS = Facts(3, 10 * MARGIN, 10 * MARGIN, 7)
KNOWN = Digested(FACTS, "0a")


@pytest.mark.parametrize(
    ("now", "noted", "expected"),
    [
        (FACTS, 12 * MARGIN, True),
        (FACTS, 11 * MARGIN, False),  # changed in the tick in which it was digested, for all that is known
        (Facts(4, 10 * MARGIN, 10 * MARGIN, 7), 12 * MARGIN, False),
        (Facts(3, 9 * MARGIN, 10 * MARGIN, 7), 12 * MARGIN, False),
        (Facts(3, 10 * MARGIN, 9 * MARGIN, 7), 12 * MARGIN, False),
        (Facts(3, 10 * MARGIN, 10 * MARGIN, 8), 12 * MARGIN, False),
    ],
)
def test_a_file_is_trusted_where_everything_about_it_is_old_and_the_same(
    now: Facts, noted: int, *, expected: bool
) -> None:
    assert is_unchanged(KNOWN, now, noted=noted) is expected


def test_a_file_that_is_not_known_is_read() -> None:
    assert not is_unchanged(None, FACTS, noted=12 * MARGIN)


@pytest.mark.parametrize(
    ("name", "inside", "expected"),
    [
        ("__pycache__", [], True),
        (".pytest_cache", ["CACHEDIR.TAG", "v"], True),
        ("env", ["bin", "pyvenv.cfg"], True),
        ("src", ["a.py"], False),
        ("build", ["lib"], False),
    ],
)
def test_what_tools_make_for_themselves_is_left_out(name: str, inside: list[str], *, expected: bool) -> None:
    assert is_left_out(name, inside) is expected

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
    ("path", "inside", "expected"),
    [
        ("__pycache__", [], True),
        ("src/pkg/__pycache__", [], True),
        (".pytest_cache", ["CACHEDIR.TAG", "v"], True),
        (".venv", ["bin", "pyvenv.cfg"], True),
        ("env", ["bin", "pyvenv.cfg"], False),
        ("src/pkg/data", ["pyvenv.cfg"], False),
        ("src/pkg/.data", ["CACHEDIR.TAG"], False),
        (".github", ["workflows"], False),
        ("src", ["a.py"], False),
        ("build", ["lib"], False),
    ],
)
def test_what_tools_make_for_themselves_is_left_out(path: str, inside: list[str], *, expected: bool) -> None:
    assert is_left_out(path, inside) is expected


COPY, SOURCE = FolderEntry(kind="file", path="build/lib/a.py"), FolderEntry(kind="file", path="a.py", modified=1)


@pytest.mark.parametrize(
    ("beside", "counts"),
    [
        ([], False),
        ([FolderEntry(kind="folder", path="build"), COPY], True),
        ([FolderEntry(kind="folder", path="docs")], False),
        ([FolderEntry(kind="file", path="x.pyx"), FolderEntry(kind="file", path="x.c")], True),
        ([FolderEntry(kind="file", path="x.pyx")], False),
    ],
)
def test_times_count_where_a_build_may_decide_by_them(beside: list[FolderEntry], *, counts: bool) -> None:
    """setuptools does not copy what is older than the copy that an earlier build has left."""
    later = replace(SOURCE, modified=2)
    assert (identity([SOURCE, *beside]) != identity([later, *beside])) is counts


def test_times_of_what_is_always_written_anew_do_not_count() -> None:
    work = FolderEntry(kind="folder", path="build")
    info = FolderEntry(kind="file", path="src/a.egg-info/PKG-INFO", modified=1)
    assert identity([work, info]) == identity([work, replace(info, modified=2)])

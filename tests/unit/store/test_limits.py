"""What goes when the cache holds too much: decided by values alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freewheel.store.holding import Holding
from freewheel.store.limits import IN_USE, Choice, Clearance, Limits, choose, grace

DAY = 86_400.0
NOW = 1000 * DAY
PLENTY = 1 << 60


def holding(
    entry: str,
    *,
    kind: str = "trees",
    own: int = 10,
    days: float = 100,
    blobs: Sequence[bytes] = (),
    effort: float = 0.0,
    is_pointer: bool = False,
) -> Holding:
    """A thing that was last used so many days ago."""
    return Holding(
        kind=kind,
        project="six",
        version="1.0",
        called=entry,
        origin="",
        folder="/cache",
        entry=entry,
        size=own,
        own=own,
        made=None,
        last_use=NOW - days * DAY,
        effort=effort,
        blobs=tuple(blobs),
        is_pointer=is_pointer,
    )


def chosen(
    holdings: Sequence[Holding], limits: Limits, blobs: Mapping[bytes, int] | None = None, **options: int
) -> Choice:
    return choose(holdings, blobs or {}, limits, now=NOW, free=options.get("free", PLENTY))


def names(choice: Choice) -> list[str]:
    return [one.entry for one in choice.doomed]


def test_without_limits_nothing_goes() -> None:
    choice = chosen([holding("a")], Limits())
    assert (choice.doomed, choice.freed, choice.size) == ((), 0, 10)


def test_what_was_not_used_for_longer_than_the_age_goes() -> None:
    """Behaviour 125."""
    choice = chosen([holding("old", days=91), holding("young", days=89)], Limits(max_age=90 * DAY))
    assert names(choice) == ["old"]


def test_what_was_used_longest_ago_goes_first_and_no_more_than_has_to() -> None:
    """Behaviour 125."""
    things = [holding("b", days=20), holding("a", days=30), holding("c", days=10)]
    assert names(chosen(things, Limits(max_size=30))) == []
    assert names(chosen(things, Limits(max_size=29))) == ["a"]
    assert names(chosen(things, Limits(max_size=15))) == ["a", "b"]
    assert names(chosen(things, Limits(max_size=0))) == ["a", "b", "c"]


def test_the_disk_has_as_much_left_as_is_asked_for() -> None:
    things = [holding("a", days=30), holding("b", days=20)]
    assert names(chosen(things, Limits(keep_free=100), free=100)) == []
    assert names(chosen(things, Limits(keep_free=100), free=95)) == ["a"]
    assert names(chosen(things, Limits(keep_free=100), free=85)) == ["a", "b"]


@pytest.mark.parametrize("seconds", [0.0, IN_USE - 1, 1 - IN_USE])
def test_what_is_in_use_stays_whatever_is_asked_for(seconds: float) -> None:
    """Behaviour 125."""
    choice = chosen([holding("used", days=seconds / DAY)], Limits(max_size=0, max_age=0.5))
    assert (names(choice), choice.missing) == ([], 10)


def test_a_time_far_ahead_keeps_nothing_for_ever() -> None:
    assert names(chosen([holding("ahead", days=-400)], Limits(max_size=0))) == ["ahead"]


def test_what_is_cheap_to_make_again_goes_first() -> None:
    """A tree before its wheel, a download before a build that took minutes."""
    things = [
        holding("built", kind="wheels", effort=300.0),
        holding("page", kind="pages"),
        holding("download", kind="downloads"),
        holding("tree", kind="trees"),
    ]
    assert names(chosen(things, Limits(max_size=0))) == ["tree", "download", "page", "built"]


def test_a_build_that_took_long_is_not_kept_for_ever() -> None:
    day_long = holding("built", kind="wheels", effort=DAY, days=400)
    assert names(chosen([day_long, holding("tree", days=1)], Limits(max_size=15))) == ["built"]


def test_what_environments_link_frees_nothing_and_stays() -> None:
    """Only what is freed counts as freed."""
    things = [holding("linked", own=0, days=300), holding("alone", own=50, days=2)]
    choice = chosen(things, Limits(max_size=10))
    assert (names(choice), choice.freed, choice.missing) == (["alone"], 50, 0)


def test_a_blob_is_freed_with_the_last_that_needs_it() -> None:
    both, own = b"b" * 32, b"o" * 32
    things = [
        holding("first", kind="downloads", own=1, days=40, blobs=[both]),
        holding("second", kind="downloads", own=1, days=30, blobs=[both, own]),
    ]
    sizes = {both: 100, own: 10}
    one = chosen(things, Limits(max_size=111), sizes)
    assert (names(one), one.blobs, one.freed, one.size) == (["first"], frozenset(), 1, 112)
    all_of_them = chosen(things, Limits(max_size=5), sizes)
    assert names(all_of_them) == ["first", "second"]
    assert (all_of_them.blobs, all_of_them.freed) == (frozenset({both, own}), 112)


def test_what_points_at_a_blob_is_a_use_of_what_needs_it_and_goes_with_it() -> None:
    blob = b"b" * 32
    record = holding("record", kind="downloads", own=1, days=300, blobs=[blob])
    used, unused = (
        holding("pointer", kind="other", own=1, days=days, blobs=[blob], is_pointer=True) for days in (1, 290)
    )
    kept = chosen([record, used], Limits(max_age=90 * DAY), {blob: 5})
    assert (names(kept), kept.blobs, kept.freed) == ([], frozenset(), 0)
    gone = chosen([record, unused], Limits(max_age=90 * DAY), {blob: 5})
    assert (names(gone), gone.blobs, gone.freed) == (["record", "pointer"], {blob}, 7)
    clearance = Clearance([record, used], {blob: 5})
    clearance.take(record)
    clearance.take(used)
    assert (clearance.doomed(), clearance.unneeded(), clearance.freed) == ((record, used), {blob}, 7)


def test_a_download_goes_before_what_is_small_with_all_that_points_at_it() -> None:
    blob = b"b" * 32
    things = [
        holding("pointer", kind="other", blobs=[blob], is_pointer=True),
        holding("page", kind="pages"),
        holding("record", kind="downloads", blobs=[blob]),
    ]
    choice = chosen(things, Limits(max_size=20), {blob: 1000})
    assert (names(choice), choice.blobs) == (["record", "pointer"], {blob})


def test_what_alone_points_at_a_blob_keeps_it() -> None:
    blob = b"b" * 32
    first, second = (
        holding(name, kind="other", own=1, days=days, blobs=[blob], is_pointer=True)
        for name, days in (("first", 300), ("second", 1))
    )
    choice = chosen([first, second], Limits(max_age=90 * DAY), {blob: 5})
    assert (names(choice), choice.blobs, choice.freed) == (["first"], frozenset(), 1)
    assert list(Clearance([first, second], {blob: 5}).orphans()) == []


def test_a_blob_that_nothing_names_is_an_orphan() -> None:
    blob, needed = b"b" * 32, b"n" * 32
    record = holding("record", kind="pages", blobs=[needed])
    clearance = Clearance([record], {blob: 5, needed: 6})
    assert list(clearance.orphans()) == [blob]
    clearance.take(record)
    assert (list(clearance.orphans()), clearance.unneeded()) == ([blob], {needed})


KINDS = st.sampled_from(["trees", "wheels", "downloads", "pages", "other"])
BLOBS = [sha256(bytes([number])).digest() for number in range(4)]
THING = st.builds(
    holding,
    st.uuids().map(str),
    kind=KINDS,
    own=st.integers(0, 100),
    days=st.floats(-10, 1000),
    blobs=st.lists(st.sampled_from(BLOBS), max_size=3, unique=True),
    effort=st.floats(0, 1e5),
)
POINTER = st.builds(
    holding,
    st.uuids().map(str),
    kind=st.just("other"),
    own=st.integers(0, 100),
    days=st.floats(-10, 1000),
    blobs=st.lists(st.sampled_from(BLOBS), min_size=1, max_size=1),
    is_pointer=st.just(True),
)
THINGS = st.lists(THING | POINTER, max_size=20)


@given(THINGS, st.integers(0, 2000), st.integers(0, 2000), st.floats(0, 500))
def test_limits_hold_or_what_is_missing_is_said(things: list[Holding], most: int, sizes: int, days: float) -> None:
    blobs = dict.fromkeys(BLOBS, sizes)
    limits = Limits(max_size=most, max_age=days * DAY)
    choice = chosen(things, limits, blobs)
    gone = {one.entry for one in choice.doomed}
    left = [one for one in things if one.entry not in gone]
    assert len(gone) == len(choice.doomed)
    assert choice.size - choice.freed <= most + choice.missing
    still_needed = {blob for one in left for blob in one.blobs}
    assert choice.blobs.isdisjoint(still_needed), "no blob goes that something needs"
    assert choice.freed == sum(one.own for one in choice.doomed) + sizes * len(choice.blobs)
    assert not any(abs(NOW - one.last_use) < IN_USE for one in choice.doomed)


@given(st.floats(0, 1e9))
def test_grace_grows_with_the_effort_up_to_a_point(effort: float) -> None:
    short, long = (holding("w", kind="wheels", effort=number) for number in (effort / 2, effort))
    assert grace(short) <= grace(long) <= 74 * DAY

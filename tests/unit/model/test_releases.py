"""Pre-releases or none: whose wish counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pip._internal.models.release_control import ReleaseControl as PipsReleaseControl

from freewheel.model.artifact import normalize
from freewheel.model.releases import parse

ALL, FINAL, PRE = "all-releases", "only-final", "pre"
NAMES = ("six", "Foo.Bar", "other")


@pytest.mark.parametrize(
    ("values", "takes"),
    [
        ([], None),
        ([(ALL, "Six")], True),
        ([(FINAL, "six")], False),
        ([(ALL, "other")], None),
        ([(ALL, ":all:")], True),
        ([(ALL, ":all:"), (FINAL, "six")], False),
        ([(FINAL, ":all:"), (ALL, "six")], True),
        ([(FINAL, ":all:"), (ALL, ":all:")], True),
        ([(ALL, ":all:"), (FINAL, ":all:")], False),
        ([(ALL, "six"), (ALL, ":none:")], None),
        ([(PRE, "")], True),
        ([(FINAL, ":all:"), (PRE, "")], True),
        ([(PRE, ""), (FINAL, ":all:")], False),
        ([(PRE, ""), (FINAL, "six")], False),
        ([(FINAL, "six"), (PRE, "")], False),
        ([(PRE, ""), (ALL, ":none:")], None),
        ([(PRE, ""), (FINAL, ":none:")], True),
    ],
)
def test_the_last_word_and_the_narrowest_counts(values: list[tuple[str, str]], takes: bool | None) -> None:
    assert parse(values).takes_prereleases(normalize("six")) is takes


VALUES = st.lists(st.sampled_from([*NAMES, ":all:", ":none:"]), min_size=1, max_size=4).map(",".join)


@given(st.lists(st.one_of(st.tuples(st.sampled_from([ALL, FINAL]), VALUES), st.just((PRE, ""))), max_size=6))
def test_it_means_what_it_means_to_pip(values: list[tuple[str, str]]) -> None:
    pips = PipsReleaseControl()
    for option, value in values:
        if option == PRE:
            pips.all_releases.add(":all:")
        elif option == ALL:
            pips.handle_mutual_excludes(value, pips.all_releases, pips.only_final, "all_releases")
        else:
            pips.handle_mutual_excludes(value, pips.only_final, pips.all_releases, "only_final")
    ours = parse(values)
    for name in NAMES:
        assert ours.takes_prereleases(normalize(name)) is pips.allows_prereleases(normalize(name))  # type: ignore[arg-type]

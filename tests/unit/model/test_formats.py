"""Wheels or sdists: whose wish counts."""

from __future__ import annotations

import pytest

from freewheel.model.artifact import ArtifactKind, normalize
from freewheel.model.formats import parse

NO, ONLY = "no-binary", "only-binary"


@pytest.mark.parametrize(
    ("values", "no_binary", "only_binary"),
    [
        ([(NO, "A, b"), (NO, "C")], {"a", "b", "c"}, set()),
        ([(NO, "a"), (ONLY, "A")], set(), {"a"}),
        ([(NO, "a,b"), (NO, ":all:")], {":all:"}, set()),
        ([(NO, "a"), (ONLY, ":all:")], set(), {":all:"}),
        ([(NO, "a,:none:")], set(), set()),
        ([(NO, "a"), (ONLY, ":none:")], {"a"}, set()),
        ([(NO, ":all:,:none:,a")], {"a"}, set()),
        ([(NO, ":all:"), (ONLY, "a")], {":all:"}, {"a"}),
        ([(NO, ","), (NO, "")], set(), set()),
    ],
)
def test_values_apply_from_left_to_right(
    values: list[tuple[str, str]], no_binary: set[str], only_binary: set[str]
) -> None:
    found = parse(values)
    assert (found.no_binary, found.only_binary) == (no_binary, only_binary)


@pytest.mark.parametrize(
    ("values", "may"),
    [
        ([], (True, True)),
        ([(NO, "six")], (False, True)),
        ([(ONLY, "six")], (True, False)),
        ([(NO, ":all:"), (ONLY, "six")], (True, False)),
        ([(ONLY, ":all:"), (NO, "six")], (False, True)),
        ([(NO, ":all:"), (ONLY, "other")], (False, True)),
    ],
)
def test_a_name_weighs_more_than_all(values: list[tuple[str, str]], may: tuple[bool, bool]) -> None:
    """Behaviours 96 and 97."""
    control = parse(values)
    six = normalize("six")
    assert (control.may_use(ArtifactKind.WHEEL, six), control.may_use(ArtifactKind.SDIST, six)) == may

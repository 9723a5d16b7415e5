from __future__ import annotations

import doctest

from freewheel.build import dependencies
from freewheel.build.dependencies import Shortfall, shortfall
from freewheel.model.artifact import normalize

HERE = {normalize("Six.Seven"): "1.0", normalize("odd"): "of our own", normalize("new"): "2.0rc1"}


def test_the_examples_are_right() -> None:
    assert doctest.testmod(dependencies).failed == 0


def test_what_is_there_in_a_version_that_fits_falls_short_of_nothing() -> None:
    assert shortfall(["six-seven>=1", "SIX_SEVEN", "odd", "new>=2.0rc1"], HERE, {}) == Shortfall()


def test_what_another_platform_needs_does_not_count() -> None:
    assert shortfall(['absent; os_name == "other"'], HERE, {"os_name": "posix"}) == Shortfall()


def test_everything_that_falls_short_is_told_sorted() -> None:
    found = shortfall(["z", "Six.Seven<1", "odd>1", "a>=1", "z"], HERE, {})
    assert found.missing == ("a>=1", "z")
    assert found.conflicting == (("Six.Seven==1.0", "Six.Seven<1"), ("odd==of our own", "odd>1"))


def test_a_need_that_cannot_be_read_is_left_to_the_backend() -> None:
    assert shortfall(["=="], HERE, {}) == Shortfall()

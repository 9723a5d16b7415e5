from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from freewheel.httpcache import cache_control, dates, freshness, keys, lists, message, status, validation


@pytest.mark.parametrize(
    "module",
    [cache_control, dates, freshness, keys, lists, message, status, validation],
    ids=lambda module: module.__name__,
)
def test_examples_in_docstrings_hold(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0

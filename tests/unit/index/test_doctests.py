from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from freewheel.index import page
from freewheel.model import core_metadata


@pytest.mark.parametrize("module", [core_metadata, page], ids=lambda module: module.__name__)
def test_examples_in_docstrings_hold(module: ModuleType):
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0

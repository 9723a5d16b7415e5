"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from freewheel.net import auth, framing, origins, purpose, retry


@pytest.mark.parametrize("module", [auth, framing, origins, purpose, retry], ids=lambda module: module.__name__)
def test_examples(module: ModuleType) -> None:
    outcome = doctest.testmod(module)
    assert outcome.attempted
    assert not outcome.failed

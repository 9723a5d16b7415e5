"""What the tests about building can ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from freewheel.model.target import Interpreter
from tests.build.workshop import Workshop, this_interpreter
from tests.support.buildlog import BuildLog


@pytest.fixture(scope="session")
def interpreter() -> Interpreter:
    """The interpreter that runs the tests."""
    return this_interpreter()


@pytest.fixture
def workshop(tmp_path: Path, interpreter: Interpreter, build_log: BuildLog) -> Workshop:
    """A machine with an empty cache."""
    return Workshop(folder=tmp_path / "workshop", interpreter=interpreter, build_log=build_log)

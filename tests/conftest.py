"""What every test can ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.environments import Environment, make_environment
from tests.support.pips import PipsOptions, pips_own_options
from tests.support.server import IndexServer
from tests.support.told import PIP_SERIES
from tests.support.unprivileged import Person
from tests.support.unprivileged import unprivileged as new_person

settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")


@pytest.fixture
def server() -> Iterator[IndexServer]:
    """An empty index on loopback."""
    with IndexServer() as running:
        yield running


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A server on loopback that speaks S3; its URL."""
    from tests.support.object_stores import s3_server

    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A folder for the archives that a test makes."""
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


@pytest.fixture
def build_log(tmp_path: Path) -> BuildLog:
    """Where in-tree backends note their calls, in processes that get its `variables`."""
    return BuildLog(tmp_path / "build.log")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """A new virtual environment without pip."""
    return make_environment(tmp_path / "environment")


@pytest.fixture
def freewheel(tmp_path: Path, build_log: BuildLog) -> Freewheel:
    """The command line, with a home of its own and in-tree backends that keep the build log."""
    return Freewheel(tmp_path / "freewheel", variables=build_log.variables)


@pytest.fixture(scope="session")
def pips_options() -> PipsOptions:
    """The options of the installed pip."""
    found = pips_own_options()
    if found is None:
        pytest.skip(f"everything is held against pip {PIP_SERIES}, and there is another one here")
    return found


@pytest.fixture(scope="session")
def unprivileged() -> Iterator[Person]:
    """Somebody who is not root, also where the tests run as root."""
    with new_person() as person:
        yield person

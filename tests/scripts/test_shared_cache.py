"""`--shared-cache`: what one machine builds, others do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.object_stores import ACCESS, new_bucket
from tests.support.server import IndexServer
from tests.support.sources import make_sdist

Machine = Callable[[str], Freewheel]


@pytest.fixture
def bucket(s3: str) -> dict[str, str]:
    """What the environment of a machine has that may write to a bucket of its own."""
    return {
        **ACCESS,
        "FREEWHEEL_SHARED_CACHE": f"s3://{new_bucket(s3)}/team",
        "FREEWHEEL_SHARED_CACHE_ENDPOINT": s3,
        "FREEWHEEL_SHARED_CACHE_MODE": "read-write",
    }


@pytest.fixture
def machine(tmp_path: Path, build_log: BuildLog, server: IndexServer, bucket: dict[str, str]) -> Machine:
    """A machine by its name, with nothing in its cache and the index and the bucket at hand."""

    def make(name: str) -> Freewheel:
        variables = {**build_log.variables, **bucket, "PIP_INDEX_URL": server.index_url}
        return Freewheel(tmp_path / name, variables=variables)

    return make


@pytest.fixture(autouse=True)
def index(server: IndexServer, archives: Path) -> None:
    server.add(make_wheel(archives, "plain", files={"plain.py": b"x = 1\n"}))
    server.add(make_sdist(archives, "built", requires=["plain"]))


def install(machine: Freewheel, *words: str | Path, expect: int | None = 0) -> str:
    done = machine.run("install", "--target", "target", "built", *words, expect=expect)
    if expect == 0:
        assert (machine.cwd / "target" / "plain.py").exists()
        assert (machine.cwd / "target" / "built.py").exists() or (machine.cwd / "target" / "built").exists()
    return done.stdout + done.stderr


def test_what_one_machine_builds_another_does_not(machine: Machine, build_log: BuildLog, server: IndexServer) -> None:
    first = install(machine("first"))
    assert "From the shared cache" not in first
    assert build_log.builds() == 1
    server.clear()
    second = machine("second")
    assert "From the shared cache: 1 built wheel." in install(second)
    assert build_log.builds() == 1
    assert build_log.count("prepare_metadata_for_build_wheel") == 1
    assert not [request for request in server.log if request.path.endswith(".tar.gz")]
    why = second.run("cache", "why", "--kind=wheels", "built").stdout
    assert " on another machine by freewheel " in why
    assert f"  from: {second.variables['FREEWHEEL_SHARED_CACHE']}" in why
    assert "It would be reused." in why

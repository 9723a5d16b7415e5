"""What a person sees while versions are tried one after the other, as by pip, from servers and from the cache."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.process import Result
from tests.support.server import IndexServer

SEARCHING = ("Collecting ", "  Downloading ", "  Using cached ", "INFO: ")


@pytest.fixture
def programs(
    tmp_path: Path, freewheel: Freewheel, server: IndexServer, environment: Environment
) -> tuple[Freewheel, Freewheel]:
    """Both, with caches of their own; pip caches what a trusted host sends alone."""
    server.answer("*", headers={"Cache-Control": "max-age=600"})
    command = (sys.executable, "-m", "pip", "--python", environment.python)
    pips = Freewheel(tmp_path / "pip", command=command)
    for program in (freewheel, pips):
        variables = {"PIP_INDEX_URL": server.index_url, "PIP_TRUSTED_HOST": "127.0.0.1"}
        program.variables |= {**variables, "VIRTUAL_ENV": str(environment.root)}
    return freewheel, pips


def seen(done: Result) -> list[str]:
    """The lines of the search; the size of what was kept of a metadata file is not known any more."""
    lines = [line for line in done.stdout.splitlines() if line.startswith(SEARCHING)]
    shown = [re.sub(r"(Using cached .*\.metadata) \(.*\)", r"\1", line) for line in lines]
    return [line.replace("INFO: pip", "INFO: freewheel") for line in shown]


@pytest.mark.parametrize("metadata", [True, False], ids=["metadata files", "none"])
def test_each_version_that_is_tried_shows_as_by_pip(
    programs: tuple[Freewheel, Freewheel], server: IndexServer, archives: Path, metadata: bool
) -> None:
    for version in ("1.0", "1.1", "1.2", "2.0"):
        needed = "library<2" if version == "1.0" else "library>=2"
        server.add(make_wheel(archives, "top", version, requires=[needed]), metadata=metadata)
        server.add(make_wheel(archives, "library", version), metadata=metadata)
    search = ("install", "--dry-run", "top", "library<2")
    ours, pips = (seen(program.run(*search)) for program in programs)
    assert ours == pips
    assert any("freewheel is looking at multiple versions of top" in line for line in ours)
    again, pips_again = (seen(program.run(*search)) for program in programs)
    server.clear()
    if metadata:
        assert again == pips_again
    assert [line for line in again if line.startswith("Coll")] == [line for line in pips if line.startswith("Coll")]
    assert sum("Using cached top-" in line for line in again) == 4


def test_metadata_of_sources_that_was_kept_shows_too(
    programs: tuple[Freewheel, Freewheel], server: IndexServer, archives: Path
) -> None:
    server.add(make_sdist(archives, "built"))
    freewheel, _ = programs
    freewheel.run("install", "--dry-run", "built")
    assert seen(freewheel.run("install", "--dry-run", "built")) == [
        "Collecting built",
        "  Using cached built-1.0.tar.gz.metadata",
    ]

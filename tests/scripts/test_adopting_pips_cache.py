"""`--adopt-pip-cache`: what the real pip has fetched and built serves the first run of freewheel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.buildlog import BuildLog
from tests.support.cli import Freewheel
from tests.support.folders import snapshot
from tests.support.server import IndexServer

PUBLIC = {"Cache-Control": "public, max-age=600"}
FLAG = "--adopt-pip-cache"


@pytest.fixture
def pip(tmp_path: Path, freewheel: Freewheel, server: IndexServer, build_log: BuildLog) -> Freewheel:
    """The installed pip, with the same home: it caches what a trusted host sends alone."""
    server.answer("*", headers=PUBLIC)
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    variables = build_log.variables | {"PIP_INDEX_URL": server.index_url, "PIP_TRUSTED_HOST": "127.0.0.1"}
    found = Freewheel(tmp_path / "freewheel", command=(sys.executable, "-m", "pip"), variables=variables)
    found.cwd = tmp_path / "pips-work"
    found.cwd.mkdir()
    return found


def pips_folder(freewheel: Freewheel) -> Path:
    return Path(freewheel.variables["XDG_CACHE_HOME"], "pip")


def test_the_first_run_after_pip_asks_nobody(
    pip: Freewheel, freewheel: Freewheel, server: IndexServer, archives: Path
) -> None:
    server.add(make_wheel(archives, "app", requires=("six",)))
    server.add(make_wheel(archives, "six"))
    pip.run("install", "--target", "pips", "app")
    before = snapshot(pips_folder(freewheel))
    server.clear()
    done = freewheel.run("install", FLAG, "--target", "ours", "app")
    assert server.log == []
    assert (freewheel.cwd / "ours" / "six.py").is_file()
    assert "From pip's cache: 2 index pages and 2 downloads." in done.stdout
    assert snapshot(pips_folder(freewheel)) == before
    freewheel.run("install", "--target", "again", "app", "--offline")

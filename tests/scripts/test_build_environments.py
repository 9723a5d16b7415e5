"""What isolated build environments cost once the cache has what they need."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.support.archives import make_project_dir, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.server import IndexServer

PROBE = """\
import os, tool
from pathlib import Path

module = Path(tool.__file__)
compiled = Path(tool.__cached__)
raise SystemExit(f"{module.stat().st_nlink} {compiled.stat().st_nlink} {sorted(os.listdir(module.parent))}")
"""


@pytest.fixture(autouse=True)
def index(freewheel: Freewheel, server: IndexServer, archives: Path) -> None:
    """An index that has a tool and what that needs."""
    server.add(make_wheel(archives, "tool", requires=["hammer"]))
    server.add(make_wheel(archives, "hammer"))
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("*", headers={"Cache-Control": "max-age=600"})


def test_a_second_one_asks_downloads_unpacks_and_compiles_nothing(
    freewheel: Freewheel, server: IndexServer, environment: Environment, tmp_path: Path
) -> None:
    project = make_project_dir(tmp_path / "project", "six", build_requires=["tool"])
    words = ("--python", environment.python, "install", "--force-reinstall", "--report", tmp_path / "report", project)
    freewheel.run(*words)
    server.clear()
    freewheel.run(*words)
    assert server.log == []
    saved = json.loads((tmp_path / "report").read_text(encoding="utf-8"))["freewheel"]
    # What is new is the project's own: its place is looked at, its wheel built, unpacked and compiled in each run.
    assert saved["made"] == {"resolution": 1, "wheel": 1, "tree": 1, "bytecode": 1}
    assert saved["reused"]["tree"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="there, the number of links is not told")
def test_modules_and_their_bytecode_are_links_into_the_store(freewheel: Freewheel, tmp_path: Path) -> None:
    more_files = {"build_backend.py": PROBE}
    project = make_project_dir(tmp_path / "project", "six", build_requires=["tool"], more_files=more_files)
    for _ in range(2):
        said = freewheel.run("wheel", project, expect=1).stderr
        shown = ["__pycache__", "hammer-1.0.dist-info", "hammer.py", "tool-1.0.dist-info", "tool.py"]
        assert f"2 2 {shown}" in said

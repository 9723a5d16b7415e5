"""The index that pip asks when nobody names one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from freewheel.config.default_index import index_of_pip
from freewheel.errors import CommandMisused
try:
    print(index_of_pip())
except CommandMisused as error:
    print(error.problem, error.hint, sep="; ")
"""


def asked(folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(folder)], check=True, capture_output=True, text=True, encoding="utf-8"
    )
    return done.stdout.strip()


def test_a_distributors_default_holds(tmp_path: Path) -> None:
    (tmp_path / "pip/_internal/models").mkdir(parents=True)
    for package in ("pip", "pip/_internal", "pip/_internal/models"):
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "pip/_internal/models/index.py").write_text(
        "class PyPI:\n    simple_url = 'https://patched.example/simple'\n", encoding="utf-8"
    )
    assert asked(tmp_path) == "https://patched.example/simple"


def test_a_pip_that_does_not_tell_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip/__init__.py").touch()
    assert asked(tmp_path) == (
        "no index is configured, and the installed pip does not tell its own; "
        "name one with --index-url, or as index-url in a configuration file"
    )

"""Other Pythons of this machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


def other_python(version: str) -> Path:
    """The interpreter of a version such as `3.12`, from PATH or from pyenv; skips the test where there is none."""
    asking = (f"python{version}", "-c", "import sys, venv; print(sys.executable)")
    found = _said(*asking) or _said("pyenv", "whence", "--path", f"python{version}")
    if not found:
        pytest.skip(f"there is no python{version} here")
    return Path(found[0])


def _said(*command: str) -> list[str]:
    """What a command printed, by lines; nothing where it does not exist or fails."""
    if shutil.which(command[0]) is None:
        return []
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []

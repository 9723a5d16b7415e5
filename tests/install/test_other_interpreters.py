"""Interpreters other than the one that freewheel runs on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.install.conftest import Bench
from tests.support.environments import make_environment

VERSIONS = [f"3.{minor}" for minor in range(9, 15) if minor != sys.version_info.minor]


@pytest.fixture(params=VERSIONS)
def other(request: pytest.FixtureRequest) -> Path:
    """Another Python of this machine."""
    found = shutil.which(f"python{request.param}")
    if found is None:
        pytest.skip(f"there is no python{request.param} here")
    command = (found, "-c", "import venv, sys; print(sys.executable)")
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip(f"python{request.param} does not run here")
    return Path(asked.stdout.strip())


def test_it_is_described_installed_into_and_compiled_for(
    bench: Bench, other: Path, tmp_path: Path, wheel: Callable[..., Path]
) -> None:
    environment = make_environment(tmp_path / "other", python=other)
    path = wheel(
        "one",
        files={"one/__init__.py": "import sys\ndef main():\n    print(sys.version_info[1])\n"},
        entry_points={"console_scripts": {"one": "one:main"}},
    )
    bench.install(environment, path)
    interpreter = bench.interpreter(environment)
    minor = interpreter.target.python_version.partition(".")[2]
    assert environment.run_script("one").stdout == f"{minor}\n"
    assert interpreter.target.tags[-1] == "py30-none-any"
    assert (interpreter.cache_tag, interpreter.target.abi) == (f"cpython-3{minor}", f"cp3{minor}")
    loaded = environment.run(environment.python, "-v", "-c", "import one").stderr
    assert f"__init__.cpython-3{minor}.pyc matches" in loaded

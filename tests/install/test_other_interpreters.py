"""Interpreters other than the one that freewheel runs on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.install.conftest import Bench
from tests.support.environments import make_environment
from tests.support.interpreters import other_python

VERSIONS = [f"3.{minor}" for minor in range(9, 15) if minor != sys.version_info.minor]


@pytest.fixture(params=VERSIONS)
def other(request: pytest.FixtureRequest) -> Path:
    """Another Python of this machine."""
    return other_python(request.param)


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


def test_a_folder_stands_for_the_interpreter_in_it(bench: Bench, other: Path) -> None:
    """`--python` takes both, an installation that is no virtual environment too."""
    interpreter = bench.interpreter_at(other.parents[1])
    assert interpreter.prefix == str(other.parents[1])
    assert not interpreter.is_virtual
    assert interpreter.prefix_paths["purelib"] == f"lib/python{interpreter.target.python_version}/site-packages"
    assert interpreter.home_paths["purelib"] == "lib/python"
    assert interpreter.user_paths["purelib"].endswith(interpreter.prefix_paths["purelib"])

"""What commands load: modules are most of the time that a short one takes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import make_environment
from tests.support.process import run
from tests.support.server import IndexServer

CODE = """\
import sys
from freewheel.cli.main import run
sys.argv[0] = "freewheel"
status = run()
print("loaded:", *sys.modules)
sys.exit(status)
"""

NETWORK = frozenset({"urllib3", "ssl", "truststore", "http", "email", "asyncio"})
SEARCHING = frozenset({"resolvelib"})
DRAWING = frozenset({"rich"})
PLACING = frozenset({"installer"})
"""What makes launchers, where a project has commands."""

BUILDING = frozenset({"tarfile", "pyproject_hooks"})

Loaded = Callable[..., "set[str]"]


@pytest.fixture
def loaded(freewheel: Freewheel) -> Loaded:
    """The modules that a command loads."""

    def find(*words: str | Path) -> set[str]:
        command = (sys.executable, "-c", CODE, *words)
        lines = run(command, variables=freewheel.variables, cwd=freewheel.cwd).stdout.splitlines()
        (line,) = [line for line in lines if line.startswith("loaded: ")]
        return set(line.split()[1:])

    return find


def packages(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules}


def test_a_warm_installation_loads_no_network_and_draws_nothing(
    freewheel: Freewheel, server: IndexServer, archives: Path, loaded: Loaded, tmp_path: Path
) -> None:
    freewheel.variables["PIP_INDEX_URL"] = server.index_url
    server.answer("/simple/*", headers={"Cache-Control": "max-age=600"})
    server.add(make_wheel(archives, "app", "1.0", requires=["lib"]))
    server.add(make_wheel(archives, "lib", "1.0"))
    first, second = make_environment(tmp_path / "first"), make_environment(tmp_path / "second")
    freewheel.run("--python", first.python, "install", "app")
    server.clear()
    found = packages(loaded("--python", second.python, "install", "app"))
    assert second.installed() == {"app": "1.0", "lib": "1.0"}
    assert not server.requests_for("")
    assert not found & (NETWORK | DRAWING | SEARCHING)
    loaded("--python", second.python, "install", "app")
    again = packages(loaded("--python", second.python, "install", "app"))
    assert again & (NETWORK | DRAWING | SEARCHING | PLACING) == set()


@pytest.mark.parametrize("words", [("--version",), ("cache", "dir"), ("cache", "info"), ("cache", "list")])
def test_what_only_tells_loads_nothing_that_installs(loaded: Loaded, words: tuple[str, ...]) -> None:
    found = loaded(*words)
    assert not packages(found) & (NETWORK | SEARCHING | DRAWING | BUILDING)
    assert not {"freewheel.install.installer", "freewheel.wiring.program", "freewheel.net.caching"} & found

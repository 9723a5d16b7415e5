"""Environments whose change is killed at any step: the next run finds the old state, or the new one as a whole."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.process import run

PROJECT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")

SCENARIO = """\
import os, shutil, signal, sys
from contextlib import nullcontext
from pathlib import Path

from freewheel.events import Recorder, Warned
from freewheel.install.discovery import installed_in
from freewheel.install.plan import Destination
from freewheel.install.recovery import recover
from tests.install.conftest import Bench
from tests.support.archives import make_wheel
from tests.support.folders import snapshot

STEPS = {"open", "os.rename", "os.mkdir", "os.link", "os.utime", "os.chmod", "os.remove", "os.rmdir", "os.truncate"}
folder = Path(sys.argv[1])
bench = Bench(folder=folder / "bench")
old = make_wheel(
    folder, "one", "1.0", files={"one/__init__.py": "v = 1\\n", "one/old/gone.py": ""},
    entry_points={"console_scripts": {"one": "one:main"}},
)
new = make_wheel(folder, "one", "2.0", files={"one/__init__.py": "v = 2\\n", "one/new/here.py": "", "two.py": ""})


def destination_in(root):
    names = {"purelib": "site", "platlib": "site", "headers": "include", "scripts": "bin", "data": ""}
    schemes = {scheme: str(root / name) for scheme, name in names.items()}
    return Destination(schemes=schemes, executable=sys.executable, python_version="3.11", platform="linux-x86_64")


def change(root, wheel, remove=True):
    there = installed_in([str(root / "site")])
    transaction = bench.transaction(bench.installation(wheel), remove=tuple(there.values()) if remove else ())
    bench.installer().apply(transaction, destination_in(root))


def killed(after, act):
    \"\"\"Do it in a process of its own that is killed at a step; whether it came to its end before.\"\"\"
    child = os.fork()
    if child == 0:
        left = [after]

        def at_step(event, arguments):
            is_import = event == "open" and str(arguments[0]).endswith((".pyc", ".py"))
            if event in STEPS and not is_import:
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1

        sys.addaudithook(at_step)
        act()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status == 0


def recovered(root):
    reporter = Recorder()
    recover(destination_in(root), changing=nullcontext, reporter=reporter)
    found = snapshot(root)
    assert not [path for path in found if "~freewheel" in path], found
    return found, [event.message for event in reporter.events if isinstance(event, Warned)]


def is_fresh(base, number):
    root = folder / str(number)
    if base is not None:
        shutil.copytree(base, root, symlinks=True)
    return root
"""

UPGRADES = (
    SCENARIO
    + """
base = folder / "base"
change(base, old)
before = snapshot(base)
(folder / "after").mkdir()
shutil.copytree(base, folder / "after" / "x")
change(folder / "after" / "x", new)
after = snapshot(folder / "after" / "x")
kills = told = 0
seen = set()
while True:
    root = is_fresh(base, kills)
    is_done = killed(kills, lambda: change(root, new))
    found, messages = recovered(root)
    assert found in (before, after), (kills, found)
    assert len(messages) <= 1
    told += len(messages)
    seen.add(found == after)
    assert recovered(root) == (found, [])
    shutil.rmtree(root)
    if is_done:
        break
    kills += 1
assert found == after
print(kills, told, *sorted(seen))
"""
)

FIRST_INSTALLATIONS = (
    SCENARIO
    + """
change(folder / "after", old)
after = snapshot(folder / "after")
kills = 0
while True:
    root = folder / str(kills) / "missing"
    is_done = killed(kills, lambda: change(root, old))
    found, _ = recovered(root)
    assert found == after or not [path for path in found if "." in path], (kills, found)
    change(root, old)
    assert snapshot(root) == after
    if is_done:
        break
    kills += 1
print(kills)
"""
)

KILLED_AGAIN = (
    SCENARIO
    + """
base = folder / "base"
change(base, old)
before = snapshot(base)
kills = 0
while True:
    root = is_fresh(base, kills)
    assert not killed(int(sys.argv[2]), lambda: change(root, new))
    is_done = killed(kills, lambda: recovered(root))
    found, _ = recovered(root)
    assert found == before, (kills, found)
    if is_done:
        break
    kills += 1
print(kills)
"""
)


def outcome(program: str, *words: str | Path) -> list[str]:
    return run([sys.executable, "-c", program, *words], variables={"PATH": os.environ["PATH"]}, cwd=PROJECT).lines


def test_an_upgrade_killed_at_any_step_is_taken_back_or_complete(tmp_path: Path) -> None:
    """Both occur, and whatever was taken back is said once."""
    [line] = outcome(UPGRADES, tmp_path)
    kills, told, *seen = line.split()
    assert int(kills) > 30
    assert 20 < int(told) < int(kills)
    assert seen == ["False", "True"]


def test_an_installation_into_a_new_place_killed_at_any_step_can_be_done_again(tmp_path: Path) -> None:
    [kills] = outcome(FIRST_INSTALLATIONS, tmp_path)
    assert int(kills) > 15


@pytest.mark.parametrize("first", ["18", "30"])
def test_taking_back_may_be_killed_itself(first: str, tmp_path: Path) -> None:
    [kills] = outcome(KILLED_AGAIN, tmp_path, first)
    assert int(kills) > 5

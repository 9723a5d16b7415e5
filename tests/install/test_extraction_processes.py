"""Wheels taken apart by other processes: the same files, and whatever becomes of a process, they are there."""

from __future__ import annotations

import io
import os
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from freewheel.errors import BrokenArchive, FreewheelError, InvalidWheel
from freewheel.install.extraction import extract
from freewheel.install.extraction_processes import ExtractionProcesses
from freewheel.model.digest import sha256_of
from freewheel.store.protocol import Manifest
from tests.install.conftest import Bench
from tests.support.archives import make_wheel

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="descriptors cannot be passed there")

MakeWheel = Callable[..., Path]
FILES = {f"pack/module{number}.py": f"x = {number}\n" * number for number in range(40)}


class Told:
    """An interpreter that writes down each process that it becomes."""

    def __init__(self, folder: Path, before: str = "") -> None:
        self.log = folder / "started"
        self.path = folder / "python"
        lines = ("#!/bin/sh", f"echo $$ >> {shlex.quote(str(self.log))}", before)
        self.path.write_text("\n".join((*lines, f'exec {shlex.quote(sys.executable)} "$@"\n')))
        self.path.chmod(0o755)

    @property
    def started(self) -> list[int]:
        return [int(line) for line in self.log.read_text().split()] if self.log.exists() else []

    def processes(self, limit: int = 2, share: int = 1) -> ExtractionProcesses:
        return ExtractionProcesses(limit, share=share, executable=str(self.path))


@pytest.fixture
def told(tmp_path: Path) -> Told:
    (tmp_path / "told").mkdir()
    return Told(tmp_path / "told")


def taken_apart(processes: ExtractionProcesses, wheel: Path, root: Path) -> Manifest:
    root.mkdir(exist_ok=True)
    with wheel.open("rb") as stream:
        return processes.extract(stream, wheel.name, sha256_of(wheel.read_bytes()), root)


def here(wheel: Path, root: Path) -> Manifest:
    root.mkdir(exist_ok=True)
    with wheel.open("rb") as stream:
        return extract(stream, wheel.name, sha256_of(wheel.read_bytes()), root)


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def is_running(pid: int) -> bool:
    """A child that has ended and was not waited for yet counts as ended."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_a_process_writes_what_this_one_would(told: Told, tmp_path: Path, wheel: MakeWheel) -> None:
    made = [
        wheel("plain", files=FILES),
        wheel("scripts", entry_points={"console_scripts": {"run": "pack:main"}}, data={"scripts/tool": "#!python\n"}),
        wheel("größe", files={"pack/ä ö.py": "y = 1\n"}),
    ]
    processes = told.processes()
    for path in made:
        theirs, ours = tmp_path / f"theirs-{path.stem}", tmp_path / f"ours-{path.stem}"
        assert taken_apart(processes, path, theirs) == here(path, ours)
        assert files(theirs) == files(ours)
    processes.stop()
    assert len(told.started) == 1, "one at a time needs one process"


def test_as_many_as_are_needed_at_once_and_no_more(told: Told, tmp_path: Path, wheel: MakeWheel) -> None:
    made = [wheel(f"project{number}", files=FILES) for number in range(12)]
    processes = told.processes(limit=3)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda path: taken_apart(processes, path, tmp_path / path.stem), made))
    processes.stop()
    assert [result.project for result in results] == [f"project{number}" for number in range(12)]
    assert 1 <= len(told.started) <= 3
    assert not any(is_running(pid) for pid in told.started)


def test_for_little_work_none_is_started(told: Told, tmp_path: Path, wheel: MakeWheel) -> None:
    path = wheel("plain")
    for processes in (told.processes(share=path.stat().st_size + 1), told.processes(limit=1)):
        taken_apart(processes, path, tmp_path / "root")
    assert told.started == []


def test_what_has_no_descriptor_is_taken_apart_here(told: Told, tmp_path: Path, wheel: MakeWheel) -> None:
    path = wheel("plain")
    data = path.read_bytes()
    (tmp_path / "root").mkdir()
    manifest = told.processes().extract(io.BytesIO(data), path.name, sha256_of(data), tmp_path / "root")
    assert manifest == here(path, tmp_path / "ours")
    assert told.started == []


@pytest.mark.parametrize(
    "before", ["exit 1", "kill -9 $$", "echo nonsense >&0; exit 0", "cd /; set -- -c 'import nothing'"]
)
def test_a_process_that_fails_costs_nothing_but_time(tmp_path: Path, wheel: MakeWheel, before: str) -> None:
    (tmp_path / "told").mkdir()
    told = Told(tmp_path / "told", before)
    path = wheel("plain", files=FILES)
    assert taken_apart(told.processes(), path, tmp_path / "theirs") == here(path, tmp_path / "ours")
    assert files(tmp_path / "theirs") == files(tmp_path / "ours")
    assert len(told.started) == 1


def test_an_interpreter_that_is_gone_is_not_needed(tmp_path: Path, wheel: MakeWheel) -> None:
    path = wheel("plain")
    processes = ExtractionProcesses(2, share=1, executable=str(tmp_path / "gone"))
    assert taken_apart(processes, path, tmp_path / "theirs") == here(path, tmp_path / "ours")


def test_one_that_is_killed_amid_its_work_leaves_that_to_us(told: Told, tmp_path: Path, wheel: MakeWheel) -> None:
    first, second = wheel("first"), wheel("second", files=FILES)
    processes = told.processes()
    taken_apart(processes, first, tmp_path / "first")
    (idle,) = told.started
    os.kill(idle, signal.SIGKILL)
    assert taken_apart(processes, second, tmp_path / "theirs") == here(second, tmp_path / "ours")
    assert files(tmp_path / "theirs") == files(tmp_path / "ours")


@pytest.mark.parametrize(
    ("damage", "error"), [("wrong-digest", InvalidWheel), ("no-record", InvalidWheel), ("not-a-zip", BrokenArchive)]
)
def test_what_is_wrong_with_a_wheel_is_said_as_ever(
    told: Told, tmp_path: Path, wheel: MakeWheel, damage: str, error: type[FreewheelError]
) -> None:
    path = wheel("bad", broken=damage)
    processes = told.processes()
    with pytest.raises(error) as theirs:
        taken_apart(processes, path, tmp_path / "theirs")
    with pytest.raises(error) as ours:
        here(path, tmp_path / "ours")
    assert repr(theirs.value) == repr(ours.value)
    assert len(told.started) == 1
    processes.stop()


def test_none_outlives_whoever_asked(told: Told, tmp_path: Path, wheel: MakeWheel) -> None:
    program = textwrap.dedent(f"""
        import os, sys, time
        from pathlib import Path
        from freewheel.install.extraction_processes import ExtractionProcesses
        from freewheel.model.digest import sha256_of
        path = Path({str(wheel("plain"))!r})
        processes = ExtractionProcesses(2, share=1, executable={str(told.path)!r})
        with path.open("rb") as stream:
            processes.extract(stream, path.name, sha256_of(path.read_bytes()), Path({str(tmp_path)!r}) / "root")
        os.kill(os.getpid(), 9)
    """)
    subprocess.run([sys.executable, "-c", program], check=False)
    (pid,) = told.started
    deadline = time.monotonic() + 60
    while is_running(pid):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.01)


def test_an_installation_is_made_by_them(bench: Bench, told: Told, tmp_path: Path) -> None:
    made = [make_wheel(tmp_path, f"project{number}", "1.0", files=FILES) for number in range(4)]
    processes = told.processes()
    trees = [bench.unpacker.tree(bench.wheel_file(path), processes.extract) for path in made]
    processes.stop()
    assert len(told.started) == 1
    assert [tree.manifest for tree in trees] == [here(path, tmp_path / path.stem) for path in made]
    modes = {path.stat().st_mode & 0o777 for tree in trees for path in tree.root.rglob("*.py")}
    assert modes == {0o444}

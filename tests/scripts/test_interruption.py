"""Runs that are ended from outside, that meet another run, or that start without standard streams."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from freewheel.install.change_log import FOLDER, ChangeLog
from tests.support.archives import make_sdist, make_wheel
from tests.support.cli import Freewheel
from tests.support.environments import Environment
from tests.support.folders import snapshot
from tests.support.server import IndexServer


@pytest.fixture(autouse=True)
def target(freewheel: Freewheel, server: IndexServer, environment: Environment) -> None:
    freewheel.variables |= {"PIP_INDEX_URL": server.index_url, "VIRTUAL_ENV": str(environment.root)}


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_run_that_is_ended_changes_all_or_nothing(
    ending: str, freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment
) -> None:
    for version in ("1.0", "2.0"):
        files = {f"big/m{number}.py": f"v = '{version}'\n" for number in range(1500)}
        server.add(make_wheel(archives, "big", version, files=files))
    freewheel.run("install", "--no-compile", "big==1.0")
    freewheel.run("download", "big==2.0")
    before = snapshot(environment.root)
    with freewheel.start("install", "--no-compile", "big==2.0") as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("Installing collected packages"):
                running.send_signal(getattr(signal, ending))
                break
        running.communicate(timeout=60)
    after = snapshot(environment.root)
    assert not [path for path in after if "~freewheel" in str(path)]
    if running.returncode == 0:
        assert environment.installed()["big"] == "2.0"
    else:
        assert running.returncode == (1 if ending == "SIGINT" else 128 + getattr(signal, ending))
        assert after == before


def test_runs_that_change_one_environment_do_so_one_after_the_other(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment
) -> None:
    files = {f"shared/m{number}.py": "" for number in range(300)}
    server.add(make_wheel(archives, "shared", "1.0", files=files))
    for name in ("one", "two"):
        server.add(make_wheel(archives, name, "1.0"))
    freewheel.run("install", "shared")
    with (
        freewheel.start("install", "--force-reinstall", "shared", "one") as first,
        freewheel.start("install", "--force-reinstall", "shared", "two") as second,
    ):
        errors = [process.communicate(timeout=120)[1] for process in (first, second)]
    assert ([first.returncode, second.returncode], errors) == ([0, 0], ["", ""])
    assert environment.installed() == {"shared": "1.0", "one": "1.0", "two": "1.0"}


def test_a_cache_that_is_deleted_during_a_run_fails_nothing(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment, tmp_path: Path
) -> None:
    """A wheel that was built before is known to be there, and then the cache goes while a download is under way."""
    server.add(make_sdist(archives, "built", "1.0"))
    freewheel.run("install", "--target", tmp_path / "elsewhere", "built")
    server.add(make_wheel(archives, "late", "1.0", requires=["built"]))
    with freewheel.start("install", "built", "late") as running:
        server.wait_for("/late/")
        shutil.rmtree(freewheel.cache, ignore_errors=True)
        output, errors = running.communicate(timeout=120)
    assert running.returncode == 0, (output, errors)
    assert environment.installed() == {"built": "1.0", "late": "1.0"}


def test_a_report_that_cannot_be_written_is_found_out_first(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment, tmp_path: Path
) -> None:
    server.add(make_wheel(archives, "six", "1.0"))
    before = snapshot(environment.root)
    for where in (tmp_path / "absent" / "report.json", tmp_path):
        result = freewheel.run("install", "--report", where, "six", expect=1)
        assert str(where) in result.stderr
    assert snapshot(environment.root) == before


@pytest.mark.skipif(os.name != "posix", reason="closing streams is a shell's art")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_are_done_without(closed: str, freewheel: Freewheel) -> None:
    command = f'exec "$0" -m freewheel cache dir {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable],
        env=freewheel.variables,
        cwd=freewheel.cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_stream_cannot_encode_is_escaped(freewheel: Freewheel, tmp_path: Path) -> None:
    folder = tmp_path / "ünï"
    result = freewheel.run("cache", "dir", "--cache-dir", folder, env={"PYTHONIOENCODING": "ascii"})
    assert result.stdout.strip().endswith("\\xfcn\\xef")


@pytest.mark.parametrize("value", ["0", "-1", "soon"])
def test_a_time_limit_that_is_none(value: str, freewheel: Freewheel) -> None:
    result = freewheel.run("install", f"--timeout={value}", "six", expect=2)
    assert value in result.stderr


def test_what_a_killed_run_left_half_done_the_next_one_takes_back(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment
) -> None:
    """Who only looks says so and changes nothing; the next command that changes anything takes it back."""
    for version in ("1.0", "2.0"):
        files = {f"big/m{number}.py": f"v = '{version}'\n" for number in range(1500)}
        server.add(make_wheel(archives, "big", version, files=files))
    freewheel.run("install", "--no-compile", "big==1.0")
    freewheel.run("download", "big==2.0")
    before = snapshot(environment.root)
    with freewheel.start("install", "--no-compile", "big==2.0") as running:
        log = environment.site_packages / FOLDER / "log"
        while running.poll() is None and not (log.exists() and log.stat().st_size > 100_000):
            pass
        running.kill()
        running.communicate(timeout=60)
    left = snapshot(environment.root)
    assert left != before
    start = f"WARNING: An earlier change of {environment.site_packages} was interrupted"
    for words in (
        ["list"],
        ["freeze"],
        ["check"],
        ["inspect"],
        ["show", "big"],
        ["install", "--dry-run", "big"],
        ["list", "--path", environment.site_packages],
    ):
        looked = freewheel.run(*words, expect=None)
        said = [line for line in looked.stderr.splitlines() if line.startswith(start)]
        way_out = "The next `freewheel install` or `freewheel uninstall` there takes it back first."
        assert said == [f"{start} and is half done. {way_out}"]
        assert snapshot(environment.root) == left
    done = freewheel.run("uninstall", "--yes", "absent")
    assert done.stderr == f"{start}; it was taken back.\nWARNING: Skipping absent as it is not installed.\n"
    assert snapshot(environment.root) == before
    assert freewheel.run("list", "--format=freeze").stderr == ""
    freewheel.run("install", "--no-compile", "big==2.0")
    assert environment.installed() == {"big": "2.0"}


def test_without_a_cache_changes_wait_for_one_another_too(
    freewheel: Freewheel, server: IndexServer, archives: Path, environment: Environment
) -> None:
    server.add(make_wheel(archives, "six", "1.0"))
    log = ChangeLog(str(environment.site_packages))
    assert log.open()
    with freewheel.start("install", "--no-cache-dir", "six") as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("Waiting for another process that changes"):
                break
        assert environment.installed() == {}
        log.remove()
        errors = running.communicate(timeout=60)[1]
    assert (running.returncode, errors) == (0, "")
    assert environment.installed() == {"six": "1.0"}


ENDLESS_BACKEND = """
import os, subprocess, sys
from pathlib import Path

NAME = Path.cwd().name


def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = Path(folder, f"{NAME}-1.0.dist-info")
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\\nName: {NAME}\\nVersion: 1.0\\n")
    return info.name


def build_wheel(folder, config_settings=None, metadata_directory=None):
    compiler = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    Path("building.part").write_text(f"{os.getpid()} {compiler.pid}")
    Path("building.part").rename("building")
    compiler.wait()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what runs is told by /proc")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="builds run one after the other on one core")
def test_a_run_that_is_ended_ends_its_builds(freewheel: Freewheel, environment: Environment, tmp_path: Path) -> None:
    projects = [tmp_path / name for name in ("one", "two")]
    for project in projects:
        project.mkdir()
        (project / "endless.py").write_text(ENDLESS_BACKEND)
        (project / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "endless"\nbackend-path = ["."]\n'
        )
    before = snapshot(environment.root)
    with freewheel.start("install", *projects) as running:
        deadline = time.monotonic() + 60
        while not all((project / "building").exists() for project in projects):
            assert time.monotonic() < deadline
            assert running.poll() is None, running.communicate()
            time.sleep(0.01)
        processes = [pid for project in projects for pid in (project / "building").read_text().split()]
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM
    assert not [pid for pid in processes if _runs(pid)]
    assert snapshot(environment.root) == before
    assert list(freewheel.temporary.iterdir()) == []


def _runs(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False

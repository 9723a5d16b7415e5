"""Real processes: clean environments, virtual environments, and somebody without rights."""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from tests.support.archives import make_wheel
from tests.support.cli import Freewheel
from tests.support.clock import FakeClock
from tests.support.disk import small_disk
from tests.support.environments import Environment, make_environment, pip
from tests.support.folders import snapshot
from tests.support.process import clean_variables, run
from tests.support.unprivileged import Person

SHOW = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]))"


def runner(folder: Path, code: str) -> Freewheel:
    """A command line of ours, around some code instead of the program."""
    return Freewheel(folder, command=(sys.executable, "-c", code))


def test_a_run_sees_nothing_of_our_configuration(tmp_path: Path) -> None:
    program = runner(tmp_path, SHOW)
    program.variables["PIP_INDEX_URL"] = "http://127.0.0.1:1/simple/"
    arguments, variables, cwd = json.loads(program.run("list", Path("x"), env={"PIP_NO_INDEX": "1"}).stdout)
    assert (arguments, Path(cwd)) == (["list", "x"], tmp_path / "work")
    assert {name for name in variables if name.startswith(("PIP_", "FREEWHEEL_", "VIRTUAL_"))} == {
        "PIP_CONFIG_FILE",
        "PIP_DISABLE_PIP_VERSION_CHECK",
        "PIP_NO_INPUT",
        "PIP_INDEX_URL",
        "PIP_NO_INDEX",
    }
    assert not {name for name in variables if "PROXY" in name.upper() or "SSL" in name or "CA_BUNDLE" in name}
    assert Path(variables["HOME"]) == tmp_path / "home"
    assert (program.cache, program.temporary) == (tmp_path / "home/cache/freewheel", tmp_path / "home/tmp")


def test_another_exit_status_than_expected_is_a_failure(tmp_path: Path) -> None:
    program = runner(tmp_path, "import sys; sys.stderr.write('why'); sys.exit(3)")
    assert program.run(expect=3).stderr == "why"
    assert program.run(expect=None).code == 3
    with pytest.raises(AssertionError, match="exit status 3"):
        program.run()


def test_a_traceback_is_a_failure_unless_it_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        runner(tmp_path, "1 / 0").run(expect=1)
    quoting = "import sys; sys.stderr.write('  Traceback (most recent call last):\\n  of a backend\\n')"
    assert "of a backend" in runner(tmp_path, quoting).run().stderr


def test_a_run_can_be_killed_half_way(tmp_path: Path) -> None:
    code = "print('begun', flush=True); import threading; threading.Event().wait()"
    with runner(tmp_path, code).start() as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL


def test_an_environment_begins_empty_and_pip_works_on_it(environment: Environment, archives: Path) -> None:
    assert environment.installed() == {}
    wheel = make_wheel(archives, "Foo.Bar", entry_points={"console_scripts": {"foo": "foo_bar:main"}})
    pip(environment, "install", "--no-index", wheel)
    assert environment.installed() == {"foo-bar": "1.0"}
    assert Path(environment.run_python("import sys; print(sys.prefix)").strip()) == environment.root
    assert (
        "cannot import name 'main'"
        in environment.run(
            environment.python, "-c", "try:\n from foo_bar import main\nexcept ImportError as error: print(error)"
        ).stdout
    )
    pip(environment, "uninstall", "--yes", "foo-bar")
    assert environment.installed() == {}


def test_an_environment_can_be_made_by_another_interpreter(tmp_path: Path, environment: Environment) -> None:
    other = make_environment(tmp_path / "other", python=environment.python)
    assert Path(other.run_python("import sys; print(sys.prefix)").strip()) == other.root


def test_a_snapshot_tells_every_change(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    assert snapshot(folder) == {}
    (folder / "sub").mkdir(parents=True)
    file = folder / "sub" / "file"
    file.write_text("one", encoding="utf-8")
    seen = [snapshot(folder)]
    assert list(seen[0]) == ["sub", "sub/file"]
    file.write_text("two", encoding="utf-8")
    seen.append(snapshot(folder))
    file.chmod(0o700)
    seen.append(snapshot(folder))
    (folder / "link").symlink_to("sub")
    seen.append(snapshot(folder))
    assert all(seen.index(each) == position for position, each in enumerate(seen))
    before = snapshot(folder, with_times=True)
    os.utime(file, (1, 1))
    assert (snapshot(folder, with_times=True) == before, snapshot(folder) == seen[-1]) == (False, True)


def test_somebody_without_rights_writes_only_what_is_theirs(unprivileged: Person) -> None:
    theirs, ours = unprivileged.new_folder(), unprivileged.new_folder()
    if unprivileged.uid is None:
        ours.chmod(0o555)
    else:
        os.chown(ours, 0, 0)
        ours.chmod(0o755)
    code = (
        "import sys, os, freewheel, msgspec\n"
        "for folder in sys.argv[1:]:\n"
        "    try:\n        open(os.path.join(folder, 'new'), 'w').close(); print('written')\n"
        "    except PermissionError: print('refused')\n"
    )
    assert unprivileged.run(unprivileged.python, "-c", code, theirs, ours).lines == ["written", "refused"]


def test_somebody_without_rights_cannot_read_what_is_closed(unprivileged: Person) -> None:
    secret = unprivileged.new_folder() / "secret"
    secret.write_text("closed", encoding="utf-8")
    secret.chmod(0)
    code = "import sys\ntry: open(sys.argv[1])\nexcept PermissionError: print('refused')"
    assert unprivileged.run(unprivileged.python, "-c", code, secret).lines == ["refused"]


def test_somebody_without_rights_has_a_command_line_with_a_home(unprivileged: Person) -> None:
    program = unprivileged.freewheel()
    folders = [program.folder, program.cwd, program.temporary]
    owner = os.getuid() if unprivileged.uid is None else unprivileged.uid
    assert {folder.stat().st_uid for folder in folders} == {owner}
    code = "import os, sys; open(os.path.join(sys.argv[1], 'x'), 'w').close()"
    for folder in folders:
        run(
            (unprivileged.python, "-c", code, folder),
            variables=clean_variables(program.folder / "home") | dict(unprivileged.variables),
            cwd=program.cwd,
            user=unprivileged.uid,
        )


def test_a_small_disk_fills_up(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=64 * 1024) as folder:
        with pytest.raises(OSError, match="No space left") as caught:
            (folder / "large").write_bytes(bytes(128 * 1024))
        assert caught.value.errno == errno.ENOSPC
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_read_only_disk_takes_nothing(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=64 * 1024, read_only=True) as folder:
        with pytest.raises(OSError, match="Read-only") as caught:
            (folder / "new").touch()
        assert caught.value.errno == errno.EROFS


def test_a_fake_clock_moves_when_told() -> None:
    clock = FakeClock(5.0)
    assert clock() == 5.0
    clock.advance(1.5)
    assert clock() == 6.5

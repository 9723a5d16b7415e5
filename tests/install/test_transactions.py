"""All or nothing: what a failed change leaves is what was there before."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import FrameType

import pytest

from freewheel.errors import BrokenArchive, CannotUninstall, InvalidWheel, NoSpace, NotWritable
from freewheel.events import Installing, Noted, Uninstalled, Warned
from freewheel.install.destination import in_environment
from freewheel.install.journal import STASH_PREFIX
from freewheel.install.link import Linker
from freewheel.install.plan import PlaceFile
from freewheel.store.protocol import Miss
from tests.install.conftest import Bench
from tests.support.disk import small_disk
from tests.support.environments import Environment, make_environment, pip
from tests.support.unprivileged import Person

MakeWheel = Callable[..., Path]


def state_of(root: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder with its mode and content; what importing leaves aside."""
    return {
        path.relative_to(root).as_posix(): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
    }


@pytest.fixture
def one(wheel: MakeWheel) -> Path:
    files = {"one/__init__.py": "v = 1\n", "one/old.py": "gone = True\n", "one/data/x.txt": "x\n"}
    return wheel("one", "1.0", files=files, entry_points={"console_scripts": {"one": "one:main"}})


@pytest.fixture
def two(wheel: MakeWheel) -> Path:
    return wheel("one", "2.0", files={"one/__init__.py": "v = 2\n", "one/new.py": "here = True\n"})


def test_an_upgrade_leaves_nothing_of_the_old_version(
    bench: Bench, environment: Environment, one: Path, two: Path
) -> None:
    bench.install(environment, one)
    environment.run_python("import one.old")
    bench.install(environment, two, remove=["one"])
    assert environment.installed() == {"one": "2.0"}
    names = {path.name for path in (environment.site_packages / "one").rglob("*") if path.is_file()}
    tag = sys.implementation.cache_tag
    assert names == {"__init__.py", "new.py", f"__init__.{tag}.pyc", f"new.{tag}.pyc"}
    assert not (environment.scripts / "one").exists()
    assert [e for e in bench.reporter.events if isinstance(e, Installing | Uninstalled)] == [
        Installing(distributions=("one-1.0",)),
        Installing(distributions=("one-2.0",)),
        Uninstalled(project="one", version="1.0", is_replaced=True),
    ]


def test_modules_of_equal_size_run_as_they_are_after_an_upgrade(
    bench: Bench, environment: Environment, wheel: MakeWheel
) -> None:
    for version in ("1.0", "2.0"):
        path = wheel("same", version, files={"same.py": f"print({version})\n"})
        bench.install(environment, path, remove=["same"] if version == "2.0" else [], compiles=False)
        assert environment.run_python("import same") == f"{version}\n"


def test_a_reinstallation_restores_what_was_edited(bench: Bench, environment: Environment, one: Path) -> None:
    bench.install(environment, one)
    before = state_of(environment.root)
    edited = environment.site_packages / "one/__init__.py"
    edited.unlink()
    edited.write_text("v = 'mine'\n")
    bench.install(environment, one, remove=["one"])
    assert state_of(environment.root) == before


def test_nothing_remains_when_the_second_of_two_is_broken(
    bench: Bench, environment: Environment, one: Path, wheel: MakeWheel
) -> None:
    before = state_of(environment.root)
    with pytest.raises(InvalidWheel):
        bench.install(environment, one, wheel("bad", broken="wrong-digest"))
    with pytest.raises(BrokenArchive):
        bench.install(environment, one, wheel("torn", broken="truncated"))
    assert state_of(environment.root) == before


def test_a_failure_half_way_brings_back_what_was_removed(
    bench: Bench, environment: Environment, one: Path, two: Path, wheel: MakeWheel
) -> None:
    bench.install(environment, one)
    (environment.site_packages / "blocked.py").mkdir()
    (environment.site_packages / "blocked.py" / "mine").touch()
    before = state_of(environment.root)
    with pytest.raises(NotWritable) as caught:
        bench.install(environment, two, wheel("blocked"), remove=["one"])
    assert caught.value.path == str(environment.site_packages / "blocked.py")
    assert state_of(environment.root) == before
    assert environment.installed() == {"one": "1.0"}


def test_files_of_others_in_the_way_come_back_too(
    bench: Bench, environment: Environment, one: Path, wheel: MakeWheel
) -> None:
    mine = environment.site_packages / "one" / "__init__.py"
    mine.parent.mkdir()
    mine.write_text("mine = True\n")
    (environment.site_packages / "blocked.py").mkdir()
    with pytest.raises(NotWritable):
        bench.install(environment, one, wheel("blocked"))
    assert mine.read_text() == "mine = True\n"
    (environment.site_packages / "blocked.py").rmdir()
    bench.install(environment, one)
    assert mine.read_text() == "v = 1\n"


def test_a_full_disk_leaves_the_environment_as_it_was(
    bench: Bench, tmp_path: Path, one: Path, wheel: MakeWheel
) -> None:
    with small_disk(tmp_path / "disk", size=1 << 20) as disk:
        environment = make_environment(disk / "environment")
        bench.install(environment, one)
        before = state_of(environment.root)
        big = wheel("big", files={"big.py": "", "big.bin": os.urandom(2 << 20)})
        with pytest.raises(NoSpace):
            bench.install(environment, big, remove=["one"])
        assert state_of(environment.root) == before
        assert not list(disk.rglob(f"{STASH_PREFIX}*"))


def test_a_cache_without_space_does_not_stop_an_installation(
    bench: Bench, environment: Environment, tmp_path: Path, wheel: MakeWheel
) -> None:
    big = wheel("big", files={"big.py": "v = 1\n", "big.bin": os.urandom(1 << 20)})
    with small_disk(tmp_path / "bench" / "cache", size=1 << 19):
        bench.install(environment, big)
        assert environment.run_python("import big; print(big.v)") == "1\n"
        assert list((environment.site_packages / "__pycache__").glob("big.*"))


def test_a_read_only_cache_serves_what_it_has_and_takes_nothing(
    bench: Bench, tmp_path: Path, one: Path, wheel: MakeWheel
) -> None:
    """Behaviour 18."""
    bench.install(make_environment(tmp_path / "first"), one)
    kept = state_of(bench.root.path)
    bench.is_writable = False
    bench.opened.clear()
    environment = make_environment(tmp_path / "second")
    bench.install(environment, one, wheel("new"))
    assert environment.installed() == {"one": "1.0", "new": "1.0"}
    assert bench.opened == ["new-1.0-py3-none-any.whl"]
    assert state_of(bench.root.path) == kept


UNPRIVILEGED = """
import sys, time
from pathlib import Path
from freewheel.errors import NotWritable
from freewheel.events import Recorder
from freewheel.install.destination import in_environment
from freewheel.install.environment import interrogate
from freewheel.install.installer import Installer, Transaction
from freewheel.install.discovery import installed
from freewheel.store.memory import MemoryEntries
reporter = Recorder()
interpreter = interrogate(sys.argv[1], entries=MemoryEntries(clock=time.time), reporter=reporter)
transaction = Transaction(remove=(installed(interpreter)["one"],))
try:
    Installer(preparation=None, linker=None, reporter=reporter).apply(
        transaction, in_environment(interpreter))
except NotWritable as error:
    print(error.path, error.reason)
"""


def test_an_environment_of_somebody_else_is_not_touched(
    bench: Bench, unprivileged: Person, tmp_path: Path, one: Path
) -> None:
    folder = unprivileged.folder.parent / "others" if unprivileged.uid is not None else tmp_path / "others"
    folder.mkdir()
    environment = make_environment(folder / "environment", python=unprivileged.python)
    bench.install(environment, one)
    before = state_of(environment.root)
    places = [environment.site_packages, environment.site_packages / "one", environment.scripts]
    modes = [place.stat().st_mode for place in places]
    for place in places:
        place.chmod(0o555)
    try:
        result = unprivileged.run(unprivileged.python, "-c", UNPRIVILEGED, environment.python)
    finally:
        for place, mode in zip(places, modes, strict=True):
            place.chmod(mode)
    assert result.stdout == f"{environment.site_packages} no permission to write\n"
    assert state_of(environment.root) == before


def test_two_projects_with_one_path_the_later_has_it(
    bench: Bench, environment: Environment, wheel: MakeWheel
) -> None:
    first = wheel("first", files={"first.py": "", "tests/__init__.py": "who = 'first'\n"})
    second = wheel("second", files={"second.py": "", "tests/__init__.py": "who = 'second, longer'\n"})
    bench.install(environment, first, second)
    assert environment.run_python("import tests; print(tests.who)") == "second, longer\n"
    notes = [event.message for event in bench.reporter.events if isinstance(event, Noted)]
    assert f"{environment.site_packages}/tests/__init__.py of first is replaced by that of second" in notes
    assert "No broken" in pip(environment, "check").stdout
    pip(environment, "uninstall", "--yes", "first", "second")
    assert not (environment.site_packages / "tests").exists()


def test_a_file_and_a_folder_of_one_name_do_not_go_together(
    bench: Bench, environment: Environment, wheel: MakeWheel
) -> None:
    before = state_of(environment.root)
    with pytest.raises(NotWritable, match="Is a directory"):
        bench.install(
            environment, wheel("first", files={"pkg/name/m.py": ""}), wheel("second", files={"pkg/name": ""})
        )
    assert state_of(environment.root) == before


def test_without_compilation_there_is_no_bytecode(bench: Bench, environment: Environment, one: Path) -> None:
    bench.install(environment, one, compiles=False)
    assert not list((environment.site_packages / "one").rglob("*.pyc"))
    assert ".pyc" not in (environment.site_packages / "one-1.0.dist-info/RECORD").read_text()


def test_a_project_without_a_record_is_refused_before_anything_happens(
    bench: Bench, environment: Environment, one: Path, two: Path
) -> None:
    bench.install(environment, one)
    (environment.site_packages / "one-1.0.dist-info/RECORD").unlink()
    before = state_of(environment.root)
    with pytest.raises(CannotUninstall):
        bench.install(environment, two, remove=["one"])
    assert state_of(environment.root) == before


def test_a_record_that_leads_elsewhere_removes_nothing_there(
    bench: Bench, environment: Environment, tmp_path: Path, one: Path
) -> None:
    bench.install(environment, one)
    precious = tmp_path / "precious.txt"
    precious.write_text("stay\n")
    outside = environment.site_packages / "outside"
    outside.symlink_to(tmp_path)
    with (environment.site_packages / "one-1.0.dist-info/RECORD").open("a", encoding="utf-8") as record:
        record.write(f"{precious},,\r\n../../../../precious.txt,,\r\noutside/precious.txt,,\r\n")
    bench.install(environment, remove=["one"])
    assert precious.read_text() == "stay\n"
    assert environment.installed() == {}
    warnings = [event.message for event in bench.reporter.events if isinstance(event, Warned)]
    assert warnings == [f"one records {precious}, which lies outside the environment and stays."]


def test_what_the_base_installation_has_is_left_to_it(
    bench: Bench, tmp_path: Path, environment: Environment, one: Path
) -> None:
    other = make_environment(tmp_path / "other")
    bench.install(other, one)
    interpreter = bench.interpreter(environment)
    foreign = bench.installed(other, "one")
    before = state_of(other.root)
    transaction = bench.transaction(bench.installation(one), remove=(foreign,))
    bench.installer().apply(transaction, in_environment(interpreter))
    assert state_of(other.root) == before
    assert environment.installed() == {"one": "1.0"}


MODULES = ("installer.py", "journal.py", "link.py", "uninstall.py")


class Interrupt:
    """The user presses Ctrl-C when the installer has come to its line number `moment`, counted as it runs."""

    def __init__(self, moment: int) -> None:
        self.left = moment

    def __call__(self, frame: FrameType, event: str, _: object) -> Interrupt | None:
        if event == "call":
            path = Path(frame.f_code.co_filename)
            return self if path.parent.name == "install" and path.name in MODULES else None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning",  # between `open` and `with` an interrupt leaves a file to the collector
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
def test_an_interrupt_at_any_moment_leaves_all_of_a_change_or_nothing(
    bench: Bench, environment: Environment, one: Path, two: Path
) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        return {path: at for path, at in state_of(environment.root).items() if STASH_PREFIX not in path}

    bench.install(environment, two)
    after = state()
    bench.install(environment, one, remove=["one"])
    before = state()
    interpreter = bench.interpreter(environment)
    destination = in_environment(interpreter)
    there = bench.installed(environment, "one")
    transaction = bench.transaction(bench.installation(two), remove=(there,), compile_for=interpreter)
    outcomes = []
    for moment in count(1, 5):  # any step finds the moments between two changes of the disk, some lines each
        installer = bench.installer()
        sys.settrace(Interrupt(moment))
        try:
            installer.apply(transaction, destination)
        except KeyboardInterrupt:
            sys.settrace(None)
            outcomes.append(state())
            if outcomes[-1] == after:
                break
            assert outcomes[-1] == before, moment
            assert not list(environment.root.rglob(f"{STASH_PREFIX}*"))
        else:
            break
        finally:
            sys.settrace(None)
    gc.collect()
    assert state() == after
    assert len(outcomes) > 20


def test_what_another_process_puts_in_the_way_is_replaced(bench: Bench, environment: Environment, one: Path) -> None:
    class Racing(Linker):
        """Somebody else is always a moment faster."""

        def place(self, file: PlaceFile) -> Miss | None:
            if not Path(file.destination).exists() and file.destination not in met:
                met.add(file.destination)
                Path(file.destination).write_text("somebody else's")
            return super().place(file)

    met: set[str] = set()
    transaction = bench.transaction(bench.installation(one))
    bench.installer(Racing()).apply(transaction, in_environment(bench.interpreter(environment)))
    assert (environment.site_packages / "one/old.py").read_text() == "gone = True\n"
    assert (environment.site_packages / "one-1.0.dist-info/METADATA").read_text().startswith("Metadata-Version")
    assert not list(environment.root.rglob(f"{STASH_PREFIX}*"))

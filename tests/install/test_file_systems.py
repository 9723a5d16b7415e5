"""On real file systems an environment is the same whatever lies below it, and none of their limits ends a run."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import source_from_cache
from itertools import count
from pathlib import Path

import pytest

from freewheel.errors import NoSpace
from freewheel.events import Healed
from freewheel.install.destination import in_environment
from freewheel.install.link import Linker, LinkMode
from freewheel.install.plan import PlaceFile
from freewheel.model.digest import sha256_of
from freewheel.store.protocol import Miss
from freewheel.store.trees import tree_mtime
from tests.install.conftest import Bench
from tests.support.cli import Freewheel
from tests.support.disk import FileSystem, bound, disk, layered, make_read_only, small_disk
from tests.support.environments import Environment, make_environment
from tests.support.folders import snapshot
from tests.support.unprivileged import Person

MakeWheel = Callable[..., Path]
State = dict[str, tuple[str, int | None, bytes]]

FILE_SYSTEMS: Sequence[FileSystem] = ("tmpfs", "ext4", "xfs", "btrfs")
EXTENSION = bytes(range(256)) * 256  # btrfs keeps what is smaller than 2 KiB beside its metadata, shared with nobody
SAYS_IT = {"console_scripts": {"say-it": "one:say"}}


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Copies have the mode that it leaves."""
    previous = os.umask(0o022)
    yield
    os.umask(previous)


@pytest.fixture
def wheels(wheel: MakeWheel) -> Sequence[Path]:
    """Two distributions with everything that is installed in a way of its own."""
    one = wheel(
        "one",
        files={
            "one/__init__.py": "def say():\n    print('said')\n",
            "one/more.py": "w = 1\n",
            "one/data.txt": "x\n",
            "one/empty": "",
        },
        scripts={"a-script": "#!python\nprint('script')\n"},
        entry_points=SAYS_IT,
        headers={"one.h": "\n"},
        data={"data/share/one.txt": "y\n"},
    )
    fast = wheel(
        "fast",
        files={"fast/__init__.py": "", "fast/_fast.so": EXTENSION},
        executables={"fast/_fast.so"},
        root_is_purelib=False,
    )
    return one, fast


@pytest.fixture
def times(wheels: Sequence[Path]) -> Collection[int]:
    """The times of their files."""
    return {tree_mtime(sha256_of(path.read_bytes())) for path in wheels}


def state_of(folder: Path, times: Collection[int]) -> State:
    """Every file and folder: its mode but for the right to write, its time if it is one of `times`, its content."""
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        time = int(status.st_mtime)
        found[path.relative_to(folder).as_posix()] = (
            stat.filemode(status.st_mode & ~0o222),
            time if time in times else None,
            path.read_bytes() if stat.S_ISREG(status.st_mode) else b"",
        )
    return found


def files_below(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    return ((path, path.lstat()) for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def packages_of(environment: Environment) -> set[Path]:
    """The files of import packages, with their bytecode."""
    site = environment.site_packages
    return {path for path, _ in files_below(site) if not path.relative_to(site).parts[0].endswith(".dist-info")}


def shared_with(bench: Bench, environment: Environment) -> set[Path]:
    """The files of an environment that are the same inodes as files of the store."""
    stored = {(status.st_dev, status.st_ino) for _, status in files_below(bench.root.path)}
    return {path for path, status in files_below(environment.root) if (status.st_dev, status.st_ino) in stored}


def has_current_bytecode(environment: Environment) -> bool:
    """Whether all bytecode is there, and states the size and time of its source (PEP 3147)."""
    compiled = {Path(source_from_cache(str(path))): path for path in environment.site_packages.rglob("*.pyc")}
    return compiled.keys() == set(environment.site_packages.rglob("*.py")) and all(
        struct.unpack("<2I", path.read_bytes()[8:16]) == (int(source.stat().st_mtime), source.stat().st_size)
        for source, path in compiled.items()
    )


@contextmanager
def mounted(tmp_path: Path, cache_on: FileSystem, environment_on: FileSystem) -> Iterator[Bench]:
    """A store on one file system while another one, or the same, is mounted at `tmp_path / "place"`."""
    with ExitStack() as stack:
        place = stack.enter_context(disk(environment_on, tmp_path / "place"))
        is_one = cache_on == environment_on
        other = place if is_one else stack.enter_context(disk(cache_on, tmp_path / "other"))
        yield Bench(folder=other / "bench")


@pytest.mark.parametrize(
    ("cache_on", "environment_on"),
    [*((kind, kind) for kind in FILE_SYSTEMS), ("ext4", "tmpfs"), ("xfs", "btrfs")],
)
def test_an_environment_is_the_same_on_every_file_system_in_every_mode(
    bench: Bench,
    tmp_path: Path,
    wheels: Sequence[Path],
    times: Collection[int],
    cache_on: FileSystem,
    environment_on: FileSystem,
) -> None:
    """Paths, contents, modes and times. Only which files are the store's own differs: those are not for writing."""
    place = tmp_path / "place" / "environment"  # scripts state where they are, so all have been at one place
    bench.install(make_environment(place), *wheels, mode=LinkMode.COPY)
    expected = state_of(place, times)
    assert {time for _, time, _ in expected.values()} == {None, *times}
    with mounted(tmp_path, cache_on, environment_on) as there:
        for mode in LinkMode:
            environment = make_environment(place)
            there.install(environment, *wheels, mode=mode)
            assert has_current_bytecode(environment)
            assert environment.run_script("say-it").stdout == "said\n"
            assert state_of(place, times) == expected, mode
            is_linked = cache_on == environment_on and mode in (LinkMode.AUTO, LinkMode.HARDLINK)
            linked = packages_of(environment) if is_linked else set()
            assert shared_with(there, environment) == linked, mode
            assert {path for path, status in files_below(place) if not status.st_mode & 0o200} == linked, mode
            environment.root.rename(place.with_name(mode.value))


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_a_clone_shares_its_blocks_with_the_store(tmp_path: Path, wheels: Sequence[Path], kind: FileSystem) -> None:
    if shutil.which("filefrag") is None:
        pytest.skip("there is no filefrag command here")
    with mounted(tmp_path, kind, kind) as bench:
        shares = {}
        for mode in (LinkMode.COPY, LinkMode.CLONE):
            environment = make_environment(tmp_path / "place" / mode.value)
            bench.install(environment, *wheels, mode=mode)
            extension = environment.site_packages / "fast/_fast.so"
            told = subprocess.run(("filefrag", "-s", "-v", extension), capture_output=True, text=True, check=True)
            shares[mode] = "shared" in told.stdout
    assert shares == {LinkMode.COPY: False, LinkMode.CLONE: True}


@pytest.mark.parametrize("kind", FILE_SYSTEMS)
def test_a_file_edited_through_its_link_is_made_anew_for_others(
    tmp_path: Path, wheels: Sequence[Path], kind: FileSystem
) -> None:
    """Behaviour 132: the edit stays where it was made."""
    with mounted(tmp_path, kind, kind) as bench:
        first, second, third = (make_environment(tmp_path / "place" / name) for name in ("first", "second", "third"))
        bench.install(first, *wheels)
        edited = first.site_packages / "one/more.py"
        edited.chmod(0o644)
        edited.write_text("w = 9\n", encoding="utf-8")  # of the same size
        bench.install(second, *wheels)
        bench.opened.clear()
        bench.install(third, *wheels)
        assert bench.opened == []
        assert [event.subject for event in bench.reporter.events if isinstance(event, Healed)] == [wheels[0].name]
        assert edited.read_text(encoding="utf-8") == "w = 9\n"
        for environment in (second, third):
            assert (environment.site_packages / "one/more.py").read_text(encoding="utf-8") == "w = 1\n"
            assert shared_with(bench, environment) == packages_of(environment)
            assert has_current_bytecode(environment)


def test_a_file_that_has_all_the_links_it_may_have_is_copied(tmp_path: Path, wheels: Sequence[Path]) -> None:
    """ext4 allows 65,000 links to an inode."""
    with mounted(tmp_path, "ext4", "ext4") as bench:
        first, second = (make_environment(tmp_path / "place" / name) for name in ("first", "second"))
        bench.install(first, *wheels)
        use_up_links(first.site_packages / "one/more.py", tmp_path / "place" / "links")
        bench.install(second, *wheels)
        used_up = second.site_packages / "one/more.py"
        assert shared_with(bench, second) == packages_of(second) - {used_up}
        assert used_up.read_text(encoding="utf-8") == "w = 1\n"
        assert has_current_bytecode(second)


def use_up_links(path: Path, folder: Path) -> None:
    """Link a file into a new folder until the file system refuses to."""
    folder.mkdir()
    for number in count():
        try:
            os.link(path, f"{folder}/{number}")
        except OSError as error:
            assert error.errno == errno.EMLINK  # noqa: PT017 - the way out of the loop
            break


def test_a_store_that_came_with_the_image_of_a_container_is_linked_from(
    tmp_path: Path, wheels: Sequence[Path]
) -> None:
    with disk("tmpfs", tmp_path / "disk") as place:
        image = place / "image"
        Bench(folder=image / "bench").install(make_environment(image / "first"), *wheels)
        with layered(image, place / "container") as container:
            bench = Bench(folder=container / "bench")
            for name in ("second", "third"):
                environment = make_environment(container / name)
                bench.install(environment, *wheels)
                assert shared_with(bench, environment) == packages_of(environment)
                assert has_current_bytecode(environment)
            assert bench.opened == []
            assert not any(isinstance(event, Healed) for event in bench.reporter.events)


@pytest.mark.parametrize("is_bound", [False, True], ids=["file system", "bound folder"])
def test_a_cache_that_was_made_read_only_serves_what_it_has(
    freewheel: Freewheel,
    tmp_path: Path,
    wheels: Sequence[Path],
    times: Collection[int],
    wheel: MakeWheel,
    is_bound: bool,
) -> None:
    """A folder that is bound elsewhere is on the device of its environments, and yet nothing of it can be linked."""
    with ExitStack() as stack:
        cache = (tmp_path if is_bound else stack.enter_context(disk("ext4", tmp_path / "disk"))) / "cache"
        install = ("install", "--no-index", "--no-deps", "--target")
        freewheel.run(*install, "first", *wheels, "--cache-dir", cache)
        before = snapshot(cache, with_times=True)
        if is_bound:
            shown = tmp_path / "shown"
            shown.mkdir()
            stack.enter_context(bound(cache, shown, read_only=True))
        else:
            shown = cache
            make_read_only(cache.parent)
        done = freewheel.run(*install, "second", *wheels, "--cache-dir", shown)
        assert done.lines[-1] == "Reused 2 unpacked wheels and 2 sets of bytecode."
        assert done.stderr == ""
        assert state_of(freewheel.cwd / "second", times) == state_of(freewheel.cwd / "first", times)
        assert all(status.st_nlink == 1 for _, status in files_below(freewheel.cwd / "second"))
        later = freewheel.run(*install, "third", wheel("later"), "--cache-dir", shown)
        assert later.stderr == ""
        assert (freewheel.cwd / "third/later.py").is_file()
        assert snapshot(cache, with_times=True) == before


@pytest.mark.parametrize("kind", FILE_SYSTEMS)
def test_files_of_a_layer_are_never_linked_and_share_blocks_where_they_can(
    freewheel: Freewheel, tmp_path: Path, wheels: Sequence[Path], times: Collection[int], kind: FileSystem
) -> None:
    with disk(kind, tmp_path / "disk") as place:
        layer, install = place / "layer", ("install", "--no-index", "--no-deps", "--target")
        freewheel.run(*install, place / "first", *wheels, "--cache-dir", layer)
        before = {path: (status.st_nlink, status.st_ctime_ns) for path, status in files_below(layer)}
        for mode in (LinkMode.AUTO, LinkMode.HARDLINK, LinkMode.CLONE):
            done = freewheel.run(
                *(*install, place / mode.value, *wheels, "--link-mode", mode.value),
                *("--cache-dir", place / "own", "--cache-layer", layer),
            )
            assert done.lines[-1] == "Reused 2 unpacked wheels and 2 sets of bytecode."
            assert done.stderr == ""
            assert state_of(place / mode.value, times) == state_of(place / "first", times), mode
            assert all(status.st_nlink == 1 for _, status in files_below(place / mode.value))
            assert shutil.which("filefrag") is None or is_shared(place / mode.value / "fast/_fast.so") == (
                kind in ("xfs", "btrfs")
            )
        assert {path: (status.st_nlink, status.st_ctime_ns) for path, status in files_below(layer)} == before


def is_shared(path: Path) -> bool:
    """Whether a file has blocks in common with another one."""
    told = subprocess.run(("filefrag", "-s", "-v", path), capture_output=True, text=True, check=False)
    return "shared" in told.stdout


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can make what belongs to root")
def test_files_of_somebody_else_are_copied_where_nobody_else_may_link_them(
    freewheel: Freewheel, unprivileged: Person, wheels: Sequence[Path], times: Collection[int]
) -> None:
    protected = Path("/proc/sys/fs/protected_hardlinks")
    if not protected.exists() or protected.read_text().strip() == "0":
        pytest.skip("everybody may link everything here")
    folder = unprivileged.new_folder()
    cache = folder / "cache"
    cache.mkdir()
    for place in (folder, cache):
        place.chmod(0o755)
    archives = [shutil.copy(path, folder) for path in wheels]
    install = ("install", "--no-index", "--no-deps", "--cache-dir", cache, *archives, "--target")
    freewheel.run(*install, "ours", "--group-cache")
    person = unprivileged.freewheel()
    person.run(*install, "alone", "--no-cache-dir")
    for mode in (LinkMode.AUTO, LinkMode.CLONE):
        done = person.run(*install, mode.value, "--link-mode", mode.value)
        assert done.lines[-1] == "Reused 2 unpacked wheels and 2 sets of bytecode."
        assert done.stderr == ""
        assert state_of(person.cwd / mode.value, times) == state_of(person.cwd / "alone", times), mode
        assert {status.st_uid for _, status in files_below(person.cwd / mode.value)} == {unprivileged.uid}


class Purging(Linker):
    """Another process removes a folder when a file is about to be placed that has one of the numbers `at`.

    The first is number 0; `placed` is how many there were.
    """

    def __init__(self, folder: Path, *, at: Container[int]) -> None:
        super().__init__()
        self._command = (sys.executable, "-I", "-S", "-c", PURGE, folder)
        self._at = at
        self._numbers = count()  # of which no two threads get the same
        self.placed = 0

    def place(self, file: PlaceFile) -> Miss | None:
        number = next(self._numbers)
        self.placed = number + 1
        if number in self._at:
            subprocess.run(self._command, check=True)
        return super().place(file)


PURGE = "import shutil, sys; shutil.rmtree(sys.argv[1], ignore_errors=True)"


@pytest.fixture
def purged(
    bench: Bench, tmp_path: Path, wheels: Sequence[Path], times: Collection[int]
) -> Callable[[Container[int]], tuple[State, int]]:
    """Installs in a new environment, at one place, while trees are removed: what is there then, of how many files."""
    place = tmp_path / "environment"
    interpreter = bench.interpreter(make_environment(place))

    def install(at: Container[int]) -> tuple[State, int]:
        shutil.rmtree(place)
        make_environment(place)
        transaction = bench.transaction(*map(bench.installation, wheels), compile_for=interpreter)
        linker = Purging(bench.root.layout.trees, at=at)
        bench.installer(linker).apply(transaction, in_environment(interpreter))
        return state_of(place, times), linker.placed

    return install


def test_trees_that_are_removed_at_any_moment_are_made_again(
    purged: Callable[[Container[int]], tuple[State, int]],
) -> None:
    """Behaviour 132, with several distributions that are placed at a time."""
    expected, placed = purged(())
    for moment in range(0, placed, 2):  # each takes a fifth of a second
        assert purged({moment})[0] == expected, moment


def test_trees_that_are_removed_all_the_time_leave_out_bytecode_and_nothing_else(
    purged: Callable[[Container[int]], tuple[State, int]],
) -> None:
    """It is made for the trees of a store, and this one keeps none."""
    found, placed = purged(range(1000))
    assert placed < 1000
    expected, _ = purged(())
    assert {path for path in expected if not path.endswith(".pyc")} == found.keys()
    assert {path.rpartition("/")[2] for path in found if found[path] != expected[path]} == {"RECORD"}


@pytest.mark.parametrize("position", range(3))
def test_a_disk_that_is_full_amid_several_distributions_leaves_every_file_as_it_was(
    bench: Bench, tmp_path: Path, wheels: Sequence[Path], wheel: MakeWheel, position: int
) -> None:
    new_one = wheel("one", "2.0", files={"one/__init__.py": "v = 2\n", "one/new/__init__.py": ""})
    new_fast = wheel("fast", "2.0", files={"fast/__init__.py": "v = 2\n", "fast/_fast.so": EXTENSION[::-1]})
    big = wheel("big", files={"big/__init__.py": "", "big/data": bytes(2 << 20)})
    newer = [new_one, new_fast]
    newer.insert(position, big)
    with small_disk(tmp_path / "disk", size=1 << 20) as folder:
        environment = make_environment(folder / "environment")
        bench.install(environment, *wheels)
        before = snapshot(environment.root, with_times=True)
        with pytest.raises(NoSpace):
            bench.install(environment, *newer, remove=["one", "fast"])
        assert snapshot(environment.root, with_times=True) == before
        bench.install(environment, new_one, new_fast, remove=["one", "fast"])
        assert environment.installed() == {"one": "2.0", "fast": "2.0"}


class Slow(Linker):
    """Is amid the second file of `many` while there is no room for `big`, and done with it a moment later."""

    def __init__(self) -> None:
        super().__init__()
        self.has_begun, self.may_end, self.has_ended = threading.Event(), threading.Event(), threading.Event()

    def place(self, file: PlaceFile) -> Miss | None:
        if "/many" not in file.destination:
            self.has_begun.wait(60)
            try:
                return super().place(file)
            except OSError:
                threading.Timer(0.05, self.may_end.set).start()
                raise
        if not file.destination.endswith("/many_2.py"):
            return super().place(file)
        self.has_begun.set()
        self.may_end.wait(60)
        miss = super().place(file)
        self.has_ended.set()
        return miss


def test_what_another_thread_places_while_the_disk_is_full_goes_too(
    bench: Bench, tmp_path: Path, wheel: MakeWheel
) -> None:
    big = wheel("big", files={"big/__init__.py": "", "big/data": bytes(2 << 20)})
    many = wheel("many", files={"many_1.py": "", "many_2.py": "", "many_3.py": ""})
    with small_disk(tmp_path / "disk", size=1 << 20) as folder:
        environment = make_environment(folder / "environment")
        before = snapshot(environment.root, with_times=True)
        destination = in_environment(bench.interpreter(environment))
        transaction = bench.transaction(bench.installation(big), bench.installation(many))
        linker = Slow()
        with pytest.raises(NoSpace):
            bench.installer(linker).apply(transaction, destination)
        assert linker.has_ended.wait(60)
        assert snapshot(environment.root, with_times=True) == before

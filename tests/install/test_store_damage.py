"""Whatever happens to the store, an installation has the wheel's own files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from freewheel.events import Event, Healed, Missed, Reused
from freewheel.install.destination import in_environment
from freewheel.install.link import Linker, LinkMode
from freewheel.install.plan import PlaceFile
from freewheel.store.protocol import Miss
from tests.install.conftest import Bench
from tests.support.disk import small_disk
from tests.support.environments import Environment, make_environment

MakeWheel = Callable[..., Path]


@pytest.fixture
def one(wheel: MakeWheel) -> Path:
    files = {"one/__init__.py": "v = 1\n", "one/more.py": "w = 1\n"}
    return wheel("one", "1.0", files=files, scripts={"one-script": "#!python\nprint('script')\n"})


@pytest.fixture
def second(tmp_path: Path) -> Environment:
    return make_environment(tmp_path / "second")


def in_store(bench: Bench, name: str) -> Path:
    return next(path for path in bench.root.path.rglob(name) if path.is_file())


def rewrite(path: Path, content: bytes) -> None:
    """Change a file in place, as an editor does that keeps the inode."""
    path.chmod(0o644)
    path.write_bytes(content)


def of_kind(events: list[Event], kind: str) -> list[tuple[str, str]]:
    """Which events there were about trees or bytecode, and of what."""
    return [
        (type(event).__name__, event.subject)
        for event in events
        if isinstance(event, Reused | Missed | Healed) and event.kind == kind
    ]


def test_the_second_environment_reads_no_wheel_and_compiles_nothing(
    bench: Bench, environment: Environment, second: Environment, one: Path
) -> None:
    bench.install(environment, one)
    bench.reporter.events.clear()
    bench.opened.clear()
    bench.install(second, one)
    assert bench.opened == []
    assert of_kind(bench.reporter.events, "tree") == [("Reused", one.name)]
    assert of_kind(bench.reporter.events, "bytecode") == [("Reused", "one 1.0")]
    assert (second.site_packages / "one/more.py").samefile(environment.site_packages / "one/more.py")
    assert list((second.site_packages / "one/__pycache__").glob("more.*"))


@pytest.mark.parametrize("content", [b"v = 9\n", b"v = 'longer'\n"], ids=["same size", "other size"])
def test_an_edit_in_one_environment_never_enters_another(
    bench: Bench, environment: Environment, second: Environment, one: Path, content: bytes
) -> None:
    """Behaviour 132."""
    bench.install(environment, one)
    rewrite(environment.site_packages / "one/__init__.py", content)
    assert in_store(bench, "__init__.py").read_bytes() == content
    bench.install(second, one)
    assert second.run_python("import one; print(one.v)") == "1\n"
    assert ("Healed", one.name) in of_kind(bench.reporter.events, "tree")
    bench.opened.clear()
    bench.install(make_environment(second.root.with_name("third")), one)
    assert bench.opened == []


@pytest.mark.parametrize("mode", [LinkMode.COPY, LinkMode.CLONE])
def test_copies_and_clones_are_not_shared(bench: Bench, environment: Environment, one: Path, mode: LinkMode) -> None:
    bench.install(environment, one, mode=mode)
    file = environment.site_packages / "one/__init__.py"
    stored = in_store(bench, "__init__.py")
    assert not file.samefile(stored)
    assert int(file.stat().st_mtime) == int(stored.stat().st_mtime)
    assert file.stat().st_mode & 0o200


def damage_script(bench: Bench) -> None:
    rewrite(in_store(bench, "one-script"), b"#!python\nprint('spoiled')\n")


def remove_script(bench: Bench) -> None:
    in_store(bench, "one-script").unlink()


def remove_module(bench: Bench) -> None:
    in_store(bench, "more.py").unlink()


def remove_files(bench: Bench) -> None:
    shutil.rmtree(in_store(bench, "more.py").parents[2])


def damage_bytecode(bench: Bench) -> None:
    rewrite(next(bench.root.path.rglob("more.*.pyc")), b"torn")


def remove_bytecode(bench: Bench) -> None:
    next(bench.root.path.rglob("more.*.pyc")).unlink()


DAMAGES = [damage_script, remove_script, remove_module, remove_files, damage_bytecode, remove_bytecode]


@pytest.fixture(params=[True, False], ids=["writable", "read-only"])
def damaged(
    request: pytest.FixtureRequest, bench: Bench, environment: Environment, one: Path
) -> Callable[[Callable[[Bench], None]], None]:
    """Damages a store that has a tree, in a cache that can be written after that, or not."""

    def make(damage: Callable[[Bench], None]) -> None:
        bench.install(environment, one)
        damage(bench)
        bench.is_writable = request.param

    return make


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_tree_is_made_again(
    bench: Bench,
    damaged: Callable[[Callable[[Bench], None]], None],
    second: Environment,
    one: Path,
    damage: Callable[[Bench], None],
) -> None:
    damaged(damage)
    bench.install(second, one)
    assert second.run_python("import one.more; print(one.v, one.more.w)") == "1 1\n"
    assert second.run_script("one-script").stdout == "script\n"
    kept = next((second.site_packages / "one/__pycache__").glob("more.*"), None)
    assert kept is not None
    assert kept.stat().st_size > 4


def test_a_tree_that_vanishes_half_way_is_made_again(
    bench: Bench, environment: Environment, second: Environment, one: Path, wheel: MakeWheel
) -> None:
    bench.install(environment, one)

    class Purging(Linker):
        """At its second file somebody purges the cache."""

        count = 0

        def place(self, file: PlaceFile) -> Miss | None:
            self.count += 1
            if self.count == 2:
                shutil.rmtree(bench.root.path)
            return super().place(file)

    interpreter = bench.interpreter(second)
    installations = (bench.installation(one), bench.installation(wheel("other")))
    transaction = bench.transaction(*installations, compile_for=interpreter)
    bench.installer(Purging()).apply(transaction, in_environment(interpreter))
    assert second.run_python("import one.more, other; print(one.v, one.more.w)") == "1 1\n"
    assert list((second.site_packages / "one/__pycache__").glob("more.*"))


@pytest.mark.parametrize("mode", [LinkMode.AUTO, LinkMode.HARDLINK, LinkMode.CLONE])
def test_another_file_system_gets_copies(bench: Bench, tmp_path: Path, one: Path, mode: LinkMode) -> None:
    with small_disk(tmp_path / "disk", size=8 << 20) as disk:
        environment = make_environment(disk / "environment")
        bench.install(environment, one, mode=mode)
        assert environment.run_python("import one.more; print(one.v)") == "1\n"
        file = environment.site_packages / "one/more.py"
        assert file.stat().st_nlink == 1
        compiled = next((environment.site_packages / "one/__pycache__").glob("more.*"))
        assert int.from_bytes(compiled.read_bytes()[8:12], "little") == int(file.stat().st_mtime)

"""Bytecode is the target interpreter's own, compiled once and valid wherever it is linked."""

from __future__ import annotations

import importlib.util
import marshal
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from freewheel.events import Missed, Warned
from freewheel.install.bytecode import Invalidation, invalidation_for, variant_of
from freewheel.install.destination import in_environment
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Bytecode
from tests.install.conftest import Bench
from tests.support.environments import Environment
from tests.support.folders import snapshot

MakeWheel = Callable[..., Path]


@pytest.fixture
def interpreter(bench: Bench, environment: Environment) -> Interpreter:
    return bench.interpreter(environment)


def test_modules_are_compiled_as_the_interpreter_would(
    bench: Bench, interpreter: Interpreter, wheel: MakeWheel
) -> None:
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one", files={"one/__init__.py": "x = 'caf\u00e9'\n"})))
    bytecode = bench.compiler().compile(interpreter, [tree])[tree.wheel]
    (file,) = bytecode.files
    assert file.path == f"one/__pycache__/__init__.{sys.implementation.cache_tag}.pyc"
    assert (file.source, file.scheme) == ("one/__init__.py", "purelib")
    data = (bytecode.root / "purelib" / file.path).read_bytes()
    assert len(data) == file.size
    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert data[4:8] == bytes(4)
    assert int.from_bytes(data[8:12], "little") == file.mtime == tree.manifest.files[0].mtime
    assert int.from_bytes(data[12:16], "little") == tree.manifest.files[0].size
    assert str(bench.folder).encode() not in data


def test_what_an_environment_prints_at_its_start_is_no_answer(
    bench: Bench, interpreter: Interpreter, wheel: MakeWheel
) -> None:
    Path(interpreter.paths["purelib"], "noisy.pth").write_text("import sys; print('hello')\n", encoding="utf-8")
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one")))
    assert list(bench.compiler().compile(interpreter, [tree])) == [tree.wheel]


@pytest.mark.parametrize(
    ("environment_variables", "expected"),
    [({}, "timestamp"), ({"SOURCE_DATE_EPOCH": ""}, "timestamp"), ({"SOURCE_DATE_EPOCH": "0"}, "checked-hash")],
)
def test_the_invalidation_mode_is_that_of_py_compile(
    environment_variables: dict[str, str], expected: Invalidation
) -> None:
    assert invalidation_for(environment_variables) == expected


def test_hashed_bytecode_is_kept_apart_and_valid(
    bench: Bench, environment: Environment, interpreter: Interpreter, wheel: MakeWheel
) -> None:
    """PEP 552."""
    path = wheel("one", files={"one.py": "x = 1\n"})
    tree = bench.unpacker.tree(bench.wheel_file(path))
    by_time = bench.compiler().compile(interpreter, [tree])[tree.wheel]
    by_hash = bench.compiler("checked-hash").compile(interpreter, [tree])[tree.wheel]
    assert by_time.root != by_hash.root
    transaction = bench.transaction(bench.installation(path), compile_for=interpreter, invalidation="checked-hash")
    bench.installer().apply(transaction, in_environment(interpreter))
    compiled = environment.site_packages / by_hash.files[0].path
    assert compiled.read_bytes()[4:8] == b"\x03\0\0\0"
    loaded = environment.run(environment.python, "-v", "-c", "import one").stderr
    assert f"# {compiled} matches" in loaded


def test_each_kind_of_interpreter_has_its_own(bench: Bench, interpreter: Interpreter, wheel: MakeWheel) -> None:
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one")))
    other = replace(interpreter, cache_tag="cpython-399", magic="00000000")
    assert variant_of(interpreter, "timestamp") != variant_of(other, "timestamp")
    paths = [bench.compiler().compile(each, [tree])[tree.wheel].files[0].path for each in (interpreter, other)]
    assert paths[1] == "__pycache__/one.cpython-399.pyc"
    assert paths[0] != paths[1]


def test_what_does_not_compile_is_left_out(bench: Bench, interpreter: Interpreter, wheel: MakeWheel) -> None:
    files = {
        "good.py": "",
        "bad.py": "def (",
        "null.py": b"x = '\0'",
        "latin.py": b"# -*- coding: latin-1 -*-\n'\xe9'",
    }
    files |= {"undecodable.py": b"'\xff'", "deep.py": "(" * 5000 + ")" * 5000, "data.txt": "x"}
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one", files=files, data={"data/x.py": "x = 1"})))
    bytecode = bench.compiler().compile(interpreter, [tree])[tree.wheel]
    assert {file.source for file in bytecode.files} == {"good.py", "latin.py"}


def counting(interpreter: Interpreter, folder: Path) -> tuple[Interpreter, Path]:
    """An interpreter that notes each start in a file."""
    log, script = folder / "starts", folder / "python"
    script.write_text(f'#!/bin/sh\necho started >> "{log}"\nexec "{interpreter.executable}" "$@"\n')
    script.chmod(0o755)
    return replace(interpreter, executable=str(script)), log


def test_one_process_compiles_everything_that_is_missing(
    bench: Bench, interpreter: Interpreter, wheel: MakeWheel, tmp_path: Path
) -> None:
    counted, log = counting(interpreter, tmp_path)
    trees = [bench.unpacker.tree(bench.wheel_file(wheel(name))) for name in ("one", "two", "three")]
    assert len(bench.compiler().compile(counted, trees)) == 3
    assert len(bench.compiler().compile(counted, trees)) == 3
    assert log.read_text() == "started\n"


def codes(bytecode: Bytecode) -> dict[str, object]:
    """What was compiled, by path; equal code need not be equal bytes, as those tell what is referred to twice."""
    read = {file.path: (bytecode.root / file.scheme / file.path).read_bytes() for file in bytecode.files}
    return {path: (data[:16], marshal.loads(data[16:])) for path, data in read.items()}  # noqa: S302 - our own


def test_large_trees_are_shared_between_processes_and_come_out_the_same(
    bench: Bench, interpreter: Interpreter, wheel: MakeWheel, tmp_path: Path
) -> None:
    counted, log = counting(interpreter, tmp_path)
    for name in ("one", "two"):
        modules = {f"{name}/m{number}.py": f"{name} = '{'x' * number * 1000}'\n" for number in range(25)}
        tree = bench.unpacker.tree(bench.wheel_file(wheel(name, files=modules | {f"{name}/bad.py": "def ("})))
        by_three = bench.compiler(processes=3).compile(counted, [tree])[tree.wheel]
        expected = [file.path for file in tree.manifest.files if file.path in modules]
        assert [file.source for file in by_three.files] == expected
        kept = codes(by_three)
        shutil.rmtree(by_three.root.parent)
        assert codes(bench.compiler().compile(interpreter, [tree])[tree.wheel]) == kept
    assert log.read_text() == "started\n" * 6


@pytest.mark.parametrize("answers", ["", "[null]\n", "no answer\n"], ids=["none", "too few", "another"])
def test_a_process_that_answers_wrongly_costs_the_bytecode_alone(
    bench: Bench, interpreter: Interpreter, wheel: MakeWheel, tmp_path: Path, answers: str
) -> None:
    script = tmp_path / "python"
    script.write_text(f"#!/bin/sh\nread job\nprintf '{answers}'\n")
    script.chmod(0o755)
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one", files={"one.py": "", "two.py": ""})))
    compiler = bench.compiler(processes=2)
    assert compiler.compile(replace(interpreter, executable=str(script)), [tree]) == {}
    assert compiler.compile(interpreter, [tree]).keys() == {tree.wheel}


def test_an_edited_module_is_not_compiled(bench: Bench, interpreter: Interpreter, wheel: MakeWheel) -> None:
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one", files={"one.py": "", "two.py": "", "three.py": ""})))
    (tree.root / "purelib/one.py").chmod(0o644)
    (tree.root / "purelib/one.py").write_text("edited")
    (tree.root / "purelib/two.py").unlink()
    bytecode = bench.compiler().compile(interpreter, [tree])[tree.wheel]
    assert [file.source for file in bytecode.files] == ["three.py"]


def test_an_interpreter_that_fails_costs_the_bytecode_alone(
    bench: Bench, environment: Environment, interpreter: Interpreter, wheel: MakeWheel
) -> None:
    failing = replace(interpreter, executable=shutil.which("false") or "false")
    transaction = bench.transaction(bench.installation(wheel("one")), compile_for=failing)
    bench.installer().apply(transaction, in_environment(interpreter))
    assert environment.installed() == {"one": "1.0"}
    warnings = [event.message for event in bench.reporter.events if isinstance(event, Warned)]
    assert warnings == ["The modules of one 1.0 could not be compiled: the interpreter stopped while compiling."]
    assert not [event for event in bench.reporter.events if isinstance(event, Missed) and event.kind == "bytecode"]


def test_bytecode_that_the_store_cannot_take_is_made_for_this_run(
    bench: Bench, interpreter: Interpreter, wheel: MakeWheel
) -> None:
    """Behaviour 18: a cache that is only read has the tree, and not the bytecode of every interpreter."""
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one", files={"one.py": "x = 1\n"})))
    bench.is_writable = False
    before = snapshot(bench.root.path)
    bytecode = bench.compiler().compile(interpreter, [tree])[tree.wheel]
    assert (bytecode.root / "purelib" / bytecode.files[0].path).is_file()
    assert bytecode.root.is_relative_to(bench.scratch.root.path)
    assert snapshot(bench.root.path) == before
    assert not [event for event in bench.reporter.events if isinstance(event, Warned)]


def test_what_may_not_be_kept_is_unpacked_and_compiled_for_this_run(
    bench: Bench, environment: Environment, interpreter: Interpreter, wheel: MakeWheel
) -> None:
    """Behaviour 27."""
    passing = bench.installation(wheel("one", files={"one.py": "x = 1\n"}))
    passing = replace(passing, wheel=replace(passing.wheel, may_be_kept=False))
    for _ in range(2):
        transaction = bench.transaction(passing, compile_for=interpreter)
        bench.installer().apply(transaction, in_environment(interpreter))
    assert list((environment.site_packages / "__pycache__").glob("one.*.pyc"))
    assert bench.opened == ["one-1.0-py3-none-any.whl"] * 2
    assert not [path for path in bench.root.path.rglob("*") if path.is_file() and path.suffix in (".py", ".pyc")]


def test_an_interpreter_without_bytecode_gets_none(bench: Bench, interpreter: Interpreter, wheel: MakeWheel) -> None:
    tree = bench.unpacker.tree(bench.wheel_file(wheel("one")))
    assert bench.compiler().compile(replace(interpreter, cache_tag=""), [tree]) == {}

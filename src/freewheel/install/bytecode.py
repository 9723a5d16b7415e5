"""The bytecode of trees: compiled once for each kind of interpreter, by one, and kept beside the tree."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Literal, cast

import msgspec

from freewheel.errors import StoreError
from freewheel.events import Healed, Missed, Reporter, Reused, Warned
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Bytecode, BytecodeFile, Locks, Miss, Tree, TreeFile, Trees

Invalidation = Literal["timestamp", "checked-hash"]
"""How bytecode knows its source: by time and size, or by its hash (PEP 552), as `SOURCE_DATE_EPOCH` asks for."""

_Result = tuple[int, str] | None
_RESULTS = Shape(list[_Result])


def variant_of(interpreter: Interpreter, invalidation: Invalidation) -> str:
    """What bytecode of one tree is told apart by."""
    return f"{interpreter.cache_tag}-{interpreter.magic}-{invalidation}"


def invalidation_for(environment: Mapping[str, str]) -> Invalidation:
    """What `py_compile`, and so pip, chooses in this process environment."""
    return "checked-hash" if environment.get("SOURCE_DATE_EPOCH") else "timestamp"


def compiled_path(path: str, cache_tag: str) -> str:
    """Where a module's bytecode lies (PEP 3147).

    >>> compiled_path("rich/table.py", "cpython-312")
    'rich/__pycache__/table.cpython-312.pyc'
    """
    module = PurePosixPath(path)
    return str(module.parent / "__pycache__" / f"{module.stem}.{cache_tag}.pyc")


class Compiler:
    """Gives bytecode of trees. `scratch` is for what the store cannot keep. Used from one thread."""

    def __init__(
        self,
        *,
        trees: Trees,
        scratch: Callable[[], Trees],
        locks: Locks,
        reporter: Reporter,
        invalidation: Invalidation = "timestamp",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trees = trees
        self._scratch = scratch
        self._locks = locks
        self._reporter = reporter
        self._invalidation = invalidation
        self._clock = clock

    def compile(self, interpreter: Interpreter, trees: Sequence[Tree]) -> Mapping[Digest, Bytecode]:
        """The bytecode of `trees` for `interpreter`, by the wheel's digest.

        One process of the interpreter compiles all that is missing. What cannot be compiled is left out, and said:
        an environment works without it.
        """
        if not interpreter.cache_tag:
            return {}
        variant = variant_of(interpreter, self._invalidation)
        found: dict[Digest, Bytecode] = {}
        with ExitStack() as stack:
            worker: _Worker | None = None
            for tree in trees:
                kept = self._trees.bytecode(tree, variant)
                if isinstance(kept, Bytecode):
                    self._reporter.emit(Reused(kind="bytecode", subject=_subject(tree)))
                    found[tree.wheel] = kept
                    continue
                if kept.is_damage:
                    self._reporter.emit(Healed(kind="bytecode", subject=_subject(tree), reason=kept.reason))
                worker = worker or stack.enter_context(_Worker(interpreter))
                bytecode = self._compile(worker, tree, variant, kept)
                if bytecode is not None:
                    found[tree.wheel] = bytecode
        return found

    def _compile(self, worker: _Worker, tree: Tree, variant: str, miss: Miss) -> Bytecode | None:
        with self._locks.hold(f"bytecode-{tree.wheel.value}-{variant}"):
            again = self._trees.bytecode(tree, variant)
            if isinstance(again, Bytecode):
                self._reporter.emit(Reused(kind="bytecode", subject=_subject(tree)))
                return again
            started = self._clock()
            bytecode = self._fill_somewhere(worker, tree, variant)
            seconds = self._clock() - started
        if bytecode is not None:
            self._reporter.emit(Missed(kind="bytecode", subject=_subject(tree), reason=miss.reason, seconds=seconds))
        return bytecode

    def _fill_somewhere(self, worker: _Worker, tree: Tree, variant: str) -> Bytecode | None:
        if self._keeps(tree):
            with suppress(StoreError):
                return self._fill(self._trees, worker, tree, variant)
        try:
            return self._fill(self._scratch(), worker, tree, variant)
        except StoreError as error:
            message = f"The modules of {_subject(tree)} could not be compiled: {error.reason}."
            self._reporter.emit(Warned(message=message))
            return None

    def _keeps(self, tree: Tree) -> bool:
        """Whether a tree is the store's own, and not one of this run alone."""
        found = self._trees.get(tree.wheel)
        return isinstance(found, Tree) and found.root == tree.root

    def _fill(self, trees: Trees, worker: _Worker, tree: Tree, variant: str) -> Bytecode:
        """Compile into `trees`; raises StoreError, also when the interpreter fails."""
        modules = [(file, compiled_path(file.path, worker.cache_tag)) for file in _modules(tree)]
        new = trees.create_bytecode(tree, variant)
        try:
            results = worker.run(tree.root, new.root, modules, is_hashed=self._invalidation != "timestamp")
            files = tuple(
                BytecodeFile(
                    scheme=file.scheme,
                    path=path,
                    source=file.path,
                    size=result[0],
                    digest=result[1],
                    mtime=file.mtime,
                )
                for (file, path), result in zip(modules, results, strict=True)
                if result is not None
            )
            return new.commit(files)
        finally:
            new.discard()


class _Worker:
    """A process of the target interpreter that compiles; ends with the context."""

    def __init__(self, interpreter: Interpreter) -> None:
        self.cache_tag = interpreter.cache_tag
        self._executable = interpreter.executable
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> _Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(
        self, source: Path, output: Path, modules: Sequence[tuple[TreeFile, str]], *, is_hashed: bool
    ) -> Sequence[_Result]:
        """What became of each module; raises StoreError when the process cannot be started or ends too early."""
        if not modules:
            return ()
        files = [(file.scheme, file.path, path, file.size, file.mtime) for file, path in modules]
        job = {"source": str(source), "output": str(output), "is_hashed": is_hashed, "files": files}
        try:
            self._process = self._process or self._start()
            questions, answers = _pipes(self._process)
            questions.write(msgspec.json.encode(job) + b"\n")
            questions.flush()
            return _RESULTS.from_json(answers.readline())
        except (OSError, msgspec.DecodeError) as error:
            self._stop()
            raise StoreError(path=self._executable, reason="the interpreter stopped while compiling") from error

    def _start(self) -> subprocess.Popen[bytes]:
        # Without `site`: what the environment's start-up files print would stand among the answers.
        command = [self._executable, "-I", "-S", "-W", "ignore", str(Path(__file__).with_name("compile_worker.py"))]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in _pipes(process):
            with suppress(BrokenPipeError):
                stream.close()
        process.wait()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    return cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)


def _modules(tree: Tree) -> Iterator[TreeFile]:
    """What can be imported; scripts and data are not, whatever they are called."""
    for file in tree.manifest.files:
        if file.scheme in ("purelib", "platlib") and file.path.endswith(".py"):
            yield file


def _subject(tree: Tree) -> str:
    return f"{tree.manifest.project} {tree.manifest.version}"

"""The bytecode of trees: compiled once for each kind of interpreter, by one, and kept beside the tree."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path, PurePosixPath
from typing import IO, Final, Literal, cast

import msgspec

from freewheel.errors import StoreError
from freewheel.events import Healed, Missed, Reporter, Reused, Warned
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Bytecode, BytecodeFile, Locks, Miss, Tree, TreeFile, Trees

Invalidation = Literal["timestamp", "checked-hash"]
"""How bytecode knows its source: by time and size, or by its hash (PEP 552), as `SOURCE_DATE_EPOCH` asks for."""

MOST_PROCESSES: Final = 8
"""However many processors there are: 2 MB of modules, a large project, take each of these 50 ms."""

_SHARE: Final = 100_000
"""Bytes of modules for which it pays to start one more process: compiling them takes as long, 20 ms."""

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
    """Gives bytecode of trees. `scratch` is for what the store cannot keep. Used from one thread.

    At most `processes` of the interpreter compile side by side.
    """

    def __init__(
        self,
        *,
        trees: Trees,
        scratch: Callable[[], Trees],
        locks: Locks,
        reporter: Reporter,
        invalidation: Invalidation = "timestamp",
        clock: Callable[[], float] = time.monotonic,
        processes: int = 1,
    ) -> None:
        self._processes = processes
        self._trees = trees
        self._scratch = scratch
        self._locks = locks
        self._reporter = reporter
        self._invalidation = invalidation
        self._clock = clock

    def compile(self, interpreter: Interpreter, trees: Iterable[Tree]) -> Mapping[Digest, Bytecode]:
        """The bytecode of `trees`, which may be made meanwhile, for `interpreter`; by the wheel's digest.

        The same few processes of the interpreter compile all that is missing. What cannot be compiled is left out,
        and said: an environment works without it.
        """
        if not interpreter.cache_tag:
            return {}
        variant = variant_of(interpreter, self._invalidation)
        found: dict[Digest, Bytecode] = {}
        with ExitStack() as stack:
            workers: _Workers | None = None
            for tree in trees:
                kept = self._trees.bytecode(tree, variant)
                if isinstance(kept, Bytecode):
                    self._reporter.emit(Reused(kind="bytecode", subject=_subject(tree)))
                    found[tree.wheel] = kept
                    continue
                if kept.is_damage:
                    self._reporter.emit(Healed(kind="bytecode", subject=_subject(tree), reason=kept.reason))
                workers = workers or stack.enter_context(_Workers(interpreter, self._processes))
                bytecode = self._compile(workers, tree, variant, kept)
                if bytecode is not None:
                    found[tree.wheel] = bytecode
        return found

    def _compile(self, workers: _Workers, tree: Tree, variant: str, miss: Miss) -> Bytecode | None:
        with self._locks.hold(f"bytecode-{tree.wheel.value}-{variant}"):
            again = self._trees.bytecode(tree, variant)
            if isinstance(again, Bytecode):
                self._reporter.emit(Reused(kind="bytecode", subject=_subject(tree)))
                return again
            started = self._clock()
            bytecode = self._fill_somewhere(workers, tree, variant)
            seconds = self._clock() - started
        if bytecode is not None:
            self._reporter.emit(Missed(kind="bytecode", subject=_subject(tree), reason=miss.reason, seconds=seconds))
        return bytecode

    def _fill_somewhere(self, workers: _Workers, tree: Tree, variant: str) -> Bytecode | None:
        if self._keeps(tree):
            with suppress(StoreError):
                return self._fill(self._trees, workers, tree, variant)
        try:
            return self._fill(self._scratch(), workers, tree, variant)
        except StoreError as error:
            message = f"The modules of {_subject(tree)} could not be compiled: {error.reason}."
            self._reporter.emit(Warned(message=message))
            return None

    def _keeps(self, tree: Tree) -> bool:
        """Whether a tree is the store's own, and not one of this run alone."""
        found = self._trees.get(tree.wheel)
        return isinstance(found, Tree) and found.root == tree.root

    def _fill(self, trees: Trees, workers: _Workers, tree: Tree, variant: str) -> Bytecode:
        """Compile into `trees`; raises StoreError, also when the interpreter fails."""
        modules = [(file, compiled_path(file.path, workers.cache_tag)) for file in _modules(tree)]
        new = trees.create_bytecode(tree, variant)
        try:
            results = workers.run(tree.root, new.root, modules, is_hashed=self._invalidation != "timestamp")
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


class _Workers:
    """Processes of the target interpreter that compile, started as they are needed; they end with the context."""

    def __init__(self, interpreter: Interpreter, limit: int) -> None:
        self.cache_tag = interpreter.cache_tag
        self._executable = interpreter.executable
        self._limit = limit
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> _Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def run(
        self, source: Path, output: Path, modules: Sequence[tuple[TreeFile, str]], *, is_hashed: bool
    ) -> Sequence[_Result]:
        """What became of each module; raises StoreError when a process cannot be started or ends too early."""
        files = [(file.scheme, file.path, path, file.size, file.mtime) for file, path in modules]
        parts = shared([file.size for file, _ in modules], self._limit)
        results: list[_Result] = [None] * len(files)
        try:
            while len(self._processes) < len(parts):
                self._processes.append(self._start())
            for process, part in zip(self._processes, parts, strict=False):
                job = {"source": str(source), "output": str(output), "is_hashed": is_hashed}
                questions, _ = _pipes(process)
                questions.write(msgspec.json.encode(job | {"files": [files[number] for number in part]}) + b"\n")
                questions.flush()
            for process, part in zip(self._processes, parts, strict=False):
                _, answers = _pipes(process)
                for number, result in zip(part, _RESULTS.from_json(answers.readline()), strict=True):
                    results[number] = result
        except (OSError, ValueError, msgspec.DecodeError) as error:
            self._stop()
            raise StoreError(path=self._executable, reason="the interpreter stopped while compiling") from error
        return results

    def _start(self) -> subprocess.Popen[bytes]:
        # Without `site`: what the environment's start-up files print would stand among the answers.
        command = [self._executable, "-I", "-S", "-W", "ignore", str(Path(__file__).with_name("compile_worker.py"))]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _stop(self) -> None:
        processes, self._processes = self._processes, []
        for process in processes:
            for stream in _pipes(process):
                with suppress(BrokenPipeError):
                    stream.close()
        for process in processes:
            process.wait()


def shared(sizes: Sequence[int], limit: int) -> Sequence[Sequence[int]]:
    """How modules of these sizes are shared between at most `limit` processes: their numbers, for each process.

    >>> shared([60_000, 10_000, 50_000, 40_000], 2)
    [[0, 3], [2, 1]]
    >>> shared([60_000, 10_000], 2)
    [[0, 1]]
    >>> shared([], 2)
    []
    """
    if not sizes:
        return []
    count = min(limit, 1 + sum(sizes) // _SHARE)
    largest_first = sorted(range(len(sizes)), key=lambda number: -sizes[number])
    return [part for start in range(count) if (part := largest_first[start::count])]


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    return cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)


def _modules(tree: Tree) -> Iterator[TreeFile]:
    """What can be imported; scripts and data are not, whatever they are called."""
    for file in tree.manifest.files:
        if file.scheme in ("purelib", "platlib") and file.path.endswith(".py"):
            yield file


def _subject(tree: Tree) -> str:
    return f"{tree.manifest.project} {tree.manifest.version}"

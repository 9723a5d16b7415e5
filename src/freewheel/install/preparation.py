"""Distributions made ready to be installed: unpacked, their scripts read, compiled; and made again when damaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Self

from msgspec import Struct
from msgspec.structs import replace

from freewheel.errors import StoreError
from freewheel.install.bytecode import Compiler
from freewheel.install.plan import Unpacked
from freewheel.install.unpack import Unpacker, WheelFile
from freewheel.model.digest import Digest
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Bytecode, Miss, Tree
from freewheel.store.trees import content

if TYPE_CHECKING:
    from freewheel.install.extraction_processes import ExtractionProcesses


class Installation(Struct, frozen=True, kw_only=True):
    """One distribution to install; `direct_url` is the text of `direct_url.json` (PEP 610), where it has one."""

    name: str
    version: str
    wheel: WheelFile
    is_requested: bool = False
    direct_url: str | None = None


class Prepared(Struct, frozen=True, kw_only=True):
    """An installation, and what is needed to carry it out; bytecode is for `compile_for`, None leaves it out."""

    installation: Installation
    unpacked: Unpacked
    compile_for: Interpreter | None = None


class Preparation:
    """Makes distributions ready, outside any environment; used from one thread.

    At most `processes` take wheels apart side by side.
    """

    def __init__(self, *, unpacker: Unpacker, compiler: Compiler, processes: int = 1) -> None:
        self._processes = processes
        self._unpacker = unpacker
        self._compiler = compiler

    def begin(self, compile_for: Interpreter | None) -> Preparing:
        """A context in which distributions are made ready, with bytecode for `compile_for` unless it is None."""
        return Preparing(self._unpacker, self._compiler, compile_for, self._processes)

    def again(self, damaged: Prepared, reason: str) -> Prepared:
        """The same from a tree made anew; raises ArtifactError, StoreError."""
        tree = self._unpacker.again(damaged.installation.wheel, reason)
        with self.begin(damaged.compile_for) as preparing:
            return preparing.compiled([_at_once(_with_tree(damaged.installation, tree))])[0]

    def aside(self, damaged: Prepared, reason: str) -> Prepared:
        """The same from a tree beside the store, without bytecode, as the store has none that lasts."""
        return _with_tree(damaged.installation, self._unpacker.aside(damaged.installation.wheel, reason))


class Preparing:
    """Distributions that are made ready, from the first that is here on.

    What has to be unpacked is, by at most `limit` processes, while others compile what already is.
    """

    def __init__(self, unpacker: Unpacker, compiler: Compiler, compile_for: Interpreter | None, limit: int) -> None:
        self._unpacker = unpacker
        self._compiler = compiler
        self._compile_for = compile_for
        self._pool = ThreadPoolExecutor(max_workers=limit)
        self._limit = limit
        self._begun: dict[Digest, Future[Prepared]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)
        if "_processes" in self.__dict__:
            self._processes.stop()

    def begin(self, installation: Installation) -> None:
        """Have the wheel unpacked, which is here now; what is wrong with it is raised by `finish`."""
        if installation.wheel.digest not in self._begun:
            self._begun[installation.wheel.digest] = self._coming(installation)

    def finish(self, installations: Iterable[Installation]) -> tuple[Prepared, ...]:
        """All of them, also those that were not begun. Raises ArtifactError, StoreError."""
        wanted = list(installations)
        for installation in wanted:
            self.begin(installation)
        return self.compiled([self._begun[installation.wheel.digest] for installation in wanted])

    def compiled(self, coming: Sequence[Future[Prepared]]) -> tuple[Prepared, ...]:
        """What is coming, with its bytecode."""
        found: Mapping[Digest, Bytecode] = {}
        if self._compile_for is not None:
            trees = (each.result().unpacked.tree for each in coming)
            found = self._compiler.compile(self._compile_for, trees)
        return tuple(
            replace(
                item,
                unpacked=replace(item.unpacked, bytecode=found.get(item.unpacked.tree.wheel)),
                compile_for=self._compile_for,
            )
            for item in (each.result() for each in coming)
        )

    def _coming(self, installation: Installation) -> Future[Prepared]:
        tree = self._unpacker.kept(installation.wheel)
        if tree is not None:
            return _at_once(self._checked(installation, tree))
        wheel, extract = installation.wheel, self._processes.extract
        return self._pool.submit(lambda: self._checked(installation, self._unpacker.tree(wheel, extract)))

    @cached_property
    def _processes(self) -> ExtractionProcesses:
        from freewheel.install.extraction_processes import ExtractionProcesses  # only where something is unpacked

        return ExtractionProcesses(self._limit)

    def _checked(self, installation: Installation, tree: Tree) -> Prepared:
        scripts = _scripts(tree)
        if isinstance(scripts, Miss):
            return _with_tree(installation, self._unpacker.again(installation.wheel, scripts.reason))
        return _prepared(installation, tree, scripts)


def _at_once(prepared: Prepared) -> Future[Prepared]:
    future: Future[Prepared] = Future()
    future.set_result(prepared)
    return future


def _with_tree(installation: Installation, tree: Tree) -> Prepared:
    scripts = _scripts(tree)
    if isinstance(scripts, Miss):
        raise StoreError(path=str(tree.root), reason=scripts.reason)
    return _prepared(installation, tree, scripts)


def _prepared(installation: Installation, tree: Tree, scripts: Mapping[str, bytes]) -> Prepared:
    unpacked = Unpacked(
        tree=tree,
        scripts=scripts,
        direct_url=installation.direct_url,
        is_requested=installation.is_requested,
    )
    return Prepared(installation=installation, unpacked=unpacked)


def _scripts(tree: Tree) -> Mapping[str, bytes] | Miss:
    """The content of the tree's scripts by path: some are changed on the way, so all are checked by digest."""
    scripts = {}
    for file in tree.manifest.files:
        if file.scheme == "scripts":
            found = content(tree, file)
            if isinstance(found, Miss):
                return found
            scripts[file.path] = found
    return scripts

"""Distributions made ready to be installed: unpacked, their scripts read, compiled; and made again when damaged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from msgspec import Struct
from msgspec.structs import replace

from freewheel.errors import StoreError
from freewheel.install.bytecode import Compiler
from freewheel.install.plan import Unpacked
from freewheel.install.unpack import Unpacker, WheelFile
from freewheel.model.target import Interpreter
from freewheel.store.protocol import Miss, Tree
from freewheel.store.trees import content


class Installation(Struct, frozen=True, kw_only=True):
    """One distribution to install; `direct_url` is the text of `direct_url.json` (PEP 610), where it has one."""

    name: str
    version: str
    wheel: WheelFile
    is_requested: bool = False
    direct_url: str | None = None


class Prepared(Struct, frozen=True, kw_only=True):
    """An installation, and what is needed to carry it out."""

    installation: Installation
    unpacked: Unpacked


class Preparation:
    """Makes distributions ready, outside any environment; used from one thread."""

    def __init__(self, *, unpacker: Unpacker, compiler: Compiler) -> None:
        self._unpacker = unpacker
        self._compiler = compiler

    def prepare(self, installations: Sequence[Installation], compile_for: Interpreter | None) -> list[Prepared]:
        """All of them, with bytecode for `compile_for` unless it is None. Raises ArtifactError, StoreError.

        What has to be unpacked is, by one thread, while processes compile what already is: a second thread would wait
        for Python's lock most of the time.
        """
        with ThreadPoolExecutor(max_workers=1) as pool:
            coming = [self._coming(installation, pool) for installation in installations]
            try:
                return self._compiled(coming, compile_for)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def again(self, damaged: Prepared, compile_for: Interpreter | None, reason: str) -> Prepared:
        """The same from a tree made anew; raises ArtifactError, StoreError."""
        tree = self._unpacker.again(damaged.installation.wheel, reason)
        return self._compiled([_at_once(_with_tree(damaged.installation, tree))], compile_for)[0]

    def aside(self, damaged: Prepared, _compile_for: Interpreter | None, reason: str) -> Prepared:
        """The same from a tree beside the store, without bytecode, as the store has none that lasts."""
        return _with_tree(damaged.installation, self._unpacker.aside(damaged.installation.wheel, reason))

    def _coming(self, installation: Installation, pool: ThreadPoolExecutor) -> Future[Prepared]:
        tree = self._unpacker.kept(installation.wheel)
        if tree is not None:
            return _at_once(self._checked(installation, tree))
        return pool.submit(lambda: self._checked(installation, self._unpacker.tree(installation.wheel)))

    def _checked(self, installation: Installation, tree: Tree) -> Prepared:
        scripts = _scripts(tree)
        if isinstance(scripts, Miss):
            return _with_tree(installation, self._unpacker.again(installation.wheel, scripts.reason))
        return _prepared(installation, tree, scripts)

    def _compiled(self, coming: Sequence[Future[Prepared]], compile_for: Interpreter | None) -> list[Prepared]:
        if compile_for is None:
            return [each.result() for each in coming]
        found = self._compiler.compile(compile_for, (each.result().unpacked.tree for each in coming))
        return [
            replace(item, unpacked=replace(item.unpacked, bytecode=found.get(item.unpacked.tree.wheel)))
            for item in (each.result() for each in coming)
        ]


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

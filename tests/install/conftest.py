"""An installer with a store of its own, and wheels to give it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from freewheel.events import Recorder
from freewheel.install.bytecode import Compiler, Invalidation
from freewheel.install.destination import in_environment
from freewheel.install.discovery import installed
from freewheel.install.environment import interrogate
from freewheel.install.installed import InstalledDistribution
from freewheel.install.installer import Installer, Transaction
from freewheel.install.link import Linker, LinkMode
from freewheel.install.plan import Destination
from freewheel.install.preparation import Installation, Preparation
from freewheel.install.unpack import Unpacker, WheelFile
from freewheel.model.artifact import normalize
from freewheel.model.digest import sha256_of
from freewheel.model.target import Interpreter
from freewheel.store.locks import LocalLocks
from freewheel.store.memory import MemoryEntries
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from tests.support.archives import make_wheel
from tests.support.environments import Environment


@dataclass(kw_only=True)
class Bench:
    """Collaborators for one test; `opened` lists the wheels whose bytes were read."""

    folder: Path
    is_writable: bool = True
    reporter: Recorder = field(default_factory=Recorder)
    entries: MemoryEntries = field(default_factory=lambda: MemoryEntries(clock=time.time))
    opened: list[str] = field(default_factory=list)

    @property
    def root(self) -> CacheRoot:
        return CacheRoot(path=self.folder / "cache", is_writable=self.is_writable)

    @property
    def trees(self) -> LocalTrees:
        return LocalTrees(root=self.root, clock=time.time)

    @property
    def scratch(self) -> LocalTrees:
        return LocalTrees(root=CacheRoot(path=self.folder / "scratch"), clock=time.time)

    @property
    def unpacker(self) -> Unpacker:
        locks = LocalLocks(root=self.root)
        return Unpacker(trees=self.trees, scratch=lambda: self.scratch, locks=locks, reporter=self.reporter)

    def compiler(self, invalidation: Invalidation = "timestamp", processes: int = 1) -> Compiler:
        return Compiler(
            trees=self.trees,
            scratch=lambda: self.scratch,
            locks=LocalLocks(root=self.root),
            reporter=self.reporter,
            invalidation=invalidation,
            processes=processes,
        )

    def installer(self, linker: Linker | None = None, invalidation: Invalidation = "timestamp") -> Installer:
        preparation = Preparation(unpacker=self.unpacker, compiler=self.compiler(invalidation))
        return Installer(preparation=preparation, linker=linker or Linker(), reporter=self.reporter)

    def interpreter(self, environment: Environment) -> Interpreter:
        return self.interpreter_at(environment.python)

    def interpreter_at(self, place: Path, variables: Mapping[str, str] | None = None) -> Interpreter:
        return interrogate(str(place), entries=self.entries, reporter=self.reporter, variables=variables)

    def wheel_file(self, path: Path) -> WheelFile:
        def opened() -> object:
            self.opened.append(path.name)
            return path.open("rb")

        digest = sha256_of(path.read_bytes())
        return WheelFile(filename=path.name, digest=digest, open=opened)  # type: ignore[arg-type]

    def installation(self, path: Path, *, is_requested: bool = False, direct_url: str | None = None) -> Installation:
        name, version = path.name.split("-")[:2]
        return Installation(
            name=name,
            version=version,
            wheel=self.wheel_file(path),
            is_requested=is_requested,
            direct_url=direct_url,
        )

    def transaction(
        self,
        *installations: Installation,
        remove: tuple[InstalledDistribution, ...] = (),
        compile_for: Interpreter | None = None,
        invalidation: Invalidation = "timestamp",
    ) -> Transaction:
        """What is installed made ready, with its bytecode."""
        with self.installer(invalidation=invalidation).preparing(compile_for) as preparing:
            return Transaction(remove=remove, install=preparing.finish(installations))

    def install(
        self,
        environment: Environment,
        *wheels: Path,
        remove: Iterable[str] = (),
        mode: LinkMode = LinkMode.AUTO,
        compiles: bool = True,
        destination: Destination | None = None,
        replaces: bool = False,
        is_requested: bool = False,
    ) -> None:
        """Carry out one transaction; `remove` names installed projects."""
        interpreter = self.interpreter(environment)
        there = installed(interpreter)
        transaction = self.transaction(
            *(self.installation(wheel, is_requested=is_requested) for wheel in wheels),
            remove=tuple(there[normalize(name)] for name in remove),
            compile_for=interpreter if compiles else None,
        )
        self.installer(Linker(mode)).apply(transaction, destination or in_environment(interpreter), replaces=replaces)

    def installed(self, environment: Environment, name: str) -> InstalledDistribution:
        return installed(self.interpreter(environment))[normalize(name)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(folder=tmp_path / "bench")


@pytest.fixture
def wheel(archives: Path) -> Callable[..., Path]:
    return partial(make_wheel, archives)

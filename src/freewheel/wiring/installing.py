"""What changes environments: trees and bytecode of the run's store, by as many processes as there are cores."""

from __future__ import annotations

import os

from freewheel.config.values import Config
from freewheel.install.bytecode import MOST_PROCESSES, Compiler, invalidation_for
from freewheel.install.installer import Installer
from freewheel.install.link import Guard, Linker, LinkMode
from freewheel.install.preparation import Preparation
from freewheel.install.unpack import Unpacker
from freewheel.wiring.run import Run
from freewheel.wiring.stores import Stores


def installer_of(config: Config, run: Run) -> Installer:
    """The installer of a run with a configuration."""
    stores = run.stores
    processes = min(os.cpu_count() or 1, MOST_PROCESSES)
    unpacker = Unpacker(
        trees=stores.trees, scratch=lambda: run.temporary.trees, locks=stores.locks, reporter=run.reporter
    )
    compiler = Compiler(
        trees=stores.trees,
        scratch=lambda: run.temporary.trees,
        locks=stores.locks,
        reporter=run.reporter,
        invalidation=invalidation_for(config.environment),
        processes=processes,
    )
    return Installer(
        preparation=Preparation(unpacker=unpacker, compiler=compiler, processes=processes),
        linker=Linker(LinkMode(config.install.link_mode), guard=_guard(stores)),
        reporter=run.reporter,
    )


def _guard(stores: Stores) -> Guard | None:
    if not stores.layers:
        return None
    folders = tuple(f"{folder}{os.sep}" for folder in stores.layers)
    return Guard(folders=folders, user=os.geteuid() if hasattr(os, "geteuid") else None)

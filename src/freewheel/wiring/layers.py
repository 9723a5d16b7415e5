"""Caches that are only read, below the one of a run; imported where somebody names one."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from freewheel.config.values import CacheConfig
from freewheel.events import Reporter, Warned
from freewheel.store.admission import Unusable
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.layered import (
    LayeredBlobs,
    LayeredBuiltWheels,
    LayeredEntries,
    LayeredRepositories,
    LayeredTrees,
)
from freewheel.store.layers import fault_of_layer
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.repositories import LocalRepositories
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees
from freewheel.wiring.stores import Stores

_Store = TypeVar("_Store")


def usable_layers(config: CacheConfig, *, reporter: Reporter) -> tuple[Path, ...]:
    """The layers that are named and may be read, each once; of the others it is said what is wrong with them."""
    cache = None if config.folder is None else Path(config.folder)
    uid = os.geteuid() if hasattr(os, "geteuid") else None
    usable = []
    for folder in map(Path, dict.fromkeys(config.layers)):
        fault = fault_of_layer(folder, cache=cache, uid=uid)
        if fault is None:
            usable.append(folder)
        else:
            reporter.emit(Warned(message=refusal(folder, fault)))
    return tuple(usable)


def refusal(folder: Path, fault: Unusable) -> str:
    """Why a folder is not read as a layer, and what to do."""
    remedies = {
        "open to all": "They could have you install what they put there: take their right away (chmod o-w).",
        "place": "Name the folder of a cache that freewheel has filled, as `freewheel cache dir` prints it.",
        "access": "Whoever owns it can let others read it (chmod -R a+rX).",
    }
    return f"The cache layer '{folder}' is not used: {fault.reason}. {remedies[fault.trouble]}"


def above(own: Stores, layers: Sequence[Path], *, clock: Callable[[], float]) -> Stores:
    """The own stores with layers below them, of which the first is asked first."""
    roots = {str(folder): CacheRoot(path=folder, is_writable=False) for folder in layers}

    def each(make: Callable[[CacheRoot], _Store]) -> Mapping[str, _Store]:
        return {name: make(root) for name, root in roots.items()}

    return Stores(
        entries=LayeredEntries(own=own.entries, layers=each(lambda root: LocalEntries(root=root, clock=clock))),
        own_entries=own.own_entries,
        blobs=LayeredBlobs(own=own.blobs, layers=each(lambda root: LocalBlobs(root=root))),
        trees=LayeredTrees(own=own.trees, layers=each(lambda root: LocalTrees(root=root, clock=clock))),
        built_wheels=LayeredBuiltWheels(
            own=own.built_wheels, layers=each(lambda root: LocalBuiltWheels(root=root, clock=clock))
        ),
        repositories=LayeredRepositories(
            own=own.repositories, layers=each(lambda root: LocalRepositories(root=root, clock=clock))
        ),
        locks=own.locks,
        layers=tuple(layers),
    )

"""The cache of a run: the one that is configured, or a temporary one where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from freewheel.config.values import CacheConfig
from freewheel.events import Noted, Reporter, Warned
from freewheel.store.admission import ReadOnly, Unusable, examine
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.contents import Contents
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.locks import LocalLocks
from freewheel.store.repositories import LocalRepositories
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Everything that keeps something, for good or for one run."""

    root: CacheRoot
    entries: LocalEntries
    blobs: LocalBlobs
    trees: LocalTrees
    built_wheels: LocalBuiltWheels
    repositories: LocalRepositories
    locks: LocalLocks
    contents: Contents


def open_cache(config: CacheConfig, *, clock: Callable[[], float], reporter: Reporter) -> Stores | None:
    """The configured cache, if it may be used; touches nothing. Why it may not is warned of."""
    if config.folder is None:
        return None
    folder = Path(config.folder)
    admission = examine(folder, uid=os.geteuid() if hasattr(os, "geteuid") else None)
    if isinstance(admission, Unusable):
        message = (
            f"The directory '{folder}' or its parent directory is not owned or is not writable by the current user"
            f" ({admission.reason}). The cache has been disabled. Check the permissions and owner of that directory."
            " If executing freewheel with sudo, you should use sudo's -H flag."
        )
        reporter.emit(Warned(message=message))
        return None
    if isinstance(admission, ReadOnly):
        reporter.emit(Noted(message=f"The cache {folder} is read-only: it is read, and nothing is added."))
    is_writable = not isinstance(admission, ReadOnly)
    root = CacheRoot(path=folder, is_writable=is_writable, is_shared=config.is_shared)
    return _stores(root, clock=clock, reporter=reporter)


def temporary_cache(folder: Path, *, clock: Callable[[], float], reporter: Reporter) -> Stores:
    """A cache for one run, in a temporary folder that somebody else removes."""
    return _stores(CacheRoot(path=folder), clock=clock, reporter=reporter)


def _stores(root: CacheRoot, *, clock: Callable[[], float], reporter: Reporter) -> Stores:
    def tell(name: str) -> None:
        reporter.emit(Noted(message=f"Waiting for another process that does the same ({name})."))

    return Stores(
        root=root,
        entries=LocalEntries(root=root, clock=clock),
        blobs=LocalBlobs(root=root),
        trees=LocalTrees(root=root, clock=clock),
        built_wheels=LocalBuiltWheels(root=root, clock=clock),
        repositories=LocalRepositories(root=root, clock=clock),
        locks=LocalLocks(root=root, on_wait=tell),
        contents=Contents(root=root, clock=clock),
    )

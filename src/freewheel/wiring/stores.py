"""The cache of a run: the one that is configured, or a temporary one where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from freewheel.config.values import CacheConfig
from freewheel.events import Noted, Reporter, Warned
from freewheel.store.admission import ReadOnly, Unusable, examine
from freewheel.store.built_wheels import LocalBuiltWheels
from freewheel.store.complaints import Complaints
from freewheel.store.contents import Contents
from freewheel.store.history import History
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.locks import LocalLocks
from freewheel.store.repositories import LocalRepositories
from freewheel.store.root import CacheRoot
from freewheel.store.trees import LocalTrees


class Stores(Struct, frozen=True, kw_only=True):
    """Everything that keeps something, for good or for one run."""

    root: CacheRoot
    entries: LocalEntries
    blobs: LocalBlobs
    trees: LocalTrees
    built_wheels: LocalBuiltWheels
    repositories: LocalRepositories
    locks: LocalLocks
    contents: Contents
    history: History


def open_cache(config: CacheConfig, *, clock: Callable[[], float], reporter: Reporter) -> Stores | None:
    """The configured cache, if it may be used; touches nothing. Why it may not is warned of."""
    if config.folder is None:
        return None
    folder = Path(config.folder)
    uid = os.geteuid() if hasattr(os, "geteuid") else None
    admission = examine(folder, uid=uid, is_shared=config.is_shared)
    if isinstance(admission, Unusable):
        reporter.emit(Warned(message=refusal(folder, admission)))
        return None
    if isinstance(admission, ReadOnly):
        reporter.emit(Noted(message=f"The cache {folder} is read-only: it is read, and nothing is added."))
    is_writable = not isinstance(admission, ReadOnly)
    complaints = Complaints(root=folder, reporter=reporter)
    root = CacheRoot(path=folder, is_writable=is_writable, is_shared=config.is_shared, on_failure=complaints.hear_of)
    return _stores(root, clock=clock, reporter=reporter)


def refusal(folder: Path, admission: Unusable) -> str:
    """Why a folder is not used as the cache, and what to do."""
    where = f"The directory '{folder}'"
    if admission.trouble == "open to all":
        return (
            f"{where} is open to all users of this machine ({admission.reason}), who could have you install what they"
            " put there. The cache has been disabled. Take their right away (chmod o-w), or say with --group-cache"
            " that it is meant so."
        )
    remedy = (
        "Move aside what is there, or name another directory with --cache-dir."
        if admission.trouble == "place"
        else "Check the permissions and owner of that directory. If executing freewheel with sudo, you should use"
        " sudo's -H flag."
    )
    return (
        f"{where} or its parent directory is not owned or is not writable by the current user ({admission.reason})."
        f" The cache has been disabled. {remedy}"
    )


def clear_way(stores: Stores, reporter: Reporter) -> None:
    """Put right what lies where a folder of the cache belongs, and say so; what cannot be is told when it matters."""
    layout = stores.root.layout
    if not stores.root.is_writable:
        return
    for folder in (*layout.tables, layout.tmp, layout.locks):
        with suppress(OSError):
            done = stores.root.clear_way(folder)
            if done is not None:
                message = f"{folder} was not a folder that the cache can use. It has been {done}."
                reporter.emit(Warned(message=message))


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
        history=History(root=root, clock=clock),
    )

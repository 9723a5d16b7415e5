"""The cache of a program: its store, opened at the first request, and the rules that it obeys."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from freewheel.events import Reporter, Warned
from freewheel.httpcache.message import Request
from freewheel.httpcache.policy import Policy, Role
from freewheel.net.aside import Aside
from freewheel.net.bypass import BypassingTransport
from freewheel.net.caching import CachingTransport
from freewheel.net.origins import TrustedHosts
from freewheel.net.protocol import Transport
from freewheel.net.purpose import NO_PROJECT, Purpose
from freewheel.net.scopes import SECRET_SIZE, Scopes, stored_secret
from freewheel.store.admission import ReadOnly, Unusable, examine
from freewheel.store.complaints import Complaints
from freewheel.store.local import LocalBlobs, LocalEntries
from freewheel.store.locks import LocalLocks
from freewheel.store.memory import Memory, MemoryBlobs, MemoryEntries
from freewheel.store.protocol import Blobs, Entries, Locks
from freewheel.store.root import CacheRoot

MEMORY_LIMIT = 64 * 1024 * 1024
"""Bytes that a cache without a folder keeps at most."""

_MOVED_FOR_GOOD = {301: 10_800.0, 308: 10_800.0}
"""Permanent redirects that state no lifetime hold for three hours: long enough, and no mistake stays for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheSettings:
    """What a program told of its cache; `folder` None means memory. Making this value touches nothing."""

    folder: Path | None
    role: Role
    clock: Callable[[], float]
    stale_on_error: bool
    heuristic_fraction: float

    @property
    def policy(self) -> Policy:
        """The choices of the public client."""
        return Policy(
            heuristic_fraction=self.heuristic_fraction,
            lifetimes=_MOVED_FOR_GOOD,
            stale_on_error=self.stale_on_error,
            stale_while_validating=True,
        )


def settings(
    cache: str | os.PathLike[str] | None,
    *,
    role: Role,
    clock: Callable[[], float],
    stale_on_error: bool,
    heuristic_fraction: float,
) -> CacheSettings:
    """What a program told; a relative folder is one of the present working directory, wherever that moves to.

    ValueError, or TypeError, for what cannot be meant.
    """
    if cache is not None and not os.fspath(cache):
        raise ValueError("the cache is a folder, or None for memory; this is an empty path")
    if not callable(clock):
        raise TypeError(f"the clock must be a function that gives seconds since the epoch, not {clock!r}")
    if not 0 <= heuristic_fraction < math.inf:
        raise ValueError(f"heuristic_fraction is a part of a time, such as 0.1: {heuristic_fraction!r}")
    return CacheSettings(
        folder=None if cache is None else Path(cache).absolute(),
        role=Role(role),
        clock=clock,
        stale_on_error=stale_on_error,
        heuristic_fraction=heuristic_fraction,
    )


def caching(inner: Transport, chosen: CacheSettings, reporter: Reporter, *, patience: float) -> Transport:
    """The cache around a transport; without one, and with a warning, where its folder may not be used.

    A request waits for another one for the same for `patience` seconds at most.
    """
    stores = _open(chosen, reporter)
    if stores is None:
        return BypassingTransport(inner=inner, detail="the folder cannot be used")
    entries, blobs, locks = stores
    scopes = Scopes(
        trusted=TrustedHosts(),
        secret=lambda: stored_secret(entries, new=lambda: os.urandom(SECRET_SIZE)),
    )
    return CachingTransport(
        inner=inner,
        entries=entries,
        blobs=blobs,
        clock=chosen.clock,
        reporter=reporter,
        scope=scopes,
        role=chosen.role,
        policy=chosen.policy,
        purpose=_purpose,
        locks=locks,
        patience=patience,
        aside=Aside(),
    )


def _open(chosen: CacheSettings, reporter: Reporter) -> tuple[Entries, Blobs, Locks | None] | None:
    folder = chosen.folder
    if folder is None:
        memory = Memory(limit=MEMORY_LIMIT)
        return MemoryEntries(clock=chosen.clock, memory=memory), MemoryBlobs(memory), None
    admission = examine(folder, uid=os.geteuid() if hasattr(os, "geteuid") else None)
    if isinstance(admission, Unusable):
        message = f"The cache {folder} cannot be used: {admission.reason}. Going on without."
        reporter.emit(Warned(message=message))
        return None
    if isinstance(admission, ReadOnly):
        reporter.emit(Warned(message=f"The cache {folder} can only be read: nothing is kept."))
    complaints = Complaints(root=folder, reporter=reporter)
    root = CacheRoot(path=folder, is_writable=not isinstance(admission, ReadOnly), on_failure=complaints.hear_of)
    return LocalEntries(root=root, clock=chosen.clock), LocalBlobs(root=root), LocalLocks(root=root)


def _purpose(request: Request) -> Purpose:
    return Purpose(kind="page", project=NO_PROJECT, subject=request.url)

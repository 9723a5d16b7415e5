"""The cache cannot keep something."""

from __future__ import annotations

import errno
from typing import Literal, TypeAlias

from freewheel.errors.root import FreewheelError

Made: TypeAlias = Literal["wheel", "resolution"]
"""What is made again to be compared: a wheel with its metadata, or a resolution."""

NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""Numbers of errors of the operating system that mean a full disk."""


class StoreError(FreewheelError):
    """The cache cannot keep something; callers go on without it."""

    path: str
    reason: str


class NoSpace(StoreError):
    """The disk is full."""


class CacheDiffers(FreewheelError):
    """What the cache has of something is not what comes out when it is made again; each difference is a clause."""

    kind: Made = "wheel"
    subject: str
    kept: str
    differences: tuple[str, ...]


class ReadOnlyStore(StoreError):
    """The cache is one that is only read: nothing went wrong, and nobody need be told."""


class StoreUnavailable(StoreError):
    """A store elsewhere does not answer, or refuses; with `is_final` it will not do better in this run."""

    is_final: bool = False


class InvalidCacheArchive(FreewheelError):
    """A file that a part of a cache should come from holds something else; `problem` is a clause."""

    path: str
    problem: str

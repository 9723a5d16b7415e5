"""Whether a folder may be this user's cache: pip's ownership rule, and what is safe to read without writing."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct


class Usable(Struct, frozen=True, kw_only=True):
    """It may be read and written, and made where it is missing."""


class ReadOnly(Struct, frozen=True, kw_only=True):
    """It may be read: nobody can have written it but this user, root, or whom the user trusts by naming it."""


class Unusable(Struct, frozen=True, kw_only=True):
    """It must be left alone; `reason` is a clause that a person can read, `trouble` what kind of thing is wrong."""

    reason: str
    trouble: Literal["access", "place", "open to all"] = "access"


Admission: TypeAlias = Usable | ReadOnly | Unusable


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of the cache root, or where it is missing of its nearest parent that exists.

    `mode` is as in `stat`; `may_read` and `may_write` tell what the system lets this process do.
    """

    is_root: bool
    is_folder: bool
    owner: int
    mode: int
    may_read: bool
    may_write: bool


def examine(root: Path, *, uid: int | None, is_shared: bool = False) -> Admission:
    """Look at a cache root, or its nearest parent that exists, and judge it; nothing is made.

    `uid` is the effective user's number, None where the system has none (Windows). `is_shared` says that the user
    wants to share the cache with all whom the folder's mode lets write.
    """
    try:
        return judge(_facts(root), uid, is_shared=is_shared)
    except OSError as error:
        return _unknown(error)


def examine_layer(folder: Path, *, uid: int | None) -> ReadOnly | Unusable:
    """Look at a folder that a person names to be read below the cache, and judge it; `uid` as for `examine`."""
    try:
        return judge_layer(_facts(folder), uid)
    except OSError as error:
        return _unknown(error)


def judge(facts: Facts, uid: int | None, *, is_shared: bool = False) -> Admission:
    """pip's rule: the superuser must own the folder, all others must be able to write it.

    Two steps further: what only this user or root can have written is read even if it cannot be written; and where
    everybody may write, others could have their code installed, which somebody must want (`is_shared`).
    """
    if not facts.is_folder:
        reason = "it is not a folder" if facts.is_root else "a parent of it is not a folder"
        return Unusable(reason=reason, trouble="place")
    if uid == 0 and facts.owner != 0:
        return Unusable(reason="it belongs to another user")
    if uid is not None and facts.is_root and facts.mode & stat.S_IWOTH and not is_shared:
        return Unusable(reason="everybody may write to it", trouble="open to all")
    if facts.may_write:
        return Usable()
    if not facts.is_root:
        return Unusable(reason="it does not exist and cannot be made")
    if not facts.may_read:
        return Unusable(reason="it can be neither read nor written")
    if uid is not None and facts.owner not in (uid, 0):
        return Unusable(reason="it cannot be written and belongs to another user")
    if uid is not None and facts.mode & (stat.S_IWGRP | stat.S_IWOTH):
        return Unusable(reason="it cannot be written by this user but by others")
    return ReadOnly()


def judge_layer(facts: Facts, uid: int | None) -> ReadOnly | Unusable:
    """Whoever names a folder trusts its owner and those whom the owner lets write; everybody is nobody's choice."""
    if not facts.is_root:
        return Unusable(reason="it does not exist", trouble="place")
    if not facts.is_folder:
        return Unusable(reason="it is not a folder", trouble="place")
    if uid is not None and facts.mode & stat.S_IWOTH:
        return Unusable(reason="everybody may write to it", trouble="open to all")
    if not facts.may_read:
        return Unusable(reason="it cannot be read")
    return ReadOnly()


def _unknown(error: OSError) -> Unusable:
    return Unusable(reason=f"it cannot be looked at ({error.strerror or error})")


def _facts(root: Path) -> Facts:
    for place in (root, *root.absolute().parents):
        try:
            status = place.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return Facts(
            is_root=place == root,
            is_folder=stat.S_ISDIR(status.st_mode),
            owner=status.st_uid,
            mode=status.st_mode,
            may_read=may_read(place),
            may_write=_may(place, os.R_OK | os.W_OK | os.X_OK),
        )
    raise FileNotFoundError(str(root))


def may_read(folder: Path) -> bool:
    """Whether the system lets this process look into a folder."""
    return _may(folder, os.R_OK | os.X_OK)


def _may(place: Path, mode: int) -> bool:
    return os.access(place, mode, effective_ids=os.access in os.supports_effective_ids)

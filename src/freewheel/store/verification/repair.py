"""What is wrong put right without a network: sound bytes get their times and modes back, the rest goes."""

from __future__ import annotations

import os
from collections.abc import Callable

from msgspec import Struct

from freewheel.errors import ReadOnlyStore, StoreError
from freewheel.store.removal import remove_empty
from freewheel.store.root import CacheRoot
from freewheel.store.verification import trees
from freewheel.store.verification.findings import Finding, Repair

Look = Callable[[Finding], Finding | None]
"""Looks again at something wrong; None where nothing is any more."""


class Repairs(Struct, frozen=True, kw_only=True):
    """Puts findings right in one cache; `look` is `Verification.look`."""

    root: CacheRoot
    look: Look

    def check_possible(self) -> None:
        """Raises ReadOnlyStore where nothing may be changed."""
        if not self.root.is_writable:
            raise ReadOnlyStore(path=str(self.root.path), reason="the cache is read-only")

    def put_right(self, finding: Finding) -> Repair:
        """Put one thing right, if it is still wrong; raises no error."""
        found = self.look(finding)
        if found is None:
            return Repair(finding=finding, outcome="gone")
        if found.kind in ("tree", "bytecode") and found.is_adjustable and self._adjusted(found):
            return Repair(finding=found, outcome="put right")
        if (owner := _other_reader(found)) is not None:
            return Repair(finding=found, outcome="failed", reason=owner)
        try:
            if found.kind == "folder":
                return self._cleared(found)
            with_it = self._drop(found)
        except (OSError, StoreError) as error:
            return Repair(finding=found, outcome="failed", reason=_reason(error))
        if os.path.lexists(found.path) and (left := self.look(found)) is not None:
            return Repair(finding=left, outcome="failed", reason="it cannot be removed")
        return Repair(finding=found, outcome="dropped", with_it=with_it)

    def _adjusted(self, finding: Finding) -> bool:
        try:
            trees.adjust(str(finding.path))
        except (OSError, OverflowError):  # a time that the system cannot state
            return False
        return self.look(finding) is None

    def _cleared(self, finding: Finding) -> Repair:
        done = self.root.clear_way(finding.path)
        if self.look(finding) is not None:
            return Repair(finding=finding, outcome="failed", reason="it cannot be put right")
        return Repair(finding=finding, outcome="dropped" if done == "removed" else "put right")

    def _drop(self, finding: Finding) -> int:
        """Remove something, records first; how many records went with it. Raises StoreError."""
        layout = self.root.layout
        records = [layout.entry(*address) for address in finding.needed_by]
        with_it = sum(self.root.forget(path) for path in records)
        # What is renamed away is never seen half gone.
        self.root.take_away(finding.path)
        remove_empty({finding.path.parent, *(path.parent for path in records)})
        return with_it


def _other_reader(finding: Finding) -> str | None:
    """Why something that cannot be read is not dropped: another user may have kept it for themselves."""
    if not hasattr(os, "geteuid") or all(fault.trouble != "unreadable" for fault in finding.faults):
        return None
    try:
        owner = finding.path.lstat().st_uid
    except OSError:
        return None
    return None if owner == os.geteuid() else "it belongs to another user, who may be able to read it"


def _reason(error: OSError | StoreError) -> str:
    return error.reason if isinstance(error, StoreError) else error.strerror or str(error)

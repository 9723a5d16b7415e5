"""What is wrong with something that is kept, as values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct

ThingKind: TypeAlias = Literal["blob", "record", "wheel", "tree", "bytecode", "repository", "folder"]
"""What is checked: `wheel` is a built one, `tree` an unpacked one, `folder` one that others lie in."""

Trouble: TypeAlias = Literal[
    "unreadable",
    "type",
    "checksum",
    "shape",
    "address",
    "blob missing",
    "digest",
    "size",
    "time",
    "mode",
    "missing",
    "provenance",
    "archive",
]
"""Which rule is broken. `type`: it is a link, a folder or something else where a file belongs, or the like."""

User: TypeAlias = tuple[str, str, str]
"""A record that refers to a blob: its kind, partition and key."""

ADJUSTABLE: frozenset[Trouble] = frozenset({"time", "mode"})
"""Troubles of files with sound bytes, which are put right in their place."""


class Fault(Struct, frozen=True, kw_only=True):
    """One rule that is broken; `expected` and `found` are texts for people.

    `file` is which file of a thing of several: a path below its folder, with forward slashes.
    """

    trouble: Trouble
    expected: str
    found: str
    file: str | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One thing in which something is wrong.

    `name` is what it says of itself as far as that can be read, `project` a normalized name. `needed_by` are the
    records that refer to a blob. `wheel` is the digest of the wheel that a tree is of (hexadecimal).
    """

    kind: ThingKind
    path: Path
    name: str
    faults: tuple[Fault, ...]
    project: str | None = None
    needed_by: tuple[User, ...] = ()
    wheel: str | None = None

    @property
    def is_adjustable(self) -> bool:
        """Whether nothing is wrong but times and modes of files."""
        return all(fault.trouble in ADJUSTABLE for fault in self.faults)


class Look(Struct, frozen=True, kw_only=True):
    """What one thing came to: bytes that were read, and what is wrong, if anything is.

    `digest` is that of a sound blob or built wheel (hexadecimal). `parts` are the looks at what lies in it and counts
    for itself: the bytecode of a tree.
    """

    kind: ThingKind
    size: int = 0
    finding: Finding | None = None
    digest: str | None = None
    parts: tuple[Look, ...] = ()


class Verdict(Struct, frozen=True, kw_only=True):
    """What a verification came to: how many things of each kind were checked, and their bytes.

    `findings` are in the order in which they are put right.
    `kept_wheels` are the digests of sound blobs and built wheels, from which trees can be unpacked again.
    """

    checked: Mapping[ThingKind, int]
    size: int
    findings: tuple[Finding, ...]
    kept_wheels: frozenset[str] = frozenset()


class Repair(Struct, frozen=True, kw_only=True):
    """What became of a finding. `with_it` is how many records went with a blob that they refer to.

    `gone`: somebody else has put it right meanwhile. `failed`: it is as it was, for the `reason`.
    """

    finding: Finding
    outcome: Literal["dropped", "put right", "gone", "failed"]
    reason: str | None = None
    with_it: int = 0

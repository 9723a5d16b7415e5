"""Records: sound by their checksum, in their place, and of blobs that are there."""

# Paths are strings here, as they come in hundreds of thousands and most are used once.

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

from freewheel.model import digest as digests
from freewheel.store.layout import Layout, entry_name, file_name
from freewheel.store.record import Address, address_of
from freewheel.store.verification.files import GONE, fault_of, read
from freewheel.store.verification.findings import Fault, Finding, Look

_placed = lru_cache(maxsize=4096)(file_name)


def check(path: str, missing: Callable[[Address], Iterator[Fault]]) -> Look | None:
    """Check one record; None where it is gone. `missing` tells what is wrong with its blobs.

    Costs 10 us, of which opening, reading and closing take 6.
    """
    try:
        data, _ = read(path)
    except GONE:
        return None
    except OSError as error:
        return _wrong(path, None, (fault_of(error),))
    try:
        address = address_of(data)
    except ValueError as error:
        trouble = "the bytes that its checksum names, and a record in them"
        fault = Fault(trouble="checksum", expected=trouble, found=_said(error, len(data)))
        return _wrong(path, None, (fault,), len(data))
    _, kind, partition, name = path.rsplit(os.sep, 3)
    is_placed = (
        name == entry_name(address.key) and partition == _placed(address.partition) and kind == _placed(address.kind)
    )
    faults = () if is_placed else (_misplaced(address),)
    faults = (*faults, *missing(address)) if address.blobs else faults
    if not faults:
        return Look(kind="record", size=len(data))
    return _wrong(path, address, faults, len(data))


def missing_blobs(layout: Layout, known: Callable[[str], bool]) -> Callable[[Address], Iterator[Fault]]:
    """A function that tells which blobs of a record are not there; of those that are `known` nobody asks the disk."""

    def faults(address: Address) -> Iterator[Fault]:
        for text in address.blobs:
            if known(text.removeprefix("sha256:")):
                continue
            try:
                path = layout.blob(digests.parse(text))
            except ValueError:
                yield Fault(trouble="shape", expected="a SHA-256 digest for each blob", found=text)
                continue
            if not os.path.lexists(path):
                yield Fault(trouble="blob missing", expected=f"the blob {text}", found="no file")

    return faults


def _misplaced(address: Address) -> Fault:
    return Fault(
        trouble="address",
        expected=f"{_placed(address.kind)}/{_placed(address.partition)}/{entry_name(address.key)}",
        found="a record that belongs there, in another place",
    )


def _said(error: ValueError, size: int) -> str:
    return f"{size} bytes: {error}"


def _wrong(path: str, address: Address | None, faults: tuple[Fault, ...], size: int = 0) -> Look:
    _, kind, partition, name = path.rsplit(os.sep, 3)
    name = name if address is None else address.key
    finding = Finding(
        kind="record",
        path=Path(path),
        name=f"{kind} {name}",
        project=project_of(partition if address is None else address.partition),
        faults=faults,
    )
    return Look(kind="record", size=size, finding=finding)


def project_of(partition: str) -> str | None:
    """The project that a partition's name is of; None where it is no project's, or a digest.

    >>> project_of("six"), project_of("_"), project_of("=" + "0" * 40)
    ('six', None, None)
    """
    return None if partition.startswith(("_", "=")) else partition.partition(".")[0] or None

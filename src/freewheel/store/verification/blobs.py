"""Blobs: what their names say by their bytes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from freewheel.store.verification.files import GONE, digested, fault_of
from freewheel.store.verification.findings import Fault, Finding, Look


def check(path: str, advance: Callable[[int], None]) -> Look | None:
    """Check one blob; None where it is gone. `advance` hears of bytes that were read."""
    shard, name = os.path.split(path)
    try:
        digest, status = digested(path, advance)
    except GONE:
        return None
    except OSError as error:
        finding = Finding(kind="blob", path=Path(path), name=name, faults=(fault_of(error),))
        return Look(kind="blob", finding=finding)
    size, found = status.st_size, digest.hex()
    if found != name:
        fault = Fault(trouble="digest", expected=f"sha256:{name}", found=f"sha256:{found} ({size} bytes)")
    elif not shard.endswith(name[:2]):
        fault = Fault(trouble="address", expected=f"the folder {name[:2]}", found="another folder")
    else:
        return Look(kind="blob", size=size, digest=name)
    finding = Finding(kind="blob", path=Path(path), name=name, faults=(fault,))
    return Look(kind="blob", size=size, finding=finding)

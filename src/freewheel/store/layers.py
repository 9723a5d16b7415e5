"""Which folders are layers: caches that are only read, below the user's own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from freewheel.store.admission import Unusable, examine_layer, may_read
from freewheel.store.atomic import children
from freewheel.store.layout import VERSIONS, Layout


def fault_of_layer(folder: Path, *, cache: Path | None, uid: int | None) -> Unusable | None:
    """What speaks against reading a folder below the cache at `cache`; None where nothing does.

    Links in both paths are resolved. `uid` is the effective user's number, None where the system has none.
    """
    place = None if cache is None else _fault_of_place(folder, cache)
    if place is not None:
        return Unusable(reason=place, trouble="place")
    found = examine_layer(folder, uid=uid)
    if isinstance(found, Unusable):
        return found
    tables = [table for table in Layout(root=folder).tables if table.is_dir()]
    if tables:
        return None if any(map(may_read, tables)) else Unusable(reason="the folders in it cannot be read")
    return Unusable(reason=fault_of_format(path.name for path in children(folder)), trouble="place")


def fault_of_format(names: Iterable[str]) -> str:
    """What a folder with these names in it is, where none of them is a table of this format.

    >>> fault_of_format(["blobs-v0", "README"]), fault_of_format(["wheels", "http-v2"]), fault_of_format([])
    ('it has the format of another freewheel (blobs-v0)', 'it is no cache of freewheel', 'it is empty')
    """
    found = list(names)
    other = next((name for name in sorted(found) if _is_table(name)), None)
    if other is not None:
        return f"it has the format of another freewheel ({other})"
    return "it is no cache of freewheel" if found else "it is empty"


def _fault_of_place(folder: Path, cache: Path) -> str | None:
    if folder == cache or _is_same(folder, cache):
        return "it is the cache itself"
    if cache in folder.parents:
        return f"it lies in the cache ({cache})"
    if folder in cache.parents:
        return f"the cache lies in it ({cache}), and nothing is written to a layer"
    return None


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False


def _is_table(name: str) -> bool:
    found = re.fullmatch(r"([a-z]+)-v[0-9]+", name)
    return found is not None and found[1] in VERSIONS

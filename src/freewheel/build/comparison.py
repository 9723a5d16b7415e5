"""What tells two wheels of one source apart: for a cache that is put to the test."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from freewheel.build.inspection import is_machine_code

_SHOWN = 20
"""How many differing files are named: a file that all others follow from is among the first."""


def wheel_differences(kept: Path, made: Path) -> tuple[str, ...]:
    """How `made` differs from `kept`, each as a clause; nothing where they are the same.

    Names (and so tags), the list of files, and what is in these. Compiled files need the same name alone, as a
    compiler notes times and folders in them; times and RECORD, which follows from the rest, do not count. Raises
    OSError and zipfile.BadZipFile.
    """
    names = () if kept.name == made.name else (f"it is called {made.name}",)
    with zipfile.ZipFile(kept) as old, zipfile.ZipFile(made) as new:
        found = (*names, *_file_differences(old, new))
    return found if len(found) <= _SHOWN else (*found[:_SHOWN], f"and {len(found) - _SHOWN} more")


def _file_differences(old: zipfile.ZipFile, new: zipfile.ZipFile) -> Iterator[str]:
    before, after = _files(old), _files(new)
    yield from (f"{name} is missing" for name in sorted(before.keys() - after.keys()))
    yield from (f"{name} is new" for name in sorted(after.keys() - before.keys()))
    for name in sorted(before.keys() & after.keys()):
        if name.endswith(".dist-info/RECORD") or before[name] == after[name]:
            continue
        one, other = old.read(name), new.read(name)
        if one != other and not (is_machine_code(one) and is_machine_code(other)):
            yield f"{name} has another content"


def _files(archive: zipfile.ZipFile) -> Mapping[str, tuple[int, int]]:
    """Size and checksum of each file, as the archive states them."""
    return {one.filename: (one.file_size, one.CRC) for one in archive.infolist() if not one.is_dir()}

"""Trees and their bytecode: every file as its manifest says, and the manifest as its checksum says."""

# Paths are strings here, as they come in hundreds of thousands and most are used once.
# ruff: noqa: PTH101

from __future__ import annotations

import os
import stat
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from freewheel.model.artifact import normalize
from freewheel.store.layout import file_name
from freewheel.store.manifest import bytecode_of_any, tree_of_any
from freewheel.store.protocol import BytecodeFile, TreeFile
from freewheel.store.verification.files import (
    GONE,
    digested,
    entries,
    fault_of,
    folder_fault,
    is_folder,
    listing_fault,
    read,
)
from freewheel.store.verification.findings import Fault, Finding, Look, ThingKind

Advance = Callable[[int], None]
"""Hears how many bytes were read."""

_STRAY = frozenset(("", ".", ".."))
"""Names of folders that no manifest of ours has in a path."""

Files = Sequence[TreeFile | BytecodeFile]


class _Stated(Struct, frozen=True, kw_only=True):
    """What a manifest says; `size` is its own, in bytes."""

    name: str
    project: str | None
    files: Files
    address_fault: Fault | None
    size: int
    mode: int


def size_of(folder: str) -> int:
    """How many bytes checking a tree with its bytecode will read, as far as its manifests tell."""
    stated = [_stated(place) for place in (folder, *variants(folder))]
    return sum(file.size for one in stated if isinstance(one, _Stated) for file in one.files)


def variants(folder: str) -> Iterator[str]:
    """The folders of a tree's variants of bytecode."""
    try:
        if listing_fault(f"{folder}/bytecode") is None:
            yield from sorted(entry.path for entry in entries(f"{folder}/bytecode") if is_folder(entry))
    except OSError:
        return  # the look at the tree says so


def check(folder: str, advance: Advance) -> Look | None:
    """Check one tree with its bytecode, or one variant of bytecode; None where it is gone."""
    is_bytecode = _is_bytecode(folder)
    kind: ThingKind = "bytecode" if is_bytecode else "tree"
    looks = () if is_bytecode else tuple(check(place, advance) for place in variants(folder))
    parts = tuple(look for look in looks if look is not None)
    stated = _stated(folder)
    if stated is None:
        return None
    if isinstance(stated, Fault):
        return Look(kind=kind, finding=_finding(folder, None, (stated,)), parts=parts)
    size, faults = stated.size, [stated.address_fault] if stated.address_fault is not None else []
    if not is_bytecode and (fault := listing_fault(f"{folder}/bytecode", "bytecode")) is not None:
        faults.append(fault)
    if stated.address_fault is None:
        read_bytes, more = _check_files(folder, stated, advance)
        size, faults = size + read_bytes, [*faults, *more]
    finding = _finding(folder, stated, tuple(faults)) if faults else None
    return Look(kind=kind, size=size, finding=finding, parts=parts)


def adjust(folder: str) -> None:
    """Give the files of a tree, or of one variant of its bytecode, their times and modes back; raises OSError."""
    stated = _stated(folder)
    for file in stated.files if isinstance(stated, _Stated) else ():
        path = f"{folder}/files/{file.scheme}/{file.path}"
        status = os.lstat(path)
        if int(status.st_mtime) != file.mtime:
            os.utime(path, (file.mtime, file.mtime), follow_symlinks=False)
        if os.name != "nt" and stat.S_IMODE(status.st_mode) != _mode(file):
            os.chmod(path, _mode(file))


def _is_bytecode(folder: str) -> bool:
    return Path(folder).parent.name == "bytecode"


def _stated(folder: str) -> _Stated | Fault | None:
    """What a manifest says, or what is wrong with it; None where its tree is gone."""
    obstacle = folder_fault(folder)
    if obstacle is not None:
        return None if obstacle.trouble == "missing" else obstacle
    try:
        data, status = read(f"{folder}/manifest")
    except GONE:
        is_there = os.path.lexists(folder)
        return Fault(trouble="missing", expected="a manifest", found="no file", file="manifest") if is_there else None
    except OSError as error:
        return fault_of(error, file="manifest")
    names = Path(folder).parts
    files: Files
    try:
        if _is_bytecode(folder):
            wheel = names[-3]
            of, variant, files = bytecode_of_any(data)
            name, project, is_placed = variant, None, file_name(variant) == names[-1]
        else:
            wheel = names[-1]
            of, manifest = tree_of_any(data)
            name, project = f"{manifest.project} {manifest.version}", normalize(manifest.project)
            files, is_placed = manifest.files, names[-2] == wheel[:2]
    except ValueError as error:
        expected = "the bytes that its checksum names, and a manifest in them"
        return Fault(trouble="checksum", expected=expected, found=f"{len(data)} bytes: {error}", file="manifest")
    fault = None
    if of != f"sha256:{wheel}" or not is_placed:
        expected = f"the manifest of {names[-2]}/{names[-1]}"
        fault = Fault(trouble="address", expected=expected, found=f"that of {name}, of {of}", file="manifest")
    mode = stat.S_IMODE(status.st_mode)
    return _Stated(name=name, project=project, files=files, address_fault=fault, size=len(data), mode=mode)


def _check_files(folder: str, stated: _Stated, advance: Advance) -> tuple[int, tuple[Fault, ...]]:
    """How many bytes they have, and what is wrong with them. A file costs 25 us, and its bytes 0.6 us a kilobyte."""
    # FAT and the like state one mode for all files, also for a manifest, which is written with that of data.
    has_modes = os.name != "nt" and not stated.mode & 0o111
    folders: dict[str, Fault | None] = {}
    size, faults = 0, []
    for file in stated.files:
        path = f"files/{file.scheme}/{file.path}"
        if "\0" in path:
            faults.append(_stray(path))
            continue
        if _obstacle(folder, path.rpartition("/")[0], folders) is not None:
            continue
        size += file.size
        faults += _file_faults(f"{folder}/{path}", path, file, advance, has_modes=has_modes)
    return size, (*(fault for fault in folders.values() if fault is not None), *faults)


def _obstacle(root: str, folder: str, known: dict[str, Fault | None]) -> Fault | None:
    """What keeps one from looking into a folder of a tree: known of the topmost that is none."""
    if folder in known:
        return known[folder]
    names = folder.split("/")
    for number in range(1, len(names) + 1):
        place = "/".join(names[:number])
        if place not in known:
            known[place] = (
                folder_fault(f"{root}/{place}", place) if names[number - 1] not in _STRAY else _stray(place)
            )
        if known[place] is not None:
            return known[place]
    return None


def _stray(path: str) -> Fault:
    return Fault(trouble="shape", expected="paths within the tree", found=repr(path), file="manifest")


def _file_faults(
    place: str, path: str, file: TreeFile | BytecodeFile, advance: Advance, *, has_modes: bool
) -> Iterator[Fault]:
    try:
        digest, status = digested(place, advance)
    except GONE:
        yield Fault(trouble="missing", expected=f"a file of {file.size} bytes", found="no file", file=path)
        return
    except OSError as error:
        yield fault_of(error, file=path)
        return
    found = urlsafe_b64encode(digest).rstrip(b"=").decode()
    if status.st_size != file.size:
        yield Fault(trouble="size", expected=f"{file.size} bytes", found=f"{status.st_size} bytes", file=path)
    elif found != file.digest:
        yield Fault(trouble="digest", expected=f"sha256={file.digest}", found=f"sha256={found}", file=path)
    if int(status.st_mtime) != file.mtime:
        yield Fault(trouble="time", expected=_time(file.mtime), found=_time(int(status.st_mtime)), file=path)
    mode = stat.S_IMODE(status.st_mode)
    if has_modes and mode != _mode(file):
        yield Fault(trouble="mode", expected=f"{_mode(file):04o}", found=f"{mode:04o}", file=path)


def _mode(file: TreeFile | BytecodeFile) -> int:
    return 0o555 if isinstance(file, TreeFile) and file.is_executable else 0o444


def _time(seconds: int) -> str:
    try:
        return f"modified {datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OSError, OverflowError, ValueError):  # a year that no calendar of ours has
        return f"modified {seconds} s after 1970"


def _finding(folder: str, stated: _Stated | None, faults: tuple[Fault, ...]) -> Finding:
    names = Path(folder).parts
    is_bytecode = _is_bytecode(folder)
    # What lies in a tree is told by what the tree is of.
    tree = _stated(str(Path(folder).parents[1])) if is_bytecode else stated
    wheel = names[-3] if is_bytecode else names[-1]
    name, project = (tree.name, tree.project) if isinstance(tree, _Stated) else (f"the wheel {wheel}", None)
    return Finding(
        kind="bytecode" if is_bytecode else "tree",
        path=Path(folder),
        name=f"{names[-1] if stated is None else stated.name} of {name}" if is_bytecode else name,
        project=project,
        faults=faults,
        wheel=wheel,
    )

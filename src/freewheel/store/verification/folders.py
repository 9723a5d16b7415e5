"""Built wheels and clones: folders that are not ours alone. People copy from the ones, git writes the others."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from freewheel.store.layout import BUILD, ORIGIN, file_name
from freewheel.store.protocol import BuiltWheel
from freewheel.store.verification.files import GONE, entries, fault_of, folder_fault, kind_of, read
from freewheel.store.verification.findings import Fault, Finding, Look

_HEAD = re.compile(rb"ref: refs/\S+\s*|[0-9a-f]{40}\s*|[0-9a-f]{64}\s*")
"""What git itself takes for a HEAD (setup.c, validate_headref)."""


class Judgement(Struct, frozen=True, kw_only=True):
    """What is wrong with a built wheel and its records; `digest` is its own, in hexadecimal.

    `project` and `key` are those under which it belongs; None where nobody knows.
    """

    faults: tuple[Fault, ...] = ()
    digest: str | None = None
    project: str | None = None
    key: str | None = None


Judge: TypeAlias = Callable[[BuiltWheel], Judgement]
"""Reads a built wheel; of a record that nobody can read the bytes are empty. Raises OSError."""


def check_wheel(folder: str, judge: Judge) -> Look | None:
    """Check one built wheel; None where it is gone, or nothing of one lies there."""
    path = Path(folder)
    try:
        found = {entry.name: entry.stat(follow_symlinks=False) for entry in entries(folder)}
    except GONE:
        return None
    except OSError as error:
        return _wrong_wheel(path, (fault_of(error, expected="a folder that can be looked into"),))
    wheels = sorted(name for name in found if name.endswith(".whl"))
    if not wheels and not found.keys() & {BUILD, ORIGIN}:
        return None
    size = sum(found[name].st_size for name in wheels)
    if len(wheels) != 1:
        text = ", ".join(wheels) or "no wheel"
        return _wrong_wheel(path, (Fault(trouble="missing", expected="one wheel", found=text),), size)
    (name,) = wheels
    if (kind := kind_of(found[name])) != "a file":
        return _wrong_wheel(path, (Fault(trouble="type", expected="a file", found=kind, file=name),), name=name)
    texts, faults = _provenance(folder)
    try:
        judged = judge(BuiltWheel(path=path / name, **texts))
    except OSError as error:
        if not os.path.lexists(folder):
            return None
        judged = Judgement(faults=(fault_of(error, file=name),))
    told = {fault.file for fault in faults}  # what is not there cannot be read either
    faults = (*faults, *_misplaced(path, judged), *(one for one in judged.faults if one.file not in told))
    if faults:
        return _wrong_wheel(path, faults, size, name)
    return Look(kind="wheel", size=size, digest=judged.digest)


def _misplaced(folder: Path, judged: Judgement) -> Iterator[Fault]:
    for found, belongs in ((folder.parent.name, judged.project), (folder.name, judged.key)):
        if belongs is not None and file_name(belongs) != found:
            expected = f"the folder {file_name(belongs)}"
            yield Fault(trouble="address", expected=expected, found=f"the folder {found}")


def _provenance(folder: str) -> tuple[dict[str, bytes], tuple[Fault, ...]]:
    """What lies beside a wheel, empty where it cannot be read; and what is wrong with that."""
    texts, faults = {}, []
    for part, name in (("origin", ORIGIN), ("build", BUILD)):
        try:
            texts[part], _ = read(f"{folder}/{name}")
        except GONE:
            texts[part] = b""
            faults.append(Fault(trouble="missing", expected="a file", found="no file", file=name))
        except OSError as error:
            texts[part] = b""
            faults.append(fault_of(error, file=name))
    return texts, tuple(faults)


def _wrong_wheel(path: Path, faults: tuple[Fault, ...], size: int = 0, name: str | None = None) -> Look:
    finding = Finding(
        kind="wheel",
        path=path,
        name=name or path.name,
        project=None if path.parent.name.startswith("=") else path.parent.name,
        faults=faults,
    )
    return Look(kind="wheel", size=size, finding=finding)


def check_clone(folder: str) -> Look | None:
    """Check whether git would take a clone for a repository (setup.c, is_git_directory); None where it is gone."""
    clone = f"{folder}/clone"
    faults = []
    if (fault := folder_fault(clone, "clone")) is not None:
        faults.append(fault)
    else:
        faults += [one for name in ("objects", "refs") if (one := folder_fault(f"{clone}/{name}", f"clone/{name}"))]
        try:
            head, _ = read(f"{clone}/HEAD")
            if _HEAD.fullmatch(head) is None:
                expected, text = "a reference or a commit", f"{len(head)} other bytes"
                faults.append(Fault(trouble="shape", expected=expected, found=text, file="clone/HEAD"))
        except GONE:
            faults.append(Fault(trouble="missing", expected="a file", found="no file", file="clone/HEAD"))
        except OSError as error:
            faults.append(fault_of(error, file="clone/HEAD"))
    if not faults:
        return Look(kind="repository")
    if not os.path.lexists(folder):
        return None
    path = Path(folder)
    project = None if path.parent.name.startswith("=") else path.parent.name
    finding = Finding(kind="repository", path=path, name=path.parent.name, project=project, faults=tuple(faults))
    return Look(kind="repository", finding=finding)

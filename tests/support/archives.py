"""Wheels, sound and damaged, in a few milliseconds; sdists and project folders are in `sources`."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Container, Iterable, Mapping
from pathlib import Path
from typing import Literal

from tests.support.metadata import (
    Contents,
    EntryPoints,
    as_bytes,
    core_metadata,
    entry_points_text,
    file_name_part,
)
from tests.support.sources import Backend, make_project_dir, make_sdist

__all__ = ["Backend", "Damage", "make_project_dir", "make_sdist", "make_wheel", "wheel_metadata"]

Damage = Literal[
    "wrong-digest",  # RECORD states another digest for one file
    "not-in-record",  # a file that RECORD does not list
    "no-record",
    "no-metadata",
    "no-wheel-file",
    "newer-wheel-version",  # Wheel-Version 2.0
    "path-traversal",  # a member `../escaped.py`
    "absolute-path",  # a member `/escaped.py`
    "other-name",  # METADATA names another project than the file name
    "other-version",
    "truncated",  # the end of the zip file is missing
    "not-a-zip",
]
"""What can be wrong with a wheel."""

_WHEN = (2020, 1, 1, 0, 0, 0)


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    requires: Iterable[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Iterable[str]] | None = None,
    files: Contents | None = None,
    entry_points: EntryPoints | None = None,
    scripts: Contents | None = None,
    headers: Contents | None = None,
    data: Contents | None = None,
    dist_info: Contents | None = None,
    executables: Container[str] = (),
    fields: Iterable[tuple[str, str]] = (),
    tag: str = "py3-none-any",
    build: str | None = None,
    root_is_purelib: bool = True,
    broken: Damage | None = None,
) -> Path:
    """Write `<name>-<version>[-<build>]-<tag>.whl` into `folder`: equal arguments give equal bytes.

    `files` are those of the root scheme (one module named as the project by default), `scripts` and `headers` those
    schemes' own, `data` any `.data` files with their scheme first (`data/share/x`, `platlib/y.py`). `dist_info` adds
    files to, or replaces files in, the `.dist-info` folder; `fields` adds lines to METADATA. `executables` are the
    names of members that may be run, as scripts may.
    """
    stem = f"{file_name_part(name)}-{version}"
    members = _scheme_files(stem, name, version, files, scripts=scripts, headers=headers, data=data)
    about = {
        "METADATA": core_metadata(
            f"{name}-other" if broken == "other-name" else name,
            f"{version}.1" if broken == "other-version" else version,
            requires=requires,
            requires_python=requires_python,
            extras=extras,
            fields=fields,
        ),
        "WHEEL": _wheel_file(tag, build, root_is_purelib, "2.0" if broken == "newer-wheel-version" else "1.0"),
    }
    if entry_points:
        about["entry_points.txt"] = entry_points_text(entry_points)
    everything = about | dict(dist_info or {})
    members |= {f"{stem}.dist-info/{path}": as_bytes(content) for path, content in everything.items()}
    members = _damaged_members(members, f"{stem}.dist-info", broken)
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / "-".join(part for part in (stem, build, tag) if part)
    wheel = wheel.with_name(wheel.name + ".whl")
    wheel.write_bytes(_damaged_file(_zip(members, executables), broken))
    return wheel


def wheel_metadata(wheel: Path) -> bytes:
    """METADATA as it stands in a wheel: what a PEP 658 file holds."""
    with zipfile.ZipFile(wheel) as archive:
        path = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return archive.read(path)


def _scheme_files(
    stem: str,
    name: str,
    version: str,
    files: Contents | None,
    *,
    scripts: Contents | None,
    headers: Contents | None,
    data: Contents | None,
) -> dict[str, bytes]:
    root = {f"{file_name_part(name)}.py": f'__version__ = "{version}"\n'} if files is None else files
    schemes = {f"scripts/{path}": content for path, content in (scripts or {}).items()}
    schemes |= {f"headers/{path}": content for path, content in (headers or {}).items()}
    schemes |= data or {}
    beside = {f"{stem}.data/{path}": content for path, content in schemes.items()}
    return {path: as_bytes(content) for path, content in {**root, **beside}.items()}


def _wheel_file(tag: str, build: str | None, root_is_purelib: bool, wheel_version: str) -> str:
    interpreters, abis, platforms = tag.split("-")
    lines = [
        f"Wheel-Version: {wheel_version}",
        "Generator: tests",
        f"Root-Is-Purelib: {str(root_is_purelib).lower()}",
    ]
    lines += [
        f"Tag: {interpreter}-{abi}-{platform}"
        for interpreter in interpreters.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
    ]
    if build:
        lines.append(f"Build: {build}")
    return "\n".join(lines) + "\n"


def _damaged_members(members: dict[str, bytes], dist_info: str, broken: Damage | None) -> dict[str, bytes]:
    missing = {"no-metadata": "METADATA", "no-wheel-file": "WHEEL"}.get(broken or "")
    kept = {path: content for path, content in members.items() if path != f"{dist_info}/{missing}"}
    added = {"path-traversal": "../escaped.py", "absolute-path": "/escaped.py"}.get(broken or "")
    if added:
        kept[added] = b"escaped = True\n"
    if broken == "no-record":
        return kept
    record_path = f"{dist_info}/RECORD"
    listed = {path: hashlib.sha256(content).digest() for path, content in kept.items()}
    if broken == "wrong-digest":
        listed[next(iter(listed))] = hashlib.sha256(b"something else").digest()
    kept[record_path] = _record(kept, listed, record_path)
    if broken == "not-in-record":
        kept["stowaway.py"] = b"listed = False\n"
    return kept


def _record(members: Mapping[str, bytes], digests: Mapping[str, bytes], record_path: str) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, content in members.items():
        encoded = base64.urlsafe_b64encode(digests[path]).decode().rstrip("=")
        rows.writerow((path, f"sha256={encoded}", len(content)))
    rows.writerow((record_path, "", ""))
    return text.getvalue().encode()


def _zip(members: Mapping[str, bytes], executables: Container[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            info = zipfile.ZipInfo(path, _WHEN)
            info.compress_type = zipfile.ZIP_DEFLATED
            may_run = ".data/scripts/" in path or path in executables
            info.external_attr = (0o100755 if may_run else 0o100644) << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _damaged_file(content: bytes, broken: Damage | None) -> bytes:
    if broken == "truncated":
        return content[: len(content) // 2]
    return b"this is no zip file\n" if broken == "not-a-zip" else content

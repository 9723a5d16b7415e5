"""Source trees and sdists, for every kind of build backend."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Unpack

from tests.support.metadata import as_bytes, core_metadata, file_name_part
from tests.support.projects import Backend, Hook, Project, ProjectOptions, source_tree

__all__ = ["Backend", "Hook", "SdistDamage", "make_project_dir", "make_sdist"]

SdistDamage = Literal[
    "path-traversal",  # a member `../../escaped.py`
    "absolute-path",  # a member `/escaped.py`
    "symlink-out",  # a link to a file outside, in tar files
    "two-roots",  # two folders at the top
    "truncated",
    "not-an-archive",
]
"""What can be wrong with an sdist."""

_WHEN = 1_577_836_800  # 2020-01-01


def make_project_dir(folder: Path, name: str, version: str = "1.0", **options: Unpack[ProjectOptions]) -> Path:
    """Write a source tree into `folder` itself, which is made, and return it; the options are `Project`'s."""
    for path, content in source_tree(Project(name=name, version=version, **options)).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(as_bytes(content))
    return folder


def make_sdist(
    folder: Path,
    name: str,
    version: str = "1.0",
    *,
    suffix: Literal[".tar.gz", ".zip"] = ".tar.gz",
    stem: str | None = None,
    static_metadata: bool = False,
    broken: SdistDamage | None = None,
    **options: Unpack[ProjectOptions],
) -> Path:
    """Write `<stem><suffix>` into `folder`: equal arguments give equal bytes. The other options are `Project`'s.

    `stem` is `<name>-<version>` in standard form by default. `static_metadata` makes PKG-INFO one of version 2.2
    without dynamic fields, which an installer may trust (PEP 643).
    """
    project = Project(name=name, version=version, **options)
    root = stem or f"{file_name_part(name)}-{version}"
    tree = {path: as_bytes(content) for path, content in source_tree(project).items()}
    tree["PKG-INFO"] = core_metadata(
        name,
        version,
        requires=project.requires,
        requires_python=project.requires_python,
        extras=project.extras,
        metadata_version="2.2" if static_metadata else "2.1",
    ).encode()
    members = {f"{root}/{path}": content for path, content in sorted(tree.items())}
    members |= _odd_members(broken)
    folder.mkdir(parents=True, exist_ok=True)
    sdist = folder / f"{root}{suffix}"
    content = _tar(members, links_out=broken == "symlink-out") if suffix == ".tar.gz" else _zip(members)
    sdist.write_bytes(_damaged(content, broken))
    return sdist


def _odd_members(broken: SdistDamage | None) -> dict[str, bytes]:
    odd = {"path-traversal": "../../escaped.py", "absolute-path": "/escaped.py", "two-roots": "second-root/setup.py"}
    path = odd.get(broken or "")
    return {path: b"escaped = True\n"} if path else {}


def _tar(members: Mapping[str, bytes], *, links_out: bool) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=buffer, mode="wb", mtime=_WHEN) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, content in members.items():
            member = tarfile.TarInfo(path)
            member.size, member.mtime, member.mode = len(content), _WHEN, 0o644
            archive.addfile(member, io.BytesIO(content))
        if links_out:
            link = tarfile.TarInfo(f"{next(iter(members)).partition('/')[0]}/leads-out")
            link.type, link.linkname = tarfile.SYMTYPE, "../../../outside"
            archive.addfile(link)
    return buffer.getvalue()


def _zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


def _damaged(content: bytes, broken: SdistDamage | None) -> bytes:
    if broken == "truncated":
        return content[: len(content) // 2]
    return b"this is no archive\n" if broken == "not-an-archive" else content

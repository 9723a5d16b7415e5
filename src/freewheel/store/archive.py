"""A part of the cache in one file: a tar archive whose bytes follow from what is in it, and from nothing else.

    freewheel-cache                     what this is: one line of JSON
    blobs/<sha256>                      bytes
    wheels/<project>/<key>/<file>       a built wheel, origin.json, build.json
    entries/<kind>/<partition>/<name>   records, as they lie in the cache
    end                                 nothing: an archive without it was cut off

The order is that of the lines, and of the names within each. Who reads believes no name: what is in a member says
where it belongs.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Literal

from msgspec import Struct

from freewheel.store.layout import BUILD, ORIGIN

FORMAT: Final = 1
UNREADABLE: Final = (ValueError, tarfile.TarError, EOFError)
"""What reading a member can raise, besides OSError, where an archive is damaged or cut off."""

_HEAD: Final = "freewheel-cache"
_END: Final = "end"
_PART = r"[^./\\\\:\x00-\x1f][^/\\\\:\x00-\x1f]{0,254}"
_BLOB = re.compile("blobs/([0-9a-f]{64})")
_WHEEL = re.compile(f"wheels/({_PART})/({_PART})/({_PART})")
_ENTRY = re.compile(f"entries/{_PART}/{_PART}/{_PART}")
_LARGEST_RECORD: Final = 1 << 28

PROVENANCE: Final = (ORIGIN, BUILD)
"""What an archive has of a built wheel besides the wheel."""


class Member(Struct, frozen=True, kw_only=True):
    """One file of an archive: `name` is a blob's digest in hexadecimal or a wheel's file name.

    `folder` tells the files of one wheel from those of another. The stream lasts until the next member is read.
    """

    kind: Literal["blob", "wheel", "record"]
    name: str
    stream: BinaryIO
    size: int
    folder: str = ""


class ArchiveWriter:
    """Writes an archive; the order of the calls is that of the archive. Raises OSError."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._add(_HEAD, json.dumps({"format": FORMAT}).encode() + b"\n")

    def blob(self, digest: bytes, path: Path) -> None:
        """Add bytes that lie in a file."""
        self._file(f"blobs/{digest.hex()}", path)

    def wheel(self, project: str, key: str, folder: Path, filename: str) -> None:
        """Add a built wheel with its provenance."""
        for name in (filename, *PROVENANCE):
            self._file(f"wheels/{project}/{key}/{name}", folder / name)

    def record(self, kind: str, partition: str, name: str, data: bytes) -> None:
        """Add a record."""
        self._add(f"entries/{kind}/{partition}/{name}", data)

    def close(self) -> None:
        """Write the end."""
        self._add(_END, b"")
        self._tar.close()

    def _file(self, name: str, path: Path) -> None:
        with path.open("rb") as stream:
            information = _information(name, path.stat().st_size)
            self._tar.addfile(information, stream)
        _forget(self._tar)

    def _add(self, name: str, data: bytes) -> None:
        self._tar.addfile(_information(name, len(data)), io.BytesIO(data))
        _forget(self._tar)


def members(file: BinaryIO) -> Iterator[Member]:
    """The members of an archive, as they come; ValueError for what is none, OSError where it cannot be read."""
    try:
        with tarfile.open(fileobj=file, mode="r|") as tar:
            head = tar.next()
            stream = None if head is None or head.name != _HEAD else tar.extractfile(head)
            if stream is None:
                raise ValueError("it is no archive of a cache")
            _check_head(stream.read(_LARGEST_RECORD))
            while (information := tar.next()) is not None and information.name != _END:
                yield _member(tar, information)
                _forget(tar)
            if information is None:
                raise ValueError("its end is missing")
    except (tarfile.TarError, EOFError) as error:
        raise ValueError(f"it cannot be read: {error}") from error


def _check_head(data: bytes) -> None:
    try:
        head = json.loads(data)
        version = head["format"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("it does not say which format it has") from error
    if version != FORMAT:
        raise ValueError(f"its format is {version!r}, and this program reads {FORMAT}")


def _member(tar: tarfile.TarFile, information: tarfile.TarInfo) -> Member:
    name = information.name
    # A sparse member of ten kilobytes would write as much as it says.
    is_plain = information.isreg() and not information.issparse()
    stream = tar.extractfile(information) if is_plain else None
    if stream is None:
        raise ValueError(f"its member {name!r} is no file")
    if found := _BLOB.fullmatch(name):
        return Member(kind="blob", name=found[1], stream=stream, size=information.size)  # type: ignore[arg-type]
    if found := _WHEEL.fullmatch(name):
        folder = f"{found[1]}/{found[2]}"
        return Member(kind="wheel", name=found[3], folder=folder, stream=stream, size=information.size)  # type: ignore[arg-type]
    if _ENTRY.fullmatch(name) and information.size <= _LARGEST_RECORD:
        return Member(kind="record", name=name, stream=stream, size=information.size)  # type: ignore[arg-type]
    raise ValueError(f"its member {name!r} is nothing that a cache holds")


def _forget(tar: tarfile.TarFile) -> None:
    """Have an archive keep nothing of members that came: 1.5 kB each, and none is asked for again."""
    tar.members.clear()  # type: ignore[attr-defined]


def _information(name: str, size: int) -> tarfile.TarInfo:
    """What an archive says of a member: nothing of when, where and by whom it was made."""
    information = tarfile.TarInfo(name)
    information.size = size
    information.mode = 0o644
    return information

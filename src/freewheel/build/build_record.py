"""What lies beside a built wheel: how it came to be, and where its source came from."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from freewheel.build.key import CommitSource, FolderSource, Source
from freewheel.model import digest as digests
from freewheel.model import direct_url
from freewheel.model.digest import Digest
from freewheel.model.shape import Shape


class WheelRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The stored wheel as `build.json` states it; `size` in bytes, `sha256` in hexadecimal."""

    filename: str
    sha256: str
    size: int


class BuildRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What `build.json` says: how a wheel came to be. A later version may add fields, readers pass over them.

    `key` is the build key in clear. `seconds` is what the build took, `built_at` when it ended (RFC 3339).
    `is_compiled` tells whether it has machine code; `languages` are the compiled ones that the source has files of,
    `toolchain` is what their compilers said of themselves. A wheel that pip built was taken over from the folder
    `adopted_from`, empty for others; then `backend` is what the wheel says made it, and the rest is not known. One
    that another machine built came from the shared cache at `shared_from`.
    """

    key: dict[str, object]
    wheel: WheelRecord
    backend: str
    build_requirements: list[str]
    seconds: float
    built_at: str
    freewheel: str
    is_compiled: bool = True
    languages: list[str] = []
    toolchain: dict[str, str] = {}
    adopted_from: str = ""
    shared_from: str = ""


BUILD_RECORD = Shape(BuildRecord)


def read_record(data: bytes) -> BuildRecord | None:
    """What `build.json` says; None where that cannot be read."""
    try:
        return BUILD_RECORD.from_json(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def source_of(key: Mapping[str, object]) -> tuple[Source, str] | None:
    """The source that a key in clear names, and the subdirectory; None where it names none."""
    stated = key.get("source")
    if not isinstance(stated, Mapping):
        return None
    part = {str(name): str(value) for name, value in stated.items()}
    if "commit" in part:
        commit = CommitSource(repository=part.get("repository", ""), commit=part["commit"], tags=part.get("tags", ""))
        return commit, part.get("subdirectory", "")
    try:
        if "folder" in part:
            return FolderSource(content=digests.parse(part["folder"])), part.get("subdirectory", "")
        return digests.parse(part.get("digest", "")), part.get("subdirectory", "")
    except ValueError:
        return None


def fault_of_origin(data: bytes, source: Digest | None) -> str | None:
    """What is wrong with the record of where a wheel came from: it names another source, or cannot be read."""
    origin = direct_url.parse(data)
    if origin is None:
        return "its origin.json cannot be read"
    hashes = None if origin.archive_info is None else origin.archive_info.hashes or {}
    if source is not None and hashes is not None and hashes.get(source.algorithm) != source.value:
        return "its origin.json does not name the source that it is kept for"
    return None

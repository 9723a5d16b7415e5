"""Entries of pip's cache as pip writes them, and as it never would."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

MARK = b"cc=4,"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One response; `vary` has, by the name of a request field, its value, or None where the request had none."""

    fields: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    status: int = 200
    vary: Mapping[str, str | None] = field(default_factory=dict)

    def value(self) -> dict[str, object]:
        """What the record holds."""
        response = {
            "body": b"",
            "headers": dict(self.fields),
            "status": self.status,
            "version": 11,
            "reason": "OK",
            "decode_content": False,
        }
        return {"response": response, "vary": dict(self.vary)}

    def record(self) -> bytes:
        """The record's bytes."""
        return MARK + msgspec.msgpack.encode(self.value())


def record_path(folder: Path, url: str) -> Path:
    """Where the record for a URL lies below pip's root `folder`; the body's name has `.body` behind it."""
    name = hashlib.sha224(url.encode()).hexdigest()
    return folder.joinpath("http-v2", *name[:5], name)


def put(folder: Path, url: str, entry: Entry, *, at: float) -> Path:
    """Write an entry as pip does, at a time (seconds since the epoch), and return the record's path."""
    path = record_path(folder, url)
    path.parent.mkdir(parents=True, exist_ok=True)
    body = path.with_name(f"{path.name}.body")
    for one, data in ((path, entry.record()), (body, entry.content)):
        one.write_bytes(data)
        os.utime(one, (at, at))
    return path

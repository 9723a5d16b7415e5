"""What an entry holds, and the digests it refers to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from freewheel.model.digest import Digest

Value: TypeAlias = "None | bool | int | float | str | bytes | Sequence[Value] | Mapping[str, Value]"
"""What a record's fields can be: MessagePack's types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Named fields, and the blobs without which they promise too much.

    Readers pass over fields that they do not know, so a version of the format can add some.
    """

    fields: Mapping[str, Value]
    blobs: tuple[Digest, ...] = ()

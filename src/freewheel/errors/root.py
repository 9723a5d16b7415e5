"""What every exception of freewheel's is."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(kw_only=True, eq=False)
class FreewheelError(Exception):
    """What freewheel raises on purpose; anything else is a defect."""

    def __str__(self) -> str:
        return ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))

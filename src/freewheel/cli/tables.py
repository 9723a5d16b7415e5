"""What `list` prints, in pip's formats."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from freewheel.commands.list import Row


def columns(rows: Sequence[Row]) -> list[str]:
    """pip's table: columns for editable projects' folders and newest releases only where there are some."""
    has_editables = any(row.editable for row in rows)
    has_latest = any(row.latest for row in rows)
    header = [
        *("Package", "Version"),
        *(["Latest", "Type"] if has_latest else []),
        *(["Editable project location"] if has_editables else []),
    ]
    body = [
        [
            *(row.name, row.version),
            *([str(row.latest.version), row.latest.filetype] if row.latest else []),
            *([row.editable or ""] if has_editables else []),
        ]
        for row in rows
    ]
    widths = [max(len(line[column]) for line in [header, *body]) for column in range(len(header))]
    rule = ["-" * width for width in widths]
    return [_joined(line, widths) for line in [header, rule, *body]] if rows else []


def _joined(cells: Iterable[str], widths: Iterable[int]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def as_json(rows: Sequence[Row]) -> str:
    """pip's JSON list."""
    return json.dumps(
        [
            {"name": row.name, "version": row.version}
            | (
                {"latest_version": str(row.latest.version), "latest_filetype": row.latest.filetype}
                if row.latest
                else {}
            )
            | ({"editable_project_location": row.editable} if row.editable else {})
            for row in rows
        ]
    )

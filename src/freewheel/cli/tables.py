"""What `list` prints, in pip's formats."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from packaging.version import InvalidVersion, Version

from freewheel.commands.list import Row


def columns(rows: Sequence[Row], *, is_verbose: bool = False) -> list[str]:
    """pip's table: columns for newest releases, build numbers and editable projects' folders where there are any."""
    if not rows:
        return []
    table = [("Package", [row.name for row in rows]), ("Version", [row.version for row in rows])]
    if any(row.latest for row in rows):
        latest = [row.latest for row in rows]
        table.append(("Latest", ["" if one is None else str(one.version) for one in latest]))
        table.append(("Type", ["" if one is None else one.filetype for one in latest]))
    if any(row.build for row in rows):
        table.append(("Build", [row.build for row in rows]))
    if any(row.editable for row in rows):
        table.append(("Editable project location", [row.editable or "" for row in rows]))
    if is_verbose:
        table.append(("Location", [row.location for row in rows]))
        table.append(("Installer", [row.installer for row in rows]))
    widths = [max(map(len, [title, *cells])) for title, cells in table]
    body = zip(*(cells for _, cells in table), strict=True)
    head = [[title for title, _ in table], ["-" * width for width in widths]]
    return [_joined(line, widths) for line in (*head, *body)]


def _joined(cells: Iterable[str], widths: Iterable[int]) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def as_requirements(rows: Sequence[Row], *, is_verbose: bool = False) -> list[str]:
    """pip's `freeze` format: a pin for each project, whatever it came from."""
    return [_pin(row) + (f" ({row.location})" if is_verbose else "") for row in rows]


def _pin(row: Row) -> str:
    try:
        Version(row.version)
    except InvalidVersion:
        return f"{row.name}==={row.version}"
    return f"{row.name}=={row.version}"


def as_json(rows: Sequence[Row], *, is_verbose: bool = False) -> str:
    """pip's JSON list."""
    return json.dumps(
        [
            {"name": row.name, "version": row.version}
            | ({"location": row.location, "installer": row.installer} if is_verbose else {})
            | (
                {"latest_version": str(row.latest.version), "latest_filetype": row.latest.filetype}
                if row.latest
                else {}
            )
            | ({"editable_project_location": row.editable} if row.editable else {})
            for row in rows
        ]
    )

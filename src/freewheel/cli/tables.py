"""What commands print when they are asked for a list."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from freewheel.cli.render import size_text
from freewheel.commands.list import Row
from freewheel.store.contents import KeptWheel, Measure

KIND_NAMES = {
    "wheels": "Built wheels",
    "blobs": "Downloaded files and pages",
    "http": "Records of responses",
    "metadata": "Core metadata",
    "trees": "Unpacked wheels",
    "interpreter": "Interpreters",
    "unfinished": "Unfinished work",
    "old formats": "Older formats",
}


def columns(rows: Sequence[Row]) -> list[str]:
    """pip's table: a column for editable projects' folders only where there is one."""
    has_editables = any(row.editable for row in rows)
    header = ["Package", "Version", *(["Editable project location"] if has_editables else [])]
    body = [[row.name, row.version, *([row.editable or ""] if has_editables else [])] for row in rows]
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
            | ({"editable_project_location": row.editable} if row.editable else {})
            for row in rows
        ]
    )


def cached_wheels(wheels: Sequence[KeptWheel], *, as_paths: bool) -> list[str]:
    """`cache list` in both of pip's formats."""
    if as_paths:
        return sorted(str(wheel.path) for wheel in wheels)
    if not wheels:
        return ["No locally built wheels cached."]
    return ["Cache contents:", "", *(f" - {wheel.path.name} ({size_text(wheel.size)})" for wheel in wheels)]


def cache_info(folder: str, measures: Sequence[Measure]) -> list[str]:
    """`cache info`: where, and how much of what."""
    found = {measure.kind: measure for measure in measures}
    kinds = [*(kind for kind in KIND_NAMES if kind in found), *(kind for kind in found if kind not in KIND_NAMES)]
    always = [kind for kind in ("wheels", "blobs", "trees") if kind not in found]
    lines = [f"Cache location: {folder}", f"Cache size: {size_text(sum(measure.size for measure in measures))}"]
    for kind in [*kinds, *always]:
        measure = found.get(kind, Measure(kind=kind))
        lines.append(f"{KIND_NAMES.get(kind, kind.capitalize())}: {measure.items} ({size_text(measure.size)})")
    return lines

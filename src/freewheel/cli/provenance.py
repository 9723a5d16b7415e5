"""How a built wheel came to be, for people: built here, on another machine, or by pip."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freewheel.build.build_record import BuildRecord


def provenance(record: BuildRecord) -> list[str]:
    """The lines of `cache why` that say when, by whom and with what a wheel was built."""
    tools = [record.backend, *record.build_requirements, *record.toolchain.values()]
    made_with = f"  with: {', '.join(tools)}"
    if record.adopted_from:
        return [
            f"  built: {record.built_at} by pip, and taken over from its cache by freewheel {record.freewheel}",
            f"  from: {record.adopted_from}",
            made_with,
        ]
    if record.shared_from:
        built = (
            f"  built: {record.built_at} on another machine by freewheel {record.freewheel} in {record.seconds:.1f} s"
        )
        return [built, f"  from: {record.shared_from}", made_with]
    return [f"  built: {record.built_at} by freewheel {record.freewheel} in {record.seconds:.1f} s", made_with]

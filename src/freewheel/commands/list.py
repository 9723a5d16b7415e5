"""`list`: what an environment has, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from freewheel.install.installed import InstalledDistribution
from freewheel.model import requirement as requirements
from freewheel.model.artifact import NormalizedName, normalize


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One installed project; `editable` is the folder of an editable one."""

    name: str
    version: str
    editable: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which projects to list: `editables` is None for all, True for only these, False for all others."""

    exclude: tuple[str, ...] = ()
    editables: bool | None = None
    not_required: bool = False


def listed(
    installed: Mapping[NormalizedName, InstalledDistribution], wanted: Filter
) -> Sequence[InstalledDistribution]:
    """Those that pass the filter, by name."""
    excluded = {normalize(name) for name in wanted.exclude}
    needed = _needed(installed) if wanted.not_required else set()
    return [
        one
        for one in sorted(installed.values(), key=lambda one: one.name.lower())
        if one.project not in excluded | needed and (wanted.editables is None or one.is_editable is wanted.editables)
    ]


def rows(distributions: Sequence[InstalledDistribution]) -> Sequence[Row]:
    """What is shown of each."""
    return [Row(name=one.name, version=one.version, editable=one.editable_project) for one in distributions]


def _needed(installed: Mapping[NormalizedName, InstalledDistribution]) -> set[NormalizedName]:
    """The projects that others name as a dependency, whatever the marker says, as in pip."""
    needed = set()
    for one in installed.values():
        for text in one.metadata().requires_dist:
            needed.add(requirements.parse(text).name)
    return needed

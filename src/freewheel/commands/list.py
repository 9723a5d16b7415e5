"""`list`: what an environment has, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from freewheel.commands.check import needs
from freewheel.commands.offers import Latest
from freewheel.install.installed import InstalledDistribution
from freewheel.model.artifact import NormalizedName, normalize


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One installed project; `editable` is the folder of an editable one, `latest` what an index has of it."""

    name: str
    version: str
    editable: str | None = None
    latest: Latest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which projects to list: `editables` is None for all, True for only these, False for all others."""

    exclude: tuple[str, ...] = ()
    editables: bool | None = None
    not_required: bool = False


def listed(
    installed: Mapping[NormalizedName, InstalledDistribution], wanted: Filter, *, markers: Mapping[str, str]
) -> Sequence[InstalledDistribution]:
    """Those that pass the filter, by name; as in pip, what is filtered out needs nothing."""
    excluded = {normalize(name) for name in wanted.exclude}
    found = [
        one
        for one in sorted(installed.values(), key=lambda one: one.name.lower())
        if one.project not in excluded and (wanted.editables is None or one.is_editable is wanted.editables)
    ]
    if not wanted.not_required:
        return found
    needed = {need.name for one in found for need in needs(one.metadata(), markers)}
    return [one for one in found if one.project not in needed]


def rows(
    distributions: Sequence[InstalledDistribution], latest: Mapping[NormalizedName, Latest] | None = None
) -> Sequence[Row]:
    """What is shown of each; with `latest` the newest releases too."""
    newest = latest or {}
    return [
        Row(name=one.name, version=one.version, editable=one.editable_project, latest=newest.get(one.project))
        for one in distributions
    ]

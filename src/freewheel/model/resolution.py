"""What a resolver decides: one version of each project, and why."""

from __future__ import annotations

from dataclasses import dataclass

from freewheel.model.artifact import Artifact, CoreMetadata, NormalizedName


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One project at one version; `name` is spelled as whoever asked for it did.

    `artifact` is None where the installed distribution stays. `requested_extras` are those that somebody asked for.
    `wanted_by` names who asks, in pip's words; `is_requested` says that a person did. `requirements` are the
    projects that this one needs for this target.
    """

    project: NormalizedName
    name: str
    version: str
    artifact: Artifact | None
    metadata: CoreMetadata
    requested_extras: frozenset[NormalizedName] = frozenset()
    wanted_by: tuple[str, ...] = ()
    is_requested: bool = False
    is_direct: bool = False
    requirements: tuple[NormalizedName, ...] = ()
    config_settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Pins, each after what it needs wherever that has no cycle: the order to install in."""

    pins: tuple[Pin, ...]

"""What a resolver decides: one version of each project, and why."""

from __future__ import annotations

from msgspec import Struct

from freewheel.model.artifact import Artifact, CoreMetadata, NormalizedName


class Pin(Struct, frozen=True, kw_only=True):
    """One project at one version; `name` is spelled as whoever asked for it did.

    `artifact` is None where the installed distribution stays. `requested_extras` are those that somebody asked for;
    `is_requested` says that a person asked for the project.
    """

    project: NormalizedName
    name: str
    version: str
    artifact: Artifact | None
    metadata: CoreMetadata
    requested_extras: frozenset[NormalizedName] = frozenset()
    is_requested: bool = False


class Resolution(Struct, frozen=True, kw_only=True):
    """Pins, each after what it needs wherever that has no cycle: the order to install in."""

    pins: tuple[Pin, ...]

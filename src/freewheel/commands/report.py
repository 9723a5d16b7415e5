"""The JSON report of an installation: pip's format 1, and what was saved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from freewheel.build.wheel_cache import archive_origin, folder_origin
from freewheel.commands.install import Outcome
from freewheel.commands.savings import Savings
from freewheel.commands.wheels import ReadyWheel
from freewheel.model.artifact import Artifact, ArtifactKind
from freewheel.model.digest import identity
from freewheel.model.resolution import Pin
from freewheel.model.target import Target


def report(
    outcome: Outcome, savings: Savings, *, target: Target, version: str, pip_version: str
) -> Mapping[str, object]:
    """What `--report` writes; `install` lists what is, or would be, installed.

    `freewheel` is our own addition: counts of what was reused and made, bytes and seconds saved.
    """
    ready = {wheel.pin.project: wheel for wheel in outcome.wheels}
    return {
        "version": "1",
        "pip_version": pip_version,
        "install": [_item(pin, pin.artifact, ready.get(pin.project)) for pin in outcome.changed if pin.artifact],
        "environment": dict(target.markers),
        "freewheel": {
            "version": version,
            "reused": dict(savings.reused),
            "made": dict(savings.made),
            "requests": savings.requests,
            "saved_bytes": savings.saved_bytes,
            "saved_seconds": round(savings.saved_seconds, 3),
        },
    }


def _item(pin: Pin, artifact: Artifact, ready: ReadyWheel | None) -> Mapping[str, object]:
    item: dict[str, object] = {
        "download_info": json.loads(ready.origin) if ready is not None else _stated(artifact),
        "is_direct": artifact.is_direct,
        "is_yanked": artifact.yanked is not None,
        "requested": pin.is_requested,
        "metadata": _metadata(pin),
    }
    if pin.is_requested and pin.requested_extras:
        item["requested_extras"] = sorted(pin.requested_extras)
    return item


def _stated(artifact: Artifact) -> Mapping[str, object]:
    """Where an artifact comes from as its index states it, without having fetched it (PEP 610)."""
    if artifact.kind is ArtifactKind.DIRECTORY:
        return folder_origin(artifact)
    return archive_origin(artifact, identity(artifact.digests))


def _metadata(pin: Pin) -> Mapping[str, object]:
    metadata = pin.metadata
    fields: Sequence[tuple[str, object]] = (
        ("metadata_version", metadata.metadata_version),
        ("name", metadata.name),
        ("version", metadata.version),
        ("requires_python", metadata.requires_python),
        ("requires_dist", list(metadata.requires_dist)),
        ("provides_extra", list(metadata.provides_extra)),
    )
    return {name: value for name, value in fields if value}

"""The JSON report of an installation: pip's format 1, and what was saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from freewheel.commands.install import Outcome
from freewheel.commands.savings import Savings
from freewheel.commands.wheels import ReadyWheel
from freewheel.model import direct_url, full_metadata
from freewheel.model.artifact import Artifact
from freewheel.model.digest import Digest
from freewheel.model.resolution import Pin
from freewheel.model.target import Target

Item: TypeAlias = Mapping[str, object]
"""What a report says of one project."""


def report_items(
    outcome: Outcome,
    *,
    text_of: Callable[[Artifact, ReadyWheel | None], bytes],
    fetched: Callable[[Artifact], Digest | None],
) -> Sequence[Item]:
    """What is, or would be, installed, in the order of installation.

    `text_of` gives an artifact's METADATA file (raises what resolving raises), `fetched` the SHA-256 digest of what
    this run has downloaded; in a dry run nothing is downloaded for the report but metadata.
    """
    ready = {wheel.pin.project: wheel for wheel in outcome.wheels}
    return [
        _item(pin, pin.artifact, ready.get(pin.project), text_of, fetched) for pin in outcome.changed if pin.artifact
    ]


def report(
    items: Sequence[Item], savings: Savings, *, target: Target, version: str, pip_version: str
) -> Mapping[str, object]:
    """What `--report` writes.

    `freewheel` is our own addition: counts of what was reused and made, bytes and seconds saved, and how the HTTP
    cache came by each file.
    """
    return {
        "version": "1",
        "pip_version": pip_version,
        "install": list(items),
        "environment": dict(target.markers),
        "freewheel": {
            "version": version,
            "reused": dict(savings.reused),
            "made": dict(savings.made),
            "adopted": dict(savings.adopted),
            "requests": savings.requests,
            "saved_bytes": savings.saved_bytes,
            "saved_seconds": round(savings.saved_seconds, 3),
            "downloads": dict(savings.downloads),
        },
    }


def _item(
    pin: Pin,
    artifact: Artifact,
    ready: ReadyWheel | None,
    text_of: Callable[[Artifact, ReadyWheel | None], bytes],
    fetched: Callable[[Artifact], Digest | None],
) -> Item:
    origin = direct_url.of_artifact(artifact, fetched(artifact)) if ready is None else ready.origin
    item: dict[str, object] = {
        "download_info": json.loads(direct_url.as_text(origin)),
        "is_direct": artifact.is_direct,
        "is_yanked": artifact.yanked is not None,
        "requested": pin.is_requested,
        "metadata": full_metadata.parse(text_of(artifact, ready)).as_json(),
    }
    if pin.is_requested and pin.requested_extras:
        item["requested_extras"] = sorted(pin.requested_extras)
    return item

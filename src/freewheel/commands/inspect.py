"""`inspect`: an environment as JSON, in pip's format 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from freewheel.install.installed import InfoKind, InstalledDistribution
from freewheel.model import direct_url, full_metadata
from freewheel.model.target import Target
from freewheel.model.url import from_path


def inspection(
    distributions: Iterable[InstalledDistribution], *, target: Target, pip_version: str
) -> Mapping[str, object]:
    """What `inspect` prints; reads the metadata of each distribution."""
    return {
        "version": "1",
        "pip_version": pip_version,
        "installed": [_described(one) for one in distributions],
        "environment": dict(target.markers),
    }


def _described(one: InstalledDistribution) -> Mapping[str, object]:
    known = one.metadata()
    metadata = full_metadata.parse(one.metadata_bytes())
    # What setuptools notes beside the metadata.
    metadata = metadata.with_missing("Requires-Dist", known.requires_dist)
    metadata = metadata.with_missing("Provides-Extra", known.provides_extra)
    described: dict[str, object] = {"metadata": metadata.as_json(), "metadata_location": str(one.info)}
    origin = _origin(one)
    if origin is not None:
        described["direct_url"] = origin
    if one.installer:
        described["installer"] = one.installer
    if one.kind is InfoKind.DIST_INFO:
        described["requested"] = one.is_requested
    return described


def _origin(one: InstalledDistribution) -> Mapping[str, object] | None:
    """Its `direct_url.json`, or what that would be for a link that setuptools made (PEP 610)."""
    origin = one.origin
    if one.direct_url is None and one.egg_link is not None:
        origin = direct_url.of_editable(from_path(one.info.parent))
    return None if origin is None else direct_url.as_object(origin)

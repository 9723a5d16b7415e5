"""`inspect`: an environment as JSON, in pip's format 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packaging.direct_url import DirectUrl, DirectUrlValidationError

from freewheel.install.installed import InfoKind, InstalledDistribution
from freewheel.model import full_metadata
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
    if one.direct_url is None:
        if one.egg_link is None:
            return None
        return {"url": from_path(one.info.parent), "dir_info": {"editable": True}}
    try:
        return DirectUrl.from_dict(one.origin).to_dict(generate_legacy_hash=True)
    except (DirectUrlValidationError, ValueError):
        return None

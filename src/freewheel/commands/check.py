"""What does not fit together in an environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from freewheel.errors import MalformedRequirement
from freewheel.model import requirement as requirements
from freewheel.model.artifact import CoreMetadata, NormalizedName
from freewheel.model.requirement import Requirement


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An installed project whose need is not met; `found` is None where what it needs is not there."""

    project: str
    version: str
    requirement: str
    needed: NormalizedName
    found: str | None


def conflicts(
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]],
    *,
    markers: Mapping[str, str],
    concerned: Iterable[NormalizedName],
) -> list[Conflict]:
    """Unmet needs that have to do with the projects `concerned`: their own, and those of others for them.

    `installed` has version and metadata of everything. Needs that cannot be read are passed over.
    """
    changed = set(concerned)
    found = []
    for project, (version, metadata) in sorted(installed.items()):
        for need in needs(metadata, markers):
            if project not in changed and need.name not in changed:
                continue
            there = installed.get(need.name)
            if there is None or not _fits(there[0], need):
                found.append(
                    Conflict(
                        project=metadata.name,
                        version=version,
                        requirement=str(need),
                        needed=need.name,
                        found=there[0] if there else None,
                    )
                )
    return found


def needs(metadata: CoreMetadata, markers: Mapping[str, str]) -> Iterator[Requirement]:
    """What an installed project needs without extras; what cannot be read is passed over."""
    for text in metadata.requires_dist:
        try:
            need = requirements.parse(text)
            is_needed = requirements.applies(need, markers)
        except MalformedRequirement:
            continue
        if is_needed:
            yield need


def _fits(version: str, need: Requirement) -> bool:
    try:
        return need.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True

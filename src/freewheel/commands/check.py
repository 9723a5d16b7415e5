"""What does not fit together in an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from freewheel.errors import MalformedRequirement
from freewheel.install.installed import InstalledDistribution
from freewheel.model import requirement as requirements
from freewheel.model.artifact import CoreMetadata, NormalizedName
from freewheel.model.core_metadata import header_fields
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
    return [
        Conflict(
            project=metadata.name,
            version=version,
            requirement=str(need),
            needed=need.name,
            found=there,
        )
        for project, version, metadata, need, there in _unmet_needs(installed, markers)
        if project in changed or need.name in changed
    ]


def unmet(
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]], *, markers: Mapping[str, str]
) -> list[Conflict]:
    """Every need that is not met, with its marker, each once; projects by their normalized names, as in pip."""
    found = {
        Conflict(
            project=project,
            version=version,
            requirement=f"{need}; {need.marker}" if need.marker else str(need),
            needed=need.name,
            found=there,
        ): None
        for project, version, _, need, there in _unmet_needs(installed, markers)
    }
    return sorted(found, key=lambda one: (one.project, one.needed, one.requirement))


def _unmet_needs(
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]], markers: Mapping[str, str]
) -> Iterator[tuple[NormalizedName, str, CoreMetadata, Requirement, str | None]]:
    for project, (version, metadata) in sorted(installed.items()):
        for need in needs(metadata, markers):
            there = installed.get(need.name)
            if there is None or not need.is_met_by(there[0]):
                yield project, version, metadata, need, there[0] if there else None


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


def unreadable_needs(
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]],
) -> Iterator[tuple[NormalizedName, str]]:
    """Projects with a need that cannot be read, and why."""
    for project, (_, metadata) in sorted(installed.items()):
        for text in metadata.requires_dist:
            try:
                requirements.parse(text)
            except MalformedRequirement as error:
                yield project, f"{error.text!r}: {error.reason}"


def unsupported(
    distributions: Iterable[InstalledDistribution], tags: Collection[str]
) -> Iterator[InstalledDistribution]:
    """Those that came from a wheel for another interpreter or platform; reads the WHEEL file of each."""
    from packaging.tags import parse_tag  # 10 ms, for those who ask

    supported = frozenset(tags)
    for one in distributions:
        text = one.text_of("WHEEL")
        if text is not None:
            stated = header_fields(text.encode()).get("tag", ())
            try:
                fits = not supported.isdisjoint(str(tag) for value in stated for tag in parse_tag(value))
            except ValueError:
                continue  # what cannot be read says nothing
            if not fits:
                yield one

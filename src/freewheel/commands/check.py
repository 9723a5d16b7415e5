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
    """An installed project whose need is not met; `found` is None where what it needs is not there.

    `requirement` is the need with its marker.
    """

    project: NormalizedName
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
    """Unmet needs of the projects `concerned` and, as in pip, all of those of whatever needs one of these.

    `installed` has version and metadata of everything. What is not there at all comes first. Needs that cannot be
    read are passed over.
    """
    changed = set(concerned)
    affected = changed | {
        project
        for project, (_, metadata) in installed.items()
        if not changed.isdisjoint(need.name for need in needs(metadata, markers))
    }
    found = [one for one in unmet(installed, markers=markers) if one.project in affected]
    return sorted(found, key=lambda one: one.found is not None)


def unmet(
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]], *, markers: Mapping[str, str]
) -> list[Conflict]:
    """Every need that is not met, each once; projects by their normalized names, as in pip."""
    found = {
        Conflict(
            project=project,
            version=version,
            requirement=requirements.in_full(need),
            needed=need.name,
            found=installed[need.name][0] if need.name in installed else None,
        )
        for project, (version, metadata) in installed.items()
        for need in needs(metadata, markers)
        if need.name not in installed or not need.is_met_by(installed[need.name][0])
    }
    return sorted(found, key=lambda one: (one.project, one.needed, one.requirement))


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

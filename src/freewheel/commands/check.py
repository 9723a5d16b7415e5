"""What does not fit together in an environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from freewheel.errors import MalformedRequirement
from freewheel.install.installed import InstalledDistribution
from freewheel.model import requirement as requirements
from freewheel.model.artifact import CoreMetadata, NormalizedName
from freewheel.model.core_metadata import header_fields
from freewheel.model.requirement import Requirement


class Conflict(Struct, frozen=True, kw_only=True):
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
    changed, needed = set(concerned), _all_needs(installed, markers)
    affected = {
        project: own
        for project, own in needed.items()
        if project in changed or not changed.isdisjoint(need.name for need in own)
    }
    return sorted(_unmet(affected, installed), key=lambda one: one.found is not None)


def unmet(
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]], *, markers: Mapping[str, str]
) -> list[Conflict]:
    """Every need that is not met, each once; projects by their normalized names, as in pip."""
    return _unmet(_all_needs(installed, markers), installed)


def _all_needs(
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]], markers: Mapping[str, str]
) -> Mapping[NormalizedName, Sequence[Requirement]]:
    """The needs of each project; reading one takes 61 us, and there are thousands."""
    return {project: tuple(needs(metadata, markers)) for project, (_, metadata) in installed.items()}


def _unmet(
    needed: Mapping[NormalizedName, Sequence[Requirement]],
    installed: Mapping[NormalizedName, tuple[str, CoreMetadata]],
) -> list[Conflict]:
    versions = {project: version for project, (version, _) in installed.items()}
    found = {
        Conflict(
            project=project,
            version=versions[project],
            requirement=requirements.in_full(need),
            needed=need.name,
            found=versions.get(need.name),
        )
        for project, own in needed.items()
        for need in own
        if need.name not in versions or not need.is_met_by(versions[need.name])
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

"""Resolutions that were found before, and hold as long as nothing that they depend on has changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from freewheel.errors import CacheDiffers, FreewheelError, StoreError
from freewheel.events import Healed, Kind, Missed, Noted, Reused
from freewheel.model.artifact import ArtifactKind, CoreMetadata, NormalizedName, normalize
from freewheel.model.requirement import Requirement
from freewheel.model.resolution import Resolution
from freewheel.resolve import memo
from freewheel.resolve.candidates import Assessor
from freewheel.resolve.memo import Memo, ProjectSeen
from freewheel.resolve.observed import Observations, ObservedInstalled, ObservedReporter, observed
from freewheel.resolve.protocol import Installed, Offers
from freewheel.resolve.resolver import Resolver
from freewheel.store.protocol import Entries, Miss
from freewheel.store.record import Record

KIND: Kind = "resolution"
_PARTITION = "_"
_SHOWN, _NAMED = 10, 3


class Resolves(Protocol):
    """What finds a resolution."""

    def resolve(
        self,
        requirements: Sequence[Requirement],
        *,
        constraints: Sequence[Requirement] = (),
        installed: Mapping[NormalizedName, Installed] | None = None,
    ) -> Resolution:
        """The pins for `requirements`, in the order to install them; raises as `Resolver.resolve`."""


class RememberingResolver(Struct, frozen=True, kw_only=True):
    """Resolves once: the same inputs and unchanged pages need no search.

    `offers` tells whether the sources' pages are the same. `builds` tells what the metadata of sources may depend on,
    and is asked when something is to be resolved. `state_of` tells of a file on this machine, by its URL, whether it
    is still the same; None where nobody knows. With `verifies` what is remembered is found again, and compared. With
    `is_shown` a person wants to see the search.
    """

    inner: Resolver
    offers: Offers
    entries: Entries
    builds: Callable[[], Mapping[str, object]]
    state_of: Callable[[str], str | None]
    program_version: str
    verifies: bool = False
    is_shown: bool = False

    def resolve(
        self,
        requirements: Sequence[Requirement],
        *,
        constraints: Sequence[Requirement] = (),
        installed: Mapping[NormalizedName, Installed] | None = None,
    ) -> Resolution:
        """The pins for `requirements`; raises as `Resolver.resolve`, and CacheDiffers."""
        present = {} if installed is None else installed
        key = memo.key(
            requirements,
            constraints,
            target=self.inner.target,
            options=self.inner.options,
            hash_checking=self.inner.hash_checking,
            there=[memo.identity_of(present.get(one.name)) for one in requirements],
            builds=self.builds(),
            program_version=self.program_version,
        )
        subject = _subject(requirements)
        known = self._known(key, present, subject=subject)
        if isinstance(known, Miss):
            resolution = self._resolve(requirements, constraints, present, key=key)
            self.inner.reporter.emit(Missed(kind=KIND, subject=subject, reason=known.reason))
            return resolution
        if self.verifies:
            found = self.inner.resolve(requirements, constraints=constraints, installed=present)
            self._compare(known.resolution, found)
        return self._reuse(known, subject=subject, is_told=not self.verifies)

    def _known(self, key: str | None, present: Mapping[NormalizedName, Installed], *, subject: str) -> Memo | Miss:
        if key is None:
            return Miss(reason="what was asked for is no text")
        if self.is_shown and not self.verifies:
            return Miss(reason="with -v the search is shown")
        return self._recall(key, present, subject=subject)

    def _reuse(self, known: Memo, *, subject: str, is_told: bool) -> Resolution:
        for project in known.projects:
            if project.has_to_be_read:  # what is said or noted then is so in each run
                self.inner.sources.artifacts.artifacts(project.project)
        for event in map(memo.told_again, known.said if is_told else ()):
            if event is not None:
                self.inner.reporter.emit(event)
        self.inner.reporter.emit(Reused(kind=KIND, subject=subject))
        return known.resolution

    def _compare(self, known: Resolution, found: Resolution) -> None:
        if known == found:
            message = "What was resolved before was resolved again, and is the same."
            self.inner.reporter.emit(Noted(message=message, verbosity=0))
            return
        before = {f"{pin.name} {pin.version}" for pin in known.pins}
        after = {f"{pin.name} {pin.version}" for pin in found.pins}
        changes = (
            *(f"{one} is no longer chosen" for one in sorted(before - after)),
            *(f"{one} is chosen" for one in sorted(after - before)),
        )
        raise CacheDiffers(
            kind="resolution",
            subject="what was asked for",
            kept="the resolution of an earlier run",
            differences=changes[:_SHOWN] or ("the same versions come from elsewhere, or in another order",),
        )

    # What is known

    def _recall(self, key: str, present: Mapping[NormalizedName, Installed], *, subject: str) -> Memo | Miss:
        found = self.entries.get(KIND, _PARTITION, key)
        if isinstance(found, Miss):
            if found.is_damage:
                self._heal(key, subject, found.reason)
            return found
        data = found.fields.get("memo")
        try:
            known = memo.from_bytes(data if isinstance(data, bytes) else b"")
        except ValueError as error:
            self._heal(key, subject, str(error))
            return Miss(reason="the record has another shape", is_damage=True)
        try:
            reason = self._outdated(known, present)
        except FreewheelError:
            # Whoever resolves meets it as well, or does not need what it is about.
            return Miss(reason="what it was made of cannot be looked at")
        return known if reason is None else Miss(reason=reason)

    def _heal(self, key: str, subject: str, reason: str) -> None:
        self.entries.remove(KIND, _PARTITION, key)
        self.inner.reporter.emit(Healed(kind=KIND, subject=subject, reason=reason))

    def _outdated(self, known: Memo, present: Mapping[NormalizedName, Installed]) -> str | None:
        """Why a memo does not hold, as a clause; None where it does."""
        for one in known.installed:
            installed = present.get(one.project)
            if memo.identity_of(installed) != one.found or (
                installed is not None
                and one.metadata is not None
                and memo.digest_of_metadata(installed.metadata) != one.metadata
            ):
                return f"the environment has another {one.project}"
        for file in known.files:
            if self.state_of(file.url) != file.state:
                return f"{file.url} has changed"
        self.offers.ask_ahead([one.project for one in known.projects])
        assessor = Assessor.create(target=self.inner.target, selection=self.inner.options.selection)
        for project in known.projects:
            if not self._is_unchanged(project, assessor):
                return f"there is something else to choose from of {project.project}"
        return self._contradicted(known)

    def _is_unchanged(self, known: ProjectSeen, assessor: Assessor) -> bool:
        """Whether a project offers the same, at least of what fits the target."""
        if known.digests is not None and self.offers.digests(known.project) == known.digests:
            return True
        usable = assessor.assess(self.inner.sources.artifacts.artifacts(known.project)).usable
        return memo.digest_of_usable(usable) == known.usable

    def _contradicted(self, known: Memo) -> str | None:
        """Whether a source, or a wheel that was known in part, says something else by now.

        Of sources a person is told in each run whether they were built before.
        """
        unconfirmed = {artifact.place for artifact in known.unconfirmed}
        for pin in known.resolution.pins:
            artifact = pin.artifact
            if artifact is None or (artifact.kind is ArtifactKind.WHEEL and artifact.place not in unconfirmed):
                continue
            if _needs(pin.metadata) != _needs(self.inner.sources.metadata.metadata(artifact)):
                return f"{artifact.filename} says something else than before"
        return None

    # What is to be known

    def _resolve(
        self,
        requirements: Sequence[Requirement],
        constraints: Sequence[Requirement],
        present: Mapping[NormalizedName, Installed],
        *,
        key: str | None,
    ) -> Resolution:
        seen = Observations(state_of=self.state_of)
        environment = ObservedInstalled(present)
        resolver = replace(
            self.inner,
            sources=observed(self.inner.sources, seen),
            reporter=ObservedReporter(inner=self.inner.reporter, seen=seen),
            on_assessment=seen.note_assessment,
        )
        resolution = resolver.resolve(requirements, constraints=constraints, installed=environment)
        may_be_kept = self.offers.may_be_kept
        if key is not None and not seen.is_fleeting and all(map(may_be_kept, seen.usable)):
            self._keep(key, resolution, seen, environment)
        return resolution

    def _keep(self, key: str, resolution: Resolution, seen: Observations, environment: ObservedInstalled) -> None:
        chosen = {pin.artifact.place for pin in resolution.pins if pin.artifact is not None}
        try:
            found = Memo(
                resolution=resolution,
                projects=tuple(
                    ProjectSeen(
                        project=project,
                        digests=self.offers.digests(project),
                        usable=memo.digest_of_usable(usable),
                        has_to_be_read=self.offers.has_to_be_read(project),
                    )
                    for project, usable in seen.usable.items()
                ),
                installed=environment.seen,
                files=tuple(seen.files.values()),
                unconfirmed=tuple(one for place, one in seen.unconfirmed.items() if place in chosen),
                said=tuple(seen.said),
            )
            self.entries.put(KIND, _PARTITION, key, Record(fields={"memo": memo.to_bytes(found)}))
        except (StoreError, ValueError):
            return  # whoever resolves the same again searches again


def _needs(metadata: CoreMetadata) -> tuple[object, ...]:
    """What counts in a resolution: a wheel's metadata may be in another order and format than its source's."""
    needs, extras = frozenset(metadata.requires_dist), frozenset(map(normalize, metadata.provides_extra))
    return normalize(metadata.name), metadata.version, needs, metadata.requires_python, extras


def _subject(requirements: Sequence[Requirement]) -> str:
    """What was asked for, in a few words."""
    names = list(dict.fromkeys(requirement.given_name for requirement in requirements))
    others = f" and {len(names) - _NAMED} others" if len(names) > _NAMED + 1 else ""
    return ", ".join(names[:_NAMED] if others else names) + others

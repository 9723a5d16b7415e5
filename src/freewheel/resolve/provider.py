"""What resolvelib asks of us: identities, preferences, candidates and dependencies.

The preferences are pip's, so that the pins are pip's: of the last conflict's parties, else of all, first what stood
in the way most often, then direct references, pins, upper bounds, the user's order, other bounds, names.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from resolvelib import AbstractProvider

from freewheel.model.artifact import NormalizedName, normalize
from freewheel.resolve.terms import (
    PYTHON,
    ArtifactCandidate,
    BaseCandidate,
    Candidate,
    ExactNeed,
    ExtrasCandidate,
    InstalledCandidate,
    Need,
    PythonCandidate,
    PythonNeed,
    SpecifierNeed,
    UpgradeStrategy,
    dependencies,
)

if TYPE_CHECKING:
    from resolvelib.structs import RequirementInformation

    from freewheel.model.requirement import Requirement
    from freewheel.resolve.universe import Universe

    Information = RequirementInformation[Need, Candidate]

CONFLICTS_BEFORE_PROMOTION = 5
"""How often a project stands unpinned in a conflict before it is decided ahead of others, as in pip."""


class Provider(AbstractProvider[Need, Candidate, str]):
    """Holds nothing but conflict counts; everything looked up is remembered by the `Universe`."""

    def __init__(
        self,
        *,
        universe: Universe,
        user_requested: Mapping[str, int],
        upgrade_strategy: UpgradeStrategy,
        with_dependencies: bool,
    ) -> None:
        self._universe = universe
        self._user_requested = user_requested
        self._upgrade_strategy = upgrade_strategy
        self._with_dependencies = with_dependencies
        self._conflicts: Counter[str] = Counter()
        self._satisfied: dict[tuple[Need, Candidate], bool] = {}

    def identify(self, requirement_or_candidate: Need | Candidate) -> str:
        """The node that a need or a candidate belongs to."""
        return requirement_or_candidate.identifier

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Candidate],
        candidates: Mapping[str, Iterator[Candidate]],  # noqa: ARG002 - resolvelib's signature
        information: Mapping[str, Iterator[Information]],  # noqa: ARG002
        backtrack_causes: Sequence[Information],
    ) -> Iterable[str]:
        """The interpreter alone, else the last conflict's parties, else the promoted, else all. Once a round."""
        parties: set[str] = set()
        for cause in backtrack_causes:
            names = [cause.requirement.identifier, *([cause.parent.identifier] if cause.parent else [])]
            parties.update(names)
            self._conflicts.update(name for name in names if name not in resolutions)
        names = list(identifiers)
        if PYTHON in names:
            return [PYTHON]
        return (
            [name for name in names if name in parties]
            or [name for name in names if self._is_promoted(name)]
            or names
        )

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],  # noqa: ARG002 - resolvelib's signature
        candidates: Mapping[str, Iterator[Candidate]],  # noqa: ARG002
        information: Mapping[str, Iterator[Information]],
        backtrack_causes: Sequence[Information],  # noqa: ARG002
    ) -> tuple[bool, bool, bool, bool, float, bool, str]:
        """The smaller, the earlier decided. Once a round for each undecided node."""
        needs = [one.requirement for one in information[identifier]]
        specifiers = [one for need in needs if isinstance(need, SpecifierNeed) for one in need.requirement.specifier]
        is_pinned = any(one.operator[:2] == "==" and "*" not in one.version for one in specifiers)
        is_bounded = any(
            one.operator in ("<", "<=", "~=") or (one.operator == "==" and "*" in one.version) for one in specifiers
        )
        return (
            not self._is_promoted(identifier),
            not any(isinstance(need, ExactNeed) for need in needs),
            not is_pinned,
            not is_bounded,
            self._user_requested.get(identifier, math.inf),
            not specifiers,
            identifier,
        )

    def _is_promoted(self, identifier: str) -> bool:
        return self._conflicts[identifier] >= CONFLICTS_BEFORE_PROMOTION

    def is_satisfied_by(self, requirement: Need, candidate: Candidate) -> bool:
        """Whether a candidate of the same node fulfils a need; remembered, since backtracking asks again."""
        key = (requirement, candidate)
        known = self._satisfied.get(key)
        if known is None:
            known = self._satisfied[key] = requirement.is_satisfied_by(candidate)
        return known

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Need]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> Callable[[], Iterator[Candidate]] | list[Candidate]:
        """Candidates of a node, the best first; lazily, because each may cost a download or a build."""
        needs = list(requirements[identifier])
        excluded = set(incompatibilities.get(identifier, iter(())))
        if identifier == PYTHON:
            python = self._universe.python
            return [python] if all(self.is_satisfied_by(need, python) for need in needs) else []
        project, extras = _split(identifier)
        exact = [need.candidate for need in needs if isinstance(need, ExactNeed)]
        wanted = [need.requirement for need in needs if isinstance(need, SpecifierNeed)]
        if extras:
            bare = list(requirements.get(project, iter(())))
            exact += [
                self._universe.with_extras(need.candidate, extras)
                for need in bare
                if isinstance(need, ExactNeed) and not isinstance(need.candidate, ExtrasCandidate)
            ]
            wanted += [need.requirement for need in bare if isinstance(need, SpecifierNeed)]
        if wanted:
            exact += self._universe.constrained_to(project, extras, template=wanted[0])
        if exact or self._universe.is_bound_to_files(project):
            return [
                candidate
                for candidate in dict.fromkeys(exact)
                if candidate not in excluded
                and self._universe.allows(candidate)
                and all(self.is_satisfied_by(need, candidate) for need in needs)
            ]
        return self._from_indexes(project, extras, wanted, excluded)

    def _from_indexes(
        self,
        project: NormalizedName,
        extras: frozenset[NormalizedName],
        wanted: Sequence[Requirement],
        excluded: set[Candidate],
    ) -> Callable[[], Iterator[Candidate]] | list[Candidate]:
        if not wanted:
            return []
        specifier: SpecifierSet = self._universe.constraint(project)
        for requirement in wanted:
            specifier &= requirement.specifier

        def matches() -> Iterator[Candidate]:
            found = self._universe.matches(
                project,
                specifier,
                template=wanted[0],
                prefer_installed=not self._may_upgrade(project, extras),
            )
            for base in found:
                candidate = self._universe.with_extras(base, extras) if extras else base
                if candidate not in excluded:
                    yield candidate

        return matches

    def _may_upgrade(self, project: NormalizedName, extras: frozenset[NormalizedName]) -> bool:
        if self._upgrade_strategy == "only-if-needed":
            key = f"{project}[{','.join(sorted(extras))}]"
            return project in self._user_requested or key in self._user_requested
        return self._upgrade_strategy == "eager"

    def get_dependencies(self, candidate: Candidate) -> Iterable[Need]:
        """What a candidate needs: its Requires-Python first, which fails without cost. Once when it is pinned."""
        if isinstance(candidate, PythonCandidate):
            return
        if isinstance(candidate, ExtrasCandidate):
            yield ExactNeed(candidate=candidate.base)
            if self._with_dependencies:
                yield from self._needs_of(candidate.base, candidate.extras, candidate.template)
            return
        if isinstance(candidate, ArtifactCandidate):
            yield from self._python_need(candidate)
        if self._with_dependencies and not candidate.template.is_locked:
            yield from self._needs_of(candidate, frozenset(), candidate.template)

    def _python_need(self, candidate: ArtifactCandidate) -> Iterator[Need]:
        text = candidate.metadata.requires_python
        specifier = self._universe.requires_python(text) if text else None
        if specifier is not None:
            yield PythonNeed(specifier=specifier)

    def _needs_of(
        self, base: BaseCandidate, extras: frozenset[NormalizedName], template: Requirement
    ) -> Iterator[Need]:
        provided = frozenset(normalize(extra) for extra in base.metadata.provides_extra)
        for extra in sorted(extras - provided):
            self._universe.warn_of_missing_extra(base, extra)
        needed = dependencies(
            base.metadata, extras=extras & provided, markers=self._universe.markers, template=template
        )
        is_needed = not isinstance(base, InstalledCandidate)
        self._universe.prefetch([one.name for one in needed if one.url is None], is_needed=is_needed)
        if is_needed:
            self._universe.expect(needed)
        for requirement in needed:
            yield from self._universe.needs(requirement)


def _split(identifier: str) -> tuple[NormalizedName, frozenset[NormalizedName]]:
    project, _, rest = identifier.partition("[")
    extras = frozenset(NormalizedName(extra) for extra in rest.rstrip("]").split(",") if extra)
    return NormalizedName(project), extras

"""The search itself: the one place that runs resolvelib."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import resolvelib
from packaging.specifiers import SpecifierSet

from freewheel.errors import ResolutionTooDeep
from freewheel.model import url as urls
from freewheel.model.artifact import NormalizedName
from freewheel.model.requirement import Requirement
from freewheel.resolve.explain import explain
from freewheel.resolve.provider import Provider
from freewheel.resolve.terms import Candidate, Need, UpgradeStrategy
from freewheel.resolve.universe import Universe
from freewheel.resolve.watch import Watch

if TYPE_CHECKING:
    from resolvelib.resolvers import Criterion
    from resolvelib.structs import State

    Found = State[Need, Candidate, str]

MAX_ROUNDS = 200_000
"""Rounds of the search before it is given up, as in pip."""


def search(
    universe: Universe,
    roots: Sequence[Need],
    user_requested: Mapping[str, int],
    *,
    upgrade_strategy: UpgradeStrategy,
    with_dependencies: bool,
) -> Found:
    """What meets `roots`, with what backtracking has left behind.

    `user_requested` has the position of what a person asked for. Raises ConflictingRequirements and its kin,
    ResolutionTooDeep; what the sources raise.
    """
    provider = Provider(
        universe=universe,
        user_requested=user_requested,
        upgrade_strategy=upgrade_strategy,
        with_dependencies=with_dependencies,
    )
    # Not resolvelib.Resolver: it prunes the result by recursion, which never ends on a cycle that backtracking cut
    # off from what was asked for (seen in 1 of 60 random worlds); whoever settles the result prunes without.
    try:
        return _Search(provider, Watch(universe.reporter)).resolve(list(roots), max_rounds=MAX_ROUNDS)
    except resolvelib.ResolutionImpossible as impossible:
        raise explain(
            list(impossible.causes),
            python=universe.python,
            constraint=lambda name: _limit(name, universe.constraints.get(name, ())),
            assess=universe.account,
            consulted=universe.sources.artifacts.consulted(),
            releases=universe.selection.releases,
        ) from None
    except resolvelib.ResolutionTooDeep as too_deep:
        raise ResolutionTooDeep(rounds=int(too_deep.round_count)) from None


class _Search(resolvelib.resolvers.Resolution[Need, Candidate, str]):
    """resolvelib's search, without pins whose needs it has forgotten.

    Where a pin no longer fits, resolvelib drops what it needed, and keeps it in case it is pinned anew. It may fit
    again before that, because what spoke against it was dropped as well: then its needs would be met by nobody (seen
    in 1 of 1,500 random worlds).
    """

    def _remove_information_from_criteria(
        self, criteria: dict[str, Criterion[Need, Candidate]], parents: Collection[str]
    ) -> None:
        super()._remove_information_from_criteria(criteria, parents)
        for parent in parents:
            self.state.mapping.pop(parent, None)


def _limit(project: NormalizedName, constraints: Sequence[Requirement]) -> str | None:
    """A project's constraints as pip shows them in a conflict: as one."""
    specifier = SpecifierSet()
    for one in constraints:
        specifier &= one.specifier
    places = ", ".join(urls.redacted(one.url) for one in constraints if one.url is not None)
    return f"{project}{specifier}{f' (from {places})' if places else ''}" if constraints else None

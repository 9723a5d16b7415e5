"""Sees when a search goes round in a circle, and ends it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from resolvelib import BaseReporter

from freewheel.errors import ResolutionTooDeep
from freewheel.resolve.terms import Candidate, Need

if TYPE_CHECKING:
    from resolvelib.structs import State

VISITS_WITHOUT_NEWS = 50
"""How often the same choice may come up without a new conflict in between. Projects that need one another at
versions that exclude one another make resolvelib go round for ever, and it keeps every round: 100,000 took 3.7 GB."""


class Watch(BaseReporter[Need, Candidate, str]):
    """Counts choices of versions as the rounds of one search end; raises ResolutionTooDeep."""

    def __init__(self) -> None:
        self._visits: Counter[int] = Counter()
        self._known_conflicts: set[frozenset[tuple[str, Candidate | None]]] = set()

    def ending_round(self, index: int, state: State[Need, Candidate, str]) -> None:
        """Called by resolvelib after each round; costs microseconds for each chosen project."""
        conflict = frozenset((str(cause.requirement), cause.parent) for cause in state.backtrack_causes)
        if conflict not in self._known_conflicts:
            self._known_conflicts.add(conflict)
            self._visits.clear()
        choice = hash(frozenset(state.mapping.items()))
        self._visits[choice] += 1
        if self._visits[choice] > VISITS_WITHOUT_NEWS:
            raise ResolutionTooDeep(rounds=index + 1)

"""Sees when a search goes round in a circle, and ends it; and when it takes long, and says so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from resolvelib import BaseReporter

from freewheel.errors import ResolutionTooDeep
from freewheel.events import Noted, Reporter
from freewheel.resolve.terms import Candidate, Need

if TYPE_CHECKING:
    from resolvelib.resolvers import Criterion
    from resolvelib.structs import State

VISITS_WITHOUT_NEWS = 50
"""How often the same choice may come up without a new conflict in between. Projects that need one another at
versions that exclude one another make resolvelib go round for ever, and it keeps every round: 100,000 took 3.7 GB."""

_SAID_AT = {
    2: "freewheel is looking at multiple versions of {} to determine which version is compatible with other"
    " requirements. This could take a while.",
    8: "freewheel is still looking at multiple versions of {} to determine which version is compatible with other"
    " requirements. This could take a while.",
    13: "This is taking longer than usual. You might need to provide the dependency resolver with stricter"
    " constraints to reduce runtime. If you want to abort this run, press Ctrl + C.",
}
"""What is said, as by pip, when so many candidates of one project turned out not to fit."""


class Watch(BaseReporter[Need, Candidate, str]):
    """Counts choices of versions as the rounds of one search end; raises ResolutionTooDeep."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._rejected: Counter[str] = Counter()
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

    def rejecting_candidate(self, criterion: Criterion[Need, Candidate], candidate: Candidate) -> None:  # noqa: ARG002
        """Called by resolvelib for each candidate that does not fit."""
        name = candidate.identifier
        self._rejected[name] += 1
        said = _SAID_AT.get(self._rejected[name])
        if said is not None:
            self._reporter.emit(Noted(message=f"INFO: {said.format(name)}", verbosity=0))

"""What is said of a search that takes long."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from packaging.version import Version

from freewheel.events import Noted, Recorder
from freewheel.resolve.terms import Candidate, Need, PythonCandidate
from freewheel.resolve.watch import Watch

if TYPE_CHECKING:
    from resolvelib.resolvers import Criterion


def test_the_second_the_eighth_and_the_thirteenth_rejection_are_said() -> None:
    recorder = Recorder()
    watch = Watch(recorder)
    criterion = cast("Criterion[Need, Candidate]", None)
    said = []
    for count in range(1, 30):
        watch.rejecting_candidate(criterion, PythonCandidate(version=Version("3.12")))
        said += [(count, event) for event in recorder.events]
        recorder.events.clear()
    assert [count for count, _ in said] == [2, 8, 13]
    assert all(isinstance(event, Noted) and event.verbosity == 0 for _, event in said)
    assert "looking at multiple versions of <Python" in str(said[0][1])

"""What happens for a build's sake is counted and not told."""

from __future__ import annotations

from threading import Thread

from freewheel.events import (
    Adopted,
    Answered,
    Collecting,
    Event,
    Healed,
    Installing,
    Missed,
    Noted,
    Recorder,
    Requested,
    Reused,
    Warned,
)
from freewheel.wiring.muting import Muting

COUNTED: list[Event] = [
    Reused(kind="page", subject="a"),
    Missed(kind="page", subject="a", reason="new"),
    Adopted(kind="page", subject="a"),
    Healed(kind="page", subject="a", reason="damaged"),
    Warned(message="a"),
    Requested(method="GET", url="https://x.example/"),
    Answered(method="GET", url="https://x.example/", status=200, cache_status=None),
    Noted(message="for -v"),
]
TOLD: list[Event] = [Collecting(requirement="a"), Installing(distributions=("a-1",)), Noted(message="b", verbosity=0)]


def test_while_muted_only_what_counts_gets_through() -> None:
    recorder = Recorder()
    muting = Muting(recorder)
    with muting.muted():
        with muting.muted():
            for event in (*COUNTED, *TOLD):
                muting.emit(event)
        muting.emit(TOLD[0])
    assert recorder.events == COUNTED
    muting.emit(TOLD[0])
    assert recorder.events == [*COUNTED, TOLD[0]]


def test_it_is_for_all_threads() -> None:
    recorder = Recorder()
    muting = Muting(recorder)
    with muting.muted():
        other = Thread(target=muting.emit, args=[TOLD[0]])
        other.start()
        other.join()
    assert recorder.events == []

"""A near store with a shared one behind it, beyond what all stores promise."""

from __future__ import annotations

from threading import Barrier

from msgspec import field

from freewheel.store.memory import MemoryEntries
from freewheel.store.protocol import Miss
from freewheel.store.record import Record
from freewheel.store.tiered import TieredEntries
from tests.support.object_stores import in_memory, shared

ONE, TWO, THREE = (("metadata", "six", key) for key in ("1", "2", "3"))


class Meeting(MemoryEntries, kw_only=True):
    """Answers nobody before two have asked."""

    asked: list[str] = field(default_factory=list)
    meeting: Barrier = field(default_factory=lambda: Barrier(2))

    def get(self, kind: str, partition: str, key: str) -> Record | Miss:
        self.asked.append(key)
        self.meeting.wait(timeout=30)
        return MemoryEntries.get(self, kind, partition, key)


def test_what_is_expected_is_asked_for_at_the_same_time_and_once_and_not_where_it_is_near() -> None:
    far, near = Meeting(clock=lambda: 0.0), MemoryEntries(clock=lambda: 0.0)
    for address in (TWO, THREE):
        far.put(*address, Record(fields={"of": address[2]}))
    near.put(*ONE, Record(fields={"of": "near"}))
    tiered = TieredEntries(near=near, shared=shared(in_memory(), entries=far, patience=60.0))
    tiered.expect([ONE, TWO, THREE])
    found = [tiered.get(*address) for address in (ONE, TWO, THREE)]
    assert [None if isinstance(one, Miss) else one.fields["of"] for one in found] == ["near", "2", "3"]
    assert sorted(far.asked) == ["2", "3"]

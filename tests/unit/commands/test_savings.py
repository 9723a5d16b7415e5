"""What a run reused and saved, added up."""

from __future__ import annotations

from freewheel.commands.savings import Ledger, Savings, counted, tally
from freewheel.events import Adopted, Collecting, DownloadAdvanced, Event, Healed, Missed, Requested, Reused

WHAT_COUNTS: list[Event] = [
    Reused(kind="download", subject="a", size=100),
    Reused(kind="download", subject="b", size=20),
    Reused(kind="page", subject="a", size=3, validated=True),
    Reused(kind="wheel", subject="c", size=1000, seconds=2.5),
    Reused(kind="tree", subject="a", size=5000),
    Adopted(kind="download", subject="a", size=100),
    Missed(kind="tree", subject="b", reason="new", size=5000, seconds=9.0),
    Missed(kind="bytecode", subject="b", reason="new"),
    Healed(kind="tree", subject="b", reason="damaged"),
    Requested(method="GET", url="https://x.example/"),
]


def test_bytes_are_those_not_transferred_and_seconds_those_not_spent() -> None:
    assert tally(WHAT_COUNTS) == Savings(
        reused={"download": 2, "page": 1, "wheel": 1, "tree": 1},
        made={"tree": 1, "bytecode": 1},
        adopted={"download": 1},
        saved_bytes=123,
        saved_seconds=2.5,
        requests=1,
    )


def test_each_thing_counts_once_and_as_made_if_it_had_to_be_made() -> None:
    """Behaviour 134: what looked reusable and turned out to be damaged was not reused."""
    found = tally(
        [
            Reused(kind="tree", subject="a", size=5000),
            Reused(kind="download", subject="a", size=100),
            Reused(kind="download", subject="a", size=100),
            Reused(kind="bytecode", subject="a"),
            Missed(kind="tree", subject="a", reason="damaged"),
            Missed(kind="bytecode", subject="a", reason="new"),
            Missed(kind="download", subject="b", reason="damaged", size=100),
            Missed(kind="download", subject="b", reason="not kept", size=100),
            Reused(kind="wheel", subject="c", seconds=2.0),
            Missed(kind="wheel", subject="c", reason="damaged", seconds=3.0),
        ]
    )
    assert found == Savings(
        reused={"download": 1}, made={"tree": 1, "bytecode": 1, "download": 1, "wheel": 1}, saved_bytes=100
    )


def test_what_came_from_pips_cache_is_a_part_of_what_was_reused() -> None:
    """What had to be made after all did not come from there, nor did what nobody used."""
    found = tally(
        [
            Adopted(kind="download", subject="a", size=100),
            Adopted(kind="download", subject="a", size=100),
            Reused(kind="download", subject="a", size=100),
            Reused(kind="download", subject="b", size=20),
            Adopted(kind="page", subject="p", size=10),
            Missed(kind="page", subject="p", reason="changed"),
            Adopted(kind="wheel", subject="w", size=10),
        ]
    )
    assert (found.reused, found.adopted, found.made) == ({"download": 2}, {"download": 1}, {"page": 1})


def test_the_last_account_of_each_file_is_kept() -> None:
    told = [
        Missed(kind="download", subject="a.whl", reason="new", cache_status="freewheel; fwd=uri-miss"),
        Reused(kind="download", subject="b.whl"),
        Reused(kind="page", subject="https://index.example/simple/a/", cache_status="freewheel; hit"),
        Reused(kind="download", subject="a.whl", cache_status="freewheel; hit"),
    ]
    assert tally(told).downloads == {"a.whl": "freewheel; hit"}


def test_a_ledger_keeps_what_counts_and_no_more() -> None:
    ledger = Ledger()
    for event in (Collecting(requirement="a"), *WHAT_COUNTS, DownloadAdvanced(url="a", received=1)):
        ledger.emit(event)
    assert ledger.events == WHAT_COUNTS


def test_only_what_costs_something_is_named() -> None:
    assert counted({"bytecode": 1, "interpreter": 1, "metadata": 4, "page": 2, "tree": 0}) == [
        "2 index pages",
        "1 set of bytecode",
    ]

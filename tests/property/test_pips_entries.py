"""Whatever lies in pip's cache: reading it raises nothing but "no entry", and makes nothing younger than it is."""

from __future__ import annotations

from email.utils import formatdate

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from freewheel.httpcache import adoption, freshness, pips_entry
from freewheel.httpcache.adoption import Adopt, Found
from freewheel.httpcache.message import Headers, Request
from freewheel.httpcache.pips_entry import PipsEntry
from freewheel.httpcache.policy import Policy
from tests.support.pips_cache import MARK, Entry

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
texts = st.text(max_size=8)
entries = st.builds(
    Entry,
    fields=st.dictionaries(
        st.sampled_from(["Date", "Age", "Vary", "Cache-Control", "Content-Length", "Expires", "ETag"]) | texts, texts
    ),
    status=st.sampled_from([200, 203, 300, 301, 308, 304, 999]),
    vary=st.dictionaries(texts, st.none() | texts),
)


def read(data: bytes) -> PipsEntry | None:
    try:
        return pips_entry.read(data)
    except ValueError:
        return None


@given(st.binary() | st.binary().map(MARK.__add__) | values.map(lambda value: MARK + msgspec.msgpack.encode(value)))
def test_any_bytes_are_an_entry_or_none(data: bytes) -> None:
    read(data)


@given(entries, st.data())
def test_any_damage_of_an_entry_leaves_an_entry_or_none(entry: Entry, data: st.DataObject) -> None:
    record = bytearray(entry.record())
    for _ in range(data.draw(st.integers(0, 3))):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(st.integers(0, 255))
    del record[data.draw(st.integers(0, len(record))) :]
    read(bytes(record))


@given(entries, st.floats(0, 2**33), st.floats(0, 2**33), st.integers(0, 2**40), st.floats(0, 2**33))
def test_of_any_entry_something_is_decided(
    entry: Entry, recorded_at: float, body_at: float, size: int, now: float
) -> None:
    what = read(entry.record())
    if what is not None:
        found = Found(entry=what, recorded_at=recorded_at, body_at=body_at, size=size)
        adoption.decide(Request(url="https://a.example/"), found, now=now, policy=Policy())


@given(
    made=st.integers(10**9, 2 * 10**9),
    on_the_way=st.integers(0, 10**5),
    transfer=st.integers(0, 1000),
    since=st.integers(0, 10**6),
    keeps_date=st.booleans(),
)
def test_nothing_is_younger_than_it_is(
    made: int, on_the_way: int, transfer: int, since: int, *, keeps_date: bool
) -> None:
    """A cache on the way had it for a while, and sent it with the origin's Date or with its own; pip then kept it."""
    sent = made + on_the_way
    fields = {
        "Cache-Control": "public, max-age=600",
        "Content-Length": "4",
        "Date": formatdate(made if keeps_date else sent, usegmt=True),
        "Age": str(on_the_way),
    }
    recorded_at = float(sent + transfer)
    entry = pips_entry.read(Entry(fields=fields).record())
    now = recorded_at + since
    decision = adoption.decide(
        Request(url="https://a.example/", headers=Headers()),
        Found(entry=entry, recorded_at=recorded_at, body_at=recorded_at, size=4),
        now=now,
        policy=Policy(),
    )
    assert isinstance(decision, Adopt)
    assert decision.stored is not None
    assert freshness.current_age(decision.stored, now=now) >= now - made

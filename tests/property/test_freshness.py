"""RFC 9111 §4.2 stated a second time, in exact arithmetic, and held against what the cache computes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from freewheel.httpcache import freshness
from freewheel.httpcache.keys import nominate
from freewheel.httpcache.message import Headers, Response
from freewheel.httpcache.policy import Policy, Role
from freewheel.httpcache.stored_response import StoredResponse
from freewheel.model.digest import sha256_of

EPOCH_2020 = 1_577_836_800
HEURISTIC = {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501}
NO_DATE = ("0", "-1", "", "tomorrow", "Thu, 01 Jan 2026 00:00:00 CET")
NO_NUMBER = ("", "-5", "1.5", "x", "5 s")

moments = st.integers(EPOCH_2020, EPOCH_2020 + 10**7)
seconds = st.integers(0, 10**6)
quarters = st.integers(0, 4 * 10**6).map(lambda count: Fraction(count, 4))
"""Seconds that a float holds exactly."""

dates = st.none() | moments | st.sampled_from(NO_DATE)
numbers = seconds | seconds | st.sampled_from(NO_NUMBER)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What happened to a response, as numbers; text for a field's value that says nothing, None for no such field.

    Several numbers for a directive that occurs several times, or for a field's lines.
    """

    request_time: int
    delay: Fraction
    resident: Fraction
    status: int
    is_public: bool
    date: int | str | None
    ages: list[int | str]
    max_ages: list[int | str]
    s_maxages: list[int | str]
    expires: list[int | str]
    last_modified: int | str | None

    @property
    def stored(self) -> StoredResponse:
        directives = [
            *(f"max-age={value}" for value in self.max_ages),
            *(f"s-maxage={value}" for value in self.s_maxages),
        ]
        directives += ["public"] if self.is_public else []
        singles = (("Date", self.date), ("Last-Modified", self.last_modified))
        lines = [(name, http_date(value)) for name, value in singles if value is not None]
        lines += [("Expires", http_date(value)) for value in self.expires]
        lines += [("Age", str(value)) for value in self.ages]
        # Lines and members are the same, so that every other directive has a line of its own.
        lines += [("Cache-Control", ", ".join(directives[half::2])) for half in range(2)]
        headers = Headers(tuple(lines))
        return StoredResponse(
            url="https://index.example/",
            response=Response(status=self.status, headers=headers),
            nominated=nominate(Headers(), headers),
            request_time=float(self.request_time),
            response_time=float(self.request_time + self.delay),
            size=0,
            digest=sha256_of(b""),
            body=b"",
        )

    @property
    def now(self) -> float:
        return float(self.request_time + self.delay + self.resident)


facts = st.builds(
    Facts,
    request_time=moments,
    delay=st.integers(0, 400).map(lambda count: Fraction(count, 4)),
    resident=quarters,
    status=st.sampled_from([200, 301, 302, 404, 500, 599]),
    is_public=st.booleans(),
    date=dates,
    ages=st.lists(numbers, max_size=2),
    max_ages=st.lists(numbers, max_size=2),
    s_maxages=st.lists(numbers, max_size=1),
    expires=st.lists(moments | st.sampled_from(NO_DATE), max_size=2),
    last_modified=dates,
)


def http_date(moment: int | str) -> str:
    return moment if isinstance(moment, str) else format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)


def made(given_facts: Facts) -> Fraction:
    """When it was generated: its Date, or else its arrival (RFC 9110 §6.6.1)."""
    arrival = given_facts.request_time + given_facts.delay
    return Fraction(given_facts.date) if isinstance(given_facts.date, int) else arrival


def expected_age(given_facts: Facts) -> Fraction:
    """§4.2.3: current_age = max(response - date, age + (response - request)) + (now - response).

    §5.1: of several Ages the first counts, and nothing that is no number.
    """
    age = given_facts.ages[0] if given_facts.ages else 0
    # A line without any value is no member of the list that the lines make.
    if age == "" and len(given_facts.ages) > 1:
        age = given_facts.ages[1]
    apparent = max(given_facts.request_time + given_facts.delay - made(given_facts), 0)
    corrected = (age if isinstance(age, int) else 0) + given_facts.delay
    return max(apparent, corrected) + given_facts.resident


def stated(values: list[int | str]) -> int:
    """§4.2.1: of several the most restrictive; what is no number makes stale."""
    return min(value if isinstance(value, int) else 0 for value in values)


def expected_lifetime(given_facts: Facts, *, is_shared: bool, tenths: int, limit: int) -> Fraction:
    """§4.2.1 and §4.2.2, where a guess is `tenths` tenths of the time since Last-Modified, up to `limit` seconds."""
    if is_shared and given_facts.s_maxages:
        return Fraction(stated(given_facts.s_maxages))
    if given_facts.max_ages:
        return Fraction(stated(given_facts.max_ages))
    if given_facts.expires:
        expires = given_facts.expires[0] if len(given_facts.expires) == 1 else ""
        return max(expires - made(given_facts), Fraction(0)) if isinstance(expires, int) else Fraction(0)
    modified = given_facts.last_modified
    if not isinstance(modified, int) or not (given_facts.status in HEURISTIC or given_facts.is_public):
        return Fraction(0)
    return min(max(made(given_facts) - modified, Fraction(0)) * tenths / 10, Fraction(limit))


@given(given_facts=facts)
def test_the_age_is_that_of_the_standards_formula(given_facts: Facts) -> None:
    assert freshness.current_age(given_facts.stored, now=given_facts.now) == expected_age(given_facts)


@given(given_facts=facts, role=st.sampled_from(Role), tenths=st.integers(0, 10), limit=seconds)
def test_the_lifetime_is_what_the_standard_says(given_facts: Facts, role: Role, tenths: int, limit: int) -> None:
    policy = Policy(heuristic_fraction=tenths / 10, heuristic_limit=limit)
    expected = expected_lifetime(given_facts, is_shared=role is Role.SHARED, tenths=tenths, limit=limit)
    found = freshness.freshness_lifetime(given_facts.stored, role=role, policy=policy)
    assert abs(found - expected) < 1e-3
    known = freshness.freshness(given_facts.stored, now=given_facts.now, role=role, policy=policy)
    # Tenths are no floats: within a thousandth of a second of its end nothing is said.
    if abs(expected - expected_age(given_facts)) > 1e-3:
        assert known.is_fresh is (expected > expected_age(given_facts))


@given(given_facts=facts, later=seconds)
def test_what_is_stale_stays_so(given_facts: Facts, later: int) -> None:
    def is_fresh(now: float) -> bool:
        known = freshness.freshness(given_facts.stored, now=now, role=Role.PRIVATE, policy=Policy())
        return known.is_fresh

    assert is_fresh(given_facts.now) or not is_fresh(given_facts.now + later)


@given(given_facts=facts, back=st.integers(0, 10**6))
def test_a_clock_set_back_makes_nothing_younger_than_on_arrival(given_facts: Facts, back: int) -> None:
    stored = given_facts.stored
    on_arrival = freshness.current_age(stored, now=stored.response_time)
    assert freshness.current_age(stored, now=stored.response_time - back) >= on_arrival

"""RFC 9111 §4.2 stated a second time, in plain arithmetic, and held against what the cache computes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

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

moments = st.integers(EPOCH_2020, EPOCH_2020 + 10**7)
seconds = st.integers(0, 10**6)
maybe = st.none()


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What happened to a response, as numbers; None for a field that it does not have."""

    request_time: int
    delay: int
    resident: int
    status: int
    date: int | None
    age: int | None
    max_age: int | None
    s_maxage: int | None
    expires: int | None
    last_modified: int | None

    @property
    def stored(self) -> StoredResponse:
        lifetimes = (("max-age", self.max_age), ("s-maxage", self.s_maxage))
        directives = [f"{name}={value}" for name, value in lifetimes if value is not None]
        dates = (("Date", self.date), ("Expires", self.expires), ("Last-Modified", self.last_modified))
        lines = [(name, http_date(value)) for name, value in dates if value is not None]
        if self.age is not None:
            lines.append(("Age", str(self.age)))
        if directives:
            lines.append(("Cache-Control", ", ".join(directives)))
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
    delay=st.integers(0, 100),
    resident=seconds,
    status=st.sampled_from([200, 301, 302, 404, 500, 599]),
    date=maybe | moments,
    age=maybe | seconds,
    max_age=maybe | seconds,
    s_maxage=maybe | seconds,
    expires=maybe | moments,
    last_modified=maybe | moments,
)


def http_date(moment: int) -> str:
    return format_datetime(datetime.fromtimestamp(moment, UTC), usegmt=True)


def expected_age(given_facts: Facts) -> int:
    """§4.2.3: current_age = max(response - date, age + (response - request)) + (now - response)."""
    response_time = given_facts.request_time + given_facts.delay
    made = response_time if given_facts.date is None else given_facts.date
    apparent = max(response_time - made, 0)
    corrected = (given_facts.age or 0) + given_facts.delay
    return max(apparent, corrected) + given_facts.resident


def expected_lifetime(given_facts: Facts, *, is_shared: bool, tenths: int, limit: int) -> float:
    """§4.2.1 and §4.2.2, where a guess is `tenths` tenths of the time since Last-Modified, up to `limit` seconds."""
    made = given_facts.request_time + given_facts.delay if given_facts.date is None else given_facts.date
    if is_shared and given_facts.s_maxage is not None:
        return given_facts.s_maxage
    if given_facts.max_age is not None:
        return given_facts.max_age
    if given_facts.expires is not None:
        return max(given_facts.expires - made, 0)
    if given_facts.last_modified is None or given_facts.status not in HEURISTIC:
        return 0
    return min(max(made - given_facts.last_modified, 0) * tenths / 10, limit)


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
    assert known.is_fresh is (found > expected_age(given_facts))


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

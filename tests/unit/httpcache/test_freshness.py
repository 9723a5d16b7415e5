from __future__ import annotations

import pytest

from freewheel.httpcache import cache_control, freshness
from freewheel.httpcache.freshness import Freshness
from freewheel.httpcache.policy import Policy, Role
from tests.unit.httpcache.makers import NOW, PLAIN, PRIVATE, SHARED, a_stored_response, date, fields

DAY = 86_400.0
TENTH = Policy(heuristic_fraction=0.1, heuristic_limit=DAY)


def lifetime(*lines: str, status: int = 200, role: Role = PRIVATE, policy: Policy = PLAIN) -> float:
    stored = a_stored_response(f"Date: {date()}", *lines, status=status)
    return freshness.freshness_lifetime(stored, role=role, policy=policy)


def age(*lines: str, resident: float = 0.0, delay: float = 0.0) -> float:
    return freshness.current_age(a_stored_response(*lines, age=resident, delay=delay), now=NOW)


class TestLifetime:
    """RFC 9111 §4.2.1."""

    def test_max_age_goes_before_expires(self) -> None:
        assert lifetime("Cache-Control: max-age=60", f"Expires: {date(3600)}") == 60
        assert lifetime("Cache-Control: max-age=0", f"Expires: {date(3600)}") == 0
        assert lifetime("Cache-Control: max-age=x", f"Expires: {date(3600)}") == 0

    def test_s_maxage_goes_before_both_in_shared_caches_alone(self) -> None:
        """§5.2.2.10."""
        lines = ("Cache-Control: max-age=60, s-maxage=5", f"Expires: {date(3600)}")
        assert lifetime(*lines, role=SHARED) == 5
        assert lifetime(*lines) == 60

    def test_expires_counts_from_the_date(self) -> None:
        """Behaviours 32 and 33; §5.3."""
        assert lifetime(f"Expires: {date(3600)}") == 3600
        assert lifetime(f"Expires: {date(-3600)}") == 0
        stored = a_stored_response(f"Date: {date(-100)}", f"Expires: {date(50)}")
        assert freshness.freshness_lifetime(stored, role=PRIVATE, policy=PLAIN) == 150

    def test_expires_counts_from_arrival_without_a_date(self) -> None:
        stored = a_stored_response(f"Expires: {date(50)}")
        assert freshness.freshness_lifetime(stored, role=PRIVATE, policy=PLAIN) == 50

    @pytest.mark.parametrize("expires", ["0", "-1", "", "tomorrow", "2099-01-01", "Sun, 06 Nov 2094 08:49:37 UTC"])
    def test_an_invalid_expires_lies_in_the_past(self, expires: str) -> None:
        """Behaviours 33 and 131; §5.3. No heuristic takes its place (§4.2.2)."""
        modified = f"Last-Modified: {date(-10 * DAY)}"
        assert lifetime(f"Expires: {expires}", modified, policy=TENTH) == 0

    def test_a_repeated_expires_is_not_believed(self) -> None:
        assert lifetime(f"Expires: {date(3600)}", f"Expires: {date(3600)}") == 0


class TestHeuristicLifetime:
    """RFC 9111 §4.2.2."""

    def test_none_by_default(self) -> None:
        assert lifetime(f"Last-Modified: {date(-10 * DAY)}") == 0

    def test_a_fraction_of_the_time_since_it_was_modified_up_to_a_limit(self) -> None:
        assert lifetime(f"Last-Modified: {date(-1000)}", policy=TENTH) == 100
        assert lifetime(f"Last-Modified: {date(-1000 * DAY)}", policy=TENTH) == DAY
        assert lifetime(f"Last-Modified: {date(1000)}", policy=TENTH) == 0
        assert lifetime("Last-Modified: yesterday", policy=TENTH) == 0

    def test_only_for_statuses_that_allow_it_or_public_responses(self) -> None:
        modified = f"Last-Modified: {date(-1000)}"
        assert lifetime(modified, status=410, policy=TENTH) == 100
        assert lifetime(modified, status=302, policy=TENTH) == 0
        assert lifetime(modified, "Cache-Control: public", status=302, policy=TENTH) == 100

    def test_never_beside_a_stated_lifetime(self) -> None:
        assert lifetime(f"Last-Modified: {date(-1000)}", "Cache-Control: max-age=5", policy=TENTH) == 5

    def test_the_policys_own_for_a_status(self) -> None:
        """Behaviour 130."""
        policy = Policy(lifetimes={301: 7200.0, 404: 600.0, 302: 7200.0})
        assert lifetime(status=301, policy=policy) == 7200
        assert lifetime(status=404, policy=policy) == 600
        assert lifetime("Cache-Control: max-age=5", status=404, policy=policy) == 5
        assert lifetime(status=302, policy=policy) == 0


class TestAge:
    """RFC 9111 §4.2.3."""

    def test_time_in_the_cache(self) -> None:
        assert age(f"Date: {date(-30)}", resident=30) == 30

    def test_time_since_the_date(self) -> None:
        assert age(f"Date: {date(-500)}", resident=30) == 500

    def test_time_in_caches_on_the_way(self) -> None:
        """Behaviour 35."""
        assert age(f"Date: {date(-30)}", "Age: 500", resident=30) == 530

    def test_time_on_the_way(self) -> None:
        assert age(f"Date: {date(-30)}", "Age: 500", resident=30, delay=7) == 537
        assert age("Age: 0", delay=7) == 7

    def test_the_older_of_both_reckonings_counts(self) -> None:
        assert age(f"Date: {date(-1000)}", "Age: 5") == 1000
        assert age(f"Date: {date(-5)}", "Age: 1000") == 1000

    @pytest.mark.parametrize("lines", [(), ("Date: garbage",), ("Date: Sun, 06 Nov 1994 08:49:37",)])
    def test_without_a_date_it_was_made_when_it_came_in(self, lines: tuple[str, ...]) -> None:
        """Behaviours 37 and 38; RFC 9110 §6.6.1: still it ages."""
        assert age(*lines, resident=864_000) == 864_000

    def test_a_date_in_the_future_gives_no_time_away(self) -> None:
        """Behaviour 36."""
        assert age(f"Date: {date(1e9)}", resident=700) == 700

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            (("Age: 100, 200",), 100),
            (("Age: 100", "Age: 200"), 100),
            (("Age: 0100",), 100),
            (("Age: " + "9" * 5000,), 2**31),
            (("Age: -5",), 0),
            (("Age: 1.5",), 0),
            (("Age: abc, 7",), 0),
            (("Age:",), 0),
            ((), 0),
        ],
    )
    def test_the_field_is_its_first_value_if_that_is_a_number(self, lines: tuple[str, ...], expected: int) -> None:
        """§5.1."""
        assert freshness.age_value(fields(*lines)) == expected

    def test_a_clock_set_back_makes_nothing_younger(self) -> None:
        assert age(resident=-3600) == 3600
        assert age(delay=-5) == 5


def test_fresh_is_younger_than_the_lifetime() -> None:
    """RFC 9111 §4.2."""
    assert Freshness(lifetime=60, age=59.9).is_fresh
    assert not Freshness(lifetime=60, age=60).is_fresh
    assert not Freshness(lifetime=0, age=0).is_fresh


def test_what_is_left_and_what_is_over() -> None:
    assert (Freshness(lifetime=60, age=50.5).ttl, Freshness(lifetime=60, age=50.5).staleness) == (9, 0)
    assert (Freshness(lifetime=60, age=70.5).ttl, Freshness(lifetime=60, age=70.5).staleness) == (-11, 10.5)


def test_an_age_on_arrival_shortens_what_is_left() -> None:
    """Behaviour 35."""
    stored = a_stored_response(f"Date: {date()}", "Age: 500", "Cache-Control: max-age=600")
    assert freshness.freshness(stored, now=NOW, role=PRIVATE, policy=PLAIN).ttl == 100


@pytest.mark.parametrize(
    ("value", "private", "shared"),
    [
        ("", True, True),
        ("max-age=5, public", True, True),
        ("no-cache=a", True, True),
        ("must-revalidate", False, False),
        ("no-cache", False, False),
        ("proxy-revalidate", True, False),
        ("s-maxage=60", True, False),
    ],
)
def test_who_may_reuse_what_is_stale(value: str, private: bool, shared: bool) -> None:
    """RFC 9111 §4.2.4, §5.2.2.2, §5.2.2.8, §5.2.2.10."""
    directives = cache_control.of_response(fields(f"Cache-Control: {value}"))
    assert freshness.allows_stale(directives, PRIVATE) is private
    assert freshness.allows_stale(directives, SHARED) is shared


@pytest.mark.parametrize(
    ("line", "private", "shared"),
    [
        ("Cache-Control: max-age=0", True, True),
        ("Expires: 0", True, True),
        ("Cache-Control: s-maxage=5", False, True),
        ("ETag: x", False, False),
    ],
)
def test_whether_a_lifetime_is_stated(line: str, private: bool, shared: bool) -> None:
    headers = fields(line)
    directives = cache_control.of_response(headers)
    assert freshness.states_lifetime(headers, directives, PRIVATE) is private
    assert freshness.states_lifetime(headers, directives, SHARED) is shared

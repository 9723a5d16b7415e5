from __future__ import annotations

import pytest

from freewheel.httpcache import dates

MOMENT = 784_111_777.0
IN_2025 = 1_750_000_000.0
IN_1999 = 920_000_000.0


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
        "SUNDAY, 06-NOV-94 08:49:37 GMT",
        "sun nOV  6 08:49:37 1994",
    ],
)
def test_the_three_forms_of_a_date_in_any_case(text: str) -> None:
    """RFC 9110 §5.6.7, RFC 9111 §4.2."""
    assert dates.parse(text, now=IN_2025) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "784111777",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "\N{LATIN SMALL LETTER LONG S}un, 06 Nov 1994 08:49:37 GMT",
        "Sun,  06 Nov 1994 08:49:37 GMT",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sun Nov 06 08:49:37 GMT 1994",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 08:49 GMT",
        "1994-11-06T08:49:37Z",
        "Sun, \N{ARABIC-INDIC DIGIT ZERO}6 Nov 1994 08:49:37 GMT",
    ],
)
def test_nothing_else_is_a_date(text: str) -> None:
    """RFC 9110 §5.6.7, RFC 9111 §4.2."""
    assert dates.parse(text, now=IN_2025) is None


@pytest.mark.parametrize(
    ("year", "now", "expected"),
    [("75", IN_2025, 2075), ("76", IN_2025, 1976), ("24", IN_2025, 2024), ("05", IN_1999, 2005)],
)
def test_a_year_of_two_digits_is_at_most_fifty_years_ahead(year: str, now: float, expected: int) -> None:
    """RFC 9110 §5.6.7."""
    short = dates.parse(f"Sunday, 06-Nov-{year} 08:49:37 GMT", now=now)
    assert short == dates.parse(f"Sun, 06 Nov {expected} 08:49:37 GMT", now=now)


def test_a_leap_second_is_the_second_after_the_last() -> None:
    leap = dates.parse("Sat, 31 Dec 2016 23:59:60 GMT", now=IN_2025)
    assert leap == dates.parse("Sun, 01 Jan 2017 00:00:00 GMT", now=IN_2025)


def test_the_name_of_the_day_is_not_held_against_the_date() -> None:
    assert dates.parse("Mon, 06 Nov 1994 08:49:37 GMT", now=IN_2025) == MOMENT


def test_dates_are_written_as_imf_fixdate_in_whole_seconds() -> None:
    assert dates.format_date(MOMENT + 0.9) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert dates.format_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT"

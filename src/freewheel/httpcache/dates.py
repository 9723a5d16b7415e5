"""RFC 9110 §5.6.7: HTTP dates, strictly read."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_DAY, _LONG_DAY, _MONTH = "|".join(_DAYS), "|".join(_LONG_DAYS), "|".join(_MONTHS)
_TIME = r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9]|60)"
_FORMS = (
    rf"(?:{_DAY}), (?P<day>[0-9]{{2}}) (?P<month>{_MONTH}) (?P<year>[0-9]{{4}}) {_TIME} GMT",
    rf"(?:{_LONG_DAY}), (?P<day>[0-9]{{2}})-(?P<month>{_MONTH})-(?P<year>[0-9]{{2}}) {_TIME} GMT",
    rf"(?:{_DAY}) (?P<month>{_MONTH}) (?P<day>[0-9]{{2}}| [0-9]) {_TIME} (?P<year>[0-9]{{4}})",
)
# RFC 9111 §4.2: caches are to read them in any case.
_IMF_FIXDATE, _RFC_850, _ASCTIME = (re.compile(form, re.ASCII | re.IGNORECASE) for form in _FORMS)


def parse(text: str, *, now: float) -> float | None:
    """Seconds since the epoch of an IMF-fixdate, RFC 850 or asctime date; None for anything else.

    `now` decides about the century of a year with two digits: no date lies more than 50 years ahead of it. The
    name of the day is not held against the date.

    >>> parse("Sun, 06 Nov 1994 08:49:37 GMT", now=0)
    784111777.0
    >>> parse("Sun, 06 Nov 1994 08:49:37 UTC", now=0) is None
    True
    """
    moment = _absolute(text)
    if moment is None and (match := _RFC_850.fullmatch(text)):
        moment = _seconds(_full_year(int(match["year"]), now), match)
    return moment


@lru_cache(maxsize=256)
def _absolute(text: str) -> float | None:
    """A date whose year has four digits: the same whenever it is asked for."""
    for form in (_IMF_FIXDATE, _ASCTIME):
        if match := form.fullmatch(text):
            return _seconds(int(match["year"]), match)
    return None


def format_date(seconds: float) -> str:
    """The IMF-fixdate of a point in time, rounded down to the second.

    >>> format_date(784111777.5)
    'Sun, 06 Nov 1994 08:49:37 GMT'
    """
    moment = _EPOCH + timedelta(seconds=math.floor(seconds))
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def _full_year(two_digits: int, now: float) -> int:
    latest = (_EPOCH + timedelta(seconds=now)).year + 50
    return latest - (latest - two_digits) % 100


def _seconds(year: int, match: re.Match[str]) -> float | None:
    try:
        days = date(year, _MONTHS.index(match["month"].title()) + 1, int(match["day"])).toordinal()
    except ValueError:
        return None
    # By arithmetic, because a leap second (second 60) is no datetime.
    hours = (days - _EPOCH.toordinal()) * 24 + int(match["hour"])
    return float((hours * 60 + int(match["minute"])) * 60 + int(match["second"]))

"""Spans of time, as people say them."""

from __future__ import annotations

_UNITS = ((86_400 * 365, "years"), (86_400, "days"), (3600, "h"), (60, "min"))


def span_text(seconds: float) -> str:
    """A span in its largest unit, of which there are at least two.

    >>> span_text(0.0), span_text(600), span_text(7200), span_text(86_400 * 1.5), span_text(86_400 * 90)
    ('0 s', '10 min', '2 h', '36 h', '90 days')
    """
    for unit, name in _UNITS:
        if seconds >= 2 * unit:
            return f"{int(seconds // unit)} {name}"
    return f"{max(0, int(seconds))} s"

"""How artifacts are chosen, by what is configured."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from freewheel.config.values import ResolveConfig
from freewheel.model import formats, releases
from freewheel.resolve.candidates import Selection


def selection_of(config: ResolveConfig, *, now: float) -> Selection:
    """What the options say, at `now` (seconds since the epoch): they may say how long ago."""
    before = config.uploaded_prior_to
    return Selection(
        formats=formats.parse(config.formats),
        releases=releases.parse(config.releases),
        prefer_binary=config.prefer_binary,
        ignore_requires_python=config.ignore_requires_python,
        uploaded_before=datetime.fromtimestamp(now, UTC) - before if isinstance(before, timedelta) else before,
    )

"""The limits of the cache, from the configuration."""

from __future__ import annotations

from freewheel.config.values import CacheConfig
from freewheel.store.limits import Limits


def limits_of(config: CacheConfig) -> Limits:
    """What the cache may hold."""
    return Limits(max_size=config.max_size, max_age=config.max_age, keep_free=config.keep_free)

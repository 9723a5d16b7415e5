"""What each error says to a person: the one place where errors become text."""

from __future__ import annotations

from freewheel.cli.errors_as_text import (
    artifacts,
    build,
    hash_checking,
    network,
    repositories,
    requirements,
    resolution,
    store,
    target,
    usage,
)
from freewheel.cli.errors_as_text.dispatch import describe

TEXTS = (usage, requirements, hash_checking, network, artifacts, resolution, build, repositories, target, store)
"""The modules of texts, each of which extends `describe`."""

__all__ = ["TEXTS", "describe"]

"""The cache kept within its limits in passing: after a run that may have added to it, once a day."""

from __future__ import annotations

import time
from typing import Final

from freewheel.cli.invocation import Invocation
from freewheel.events import Noted, Warned
from freewheel.options.fetching import FETCHING

_PATIENCE: Final = 5.0
"""Seconds that a run ends later for it at most: 300,000 records are read by then."""


def tidy(call: Invocation) -> None:
    """Have the cache hold no more than it may; nothing that goes wrong with that fails the run."""
    if call.run.cache is None or call.config.command not in FETCHING or not call.run.cache.contents.claim_pruning():
        return
    from freewheel.cli.render import size_text
    from freewheel.commands.cache import prune
    from freewheel.wiring.limits import limits_of

    contents = call.run.cache.contents
    clearing = prune(contents, limits_of(call.config.cache), until=time.monotonic() + _PATIENCE)
    if clearing.choice is None:
        message = "The cache holds too much to be looked through in passing: `freewheel cache prune` takes its time."
        call.printer.emit(Warned(message=message))
    elif clearing.removed.files:
        removed = clearing.removed
        message = f"Of the cache went what nobody used: {len(removed.files)} files ({size_text(removed.size)})."
        call.printer.emit(Noted(message=message))

"""What is done once a run is over that may have added to the cache: it is noted, and the limits are kept."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

from freewheel.cli.invocation import Invocation
from freewheel.commands.savings import files_of, record_of, tally
from freewheel.events import Noted, Warned
from freewheel.options.fetching import FETCHING
from freewheel.store.contents import Contents

_PATIENCE: Final = 5.0
"""Seconds that a run ends later for it at most: 300,000 records are read by then."""


def finish(call: Invocation) -> None:
    """Note what the run did, and once a day have the cache hold no more than it may; nothing here fails a run."""
    cache = call.run.cache
    if cache is None or call.config.command not in FETCHING:
        return
    run = record_of(
        tally(call.ledger.events), files_of(call.ledger.events), call.config.command, cache.history.clock()
    )
    if run is not None:
        cache.history.add(run)
    if cache.contents.claim_pruning():
        # What was asked for is done: whoever interrupts this ends nothing else.
        with suppress(KeyboardInterrupt):
            _prune(call, cache.contents)


def _prune(call: Invocation, contents: Contents) -> None:
    from freewheel.cli.render import size_text
    from freewheel.commands.cache import prune
    from freewheel.wiring.limits import limits_of

    clearing = prune(contents, limits_of(call.config.cache), until=time.monotonic() + _PATIENCE)
    if clearing.choice is None:
        message = "The cache holds too much to be looked through in passing: `freewheel cache prune` takes its time."
        call.printer.emit(Warned(message=message))
    elif clearing.removed.files:
        removed = clearing.removed
        message = f"Of the cache went what nobody used: {removed.files} files ({size_text(removed.size)})."
        call.printer.emit(Noted(message=message))

"""`freewheel wheel`."""

from __future__ import annotations

from freewheel.cli.asked import ask
from freewheel.cli.invocation import Invocation
from freewheel.cli.resolving import collector, warn_of_rebuilds


def run(call: Invocation) -> int:
    """Collect wheels; raises what resolving, fetching and building raise."""
    asked = ask(call.config, call.run, call.platform)
    pins = collector(asked.program, call.platform).build(asked.requirements, asked.constraints)
    warn_of_rebuilds(asked.program, pins)
    call.say_savings()
    return 0

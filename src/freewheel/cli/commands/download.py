"""`freewheel download`."""

from __future__ import annotations

from freewheel.cli.asked import ask
from freewheel.cli.invocation import Invocation
from freewheel.cli.resolving import check_target, collector


def run(call: Invocation) -> int:
    """Collect files; raises what resolving, fetching and building raise."""
    check_target(call.config)
    asked = ask(call.config, call.run, call.platform)
    pins = collector(asked.program, call.platform).download(asked.requirements, asked.constraints)
    if pins:
        call.printer.tell(f"Successfully downloaded {' '.join(sorted(pin.name for pin in pins))}")
    call.say_savings()
    return 0

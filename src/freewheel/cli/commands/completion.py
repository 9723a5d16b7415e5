"""`freewheel completion`."""

from __future__ import annotations

from freewheel.cli.completion_scripts import SCRIPTS, script
from freewheel.cli.invocation import Invocation


def run(call: Invocation) -> int:
    """Print the script for a shell; as in pip, naming none is said and no failure."""
    shell = call.config.shell
    if shell is None:
        call.printer.fail([f"ERROR: You must pass {' or '.join(f'--{name}' for name in sorted(SCRIPTS))}"])
    else:
        call.printer.print(script(shell))
    return 0

"""`freewheel inspect`."""

from __future__ import annotations

import json
from importlib.metadata import version as version_of

from freewheel.cli.invocation import Invocation
from freewheel.cli.looking import filter_of, looked_at
from freewheel.commands.inspect import inspection
from freewheel.commands.list import listed
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print the environment as JSON; raises CommandMisused, TargetError."""
    program = Program(call.config, call.run)
    target = program.interpreter.target
    found = listed(looked_at(program), filter_of(program, call.config.listing), markers=target.markers)
    document = inspection(found, target=target, pip_version=version_of("pip"))
    call.printer.print(json.dumps(document, indent=2, ensure_ascii=False))
    return 0

"""`freewheel freeze`."""

from __future__ import annotations

from freewheel.cli.invocation import Invocation
from freewheel.commands.freeze import frozen
from freewheel.commands.list import Filter, listed
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print what is installed; raises TargetError."""
    listing = call.config.listing
    program = Program(call.config, call.run)
    wanted = Filter(exclude=listing.exclude, editables=listing.editables)
    target = program.interpreter.target
    found = listed(program.installed(), wanted, markers=target.markers)
    for line in frozen(
        found,
        python_version=target.python_version,
        with_installers=listing.with_installers,
        editable_lines=program.editable_lines,
    ):
        call.printer.print(line)
    return 0

"""`freewheel list`."""

from __future__ import annotations

from freewheel.cli import tables
from freewheel.cli.invocation import Invocation
from freewheel.commands.list import Filter, listed, rows
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print what is installed; raises TargetError."""
    program = Program(call.config, call.run)
    wanted = Filter(
        exclude=call.config.listing.exclude,
        editables=call.config.listing.editables,
        not_required=call.config.listing.not_required,
    )
    found = rows(listed(program.installed(), wanted, markers=program.interpreter.target.markers))
    match call.config.output.list_format:
        case "json":
            lines = [tables.as_json(found)]
        case "freeze":
            lines = [f"{row.name}=={row.version}" for row in found]
        case _:
            lines = tables.columns(found)
    for line in lines:
        call.printer.print(line)
    return 0

"""`freewheel list`."""

from __future__ import annotations

from freewheel.cli import tables
from freewheel.cli.invocation import Invocation
from freewheel.cli.looking import filter_of, looked_at
from freewheel.commands.list import listed, rows
from freewheel.commands.offers import Latest, held_against_index
from freewheel.errors import CommandMisused
from freewheel.model.artifact import NormalizedName
from freewheel.resolve.candidates import Assessor
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print what is installed; raises CommandMisused, TargetError; with an index NetworkError."""
    program, listing = Program(call.config, call.run), call.config.listing
    is_outdated = listing.is_outdated
    if is_outdated and call.config.output.list_format == "freeze":
        raise CommandMisused(problem="List format 'freeze' cannot be used with the --outdated option.")
    wanted = filter_of(program, listing)
    distributions = listed(looked_at(program), wanted, markers=program.interpreter.target.markers)
    latest: dict[NormalizedName, Latest] = {}
    if is_outdated is not None:
        assessor = Assessor.create(target=program.interpreter.target, selection=program.selection)
        compared = held_against_index(distributions, program.index, assessor, is_outdated=is_outdated)
        distributions = [one for one, _ in compared]
        latest = {one.project: newest for one, newest in compared if is_outdated}
    found = rows(distributions, latest)
    is_verbose = call.config.output.verbosity >= 1
    match call.config.output.list_format:
        case "json":
            lines = [tables.as_json(found, is_verbose=is_verbose)]
        case "freeze":
            lines = tables.as_requirements(found, is_verbose=is_verbose)
        case _:
            lines = tables.columns(found, is_verbose=is_verbose)
    for line in lines:
        call.printer.print(line)
    return 0

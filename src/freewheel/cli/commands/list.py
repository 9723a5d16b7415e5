"""`freewheel list`."""

from __future__ import annotations

from freewheel.cli import tables
from freewheel.cli.invocation import Invocation
from freewheel.commands.list import Filter, listed, rows
from freewheel.commands.offers import Latest, held_against_index
from freewheel.errors import CommandMisused
from freewheel.model.artifact import NormalizedName
from freewheel.resolve.candidates import Assessor
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print what is installed; raises CommandMisused, TargetError; with an index NetworkError, IndexPageError."""
    program = Program(call.config, call.run)
    wanted = Filter(
        exclude=call.config.listing.exclude,
        editables=call.config.listing.editables,
        not_required=call.config.listing.not_required,
    )
    is_outdated = call.config.listing.is_outdated
    if is_outdated and call.config.output.list_format == "freeze":
        raise CommandMisused(problem="List format 'freeze' cannot be used with the --outdated option.")
    distributions = listed(program.installed(), wanted, markers=program.interpreter.target.markers)
    latest: dict[NormalizedName, Latest] = {}
    if is_outdated is not None:
        assessor = Assessor.create(target=program.interpreter.target, selection=program.selection)
        compared = held_against_index(distributions, program.index, assessor, is_outdated=is_outdated)
        distributions = [one for one, _ in compared]
        latest = {one.project: newest for one, newest in compared if is_outdated}
    found = rows(distributions, latest)
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

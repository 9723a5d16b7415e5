"""`freewheel check`."""

from __future__ import annotations

from freewheel.cli.invocation import Invocation
from freewheel.commands.check import unmet, unreadable_needs, unsupported
from freewheel.commands.list import boundaries
from freewheel.events import Warned
from freewheel.install.folders import is_below
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Say in pip's sentences what does not fit together; 1 where anything does not. Raises TargetError."""
    program = Program(call.config, call.run)
    interpreter, installed = program.interpreter, program.installed()
    metadata = {project: (one.version, one.metadata()) for project, one in installed.items()}
    malformed = list(unreadable_needs(metadata))
    for project, reason in malformed:
        call.run.reporter.emit(Warned(message=f"Error parsing dependencies of {project}: {reason}"))
    found = unmet(metadata, markers=interpreter.target.markers)
    lines = [
        f"{one.project} {one.version} requires {one.needed}, which is not installed."
        for one in found
        if one.found is None
    ]
    lines += [
        f"{one.project} {one.version} has requirement {one.requirement}, but you have {one.needed} {one.found}."
        for one in found
        if one.found is not None
    ]
    is_readable = not malformed and all(one.damage is None for one in installed.values())
    own = boundaries(interpreter, only_local=True, only_user=False)
    lines += [
        f"{one.name} {one.version} is not supported on this platform"
        for one in unsupported(installed.values(), interpreter.target.tags)
        if all(is_below(one.home, folder) for folder in own)
    ]
    for line in lines or (["No broken requirements found."] if is_readable else []):
        call.printer.print(line)
    return 1 if lines or not is_readable else 0

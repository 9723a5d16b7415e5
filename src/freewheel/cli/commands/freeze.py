"""`freewheel freeze`."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from freewheel.cli.invocation import Invocation
from freewheel.cli.looking import filter_of, looked_at
from freewheel.commands.freeze import frozen, hidden_installers
from freewheel.commands.freeze_order import OrderFile
from freewheel.commands.list import listed
from freewheel.commands.requirements_text import NoText, decode
from freewheel.errors import RequirementsFileError
from freewheel.events import Warned
from freewheel.model.artifact import normalize
from freewheel.wiring.program import Program


def run(call: Invocation) -> int:
    """Print what is installed; raises CommandMisused, TargetError, RequirementsFileError."""
    listing = call.config.listing
    program = Program(call.config, call.run)
    target = program.interpreter.target
    wanted = replace(filter_of(program, listing), exclude=())
    hidden = {normalize(name) for name in listing.exclude}
    if not listing.with_installers:
        hidden |= hidden_installers(target.python_version)
    lines = frozen(
        listed(looked_at(program), wanted, markers=target.markers),
        hidden=hidden,
        files=[_order_file(path, call.config.folder) for path in listing.order_files],
        editable_lines=program.repositories.editable_lines,
        warn=lambda message: call.run.reporter.emit(Warned(message=message)),
    )
    for line in lines:
        call.printer.print(line)
    return 0


def _order_file(path: str, folder: str) -> OrderFile:
    try:
        return OrderFile(path=path, text=decode(Path(folder, path).read_bytes()))
    except (OSError, NoText, UnicodeDecodeError, LookupError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise RequirementsFileError(origin="-r", path=path, reason=reason) from error

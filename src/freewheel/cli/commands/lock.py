"""`freewheel lock`."""

from __future__ import annotations

from pathlib import Path

from freewheel.cli.asked import ask
from freewheel.cli.invocation import Invocation
from freewheel.cli.resolving import resolve_options
from freewheel.commands.lock import lock
from freewheel.commands.lock_names import is_lock_name
from freewheel.errors import NotWritable
from freewheel.events import Warned
from freewheel.store.replacing import write_text

_STANDARD_OUTPUT = "-"


def run(call: Invocation) -> int:
    """Write a lock file, whatever the environment has; raises what resolving, fetching and building raise."""
    where = call.config.request.lock_file or _STANDARD_OUTPUT
    if where == _STANDARD_OUTPUT:
        call.printer.leave_room()
    else:
        _check(Path(where), call)
    asked = ask(call.config, call.run, call.platform)
    program = asked.program
    text = lock(
        asked.requirements,
        asked.constraints,
        resolver=program.resolver(resolve_options(program.config.resolve, program.selection)),
        fetch=program.downloads.fetch,
        folder=None if where == _STANDARD_OUTPUT else Path(where).parent,
    )
    if where == _STANDARD_OUTPUT:
        call.printer.print(text.rstrip("\n"))
    else:
        write_text(where, text)
    call.say_savings()
    return 0


def _check(path: Path, call: Invocation) -> None:
    """Fail before anything is resolved in vain."""
    if not path.parent.is_dir():
        raise NotWritable(path=str(path), reason="there is no such folder to write into")
    if not is_lock_name(str(path)):
        call.run.reporter.emit(Warned(message=f"{path} is not a valid lock file name."))
